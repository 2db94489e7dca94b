"""Tools around calls: middleware (logging, storing), OpenTelemetry, server-sent events for ASGI, progress display."""

from __future__ import annotations

from .middleware import middleware_factory

__all__ = ["middleware_factory"]
