"""The state that several processes share: when requests may be sent, and who has leased which times.

Knows no network: the caller passes the time and keeps the state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from ..limits import Limits, Pacer

BLOCK = 0.05
"""The seconds for which requests are leased at once."""
AHEAD = 10.0
"""The seconds by which leased times may be ahead, besides those of four blocks for each process."""
PRESENT = 10.0
"""A process that has not asked for this time, in seconds, counts no more."""


Refusal: TypeAlias = tuple[float, float, float | None, bool]
"""When a request was sent that was refused, when the refusal came, the seconds that the provider asks for, and whether
it was one that tried whether requests are accepted again.
"""


@dataclass(slots=True, kw_only=True)
class Report:
    """What a process asks for, and what has become of its requests since it last asked. All times are the book's."""

    process: str
    """The name of the process."""
    wanted: int = 0
    """The number of requests that wait, without those that have a time already."""
    tokens: float = 0.0
    """The tokens that each will probably use."""
    sent: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    """Times, and how many requests were sent then."""
    corrected: float = 0.0
    """Tokens that were used, without those that were reserved."""
    responses: int = 0
    """The number of requests that had a response."""
    accepted: bool = False
    """True if a request that tried whether requests are accepted again had a response."""
    failed: bool = False
    """True if such a request had no response."""
    refused: list[Refusal] = field(default_factory=list[Refusal])
    rpm: float | None = None
    """Requests per minute, from the headers."""
    tpm: float | None = None
    """Tokens per minute, from the headers."""

    def shifted(self, seconds: float) -> Report:
        """Return the report with other times: those of the book's clock."""
        return replace(
            self,
            sent=[(at + seconds, count) for at, count in self.sent],
            refused=[(sent + seconds, came + seconds, wait, probe) for sent, came, wait, probe in self.refused],
        )


@dataclass(slots=True, kw_only=True)
class Lease:
    """The answer to a report."""

    now: float
    """The time of the book."""
    count: int = 0
    """The number of requests that may be sent."""
    start: float = 0.0
    """When the first may be sent."""
    interval: float = 0.0
    """The seconds between them."""
    probe: bool = False
    """True for one request that tries whether requests are accepted again."""
    again: float = 0.0
    """When to ask again, if `count` is 0."""
    holds: int = 0
    """How many times all requests were held: times that were leased before the last hold are not valid."""
    news: bool = False
    """True if other processes must know of this report: a hold has begun or ended."""
    processes: int = 1
    """How many processes ask."""
    rate: float | None = None
    """Requests per second of all processes."""
    token_rate: float | None = None
    """Tokens per second of all processes."""


class Book:
    """Leases times to processes, in blocks of 0.05 seconds. A refusal of one process holds all of them."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.pacer: Pacer = Pacer(limits)
        self.processes: dict[str, float] = {}
        """When each process has last asked."""
        self.holds: int = 0

    def lease(self, now: float, report: Report) -> Lease:
        """Count what a process reports, and return what it may send."""
        self.processes[report.process] = now
        self.processes = {name: at for name, at in self.processes.items() if at > now - PRESENT}
        before = self.holds, self.pacer.hold
        self._count(now, report)
        lease = self._leased(now, report)
        lease.news = before != (self.holds, self.pacer.hold)
        lease.holds = self.holds
        lease.processes = len(self.processes)
        lease.rate, lease.token_rate = self.pacer.rate, self.pacer.token_rate
        return lease

    def _count(self, now: float, report: Report) -> None:
        pacer = self.pacer
        for at, count in report.sent:
            pacer.deliveries.add(at, count)
        if report.rpm is not None or report.tpm is not None:
            pacer.learn(report.rpm, report.tpm)
        if pacer.token_rate is not None:
            pacer.next_tokens += report.corrected / pacer.token_rate
        pacer.responded(report.responses)
        if report.accepted:
            pacer.accepted(now, now)
        if report.failed:
            pacer.failed(now)
        held = pacer.hold
        for sent, came, wait, probe in report.refused:
            pacer.refused(came if probe else sent, came, wait=wait)
        self.holds += pacer.hold and not held

    def _leased(self, now: float, report: Report) -> Lease:
        self._check_time(now)
        pacer = self.pacer
        if pacer.hold and (at := pacer.ready(now)) > now:
            return Lease(now=now, again=at)
        if not report.wanted:
            return Lease(now=now, again=now + BLOCK)
        if pacer.hold and pacer.probe is None:
            pacer.probe = now
            return Lease(now=now, count=1, start=now, probe=True)
        if pacer.hold:
            pacer.resume(now)
        if (room := pacer.room(now)) == 0:
            return Lease(now=now, again=now + BLOCK)
        seconds = [1 / one for one in (pacer.rate,) if one is not None]
        seconds += [report.tokens / one for one in (pacer.token_rate,) if one is not None]
        most = report.wanted if room is None else min(report.wanted, room)
        count = max(1, min(most, int(BLOCK / max(max(seconds, default=0.0), 1e-6))))
        start, interval = pacer.reserve(now, count, report.tokens)
        return Lease(now=now, count=count, start=start, interval=interval)

    def kept(self, now: float) -> float:
        """Return the seconds until a hold ends: for so long no process may ask."""
        return max(0.0, self.pacer.until - now) if self.pacer.hold else 0.0

    def _check_time(self, now: float) -> None:
        """Start at `now` again if the clock was set back: no time that was leased is so far ahead, and no hold begins
        later than now.
        """
        pacer = self.pacer
        if pacer.hold and (back := pacer.held - now) > AHEAD:
            pacer.held, pacer.until, pacer.probe = now, pacer.until - back, None
        if pacer.unanswered and pacer.unanswered[-1] > now + AHEAD:
            pacer.unanswered.clear()
        interval = 1 / pacer.rate if pacer.rate is not None else 0.0
        if pacer.next > now + AHEAD + 4 * len(self.processes) * max(BLOCK, interval):
            pacer.next = pacer.grown = pacer.changed = now

    def state(self) -> dict[str, Any]:
        """Return the state as JSON data, for `restored`."""
        return {"pacer": self.pacer.state(), "processes": self.processes, "holds": self.holds}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Book:
        """Return the book of a `state`."""
        book = cls()
        book.pacer = Pacer.restored(state["pacer"])
        book.processes, book.holds = dict(state["processes"]), state["holds"]
        return book
