"""Figures over time, by model and by tag, for the plots and tables of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import NamedTuple

from ..figures import Figures, Sums


class Group(NamedTuple):
    """The sums of the rows of one bucket that have the same provider, model and tags, as SQLite computes them."""

    provider: str | None
    model: str | None
    tags_json: str | None
    calls: int
    requests: int
    failed: int
    closed: int
    input_tokens: int
    output_tokens: int
    cost: float
    unknown_costs: int
    durations: str | None
    """The durations of the calls that were done, in milliseconds, separated by commas; None without such calls."""
    firsts: str | None
    """The times to the first events, in the same form."""

    def sums(self) -> Sums:
        """Return the sums of the group."""
        return Sums(*self[3:-2], _numbers(self.durations), _numbers(self.firsts))


_TOKENS = "coalesce(input_tokens, 0) <> 0 OR coalesce(output_tokens, 0) <> 0"
GROUP_COLUMNS = (
    "provider, model, tags_json, sum(kind = 'call'), count(*), sum(kind = 'call' AND state = 'failed'),"
    " sum(kind = 'call' AND state = 'closed'), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0),"
    f" total(cost), sum(cost IS NULL AND ({_TOKENS})),"
    " group_concat(CASE WHEN kind = 'call' AND state = 'done' THEN CAST(duration_ms AS INTEGER) END),"
    " group_concat(CASE WHEN kind = 'call' THEN CAST(first_ms AS INTEGER) END)"
)
"""The columns of a `Group`, for rows that are grouped by its first three. They are those of `figures.sums_of`."""


def _numbers(text: str | None) -> list[int]:
    return list(map(int, text.split(","))) if text else []


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


@dataclass(frozen=True)
class Buckets:
    """The lengths of time into which the rows between two times are put. They begin at full hours and days of a time
    zone.
    """

    step: timedelta
    starts: list[datetime]
    last: datetime
    """The minute of the last row."""

    def bounds(self) -> list[tuple[str, str]]:
        """Return the begin and the end of each bucket, in the form of the column `datetime_utc`."""
        ends = [*self.starts[1:], self.last + timedelta(minutes=1)]
        texts = [time.astimezone(UTC).isoformat()[:16] for time in (*self.starts[:1], *ends)]
        return list(pairwise(texts))


def buckets_of(first: datetime, last: datetime, zone: tzinfo | None) -> Buckets:
    """Return the buckets for rows between two times. `zone` is None for that of this machine."""
    return Buckets(*_starts(first.astimezone(zone), last.astimezone(zone)), last)


def summary_of(
    buckets: Buckets | None, groups: Iterable[tuple[int, Group]], tags_of: Callable[[str | None], dict[str, str]]
) -> Summary:
    """Return the figures of groups of rows, each with the index of its bucket. `buckets` is None without rows."""
    step, starts = (buckets.step, buckets.starts) if buckets is not None else (_STEPS[0], list[datetime]())
    total, sums_by_bucket = Sums(), [Sums() for _ in starts]
    models, tags = dict[str, Sums](), dict[str, Sums]()
    known: dict[str | None, list[str]] = {}
    for index, group in groups:
        sums, text = group.sums(), group.tags_json
        if text not in known:
            known[text] = [f"{name}={value}" for name, value in tags_of(text).items()]
        label = " ".join(filter(None, (group.provider, group.model))) or "unknown"
        for one in (total, sums_by_bucket[index], models.setdefault(label, Sums())):
            one.add(sums)
        for tag in known[text]:
            tags.setdefault(tag, Sums()).add(sums)
    shown = [one.figures("") for one in sums_by_bucket]
    return Summary(total.figures("all"), step, starts, shown, _by_cost(models), _by_cost(tags))


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
