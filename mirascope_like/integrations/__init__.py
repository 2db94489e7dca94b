"""What is put around calls: logging, tracing, saving."""

from __future__ import annotations

from .middleware import middleware_factory

__all__ = ["middleware_factory"]
