"""The lines of a map in the standard logging, by a clock that the test moves."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

import pytest

from mirascope_like.core import AuthenticationError
from mirascope_like.scale import Limits, amap, map_calls
from mirascope_like.scale.shared import SharedLimiter
from mirascope_like.testing import error, fake
from tests.harness.clocks import MovedClock
from tests.scale.limits.test_limiter import run
from tests.scale.shared.test_lease import MemoryBook
from tests.scale.test_errors import hurried
from tests.scale.test_map import ask

__all__ = ["run"]  # a fixture

LOGGER = "mirascope_like.scale"
SECRETS = re.compile("prompt|sk-|secret", re.IGNORECASE)


@pytest.fixture(autouse=True)
def _at_info(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    caplog.set_level(logging.INFO, LOGGER)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == LOGGER]


def test_a_run(caplog: pytest.LogCaptureFixture, clock: MovedClock) -> None:
    """Its start, each minute, each hold once, and its end."""
    inputs = [f"prompt {number}" for number in range(3)]
    with fake(error(429, retry_after=150), error(429, retry_after=150), "a", "b", "c"):
        run = amap(ask, inputs, limits=Limits(rpm=60_000, concurrency=2))
        hurried(run, clock)
    found = lines(caplog)
    assert found[0] == "map of ask: started with 3 inputs"
    assert found[1].startswith("openai:gpt-4o-mini: refused for a rate limit; no request is sent for 1")
    assert [line for line in found if "refused" in line] == [found[1]]
    minutes = found[2:-1]
    assert len(minutes) >= 2
    assert all(line.startswith("map of ask: 0 done") and "2 429s" in line for line in minutes[:1])
    assert found[-1].startswith("map of ask: ended: 3 done")
    assert not SECRETS.search("\n".join(found))


def test_a_run_that_an_error_ends(caplog: pytest.LogCaptureFixture) -> None:
    with fake(error(401, message="wrong key sk-secret")), pytest.raises(AuthenticationError):
        list(map_calls(ask, ["prompt"]))
    assert lines(caplog)[-1].startswith("map of ask: ended by AuthenticationError: 0 done")
    assert not SECRETS.search("\n".join(lines(caplog)))


def test_a_run_that_is_left(caplog: pytest.LogCaptureFixture) -> None:
    with fake(lambda _: "hello"):
        for _ in map_calls(ask, (f"prompt {number}" for number in range(1000))):
            break
    assert lines(caplog)[0] == "map of ask: started"
    assert lines(caplog)[-1].startswith("map of ask: not read to its end: ")


def test_a_hold_of_several_processes(caplog: pytest.LogCaptureFixture, run: Any) -> None:
    """Each of them logs it once."""
    book = MemoryBook(Limits(rpm=6000))

    async def main() -> None:
        limiters = [SharedLimiter(book, Limits(rpm=6000), "openai:m") for _ in range(2)]
        slots = [await limiter.acquire(0.0) for limiter in limiters for _ in range(2)]
        for slot in slots:
            slot.refused(retry_after=5.0)
        for limiter in limiters:
            (await limiter.acquire(0.0)).finished()
        await asyncio.sleep(1)
        for limiter in limiters:
            await limiter.close()

    run(main())
    assert len(lines(caplog)) == 2
    assert all(line.startswith("openai:m: refused for a rate limit; no request is sent for ") for line in lines(caplog))
