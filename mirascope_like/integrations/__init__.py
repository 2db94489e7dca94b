"""Around calls: middleware (logging, saving), OpenTelemetry, server-sent events for ASGI, progress in a terminal."""

from __future__ import annotations

from .middleware import middleware_factory

__all__ = ["middleware_factory"]
