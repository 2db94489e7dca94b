"""A map against an HTTP server that limits requests. The clock of both stands still while a request is sent, and jumps
to the next timer of the event loop when none is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import openai as openai_sdk
import pytest

from mirascope_like.core import openai
from mirascope_like.core.base.runtime import CLOCK
from mirascope_like.scale import Done, Limits, amap, run
from mirascope_like.scale.limits import LocalLimiter
from tests.conformance.wires.answer import Answer, Text
from tests.conformance.wires.chat import ChatWire
from tests.harness.server import Reply, Request, Server
from tests.scale.limits.simulation import Bucket

RATE = 50.0
COUNT = 80
WHOLE = ChatWire().answered(Answer(Text("Hello")))


class Jumping(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while nothing is sent."""

    now = 1000.0
    limiters: list[LocalLimiter]

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        timers: Any = self._scheduled  # type: ignore[attr-defined]
        idle = self.limiters and not any(limiter.sending for limiter in self.limiters)
        if idle and timers and not self._ready:  # type: ignore[attr-defined]
            self.now = max(self.now, timers[0].when())
        super()._run_once()  # type: ignore[misc]


class LimitedServer:
    """Accepts what its bucket has."""

    def __init__(self, burst: float, *, headers: bool) -> None:
        self.bucket = Bucket(RATE, burst)
        self.headers = headers
        self.accepted = self.refused = 0

    def reply(self, request: Request) -> Reply:
        named = {"x-ratelimit-limit-requests": f"{RATE * 60:.0f}", "x-ratelimit-remaining-requests": "9"}
        if wait := self.bucket.take(CLOCK.monotonic()):
            self.refused += 1
            return Reply.error(429, **{"retry-after-ms": str(wait * 1000 + 1)})
        self.accepted += 1
        return WHOLE.with_headers(**(named if self.headers else {}))


@pytest.fixture
def run_map(monkeypatch: pytest.MonkeyPatch, server: Server) -> Callable[..., float]:
    """Runs a map to its end; returns the seconds that it took by the clock of the loop."""

    def run_map(limited: LimitedServer, limits: Limits | None, count: int = COUNT) -> float:
        loop = Jumping()
        loop.limiters = []
        monkeypatch.setattr(CLOCK, "monotonic", loop.time)

        def limiter(limits: Limits | None, name: str) -> LocalLimiter:
            loop.limiters.append(LocalLimiter(limits, name))
            return loop.limiters[-1]

        monkeypatch.setattr(run, "LocalLimiter", limiter)
        server.reply_with(limited.reply)

        async def main() -> float:
            async with openai_sdk.AsyncOpenAI(api_key="sk-test", base_url=f"{server.url}/v1") as client:

                @openai.call("m", client=client)
                async def ask(number: int) -> str:
                    return f"Hello {number}"

                options: Any = {} if limits is None else {"limits": limits}
                items = await amap(ask, range(count), **options)
                assert all(isinstance(item, Done) for item in items)
                loop.limiters = []  # the end of the loop waits for threads, in real time
                return loop.now - 1000

        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(main())

    return run_map


def test_a_limit_that_the_user_knows(run_map: Any) -> None:
    """At least 95 % of the quota is used, and nothing is refused."""
    limited = LimitedServer(20, headers=False)
    seconds = run_map(limited, Limits(rpm=RATE * 60))
    assert limited.refused == 0
    assert limited.accepted / seconds >= 0.95 * RATE


def test_a_limit_in_headers(run_map: Any) -> None:
    """It is known from the first response on."""
    limited = LimitedServer(20, headers=True)
    seconds = run_map(limited, None)
    assert limited.refused == 0
    assert limited.accepted / seconds >= 0.95 * RATE


def test_a_limit_that_is_too_high(run_map: Any) -> None:
    """No item fails, and the SDK repeats nothing itself."""
    limited = LimitedServer(20, headers=False)
    seconds = run_map(limited, Limits(rpm=RATE * 75), 150)
    assert limited.accepted == 150
    assert 0 < limited.refused <= 0.1 * 150  # they are found in the first seconds
    assert limited.accepted / seconds >= 0.85 * RATE
