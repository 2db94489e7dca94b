"""Extensions of calls: middleware (for logs or storage), OpenTelemetry, server-sent events for ASGI, progress bars."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..core.base.runtime import Listing
from .middleware import middleware_factory

if TYPE_CHECKING:
    from . import langfuse, logfire, otel

__all__ = ["langfuse", "logfire", "middleware_factory", "otel"]

_MODULES = ("langfuse", "logfire", "otel")


def __getattr__(name: str) -> Any:
    if name in _MODULES:  # each needs a package that may be missing
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__dir__: Listing = Listing(__all__)
