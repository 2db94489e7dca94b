"""Read how long a provider asks to wait before a retry: from fields of an error, from headers, or from its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, cast

from ..runtime import CLOCK
from .classification import described, header
from .reported import is_array, levels

LONGEST_SECONDS = 31 * 24 * 3600.0
"""The longest waiting time in seconds that is believed: the longest period of a quota. More than this is a number in
another unit, or a point in time."""

_FIELDS = {
    **dict.fromkeys(("retrydelay", "retryafter", "retryafterseconds", "retryafters"), 1),
    **dict.fromkeys(("quotaresetdelay", "estimatedtime"), 1),  # Google's, Hugging Face's
    **dict.fromkeys(("retryafterms", "retryaftermillis"), 1000),
}
"""Fields of an error body with the time to wait, and the number of their units in a second."""

_UNITS = {
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), 0.001),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_PART = rf"\d++(?:,\d{{3}})*+(?:\.\d++)?\s?(?:{_UNIT})(?:\(s\))?(?![a-z])"
_DURATION = rf"{_PART}(?:(?:,? and |, ?|\s?){_PART})*"
_WAIT = re.compile(
    # "try again in 20s", "retry your request after 3 seconds", "retrying in: 2 minutes", "available in 59 seconds"
    r"(?:\bagain\b|\bretry|\bretries\b|\bresets?\b|\bavailable\b)[^\d.!?]{0,40}?\b(?:in|after|within)\b"
    r"(?:[\s:~]|about|approximately|at least|another|up to)*"
    # "Please wait 56 seconds", "wait for at least 1 minute"
    r"|\bwait(?:ing)?\b(?:[\s:~]|for|about|approximately|at least|another|up to)+",
    re.IGNORECASE,
)
_TIME = re.compile(_DURATION, re.IGNORECASE)
_PARTS = re.compile(r"([\d.,]+)\s?([a-z]+)", re.IGNORECASE)
"""Source of the patterns: the texts of OpenAI and Groq ("Please try again in 7m12s"), Azure ("Please retry after 3
seconds"), Google ("Please retry in 21.12s"), GitHub Models ("Please wait 56 seconds before retrying"), Kimi ("try again
after 1 seconds"), LiteLLM ("Try again in 60 seconds") and Django REST framework ("Expected available in 59 seconds").
"""
_DEEPEST = 8


def retry_after(headers: Any, body: object = None, text: str = "") -> float | None:
    """Return the seconds that a provider asks to wait; None if it names no time, or one that cannot be meant.

    The body's fields are read first (Google's `RetryInfo`, `retry_after`, `retry-after-ms`), then the headers
    `retry-after-ms` and `retry-after` (seconds or a date, RFC 9110), then the text of the body and `text`: "Please try
    again in 1m12.5s". Negative times, times of more than 31 days, and numbers without a unit in a text are ignored.
    """
    if (delay := next(_reported_delays(body), None)) is not None:
        return delay
    if headers is not None and (delay := _header_delay(headers)) is not None:
        return delay
    texts = (described(body)[2] if body is not None else "", text)
    return next((delay for one in texts if (delay := _text_delay(one)) is not None), None)


def _header_delay(headers: Any) -> float | None:
    if (delay := _seconds(header(headers, "retry-after-ms"), 1000)) is not None:
        return delay
    text = header(headers, "retry-after")
    if text is None or (delay := _seconds(text)) is not None:
        return delay
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return _believed(max(0.0, at.timestamp() - CLOCK.timestamp() / 1000))


def _reported_delays(body: Any, depth: int = 0) -> Iterator[float]:
    """Yield the waiting times in the fields of an error body, at any depth, in seconds."""
    if depth > _DEEPEST:
        return
    if isinstance(body, str):
        for level in levels(body):
            if isinstance(level, Mapping):
                yield from _reported_delays(level, depth + 1)
                return
    elif isinstance(body, Mapping):
        for key, value in cast("Mapping[str, Any]", body).items():
            unit = _FIELDS.get(str(key).lower().replace("-", "").replace("_", ""))
            seconds = _seconds(value, unit) if unit is not None else None
            if seconds is not None:
                yield seconds
            else:
                yield from _reported_delays(value, depth + 1)
    elif is_array(body):
        for one in body:
            yield from _reported_delays(one, depth + 1)


def _text_delay(text: str) -> float | None:
    """Return the waiting time in a text; None if it has none."""
    for found in _WAIT.finditer(text):
        if (time := _TIME.match(text, found.end())) is not None:
            return _duration(time[0])
    return None


def _duration(text: str) -> float | None:
    """Return a duration with units, such as "1m12.5s" or "2 hours and 5 minutes", in seconds."""
    parts = _PARTS.findall(text)
    return _believed(sum(float(number.strip(",.").replace(",", "")) * _UNITS[unit.lower()] for number, unit in parts))


def _seconds(value: Any, unit: int = 1) -> float | None:
    """Return the seconds of a number, or of a duration with units, such as protobuf's "36.5s"."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    if _TIME.fullmatch(text):
        return _duration(text)
    try:
        return _believed(float(text) / unit)
    except ValueError:
        return None


def _believed(seconds: float) -> float | None:
    return seconds if isfinite(seconds) and 0 <= seconds <= LONGEST_SECONDS else None
