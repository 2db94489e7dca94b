"""Limits that processes share through a real Redis server, which these tests start: `nox -s redis` runs them.

Needs Debian's package `redis-server`, or another one with the command.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mirascope_like.core import openai
from mirascope_like.core.base.errors import ConfigurationError
from mirascope_like.core.base.runtime import CLOCK
from mirascope_like.scale import Done, amap, map_calls
from mirascope_like.scale.limits import Limits
from mirascope_like.scale.shared import shared_limiter
from mirascope_like.testing import fake
from tests.harness.clocks import eventually
from tests.harness.server import Server
from tests.scale.limits.simulation import Bucket
from tests.scale.semantics import Execute, Semantics, script
from tests.scale.shared.processes import send_within

RPM = 30_000.0  # 500 a second
SECONDS = 8


class Redis:
    """A server on a free port, without files."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = shutil.which("redis-server")
        assert command, "redis-server is needed: apt-get install redis-server"
        options = ("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
        self.process = subprocess.Popen([command, *options], stdout=subprocess.DEVNULL)
        for _ in range(600):
            with socket.socket() as reach:
                if reach.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("redis-server has not started")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def redis() -> Iterator[Redis]:
    server = Redis()
    yield server
    server.stop()


def all_sent(redis: Redis, processes: int) -> list[float]:
    """Send from several processes without end; return all times."""
    command = (sys.executable, "-m", "tests.scale.shared.processes", redis.url, str(SECONDS), str(RPM))
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])
        for _ in range(processes)
    ]
    try:
        return sorted(at for one in running for at in json.loads(one.communicate(timeout=120)[0]))
    finally:
        for one in running:
            one.kill()


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_share_a_limit(redis: Redis, processes: int) -> None:
    """Within 3 % of 500 a second, and at least 93 % of them used; a server with a burst of 50 refuses none. The best of
    three rounds counts: processes of a busy machine are late, which has nothing to do with the limit.
    """
    rounds: list[tuple[list[int], int]] = []
    for _ in range(3):
        times = all_sent(redis, processes)
        first = times[0] + 2  # all processes run by then
        seconds = [sum(first + one <= at < first + one + 1 for at in times) for one in range(SECONDS - 3)]
        bucket = Bucket(500, 50)
        refused = sum(bucket.take(at - times[0]) > 0 for at in times)
        each = sum(seconds) / len(seconds)
        print(f"{processes} processes: {each:.0f} a second, at most {max(seconds)}, {refused} refused")
        used = sum(seconds) >= 0.93 * 500 * len(seconds)
        if used and max(seconds) <= 1.03 * 500 and refused <= 0.005 * len(times):
            return
        rounds.append((seconds, refused))
    pytest.fail(f"requests of each second, and how many were refused: {rounds}")


def test_a_refusal_holds_other_processes(redis: Redis) -> None:
    async def main() -> None:
        one, other = (shared_limiter(redis.url, "test:m", Limits(rpm=RPM)) for _ in range(2))
        slot, second = await one.acquire(0.0), await other.acquire(0.0)
        second.finished()
        held_at = CLOCK.monotonic()
        slot.refused(retry_after=1.0)
        await asyncio.sleep(0.1)
        (await other.acquire(0.0)).finished()
        assert CLOCK.monotonic() - held_at >= 0.99
        (await one.acquire(0.0)).finished()
        await one.close()
        await other.close()

    asyncio.run(main())


def test_a_server_that_goes_away(redis: Redis) -> None:
    """The process continues with its share, never without limits, and finds the server again."""
    sent: list[float] = []

    async def main() -> None:
        limiter: Any = shared_limiter(redis.url, "test:m", Limits(rpm=6000.0))
        await send_within(limiter, 1.0, sent)
        redis.stop()
        before = len(sent)
        await send_within(limiter, 3.0, sent)
        assert 150 <= len(sent) - before <= 303
        redis.start()
        assert await eventually(lambda: limiter.connected)
        await limiter.close()

    asyncio.run(main())


def test_a_map(redis: Redis) -> None:
    """Two maps at the same time take the same limit: 40 requests at 20 a second."""

    @openai.call("m")
    async def ask(text: str) -> str:
        return text

    async def both() -> float:
        start = CLOCK.monotonic()
        options: Any = {"limits": Limits(rpm=1200.0), "share": redis.url}
        done = await asyncio.gather(*(amap(ask, [f"{one} {n}" for n in range(20)], **options) for one in ("a", "b")))
        assert all(isinstance(item, Done) for items in done for item in items)
        return CLOCK.monotonic() - start

    with fake(lambda _: "Hello"):
        assert asyncio.run(both()) >= 38 / 20


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for all tests: the default clients of the process know its address."""
    with Server() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "sk-test")
        patch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        yield server


class TestWithRedis(Semantics):
    """The semantics of a map, whose limits are in Redis."""

    @pytest.fixture
    def execute(self, redis: Redis) -> Execute:
        return partial(map_calls, share=redis.url)

    @pytest.fixture
    def names(self, server: Server) -> dict[str, Any]:
        return script()


def test_a_server_that_is_not_there() -> None:
    async def main() -> None:
        limiter = shared_limiter("redis://127.0.0.1:1/0", "test:m", Limits(rpm=RPM))
        with pytest.raises(ConfigurationError, match="the shared limits cannot be reached"):
            await limiter.acquire(0.0)
        await limiter.close()

    asyncio.run(main())
