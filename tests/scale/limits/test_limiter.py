"""Tasks that wait for the limiter, by a clock that the test moves."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from mirascope_like.core.base.errors import ConfigurationError
from mirascope_like.core.base.runtime import CLOCK
from mirascope_like.scale.limits import Limits, LocalLimiter, Slot


class Simulated(asyncio.SelectorEventLoop):
    """An event loop whose time passes at once: when nothing is to do, the clock jumps to the next timer."""

    now = 1000.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        timers: Any = self._scheduled  # type: ignore[attr-defined]
        if not self._ready and timers:  # type: ignore[attr-defined]
            self.now = max(self.now, timers[0].when())
        super()._run_once()  # type: ignore[misc]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(main: Any) -> Any:
        loop = Simulated()
        monkeypatch.setattr(CLOCK, "monotonic", loop.time)
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(main)

    return run


async def sent(limiter: LocalLimiter, times: list[float], tokens: float = 0.0) -> Slot:
    slot = await limiter.acquire(tokens)
    times.append(round(CLOCK.monotonic() - 1000, 3))
    return slot


async def all_sent(limiter: LocalLimiter, count: int, tokens: float = 0.0) -> list[float]:
    times: list[float] = []
    for slot in await asyncio.gather(*(sent(limiter, times, tokens) for _ in range(count))):
        slot.finished()
    return times


def test_requests_are_spaced(run: Any) -> None:
    """600 a minute at 98.5 %: one each 0.1015 seconds. After a pause, the first time may be up to 0.05 seconds ago."""
    limiter = LocalLimiter(Limits(rpm=600))
    assert run(all_sent(limiter, 4)) == [0.0, 0.052, 0.153, 0.255]


def test_tokens_are_spaced(run: Any) -> None:
    """6,000 a minute at 98.5 %: 98.5 a second, so 100 in 1.015 seconds. Half a second may be used at once."""
    limiter = LocalLimiter(Limits(tpm=6000))
    assert run(all_sent(limiter, 4, tokens=100.0)) == [0.0, 0.515, 1.53, 2.546]


def test_tokens_that_were_not_used_are_free_again(run: Any) -> None:
    async def main() -> list[float]:
        limiter, times = LocalLimiter(Limits(tpm=6000)), list[float]()
        first = await sent(limiter, times, 1000.0)
        waiting = asyncio.ensure_future(sent(limiter, times, 100.0))
        await asyncio.sleep(1)
        first.finished(tokens=100)
        await waiting
        return times

    assert run(main()) == [0.0, 1.0]


def test_a_refusal_holds_all_requests(run: Any) -> None:
    """At the time that the provider names, one request tries. When it is answered, the others go on."""

    async def main() -> list[float]:
        limiter, times = LocalLimiter(Limits(rpm=600)), list[float]()
        slots = [await sent(limiter, times) for _ in range(3)]
        slots[2].refused(retry_after=10.0)
        slots[0].finished()
        waiting = [asyncio.ensure_future(sent(limiter, times)) for _ in range(3)]
        await asyncio.sleep(10.05)
        assert len(times) == 4
        (await waiting[0]).finished()
        await asyncio.gather(*waiting[1:])
        return times

    times = run(main())
    assert times[3] == pytest.approx(10.153)  # the refusal came at 0.153
    assert times[4] == pytest.approx(10.203)
    assert times[5] > times[4] + 0.1


def test_a_refusal_that_names_no_time(run: Any) -> None:
    """1 second, then 2: the header of the second refusal is heeded if it names a time."""

    async def main() -> list[float]:
        limiter, times = LocalLimiter(Limits(rpm=6000)), list[float]()
        (await sent(limiter, times)).refused()
        (await sent(limiter, times)).refused()
        (await sent(limiter, times)).refused(headers={"retry-after-ms": "500"})
        (await sent(limiter, times)).finished()
        return times

    assert run(main()) == [0.0, 1.0, 3.0, 7.0]


def test_limits_of_headers(run: Any) -> None:
    """They are used as soon as a response has them; the user's lower limit stays."""

    async def main(limiter: LocalLimiter) -> float:
        slot = await limiter.acquire(0.0)
        slot.finished(headers={"x-ratelimit-limit-requests": "600", "x-ratelimit-remaining-requests": "600"})
        times: list[float] = []
        for _ in range(3):
            await sent(limiter, times)
        return times[-1] - times[-2]

    assert run(main(LocalLimiter())) == pytest.approx(0.1015, abs=0.001)
    assert run(main(LocalLimiter(Limits(rpm=6000)))) == pytest.approx(0.1015, abs=0.001)
    assert run(main(LocalLimiter(Limits(rpm=60)))) == pytest.approx(1.015, abs=0.002)


