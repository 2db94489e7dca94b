"""Values as people read them: times, durations, counts, costs and sizes."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

NONE = "\u2013"
"""What is shown for a value that is unknown."""


def local(time: str, zone: tzinfo | None) -> datetime | None:
    """Return a time of the log in a time zone (None: that of this machine); None if it is not a time."""
    try:
        return datetime.fromisoformat(time).astimezone(zone)
    except (ValueError, OverflowError):
        return None


def duration(milliseconds: float | None) -> str:
    """Return a duration, such as "350 ms", "2.41 s" or "3 min 5 s"."""
    if milliseconds is None:
        return NONE
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def count(number: float | None) -> str:
    """Return a count with separators, such as "12,345"."""
    return NONE if number is None else f"{number:,.0f}"


def short_count(number: float) -> str:
    """Return a count in a few characters, such as "12.3k"."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:.3g}{unit}"
    return f"{number:.3g}"


def dollars(amount: float | None) -> str:
    """Return a cost in US dollars: at least two digits after the point, and two that count."""
    if amount is None:
        return NONE
    if amount == 0 or amount >= 1:
        return f"${amount:,.2f}"
    for digits in range(2, 8):
        if amount >= 10 ** (1 - digits):
            return f"${amount:.{digits}f}"
    return "<$0.000001"


def span(step: timedelta) -> str:
    """Return the length of time of a bar, such as "5 minutes" or "1 day"."""
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if step >= length:
            number = step // length
            return f"{number} {unit}{'s' if number > 1 else ''}"
    return str(step)
