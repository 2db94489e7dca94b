"""Decorators for calls that fail: fall back to another provider, or pass the errors to the next attempt of tenacity.

When a stream sends its request again (`retry=`), and the wait before that, is in `core.base.flows`.
"""

from __future__ import annotations

from ..core.base.errors import FallbackError
from .fallback import Fallback, fallback

__all__ = ["Fallback", "FallbackError", "fallback"]
