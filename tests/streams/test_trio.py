"""Async streams on trio, with the SDK's own client: read, retried, within deadlines, cancelled, closed and dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mirascope_like.core import StreamState, StreamTimeoutError
from tests.harness.server import Reply, Server, Stall
from tests.streams.mending import OPENAI

trio: Any = pytest.importorskip("trio")
pytestmark = pytest.mark.usefixtures("at_once")


def run(server: Server, use: Any, **options: Any) -> None:
    """Pass a stream to a coroutine function that runs on trio."""

    async def main() -> None:
        async with OPENAI.aclient(server, max_retries=0) as client:

            @OPENAI.call("m", client=client, stream=True, **options)
            async def say() -> str:
                return "Hi"

            await use(say())

    trio.run(main)


def test_read(server: Server) -> None:
    async def use(stream: Any) -> None:
        assert [piece async for piece in stream.text(by="word")] == ["one ", "two"]
        assert stream.state is StreamState.DONE

    server.reply(OPENAI.text("one", " two"))
    run(server, use)


def test_retried(server: Server) -> None:
    async def use(stream: Any) -> None:
        assert (await stream.collect()).content == "Hello"

    server.reply(Reply.error(503), Reply.error(503), OPENAI.text("Hello"))
    run(server, use, retry=2)


@pytest.mark.parametrize("deadline", ["total", "first", "idle", "stall"])
def test_deadlines(server: Server, deadline: str) -> None:
    async def use(stream: Any) -> None:
        stream.timeout(**{deadline: 0.3})
        with pytest.raises(StreamTimeoutError) as caught:
            await stream.collect()
        assert (caught.value.deadline, stream.state) == (deadline, StreamState.FAILED)

    late = replace(OPENAI.text("Hello"), delay=60)
    server.reply(late if deadline == "first" else OPENAI.begun("Hel", then=[Stall()]))
    run(server, use)
    assert server.wait_closed()


def test_cancelled(server: Server) -> None:
    async def use(stream: Any) -> None:
        ends: list[StreamState] = []
        stream.ended(lambda ended: ends.append(ended.state))
        with trio.move_on_after(0.3) as scope:
            await stream.collect()
        assert scope.cancelled_caught
        assert (stream.state, ends) == (StreamState.CLOSED, [StreamState.CLOSED])

    server.reply(OPENAI.begun("Hel", then=[Stall()]))
    run(server, use)
    assert server.wait_closed()


@pytest.mark.parametrize("when", ["retry", "opening", "reading"])
def test_closed_by_another_task(server: Server, when: str) -> None:
    async def use(stream: Any) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read, stream)
            assert await trio.to_thread.run_sync(server.wait_requests)
            if when == "reading":
                assert await trio.to_thread.run_sync(server.wait_until, lambda: stream.content == "Hel")
            await stream.close()
        assert (stream.state, stream.error) == (StreamState.CLOSED, None)

    async def read(stream: Any) -> None:
        async for _ in stream:
            pass

    replies = {
        "retry": Reply.error(429, retry_after="50"),
        "opening": replace(OPENAI.text("Hello"), delay=60),
        "reading": OPENAI.begun("Hel", then=[Stall()]),
    }
    server.reply(replies[when])
    run(server, use, retry=1)


def test_a_view_with_a_delay_waits(server: Server) -> None:
    async def use(stream: Any) -> None:
        view = stream.text(buffer=9, max_delay=0.01)
        assert "".join([piece async for piece in view]) == "Hello"

    server.reply(OPENAI.text("Hel", "lo"))
    run(server, use)
