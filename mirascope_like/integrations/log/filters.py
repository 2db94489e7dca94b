"""The filters of `find`, for SQL and for rows in memory."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ...core.base.errors import ConfigurationError

Time = datetime | timedelta | str
"""A time: a `datetime` (without a zone: UTC), a text in ISO 8601 format, or an age: a `timedelta`, or a text such as
"2h".
"""
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|w)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
TEXTS = ("prompt", "system", "response_text", "reasoning", "error")
"""The fields that a text search finds."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a row must have to be found. None and empty values accept every row."""

    model: str | None = None
    provider: str | None = None
    function: str | None = None
    state: str | None = None
    kind: str | None = None
    conversation_id: str | None = None
    parent_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    since: Time | None = None
    until: Time | None = None
    text: str | None = None

    def sql(self) -> tuple[list[str], list[Any]]:
        """Return the conditions, except `text`, and their parameters."""
        conditions, values = list[str](), list[Any]()
        for name in ("provider", "state", "kind", "conversation_id", "parent_id"):
            if (value := getattr(self, name)) is not None:
                conditions.append(f"{name} = ?")
                values.append(value)
        if self.model is not None:
            conditions.append("(model = ? OR resolved_model = ?)")
            values += [self.model, self.model]
        if self.function is not None:
            conditions.append("(function = ? OR substr(function, -length(?)) = ?)")
            values += [self.function, f".{self.function}", f".{self.function}"]
        for name, value in self.tags.items():
            conditions.append("EXISTS (SELECT 1 FROM json_each(tags_json) WHERE key = ? AND value = ?)")
            values += [name, value]
        for sign, time in (">=", self.since), ("<=", self.until):
            if time is not None:
                conditions.append(f"datetime_utc {sign} ?")
                values.append(moment(time))
        return conditions, values

    def accepts(self, row: Mapping[str, Any]) -> bool:
        """Return True if a row fulfils all conditions."""
        tags: Mapping[str, str] = row.get("tags") or {}
        function, when = row.get("function") or "", row.get("datetime_utc") or ""
        return (
            all(
                (wanted := getattr(self, name)) is None or row.get(name) == wanted
                for name in ("provider", "state", "kind", "conversation_id", "parent_id")
            )
            and (self.model is None or self.model in (row.get("model"), row.get("resolved_model")))
            and (self.function is None or function == self.function or function.endswith(f".{self.function}"))
            and all(tags.get(name) == value for name, value in self.tags.items())
            and (self.since is None or when >= moment(self.since))
            and (self.until is None or when <= moment(self.until))
            and all(any(word in (row.get(name) or "").casefold() for name in TEXTS) for word in self.words())
        )

    def words(self) -> Sequence[str]:
        """Return the words of `text`, in lower case. A row must have all of them."""
        return (self.text or "").casefold().split()


def moment(time: Time) -> str:
    """Return a time as in the column `datetime_utc`."""
    if isinstance(time, str):
        time = age_limit(time) if _AGE.fullmatch(time.strip()) else _parsed(time)
    if isinstance(time, timedelta):
        time = datetime.now(UTC) - time
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return time.astimezone(UTC).isoformat(timespec="milliseconds")


def age_limit(age: str) -> timedelta:
    """Return the duration of an age such as "30d", "12h", "90m", "2w" or "45s".

    Raises `ConfigurationError` for any other text.
    """
    match = _AGE.fullmatch(age.strip()) if isinstance(age, str) else None  # pyright: ignore[reportUnnecessaryIsInstance]
    if match is None:
        raise ConfigurationError(f'not an age: {age!r}; write a number and s, m, h, d or w, such as "30d"')
    return timedelta(**{_UNITS[match[2]]: float(match[1])})


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f'not a time: {text!r}; write it as "2026-11-29T20:00", or as an age such as "2h"'
        ) from None
