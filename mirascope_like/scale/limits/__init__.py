"""Limits of providers: when the requests of many calls may be sent, so that few are refused and no quota is lost."""

from __future__ import annotations

from .headers import HeaderLimits
from .limiter import Limiter, LocalLimiter, Slot, Waiting, log_hold
from .pacer import Pacer
from .settings import Limits

__all__ = ["HeaderLimits", "Limiter", "Limits", "LocalLimiter", "Pacer", "Slot", "Waiting", "log_hold"]
