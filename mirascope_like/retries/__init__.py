"""Decorators for calls that fail: `fallback` calls another provider; `collect_errors` is for retries with tenacity.

The retries of a stream (option `retry`) and the waits before them are in `core.base.flows`.
"""

from __future__ import annotations

from ..core.base.errors import FallbackError
from .fallback import Fallback, fallback

__all__ = ["Fallback", "FallbackError", "fallback"]
