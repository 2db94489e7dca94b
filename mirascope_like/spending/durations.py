"""Reads durations such as "7d"."""

from __future__ import annotations

import re
from math import isfinite

from ..core.base.errors import ConfigurationError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_TEXT = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")


def seconds_of(name: str, value: object) -> float:
    """Return a duration in seconds: a number of seconds, or a text such as "30s", "15m", "12h", "7d" or "2w".

    Raises `ConfigurationError` for anything else; `name` is what the duration is for.
    """
    if isinstance(value, str) and (match := _TEXT.fullmatch(value.strip())):
        return float(match[1]) * _UNITS[match[2]]
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 and isfinite(value):
        return float(value)
    raise ConfigurationError(f'{name} must be seconds, or a text such as "12h" or "7d", not {value!r}')
