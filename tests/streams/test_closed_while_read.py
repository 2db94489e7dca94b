"""Closing a stream while another thread or task waits for it: no error is raised, and the connection closes."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest

from mirascope_like.core import StreamClosedError, StreamState, ToolLoop
from tests.conformance.providers import ANTHROPIC, OPENAI, Row, every_provider
from tests.harness.clocks import PATIENCE, waits
from tests.harness.rounds import SIDES
from tests.harness.rounds import Side as Caller
from tests.harness.server import Reply, Server, Stall

VIEWS = {
    "pairs": lambda stream: stream,
    "text": lambda stream: stream.text(),
    "held text": lambda stream: stream.text(buffer=9, max_delay=0.05),
    "timed": lambda stream: stream.timeout(total=60, idle=60),
    "asked again": lambda stream: stream,
}
views = pytest.mark.parametrize("view", VIEWS)
both = pytest.mark.parametrize("row", [OPENAI, ANTHROPIC], ids=lambda row: row.name)
callers = pytest.mark.parametrize("side", SIDES, ids=lambda side: side.name)


def endless(row: Row) -> Reply:
    """An answer that begins and does not end."""
    return row.streamed(*row.texts("Hel", finish=None), Stall())


def read(stream: Any, view: str) -> list[Any]:
    return list(VIEWS[view](stream))


async def aread(stream: Any, view: str) -> list[Any]:
    return [item async for item in VIEWS[view](stream)]


class Reader(threading.Thread):
    """A thread that reads a stream, and keeps what it raised."""

    def __init__(self, stream: Any, view: str = "pairs") -> None:
        super().__init__(daemon=True)
        self.error: BaseException | None = None
        self._read = (stream, view)
        self.start()

    def run(self) -> None:
        try:
            read(*self._read)
        except BaseException as error:
            self.error = error

    def end(self) -> None:
        """Wait until it has ended, quietly."""
        self.join(PATIENCE)
        assert not self.is_alive()
        assert self.error is None


def watched(stream: Any, ends: list[StreamState]) -> Any:
    return stream.ended(lambda ended: ends.append(ended.state))


def come(server: Server, stream: Any) -> bool:
    return server.wait_until(lambda: stream.content == "Hel")


def check(stream: Any, ends: list[StreamState], server: Server) -> None:
    assert (stream.state, stream.error, ends) == (StreamState.CLOSED, None, [StreamState.CLOSED])
    assert stream.content == "Hel"
    assert server.wait_closed()


@every_provider
def test_by_another_thread(row: Row, server: Server) -> None:
    server.reply(endless(row))
    ends: list[StreamState] = []
    with row.client(server) as client:
        stream = watched(row.stream(client), ends)
        reader = Reader(stream)
        assert come(server, stream)
        stream.close()
        reader.end()
        check(stream, ends, server)


@every_provider
def test_by_another_task(row: Row, server: Server) -> None:
    ends: list[StreamState] = []

    async def main() -> None:
        server.reply(endless(row))
        async with row.aclient(server) as client:
            stream = watched(row.astream(client), ends)
            reader = asyncio.create_task(aread(stream, "pairs"))
            assert await asyncio.to_thread(come, server, stream)
            await stream.close()
            async with asyncio.timeout(10):
                await reader
            await asyncio.to_thread(check, stream, ends, server)

    asyncio.run(main())


@both
@views
def test_by_another_thread_from_a_view(row: Row, server: Server, view: str) -> None:
    server.reply(endless(row))
    ends: list[StreamState] = []
    with row.client(server) as client:
        stream = watched(row.stream(client, **_options(row, view)), ends)
        reader = Reader(stream, view)
        assert come(server, stream)
        stream.close()
        reader.end()
        check(stream, ends, server)
        assert list(stream) == []


@both
@views
def test_by_another_task_from_a_view(row: Row, server: Server, view: str) -> None:
    ends: list[StreamState] = []

    async def main() -> None:
        server.reply(endless(row))
        async with row.aclient(server) as client:
            stream = watched(row.astream(client, **_options(row, view)), ends)
            reader = asyncio.create_task(aread(stream, view))
            assert await asyncio.to_thread(come, server, stream)
            await stream.close()
            async with asyncio.timeout(10):
                await reader
            await asyncio.to_thread(check, stream, ends, server)
            assert await aread(stream, "pairs") == []

    asyncio.run(main())


def _options(row: Row, view: str) -> dict[str, Any]:
    again = {"retry": 2} if row is OPENAI else {"resume": 2}
    return again if view == "asked again" else {}


@both
def test_before_the_answer_begins(row: Row, server: Server) -> None:
    server.always(replace(endless(row), delay=0.3))
    ends: list[StreamState] = []
    with row.client(server) as client:
        stream = watched(row.stream(client), ends)
        reader = Reader(stream)
        assert server.wait_requests()
        stream.close()
        reader.end()
        assert (stream.state, ends) == (StreamState.CLOSED, [StreamState.CLOSED])
        assert server.wait_closed()
        opening = row.stream(client)
        threading.Timer(0.1, opening.close).start()
        with pytest.raises(StreamClosedError):
            opening.open()


@both
def test_before_the_answer_begins_async(row: Row, server: Server) -> None:
    ends: list[StreamState] = []

    async def main() -> None:
        server.always(replace(endless(row), delay=0.3))
        async with row.aclient(server) as client:
            stream = watched(row.astream(client), ends)
            reader = asyncio.create_task(aread(stream, "pairs"))
            assert await asyncio.to_thread(server.wait_requests)
            await stream.close()
            assert await reader == []
            assert (stream.state, ends) == (StreamState.CLOSED, [StreamState.CLOSED])
            assert await asyncio.to_thread(server.wait_closed)
            opening = row.astream(client)
            task = asyncio.create_task(opening.open())
            await waits(task)
            await opening.close()
            with pytest.raises(StreamClosedError):
                await task

    asyncio.run(main())


@both
def test_while_the_prompt_is_made(row: Row, server: Server) -> None:
    ends: list[StreamState] = []

    async def main() -> None:
        made = asyncio.Event()

        @row.module.call("m", stream=True)
        async def ask() -> str:
            await made.wait()
            return "Hi"

        stream = watched(ask(), ends)
        reader = asyncio.create_task(aread(stream, "pairs"))
        await asyncio.sleep(0)
        await stream.close()
        made.set()
        assert await reader == []
        assert (stream.state, ends) == (StreamState.CLOSED, [StreamState.CLOSED])

    asyncio.run(main())
    assert not server.requests


@callers
def test_by_a_tool_of_its_own(side: Caller, server: Server) -> None:
    def stop() -> str:
        """Stop."""
        stream.close()
        return "stopped"

    server.reply(side.streamed("", ("call_1", "stop", "{}")))
    ends: list[StreamState] = []

    @side.module.call("m", client=side.client(server), tools=[stop], tool_loop=ToolLoop(), stream=True)
    def ask() -> str:
        return "Stop"

    stream = watched(ask(), ends)
    list(stream)
    assert (stream.state, stream.error, ends) == (StreamState.CLOSED, None, [StreamState.CLOSED])
    assert stream.construct_call_response(partial=True).executed[0].result == "stopped"
    assert len(server.requests) == 1


@callers
def test_by_an_async_tool_of_its_own(side: Caller, server: Server) -> None:
    ends: list[StreamState] = []

    async def main() -> None:
        async def stop() -> str:
            """Stop."""
            await stream.close()
            return "stopped"

        server.reply(side.streamed("", ("call_1", "stop", "{}")))
        async with side.aclient(server) as client:

            @side.module.call("m", client=client, tools=[stop], tool_loop=ToolLoop(), stream=True)
            async def ask() -> str:
                return "Stop"

            stream = watched(ask(), ends)
            await aread(stream, "pairs")
            assert (stream.state, stream.error, ends) == (StreamState.CLOSED, None, [StreamState.CLOSED])
            assert stream.construct_call_response(partial=True).executed[0].result == "stopped"

    asyncio.run(main())
    assert len(server.requests) == 1


@both
def test_by_its_on_end_callback(row: Row, server: Server) -> None:
    server.reply(row.text("Hello"))
    with row.client(server) as client:
        stream = row.stream(client)
        stream.ended(lambda ended: stream.close()).collect()
        assert stream.state is StreamState.DONE
