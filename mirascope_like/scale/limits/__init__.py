"""Limits of providers: when the requests of many calls may be sent, so that few are refused and no quota is lost."""

from __future__ import annotations

from .limiter import Limiter, LocalLimiter, Slot
from .settings import Limits

__all__ = ["Limiter", "Limits", "LocalLimiter", "Slot"]
