"""Extensions of calls: middleware (for logs or storage), OpenTelemetry, server-sent events for ASGI, progress bars."""

from __future__ import annotations

from .middleware import middleware_factory

__all__ = ["middleware_factory"]