def test_a_small_map_is_not_paced_if_no_limit_is_known(run: Any) -> None:
    """16 requests are sent at once. Each response allows two more, as does a request that a second has not refused."""

    async def at_once(limiter: LocalLimiter, count: int) -> tuple[list[float], list[Slot]]:
        times: list[float] = []
        tasks = [asyncio.ensure_future(sent(limiter, times)) for _ in range(count)]
        await asyncio.sleep(0.5)
        first = [task.result() for task in tasks if task.done()]
        for slot in first[:4]:
            slot.finished()
        await asyncio.sleep(1.0)
        for task in tasks:
            task.cancel()
        return times, first

    times, first = run(at_once(LocalLimiter(), 100))
    assert len(first) == 16
    assert times.count(0.0) == 16
    assert times.count(0.5) == 8
    assert times.count(1.0) == 24  # the other 12, of which each allows two more

    async def fast(limiter: LocalLimiter) -> float:
        for _ in range(300):
            (await limiter.acquire(0.0)).finished()
        return CLOCK.monotonic() - 1000

    assert run(fast(LocalLimiter())) == 0.0


def test_a_refusal_of_the_first_requests(run: Any) -> None:
    """It says how many are accepted at once, not in a second: 5 a second are sent, and more each second."""

    async def main() -> list[float]:
        limiter, times = LocalLimiter(), list[float]()
        slots = [await sent(limiter, times) for _ in range(16)]
        await asyncio.sleep(0.1)
        for number, slot in enumerate(slots):
            if number < 10:
                slot.finished()
            else:
                slot.refused(retry_after=1.0)
        (await sent(limiter, times)).finished()
        for _ in range(3):
            (await sent(limiter, times)).finished()
        return times[16:]

    assert run(main()) == [1.1, 1.1, 1.3, 1.484]


def test_concurrency(run: Any) -> None:
    """A slot that is reported, dropped, or whose task is cancelled makes room."""

    async def main() -> None:
        limiter = LocalLimiter(Limits(rpm=60_000, concurrency=2))
        slots = [await limiter.acquire(0.0) for _ in range(2)]
        waiting = [asyncio.ensure_future(limiter.acquire(0.0)) for _ in range(4)]
        await asyncio.sleep(1)
        assert not any(one.done() for one in waiting)
        slots.pop().failed()
        await asyncio.sleep(1)
        assert [one.done() for one in waiting] == [True, False, False, False]
        slots.clear()
        gc.collect()
        await asyncio.sleep(1)
        assert [one.done() for one in waiting] == [True, True, False, False]
        waiting[2].cancel()
        (await waiting[0]).finished()
        await asyncio.wait_for(waiting[3], 1)
        assert limiter.sending == 2

    run(main())


def test_a_task_that_is_cancelled_as_it_may_send(run: Any) -> None:
    async def main() -> None:
        limiter = LocalLimiter(Limits(concurrency=1))
        first = await limiter.acquire(0.0)
        waiting = asyncio.ensure_future(limiter.acquire(0.0))
        await asyncio.sleep(1)
        first.finished()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert limiter.sending == 0

    run(main())


@pytest.mark.parametrize(
    "given", [{"rpm": 0}, {"tpm": -1.0}, {"rpm": float("nan")}, {"concurrency": 1.5}, {"tpm": True}]
)
def test_limits_are_checked(given: Any) -> None:
    with pytest.raises(ConfigurationError, match="must be a positive"):
        Limits(**given)
