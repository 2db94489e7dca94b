"""Figures over time, by model and by tag, for the plots and tables of the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import groupby
from typing import NamedTuple

from ..figures import Figures, Sums, sums_of
from .units import local


class Sample(NamedTuple):
    """The columns of a row that are summed."""

    datetime_utc: str
    kind: str
    state: str
    provider: str | None
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    duration_ms: int | None
    first_ms: int | None
    tags_json: str | None


_STEPS = (
    *(timedelta(minutes=count) for count in (1, 2, 5, 10, 30)),
    *(timedelta(hours=count) for count in (1, 2, 4, 12)),
    *(timedelta(days=count) for count in (1, 2, 7, 14, 28, 84, 364)),
)
"""The lengths of time that one bar of a plot may show."""
MOST = 60
"""The most bars of a plot."""


@dataclass
class Summary:
    """The figures of all rows that a filter accepts."""

    total: Figures
    step: timedelta
    """The length of time of each bucket."""
    starts: list[datetime]
    """The begin of each bucket. There are no gaps: a time without calls has a bucket too."""
    buckets: list[Figures]
    models: list[Figures]
    """For each provider and model, the most expensive first."""
    tags: list[Figures]
    """For each tag, such as "team=a", the most expensive first."""


def summary_of(rows: Sequence[Sample], zone: tzinfo | None, tags_of: Callable[[str | None], dict[str, str]]) -> Summary:
    """Return the figures of rows that are in the order of time. Buckets begin at full hours and days of the time zone
    (None: that of this machine).
    """
    minutes = [
        (time, list(same))
        for text, same in groupby(rows, lambda row: row.datetime_utc[:16])
        # Another program may have written rows without a time.
        if (time := local(f"{text}+00:00", UTC)) is not None
    ]
    step, starts = _STEPS[0], list[datetime]()
    if minutes:
        step, starts = _starts(minutes[0][0].astimezone(zone), minutes[-1][0].astimezone(zone))
    total, buckets = Sums(), [Sums() for _ in starts]
    models, tags = dict[str, Sums](), dict[str, Sums]()
    known: dict[str | None, list[str]] = {}
    for (index, provider, model, text), same in _groups(minutes, step, starts).items():
        sums = sums_of(same)
        if text not in known:
            known[text] = [f"{name}={value}" for name, value in tags_of(text).items()]
        label = " ".join(filter(None, (provider, model))) or "unknown"
        for one in (total, buckets[index], models.setdefault(label, Sums())):
            one.add(sums)
        for tag in known[text]:
            tags.setdefault(tag, Sums()).add(sums)
    shown = [one.figures("") for one in buckets]
    return Summary(total.figures("all"), step, starts, shown, _by_cost(models), _by_cost(tags))


def _groups(
    minutes: Sequence[tuple[datetime, list[Sample]]], step: timedelta, starts: Sequence[datetime]
) -> dict[tuple[int, str | None, str | None, str | None], list[Sample]]:
    """Return the rows of each bucket, provider, model and tags: far fewer groups than rows."""
    groups: dict[tuple[int, str | None, str | None, str | None], list[Sample]] = {}
    for time, same in minutes:
        index = min(max((time - starts[0]) // step, 0), len(starts) - 1)
        for row in same:
            groups.setdefault((index, row.provider, row.model, row.tags_json), []).append(row)
    return groups


def _by_cost(groups: dict[str, Sums]) -> list[Figures]:
    found = [sums.figures(name) for name, sums in groups.items()]
    return sorted(found, key=lambda one: (-one.cost, -one.calls, one.group))


def _starts(first: datetime, last: datetime) -> tuple[timedelta, list[datetime]]:
    step = next((one for one in _STEPS if (last - first) / one < MOST - 1), _STEPS[-1])
    start = _begin(first, step)
    count = min((last - start) // step + 1, 10_000)
    return step, [start + step * index for index in range(count)]


def _begin(time: datetime, step: timedelta) -> datetime:
    """Return the begin of the bucket with this time."""
    day = time.replace(hour=0, minute=0, second=0, microsecond=0)
    if step >= timedelta(days=1):
        return day
    return day + (time - day) // step * step
