"""A limiter of several processes: each sends at the times that it leases from a shared book."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol
from uuid import uuid4

from ...core.base.errors import ConfigurationError
from ...core.base.errors import retry_after as reported_wait
from ...core.base.runtime import CLOCK
from ..limits import HeaderLimits, Limits, Pacer, Slot, Waiting, log_hold
from .book import BLOCK, Lease, Report

CATCH_UP = 0.1
"""Leased times that are missed by more than this, in seconds, are lost."""
LOST = 5.0
"""A book that does not reply for this time, in seconds, is lost."""
FIRST = 60.0
"""The same before its first reply: an actor has to start."""
RECONNECT = 1.0
"""The seconds between attempts to reach a book that is lost."""

log: logging.Logger = logging.getLogger("mirascope_like.scale")


class SharedBook(Protocol):
    """A `Book` that several processes reach."""

    ahead: float
    """The book's clock minus that of this process, in seconds, as it was last seen."""

    @abstractmethod
    async def lease(self, report: Report) -> Lease:
        """Make a report, with the times of this process's clock, and return the lease, with those of the book's."""
        ...

    @abstractmethod
    async def news(self) -> int:
        """Return the number of holds (`Lease.holds`) when a hold of all requests begins or ends."""
        ...

    @abstractmethod
    async def close(self) -> None:
        """Release the connection."""


class Offset:
    """Estimates how much another clock is ahead, from messages: the fastest of the last ones is the most exact."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=20)

    def add(self, began: float, ended: float, time: float) -> float:
        """Count a message that was sent at `began` and answered at `ended`, with the other clock's time; return the
        estimate.
        """
        self._samples.append((ended - began, time - (began + ended) / 2))
        return min(self._samples)[1]


class SharedLimiter(Waiting):
    """Makes requests of the tasks of one event loop wait for the times that this process leases.

    One block of times is used, and the next is leased ahead. A refusal is reported at once, and holds the requests of
    all processes. If the book cannot be reached any more, this process continues with its share of the rate, never
    without limits.
    """

    def __init__(self, book: SharedBook, limits: Limits | None = None, limited: str = "requests") -> None:
        super().__init__(limits.concurrency if limits is not None else None)
        self._book = book
        self._limited = limited
        self._name = uuid4().hex
        self._headers = HeaderLimits()
        self._times: deque[tuple[float, bool, float]] = deque()
        """The leased times, by the clock of this process; whether it is for a request that tries; and its tokens."""
        self._leased_at: float = 0.0
        """When the last times were leased: a reply that took long has times that are over, which are used at once."""
        self._again: float = 0.0
        """When to ask for times again."""
        self._holds: int = 0
        self._lease: Lease | None = None
        """The newest lease."""
        self._alone: Pacer | None = None
        """The pacer of this process while the book cannot be reached."""
        self._closed = False
        self._report: Report = Report(process=self._name)
        self._asking: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._timer_again: asyncio.TimerHandle | None = None

    @property
    def connected(self) -> bool:
        """True while the shared book is reached."""
        return self._lease is not None and self._alone is None

    def ready(self, now: float) -> float | None:
        if self._alone is not None:
            return self._alone.ready(now)
        times = self._times
        while times and max(times[0][0], self._leased_at) < now - CATCH_UP and not times[0][1]:
            times.popleft()
        if not times or times[-1][0] - now < BLOCK / 2:
            self._ask(now)
        return times[0][0] if times else None

    def grant(self, now: float, tokens: float, *, waited: bool) -> Slot:
        if self._alone is not None:
            self._alone.send(now, tokens, waited=waited)
            return SharedSlot(self, now, tokens, probe=False)
        _, probe, leased = self._times.popleft()
        self._report.corrected += tokens - leased
        self._report.sent.append((now, 1))
        return SharedSlot(self, now, tokens, probe=probe)

    def _ask(self, now: float, *, urgent: bool = False) -> None:
        """Start to ask the book, if nobody asks yet and it is time."""
        if self._closed or (self._asking is not None and not self._asking.done()):
            return
        if now < self._again and not urgent:
            if self._timer_again is None:
                self._timer_again = asyncio.get_running_loop().call_later(self._again - now, self._ask_again)
            return
        if self._watching is None or self._watching.done():
            self._watching = asyncio.get_running_loop().create_task(self._watch())
        self._asking = asyncio.get_running_loop().create_task(self._renew())

    def _ask_again(self) -> None:
        self._timer_again = None
        self._ask(CLOCK.monotonic(), urgent=True)

    async def _renew(self) -> None:
        report, self._report = self._report, Report(process=self._name)
        report.wanted = max(0, len(self.waiting) - len(self._times)) or int(bool(self.waiting))
        report.tokens = self.waiting[0][1] if self.waiting else 0.0
        report.rpm, report.tpm = self._headers.rpm, self._headers.tpm
        try:
            async with asyncio.timeout(LOST if self._lease is not None else FIRST):
                lease = await self._book.lease(report)
        except Exception as error:
            self._lost(error)
            return
        now = CLOCK.monotonic()
        self._alone = None
        if self._lease is not None and lease.holds > self._holds:
            log_hold(self._limited, max(0.0, lease.again - lease.now))
        self._lease = lease
        if lease.count:
            self._leased_at = now
        if lease.holds != self._holds:
            self._times.clear()
            self._holds = lease.holds
        ahead = self._book.ahead
        for number in range(lease.count):
            at = lease.start + number * lease.interval - ahead
            self._times.append((at, lease.probe, 0.0 if lease.probe else report.tokens))
        self._again = lease.again - ahead if lease.count == 0 else now
        self._asking = None
        if self._report.refused or self._report.accepted or self._report.failed:  # since this one was sent
            self._ask(now, urgent=True)
        if self.waiting:
            self.pump()

    def _lost(self, error: Exception) -> None:
        """Go on without the book: with the share of this process, and try to reach it again."""
        self._asking = None
        now = CLOCK.monotonic()
        self._again = now + RECONNECT
        if self._lease is None:
            failure = ConfigurationError(f"the shared limits cannot be reached: {str(error) or 'no reply'}")
            failure.__cause__ = error
            while self.waiting:
                mine, _ = self.waiting.popleft()
                if not mine.done():
                    mine.set_exception(failure)
            return
        if self._alone is None:
            log.warning("the shared limits cannot be reached; this process continues with its share: %s", error)
            self._alone = _share(self._lease, now)
            self._times.clear()
        if self._timer_again is None:
            self._timer_again = asyncio.get_running_loop().call_later(RECONNECT, self._ask_again)
        self.pump()

    async def _watch(self) -> None:
        """Drop the leased times when another process reports a refusal."""
        while True:
            try:
                holds = await self._book.news()
            except Exception:  # the lease reports that the book is lost
                await asyncio.sleep(RECONNECT)
                continue
            if holds != self._holds:  # not the report of a hold that has ended: what was leased since is valid
                self._times.clear()
            if self.waiting:
                self._ask(CLOCK.monotonic(), urgent=True)

    def finished(self, sent: float, tokens: float, used: float | None, *, probe: bool) -> None:
        """Count a response."""
        if self._alone is not None:
            self._alone.accepted(sent, CLOCK.monotonic(), tokens, used)
        else:
            self._report.responses += 1
            self._report.corrected += used - tokens if used is not None else 0.0
        if probe:
            self._report.accepted = True
            self._ask(CLOCK.monotonic(), urgent=True)
        self.ended()

    def refused(self, sent: float, tokens: float, wait: float | None, *, probe: bool) -> None:
        """Report a refusal at once, and drop the leased times."""
        now = CLOCK.monotonic()
        if self._alone is not None:
            self._alone.refused(sent, now, tokens, wait)
        else:
            self._report.corrected -= tokens
            self._report.refused.append((sent, now, wait, probe))
            self._times.clear()
            self._ask(now, urgent=True)
        self.ended()

    def dropped(self, sent: float, tokens: float, *, probe: bool) -> None:
        """Count a request without a response."""
        if self._alone is not None:
            self._alone.failed(sent, tokens)
        else:
            self._report.corrected -= tokens
        if probe:
            self._report.failed = True
            self._ask(CLOCK.monotonic(), urgent=True)
        self.ended()

    def learn(self, headers: Mapping[str, str] | None) -> None:
        """Use the limits in the headers of a response."""
        if headers is not None and self._headers.read(headers) and self._alone is not None:
            self._alone.learn(self._headers.rpm, self._headers.tpm)

    async def close(self) -> None:
        """Release the connection to the book."""
        await super().close()
        self._closed = True
        tasks = {task for task in (self._asking, self._watching) if task is not None}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=LOST)
        if self._timer_again is not None:
            self._timer_again.cancel()
        with suppress(Exception):
            async with asyncio.timeout(LOST):
                await self._book.close()


def _share(lease: Lease, now: float) -> Pacer:
    """Return a pacer with this process's share of the rate. If it is not known, the pacer learns it."""
    pacer = Pacer()
    if lease.rate is None and lease.token_rate is None:
        return pacer
    share = 1 / max(1, lease.processes)
    pacer.rate = pacer.most = lease.rate * share if lease.rate is not None else None
    pacer.token_rate = lease.token_rate * share if lease.token_rate is not None else None
    pacer.learning, pacer.window, pacer.next, pacer.next_tokens = False, None, now, now
    return pacer


