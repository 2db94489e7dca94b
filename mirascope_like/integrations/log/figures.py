"""Figures of a log: calls, tokens, costs and latencies, by model, day, tag or another field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil

from ...core.base.errors import ConfigurationError
from .logged_call import LoggedCall

FIELDS = ("model", "provider", "function", "state", "conversation_id")
"""The fields by which rows can be grouped, besides "day", "hour" and "tag:NAME"."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of a group of rows. Tokens and costs include all requests of the calls."""

    group: str
    """The value that the rows have in common; empty for rows without one."""
    calls: int
    requests: int
    """The number of requests: one for each call, and those before its last."""
    failed: int
    """The number of calls that failed."""
    closed: int
    """The number of calls that were closed early."""
    input_tokens: int
    output_tokens: int
    cost: float
    """The sum of the known costs, in US dollars."""
    unknown_costs: int
    """The number of requests that used tokens and whose cost is unknown."""
    p50_ms: int | None
    """The duration in milliseconds that half of the calls did not exceed; None without calls that were done."""
    p95_ms: int | None
    p99_ms: int | None
    first_p50_ms: int | None
    """The time to the first events that half of the streams did not exceed; None without streams."""


def figures(rows: Iterable[LoggedCall], by: str = "model") -> list[Figures]:
    """Return the figures of each group of rows, in the order of their names.

    `by` is a field ("model", "provider", "function", "state", "conversation_id"), "day", "hour", "tag:NAME", or "all".
    Durations are those of calls that were read to their end. Raises `ConfigurationError` for another `by`.
    """
    group_of = _grouping(by)
    groups: dict[str, list[LoggedCall]] = {}
    for row in rows:
        groups.setdefault(group_of(row) or "", []).append(row)
    return [sums_of(groups[name]).figures(name) for name in sorted(groups)]


def _grouping(by: str) -> Callable[[LoggedCall], str | None]:
    if by in FIELDS:
        return lambda row: getattr(row, by)
    if by == "day":
        return lambda row: row.datetime_utc[:10]
    if by == "hour":
        return lambda row: row.datetime_utc[:13]
    if by == "all":
        return lambda row: "all"
    kind, _, name = by.partition(":")
    if kind == "tag" and name:
        return lambda row: row.tags.get(name)
    raise ConfigurationError(f"rows cannot be grouped by {by!r}: use {', '.join(FIELDS)}, day, hour, all or tag:NAME")


@dataclass
class Sums:
    """The sums of rows, which can be added to others; `figures` returns their figures."""

    calls: int = 0
    requests: int = 0
    failed: int = 0
    closed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    unknown_costs: int = 0
    durations: list[int] = field(default_factory=list[int])
    firsts: list[int] = field(default_factory=list[int])

    def add(self, other: Sums) -> None:
        """Add the sums of other rows."""
        self.calls += other.calls
        self.requests += other.requests
        self.failed += other.failed
        self.closed += other.closed
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cost += other.cost
        self.unknown_costs += other.unknown_costs
        self.durations += other.durations
        self.firsts += other.firsts

    def figures(self, group: str) -> Figures:
        """Return the figures. `group` is the name of the group."""
        durations, firsts = sorted(self.durations), sorted(self.firsts)
        return Figures(
            group=group,
            calls=self.calls,
            requests=self.requests,
            failed=self.failed,
            closed=self.closed,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cost=self.cost,
            unknown_costs=self.unknown_costs,
            p50_ms=percentile(durations, 50),
            p95_ms=percentile(durations, 95),
            p99_ms=percentile(durations, 99),
            first_p50_ms=percentile(firsts, 50),
        )


def sums_of(rows: Sequence[LoggedCall]) -> Sums:
    """Return the sums of rows."""
    calls = [row for row in rows if row.kind == "call"]
    return Sums(
        calls=len(calls),
        requests=len(rows),
        failed=sum(row.state == "failed" for row in calls),
        closed=sum(row.state == "closed" for row in calls),
        input_tokens=sum(row.input_tokens or 0 for row in rows),
        output_tokens=sum(row.output_tokens or 0 for row in rows),
        cost=sum(row.cost or 0.0 for row in rows),
        unknown_costs=sum(row.cost is None and bool(row.input_tokens or row.output_tokens) for row in rows),
        durations=[row.duration_ms for row in calls if row.state == "done" and row.duration_ms is not None],
        firsts=[row.first_ms for row in calls if row.first_ms is not None],
    )


def percentile(values: Sequence[int], percent: float) -> int | None:
    """Return the smallest of sorted values that at least `percent` of them do not exceed; None without values."""
    if not values:
        return None
    return values[max(0, ceil(len(values) * percent / 100) - 1)]
