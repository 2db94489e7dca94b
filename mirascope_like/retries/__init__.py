"""Decorators for calls that fail or are slow: `fallback` calls another provider, `race` several; `collect_errors` is
for retries with tenacity.

The retries of a stream (option `retry`) and the waits before them are in `core.base.flows`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..core.base.errors import FallbackError
from ..core.base.runtime import Listing
from .fallback import Fallback, fallback
from .race import race

if TYPE_CHECKING:
    from . import tenacity

__all__ = ["Fallback", "FallbackError", "fallback", "race", "tenacity"]


def __getattr__(name: str) -> Any:
    if name == "tenacity":  # the package tenacity may be missing
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__dir__: Listing = Listing(__all__)
