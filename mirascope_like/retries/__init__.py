"""Trying again: another provider after an error, and what went wrong told to the next try."""

from __future__ import annotations

from ..core.base.errors import FallbackError
from .fallback import Fallback, fallback

__all__ = ["Fallback", "FallbackError", "fallback"]
