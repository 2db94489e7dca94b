"""Extensions of calls: middleware, logs, OpenTelemetry, server-sent events for ASGI, progress in the terminal, and the
errors of earlier tries of tenacity.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..core.base.runtime import Listing
from .middleware import middleware_factory

if TYPE_CHECKING:
    from . import asgi, langfuse, log, logfire, otel, progress, tenacity

__all__ = ["asgi", "langfuse", "log", "logfire", "middleware_factory", "otel", "progress", "tenacity"]

_MODULES = ("asgi", "langfuse", "log", "logfire", "otel", "progress", "tenacity")


def __getattr__(name: str) -> Any:
    if name in _MODULES:  # some need a package that may be missing
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__dir__: Listing = Listing(__all__)
