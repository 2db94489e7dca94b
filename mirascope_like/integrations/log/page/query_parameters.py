"""What a request asks for: the filter and the position in the list, read from the parameters of its address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from urllib.parse import parse_qsl

from ....core.base.errors import ConfigurationError
from ..filters import Filters, moment

STATES = ("done", "closed", "failed")
AGES = {"1h": "last hour", "1d": "last 24 hours", "7d": "last 7 days", "30d": "last 30 days"}
_NAMES = ("text", "model", "provider", "function", "state", "tag", "session", "age", "since", "until", "requests")
"""The parameters of the filter, in the order in which addresses have them."""
_POSITIONS = ("before", "after")
LONGEST = 500
"""The characters that a value may have."""


class BadParameterError(ValueError):
    """A parameter is unknown, given twice, or has a wrong value. Its message is shown to the user."""


@dataclass(frozen=True)
class Query:
    """The parameters of a request for the list of calls or for the figures."""

    values: Mapping[str, str] = field(default_factory=dict[str, str])
    """The parameters of the filter, as text; only those with a value."""
    before: tuple[str, int] | None = None
    """The time and number of a row: the rows that are older are wanted."""
    after: tuple[str, int] | None = None
    """The time and number of a row: the rows that are newer are wanted."""
    filters: Filters = field(default_factory=Filters)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The filter as parameters of an address."""
        return [(name, self.values[name]) for name in _NAMES if name in self.values]

    def changed(self, **values: str | None) -> list[tuple[str, str]]:
        """Return the parameters with other values; None removes one."""
        merged = {**self.values, **values}
        return [(name, value) for name in _NAMES if (value := merged.get(name))]


def query_of(text: str, zone: tzinfo | None) -> Query:
    """Return the query for the part of an address after "?". Days begin in `zone` (None: that of this machine).

    Raises `BadParameterError`.
    """
    given = parameters_of(text, (*_NAMES, *_POSITIONS))
    values = {name: value for name in _NAMES if (value := given.get(name, "").strip())}
    query = Query(values=values, filters=_filters(values, zone))
    if "before" in given and "after" in given:
        raise BadParameterError('the parameters "before" and "after" exclude each other')
    if "before" in given:
        return replace(query, before=_position("before", given["before"]))
    if "after" in given:
        return replace(query, after=_position("after", given["after"]))
    return query


def parameters_of(text: str, allowed: tuple[str, ...]) -> dict[str, str]:
    """Return the parameters in a part of an address. Raises `BadParameterError`."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=40)
    except ValueError:
        raise BadParameterError("the parameters are not valid UTF-8, or there are too many") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in allowed:
            raise BadParameterError(f"unknown parameter {name[:40]!r}; the parameters are: {', '.join(allowed)}")
        if name in found:
            raise BadParameterError(f"the parameter {name!r} is given twice")
        if len(value) > LONGEST:
            raise BadParameterError(f"the parameter {name!r} has more than {LONGEST} characters")
        found[name] = value
    return found


def _filters(values: Mapping[str, str], zone: tzinfo | None) -> Filters:
    state = values.get("state")
    if state is not None and state not in STATES:
        raise BadParameterError(f"unknown state {state!r}; the states are: {', '.join(STATES)}")
    if values.get("requests", "1") != "1":
        raise BadParameterError('the parameter "requests" must be 1')
    begins = [_time("age", values["age"])] if "age" in values else []
    if "since" in values:
        begins.append(_time("since", _day(values["since"], zone, 0)))
    until = _time("until", _day(values["until"], zone, 1)) if "until" in values else None
    return Filters(
        text=values.get("text"),
        model=values.get("model"),
        provider=values.get("provider"),
        function=values.get("function"),
        state=state,
        conversation_id=values.get("session"),
        tags=_tag(values["tag"]) if "tag" in values else {},
        since=max(begins, default=None),
        until=until,
        kind=None if "requests" in values else "call",
    )


def _tag(text: str) -> dict[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise BadParameterError(f'not a tag: {text!r}; write it as "name=value"')
    return {name: value}


def _day(text: str, zone: tzinfo | None, days: int) -> str:
    """Return the begin of a day, or its end with `days=1`, as a time; any other text itself."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is None:
        return text
    try:
        begin = datetime.fromisoformat(text) + timedelta(days=days)
        begin = begin.replace(tzinfo=zone) if zone is not None else begin.astimezone()
        return (begin - timedelta(milliseconds=days)).isoformat()
    except (ValueError, OverflowError, OSError):
        raise BadParameterError(f"not a date: {text!r}") from None


def _time(name: str, text: str) -> str:
    try:
        return moment(text)
    except (ConfigurationError, OverflowError, ValueError):
        raise BadParameterError(
            f'the parameter {name!r} is not a time: {text!r}; write it as "2026-11-29", or as an age such as "2h"'
        ) from None


def _position(name: str, text: str) -> tuple[str, int]:
    time, separator, number = text.rpartition("_")
    if not separator or not re.fullmatch(r"\d{1,18}", number) or not re.fullmatch(r"[-+:.T\d]{10,40}", time):
        raise BadParameterError(f"the parameter {name!r} is not a position in the list: {text!r}")
    return time, int(number)
