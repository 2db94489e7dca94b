"""`ReadTimeouts`: requests whose server is silent for too long fail, and no others."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from mirascope_like.scale.direct.read_timeouts import ReadTimeouts, Waiting
from tests.conformance.wires.answer import Answer, Text
from tests.harness.clocks import MovedClock, eventually, never, run_by_clock, waits
from tests.harness.server import Server
from tests.scale.direct.rows import BASE, run


class Silent(TimeoutError):
    """The error of a request that has waited for too long."""


def started(timeouts: ReadTimeouts, seconds: float | None, body: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """The task of a request, and its limit."""
    waiting = Waiting(timeouts, seconds)

    async def request() -> None:
        with waiting:
            await body()

    return asyncio.get_running_loop().create_task(request()), waiting


def test_a_silent_server(clock: MovedClock) -> None:
    async def main() -> None:
        timeouts = ReadTimeouts(Silent)
        task, waiting = started(timeouts, 10, never)
        other, _ = started(timeouts, 100, never)
        await waits(task)
        waiting.restart()
        clock.skip(11)
        with pytest.raises(Silent, match=r"^Timeout on reading data from socket$"):
            await task
        assert not task.cancelled()
        await waits(other)
        assert not other.done()
        assert len(timeouts.waiting) == 1
        other.cancel()

    run_by_clock(main())


def test_each_part_begins_the_time_again(clock: MovedClock) -> None:
    async def main() -> None:
        timeouts = ReadTimeouts(Silent)
        task, waiting = started(timeouts, 1000, never)
        await waits(task)
        for _ in range(5):
            waiting.restart()
            clock.skip(800)
            await waits(task)
        assert not task.done()
        clock.skip(300)
        assert await eventually(task.done)
        assert isinstance(task.exception(), Silent)

    run_by_clock(main())


@pytest.mark.parametrize("part", ["the response", "a part of its body"])
def test_what_arrives_while_the_event_loop_is_busy(part: str, clock: MovedClock) -> None:
    """The timer ends in the iteration in which the loop notices that something has arrived."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        arrived = loop.create_future()

        async def body() -> None:
            if part != "the response":
                waiting.restart()
            await arrived
            waiting.restart()

        task, waiting = started(ReadTimeouts(Silent), 1000, body)
        await waits(task)
        waiting.restart()
        loop.call_later(500, arrived.set_result, None)
        clock.skip(2000)
        await task

    run_by_clock(main())


@pytest.mark.parametrize("seconds", [0, 10])
def test_a_short_limit(seconds: float, clock: MovedClock) -> None:
    async def main() -> None:
        task, waiting = started(ReadTimeouts(Silent), seconds, never)
        await waits(task)
        waiting.restart()
        clock.skip(20)
        assert await eventually(task.done)
        assert isinstance(task.exception(), Silent)

    run_by_clock(main())


@pytest.mark.parametrize("seconds", [10, None], ids=["not sent", "without a limit"])
def test_what_has_no_end(seconds: float | None, clock: MovedClock) -> None:
    """The time begins when the request is sent: a large one, on a slow line, takes long."""

    async def main() -> None:
        task, waiting = started(ReadTimeouts(Silent), seconds, never)
        await waits(task)
        if seconds is None:
            waiting.restart()
        for _ in range(3):
            clock.skip(1000)
            await waits(task)
        assert not task.done()
        task.cancel()

    run_by_clock(main())


def test_a_shorter_limit_than_that_of_the_timer(clock: MovedClock) -> None:
    async def main() -> None:
        timeouts = ReadTimeouts(Silent)
        long, first = started(timeouts, 600, never)
        await waits(long)
        first.restart()
        short, second = started(timeouts, 5, never)
        await waits(short)
        second.restart()
        clock.skip(6)
        assert await eventually(short.done)
        assert isinstance(short.exception(), Silent)
        assert not long.done()
        clock.skip(600)
        assert await eventually(long.done)
        assert isinstance(long.exception(), Silent)

    run_by_clock(main())


@pytest.mark.parametrize("late_first", [True, False])
def test_a_cancelled_task_stays_cancelled(late_first: bool, clock: MovedClock) -> None:
    """As with `asyncio.timeout`: who cancels the task has precedence."""

    async def main() -> None:
        task, waiting = started(ReadTimeouts(Silent), 10, never)
        await waits(task)
        waiting.restart()
        for cancel in (waiting.cancel, task.cancel) if late_first else (task.cancel, waiting.cancel):
            cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    run_by_clock(main())


def test_an_error_of_the_request_is_raised(clock: MovedClock) -> None:
    async def main() -> None:
        async def broken() -> None:
            raise ConnectionResetError

        timeouts = ReadTimeouts(Silent)
        task, _ = started(timeouts, 10, broken)
        with pytest.raises(ConnectionResetError):
            await task
        assert not timeouts.waiting

    run_by_clock(main())


def test_a_large_body_without_a_warning() -> None:
    """aiohttp warns of bytes of more than a megabyte."""
    text = "large " * 300_000
    with Server().always(BASE.wire.answered(Answer(Text("Hello")))) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        client = BASE.client(server)
        (item,), sent = run(BASE.ask(client), [text], client=client)
    assert item.value.content == "Hello"
    assert sent == 1
    assert server.request.json["messages"][0]["content"] == text