class SharedSlot:
    """A request of a `SharedLimiter`. If it is dropped without a report, it counts as failed."""

    __slots__ = ("_limiter", "_probe", "_sent", "_tokens")

    def __init__(self, limiter: SharedLimiter, sent: float, tokens: float, *, probe: bool) -> None:
        self._limiter: SharedLimiter | None = limiter
        self._sent = sent
        self._tokens = tokens
        self._probe = probe

    def _end(self) -> SharedLimiter | None:
        limiter, self._limiter = self._limiter, None
        return limiter

    def finished(self, *, headers: Mapping[str, str] | None = None, tokens: float | None = None) -> None:
        if (limiter := self._end()) is not None:
            limiter.learn(headers)
            limiter.finished(self._sent, self._tokens, tokens, probe=self._probe)

    def refused(self, *, headers: Mapping[str, str] | None = None, retry_after: float | None = None) -> None:
        if (limiter := self._end()) is not None:
            limiter.learn(headers)
            wait = reported_wait(headers) if retry_after is None and headers is not None else retry_after
            limiter.refused(self._sent, self._tokens, wait, probe=self._probe)

    def failed(self) -> None:
        if (limiter := self._end()) is not None:
            limiter.dropped(self._sent, self._tokens, probe=self._probe)

    def __del__(self) -> None:
        limiter = self._end()
        if limiter is not None and limiter.loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                limiter.loop.call_soon_threadsafe(lambda: limiter.dropped(self._sent, self._tokens, probe=self._probe))
