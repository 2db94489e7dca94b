"""Limits of several processes, which are tasks here: one book in memory, by a clock that jumps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mirascope_like.core.base.errors import ConfigurationError
from mirascope_like.core.base.runtime import CLOCK
from mirascope_like.scale.limits import Limits
from mirascope_like.scale.shared import SharedLimiter, shared_limiter
from mirascope_like.scale.shared.book import Book, Lease, Report
from tests.scale.limits.simulation import Bucket
from tests.scale.limits.test_limiter import run

__all__ = ["run"]  # a fixture


class MemoryBook:
    """A book whose clock is 5 seconds ahead, and whose state is JSON between two leases, as in Redis."""

    ahead = 5.0

    def __init__(self, limits: Limits | None) -> None:
        self.state = json.dumps(Book(limits).state())
        self.broken = False
        self.waiting: list[asyncio.Event] = []
        self.leases = 0

    async def lease(self, report: Report) -> Lease:
        await asyncio.sleep(0.001)
        if self.broken:
            raise ConnectionError("gone")
        book = Book.restored(json.loads(self.state))
        lease = book.lease(CLOCK.monotonic() + self.ahead, report.shifted(self.ahead))
        self.state = json.dumps(book.state())
        self.leases += 1
        if lease.news:
            for event in self.waiting:
                event.set()
        await asyncio.sleep(0.001)
        return lease

    async def news(self) -> int:
        event = asyncio.Event()
        self.waiting.append(event)
        await event.wait()
        self.waiting.remove(event)
        holds: int = json.loads(self.state)["holds"]
        return holds

    async def close(self) -> None:
        pass


class Provider:
    """Accepts as many requests as its bucket has."""

    def __init__(self, rate: float, burst: float) -> None:
        self.bucket = Bucket(rate, burst)
        self.accepted = self.refused = 0

    async def ask(self, limiter: SharedLimiter) -> None:
        slot = await limiter.acquire(10.0)
        wait = self.bucket.take(CLOCK.monotonic())
        if wait:
            self.refused += 1
            await asyncio.sleep(0.02)
            slot.refused(retry_after=wait)
        else:
            self.accepted += 1
            await asyncio.sleep(0.3)
            slot.finished(tokens=10)


async def for_seconds(seconds: float, ask: Callable[[], Awaitable[None]], tasks: int) -> None:
    async def work() -> None:
        while True:
            await ask()

    async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
        for _ in range(tasks):
            group.create_task(work())


async def share(
    book: MemoryBook, provider: Provider, seconds: float, processes: int, limits: Limits
) -> list[SharedLimiter]:
    """Let processes ask without end."""
    limiters = [SharedLimiter(book, limits) for _ in range(processes)]
    running = [for_seconds(seconds, lambda one=one: provider.ask(one), 60) for one in limiters]
    await asyncio.gather(*running, return_exceptions=True)
    return limiters


LIMITS = Limits(rpm=6000)


def test_processes_share_a_limit(run: Any) -> None:
    """100 a second: at least 93 % are used, by 4 processes, and never more than the server accepts."""
    book, provider = MemoryBook(LIMITS), Provider(100, 20)

    async def main() -> None:
        for limiter in await share(book, provider, 8.0, 4, LIMITS):
            await limiter.close()

    run(main())
    assert 0.93 * 800 <= provider.accepted <= 1.01 * 800
    assert provider.refused == 0
    assert book.leases < 320  # 40 a second: blocks of 5, and the asking that finds all times leased


def test_a_process_that_asks_alone_has_everything(run: Any) -> None:
    """Where a fixed share of each would leave the quota of the idle ones."""
    book, provider = MemoryBook(LIMITS), Provider(100, 20)

    async def main() -> None:
        idle = SharedLimiter(book, LIMITS)
        (await idle.acquire(10.0)).finished(tokens=10)
        busy = await share(book, provider, 5.0, 1, LIMITS)
        for limiter in (idle, *busy):
            await limiter.close()

    run(main())
    assert provider.accepted >= 0.93 * 500


def test_a_refusal_holds_all_processes(run: Any) -> None:
    """The limit that all believe is 25 % too high."""
    given = Limits(rpm=7500)
    book, provider = MemoryBook(given), Provider(100, 20)

    async def main() -> None:
        for limiter in await share(book, provider, 15.0, 3, given):
            await limiter.close()

    run(main())
    assert provider.accepted >= 0.93 * 1500
    assert provider.refused <= 0.015 * provider.accepted


def test_a_book_that_is_lost(run: Any) -> None:
    """Each process continues with its share, and returns to the book."""
    book, provider = MemoryBook(LIMITS), Provider(100, 20)

    async def main() -> None:
        limiters = await share(book, provider, 5.0, 2, LIMITS)
        book.broken = True
        before = provider.accepted
        running = [for_seconds(5.0, lambda one=one: provider.ask(one), 60) for one in limiters]
        await asyncio.gather(*running, return_exceptions=True)
        assert 0.8 * 500 <= provider.accepted - before <= 1.05 * 500
        before, book.broken = provider.accepted, False
        await for_seconds(4.0, lambda: provider.ask(limiters[0]), 60)

    with pytest.raises(TimeoutError):
        run(main())
    assert provider.refused <= 2


def test_a_book_that_was_never_reached(run: Any) -> None:
    book = MemoryBook(LIMITS)
    book.broken = True

    async def main() -> None:
        limiter = SharedLimiter(book, LIMITS)
        with pytest.raises(ConfigurationError, match="cannot be reached: gone"):
            await limiter.acquire(0.0)
        await limiter.close()

    run(main())


def test_a_book_whose_clock_is_set_back() -> None:
    """As that of a Redis server may be."""
    book = Book(LIMITS)
    for now in (2000.0, 1000.0):
        lease = book.lease(now, Report(process="a", wanted=5))
        assert lease.count > 0
        assert abs(lease.start - now) < 0.1


def test_a_clock_that_is_set_back_in_a_hold() -> None:
    """All requests wait for as long as the provider has asked, not for an hour more."""
    book = Book(LIMITS)
    book.lease(5000.0, Report(process="a", wanted=1))
    book.lease(5000.1, Report(process="a", wanted=1, refused=[(5000.0, 5000.1, 20.0, False)]))
    assert book.lease(1400.0, Report(process="a", wanted=1)).again == pytest.approx(1420.0)
    assert book.lease(1420.0, Report(process="a", wanted=1)).probe


def test_no_limit_is_known(run: Any) -> None:
    """Together, the processes start with 16 requests; each response allows two more."""
    book = MemoryBook(None)

    async def main() -> None:
        limiters = [SharedLimiter(book) for _ in range(2)]
        for number in range(300):
            (await limiters[number % 2].acquire(0.0)).finished()
        slots = [asyncio.ensure_future(limiters[0].acquire(0.0)) for _ in range(600)]
        await asyncio.sleep(0.2)
        sent = sum(slot.done() for slot in slots)
        assert 300 <= sent <= 316 + 20
        for limiter in limiters:
            await limiter.close()

    run(main())
    lease = Book().lease(1000.0, Report(process="a", wanted=99))
    assert (lease.count, lease.interval) == (16, 0.0)


def test_a_clock_that_is_set_back_while_requests_are_counted() -> None:
    book = Book()
    book.lease(5000.0, Report(process="a", wanted=16))
    assert book.lease(1000.0, Report(process="a", wanted=16)).count == 16


def test_a_request_that_tries_of_a_process_that_has_died() -> None:
    """The others wait for its response for 10 seconds at most, and for 2.5 round trips of a refusal."""
    book = Book(LIMITS)
    book.lease(1000.0, Report(process="a", wanted=1))
    book.lease(1000.0, Report(process="b", wanted=1, refused=[(999.5, 1000.0, 5.0, False)]))
    assert book.lease(1005.0, Report(process="a", wanted=1)).probe
    assert book.lease(1005.1, Report(process="b", wanted=9)).again == pytest.approx(1006.25)
    assert book.lease(1006.25, Report(process="b", wanted=9)).count > 1


def test_a_book_is_kept_during_a_hold() -> None:
    """No process may ask for so long."""
    book = Book(LIMITS)
    assert book.kept(1000.0) == 0
    book.lease(1000.0, Report(process="a", refused=[(999.0, 1000.0, 600.0, False)]))
    assert book.kept(1010.0) == 590


def test_news_of_an_earlier_hold(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """They may arrive late: the times that were leased since are valid."""
    book, provider = MemoryBook(LIMITS), Provider(100, 20)

    async def news() -> int:
        await asyncio.sleep(0.003)
        return 0

    monkeypatch.setattr(book, "news", news)

    async def main() -> None:
        (limiter,) = await share(book, provider, 3.0, 1, LIMITS)
        await limiter.close()

    run(main())
    assert provider.accepted >= 0.93 * 300


def test_a_book_that_does_not_reply(run: Any) -> None:
    """After 5 seconds it is lost."""
    book = MemoryBook(LIMITS)

    async def never(report: Report) -> Lease:
        await asyncio.Event().wait()
        raise AssertionError

    async def main() -> None:
        limiter = SharedLimiter(book, LIMITS)
        for _ in range(50):
            (await limiter.acquire(0.0)).finished()
        book.lease = never  # type: ignore[method-assign]
        start = CLOCK.monotonic()
        for _ in range(200):
            (await limiter.acquire(0.0)).finished()
        assert 5.0 <= CLOCK.monotonic() - start <= 8.0
        assert not limiter.connected
        await limiter.close()

    run(main())


def test_an_unknown_kind_of_sharing() -> None:
    with pytest.raises(ConfigurationError, match="share must be 'ray' or the URL"):
        shared_limiter("memcached://localhost", "openai:m")
