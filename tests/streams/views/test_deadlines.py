"""`timeout()`: the error names the deadline that passed, what had arrived is kept, and no task or socket is left.

A deadline that is to pass is short only once the provider says no more; no other passes by itself.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest

from mirascope_like.core import StreamInterruptedError, StreamState, StreamTimeoutError, ToolLoop
from mirascope_like.core.base.runtime import CLOCK
from tests.harness.clocks import PATIENCE, MovedClock, no_tasks_left, once_begun, soon
from tests.harness.rounds import Side
from tests.harness.server import CloseEarly, Do, Gate, Server, Stall
from tests.streams.views.reading import ADD, Reader, Views, ask, texts


def watchdogs() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "stream-watchdog"]


def no_watchdogs() -> bool:
    for thread in watchdogs():
        thread.join(PATIENCE)
    return not watchdogs()


@pytest.mark.parametrize("view", ["pairs", "text", "words", "events", "items", "collect"])
@pytest.mark.parametrize("deadline", ["total", "first", "idle"])
def test_deadline(reader: Reader, side: Side, server: Server, clock: MovedClock, deadline: str, view: str) -> None:
    async def use(stream: Any, views: Views) -> None:
        if deadline == "first":
            assert stream.timeout(first=0.05) is stream
        else:
            assert once_begun(stream, deadline, clock) is stream
        if view == "collect":
            with pytest.raises(StreamTimeoutError) as caught:
                await views.value(stream.collect())
            error: Any = caught.value
        else:
            made = {
                "pairs": lambda: stream,
                "text": stream.text,
                "words": lambda: stream.text(by="word", max_delay=0.04, buffer=9),
                "events": stream.events,
                "items": stream.items,
            }[view]()
            _, error = await views.until_error(made)
        assert isinstance(error, StreamTimeoutError)
        assert isinstance(error, TimeoutError)
        assert error.deadline == deadline
        assert f"{deadline} deadline of {1000 if deadline == 'total' else 0.05} seconds" in str(error)
        assert stream.state is StreamState.FAILED
        assert stream.error is error
        if deadline == "first":
            assert error.partial is None
        else:
            assert error.partial.content == "Hel" == stream.content
        assert server.wait_closed()
        assert no_watchdogs()
        if reader.asynchronous:
            assert await no_tasks_left()

    if deadline == "first":
        server.reply(replace(texts(side, "Hel"), delay=30))
    else:
        server.reply(texts(side, "Hel", Stall(), finish=False))
    reader.run(side, server, use)


def test_deadlines_that_do_not_pass(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any, views: Views) -> None:
        stream.timeout(total=PATIENCE, first=PATIENCE, idle=PATIENCE)
        assert "".join(await views.all(stream.text(max_delay=0.01, buffer=9))) == "Hello"
        assert stream.state is StreamState.DONE
        assert no_watchdogs()  # though the stream is still there

    server.reply(texts(side, "Hel", "lo"))
    reader.run(side, server, use)


@pytest.mark.parametrize("seconds", [float("inf"), 1e10])
def test_deadlines_for_ever(reader: Reader, side: Side, server: Server, seconds: float) -> None:
    async def use(stream: Any, views: Views) -> None:
        stream.timeout(total=seconds, first=seconds, idle=seconds)
        assert "".join(await views.all(stream.text())) == "Hello"

    server.reply(texts(side, "Hel", "lo"))
    reader.run(side, server, use)


def test_a_deadline_beside_one_for_ever(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any, views: Views) -> None:
        _, error = await views.until_error(stream.timeout(total=float("inf"), idle=0.05))
        assert error.deadline == "idle"  # type: ignore[attr-defined]

    server.reply(texts(side, "Hel", Stall(), finish=False))
    reader.run(side, server, use)


def test_idle_counts_between_events_alone(reader: Reader, side: Side, server: Server, clock: MovedClock) -> None:
    async def use(stream: Any, views: Views) -> None:
        stream.timeout(idle=1000).on(text=lambda text: read[text].set())
        assert "".join(await views.all(stream.text())) == "abcd"

    read = {text: threading.Event() for text in "abcd"}
    later = [Do(lambda text=text: read[text].wait(PATIENCE) and clock.skip(400)) for text in "abc"]
    server.reply(texts(side, "a", later[0], "b", later[1], "c", later[2], "d"))
    reader.run(side, server, use)


def test_a_timer_of_text_does_not_put_a_deadline_off(
    side: Side, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(CLOCK, "monotonic", lambda: now)

    async def tick() -> None:
        nonlocal now
        while True:
            now += 1
            await asyncio.sleep(0)

    async def use(stream: Any, views: Views) -> None:
        ticking: list[asyncio.Task[None]] = []
        stream.timeout(idle=600).on(text=lambda _: ticking.append(asyncio.create_task(tick())))
        found, error = await views.until_error(stream.text(max_delay=300, buffer=9))
        ticking[0].cancel()
        assert found == ["a"]
        assert error.deadline == "idle"  # type: ignore[attr-defined]
        assert now < 1890  # put off by the timer, it would be 1,900 at least

    server.reply(texts(side, "a", Stall(), finish=False))
    Reader(True).run(side, server, use)


def test_the_time_of_the_reader_is_not_idle(reader: Reader, side: Side, server: Server, clock: MovedClock) -> None:
    async def use(stream: Any, views: Views) -> None:
        stream.timeout(idle=1000)
        await views.some(stream.text(), 1)
        clock.skip(2000)
        await asyncio.sleep(0)  # for what waits by the clock
        assert await views.all(stream.text()) == ["b"]

    server.reply(texts(side, "a", "b"))
    reader.run(side, server, use)


@pytest.mark.parametrize("view", ["pairs", "words"])
@pytest.mark.parametrize("deadlines", [{"idle": 1000}, {"first": 1000}, {"first": 1000, "idle": 1000}], ids=str)
def test_the_time_of_tools_is_not_idle(
    reader: Reader, side: Side, server: Server, clock: MovedClock, deadlines: Any, view: str
) -> None:
    def slow(a: int, b: int) -> int:
        """Add two numbers, slowly."""
        clock.skip(2000)
        return a + b

    async def use(stream: Any, views: Views) -> None:
        stream.timeout(**deadlines)
        await views.all(stream if view == "pairs" else stream.text(max_delay=0.05, buffer=9))
        assert stream.content == "Let me see. It is 3."

    server.reply(side.streamed("Let me see. ", ("call_1", "slow", '{"a": 1, "b": 2}')), side.streamed("It is 3."))
    reader.run(side, server, use, tools=[slow], tool_loop=ToolLoop())


def test_given_in_the_middle(reader: Reader, side: Side, server: Server, clock: MovedClock) -> None:
    async def use(stream: Any, views: Views) -> None:
        for chunk, _ in await views.some(stream, 4):
            assert chunk is not None
        stream.timeout(first=1000, idle=4000)
        clock.skip(2000)
        await asyncio.sleep(0)
        assert "".join(await views.all(stream.text())).endswith("d")  # the first event has long come

    server.reply(texts(side, "a", "b", "c", "d"))
    reader.run(side, server, use)


def test_closed_in_time(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any, views: Views) -> None:
        stream.timeout(total=30)
        await views.some(stream.text(), 1)
        await views.value(stream.close())
        assert server.wait_closed()
        assert no_watchdogs()
        assert stream.state is StreamState.CLOSED

    server.reply(texts(side, "a", Stall(), finish=False))
    reader.run(side, server, use)


@pytest.mark.parametrize("view", ["pairs", "text", "words"])
def test_asyncio_timeout(side: Side, server: Server, view: str) -> None:
    async def read(stream: Any) -> None:
        async with asyncio.timeout(PATIENCE) as limit:
            stream.on(text=lambda _: limit.reschedule(asyncio.get_running_loop().time() + 0.03))
            async for _ in (
                stream if view == "pairs" else stream.text(**({"max_delay": 0.02} if view == "words" else {}))
            ):
                pass

    async def main() -> None:
        async with side.aclient(server) as client:
            stream = ask(side, client, asynchronous=True)
            with pytest.raises(TimeoutError) as caught:
                await read(stream)
            assert not isinstance(caught.value, StreamTimeoutError)
            assert stream.state is StreamState.CLOSED
            assert stream.construct_call_response(partial=True).content == "Hel"
            assert await asyncio.to_thread(server.wait_closed)
            assert await no_tasks_left()

    server.reply(texts(side, "Hel", Stall(), finish=False))
    asyncio.run(main())


def test_many_deadlines_leave_no_thread(side: Side, server: Server) -> None:
    gate = Gate()
    server.always(texts(side, "a", gate))
    client = side.client(server)
    streams = [ask(side, client, asynchronous=False).timeout(total=30) for _ in range(20)]
    for stream in streams:
        assert next(iter(stream.text())) == "a"
    assert len(watchdogs()) == 20
    gate.open()
    for stream in streams:
        assert stream.collect().content == "a"
    assert no_watchdogs()


@pytest.mark.parametrize("deadline", ["total", "first", "idle"])
def test_a_later_round_of_a_tool_loop(
    reader: Reader, side: Side, server: Server, clock: MovedClock, deadline: str
) -> None:
    streams: list[Any] = []
    added: list[int] = []

    def add(a: int, b: int) -> int:
        """Add two numbers."""
        soon(streams[0], deadline, clock)
        added.append(a + b)
        return a + b

    async def use(stream: Any, views: Views) -> None:
        streams.append(stream)
        _, error = await views.until_error(stream)
        assert isinstance(error, StreamTimeoutError)
        assert error.deadline == deadline
        assert stream.error is error
        assert added == [3]
        assert stream.content.startswith("Hel")
        if len(server.requests) == 2:  # else the deadline passed before, and a connection is kept for later
            assert await asyncio.to_thread(server.wait_closed)
        assert no_watchdogs()

    server.reply(side.streamed("Hel", ADD), replace(texts(side, "lo"), delay=30))
    reader.run(side, server, use, tools=[add], tool_loop=ToolLoop())


def test_a_tool_that_is_slow_does_not_take_the_blame_for_what_comes_after(
    side: Side, server: Server, clock: MovedClock
) -> None:
    def slow(a: int, b: int) -> int:
        clock.skip(2000)
        return a + b

    client = side.client(server)
    stream = ask(side, client, asynchronous=False, tools=[slow], tool_loop=ToolLoop()).timeout(idle=1000)
    server.reply(side.streamed("Hel", ("call_1", "slow", '{"a": 1, "b": 2}')), texts(side, "lo", CloseEarly()))
    with pytest.raises(StreamInterruptedError):
        stream.collect()
