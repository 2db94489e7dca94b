"""A stream whose reader stops closes its connection: the server notices, and no task or socket is left."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from mirascope_like.core import StreamState
from tests.conformance.providers import OPENAI, Row, every_provider
from tests.harness.clocks import PATIENCE, eventually, never, no_tasks_left, waits
from tests.harness.server import Gate, Reply, Server, Stall


def endless(row: Row) -> Reply:
    """An answer that begins and does not end."""
    return row.streamed(*row.texts("Hel", finish=None), Stall())


def gone(server: Server) -> bool:
    return server.wait_closed() and server.aborted == 1


def step(stream: Any) -> Any:
    """Read up to the first text."""
    for chunk, _ in stream:
        if chunk.content:
            return chunk
    raise AssertionError


@pytest.fixture
def endless_client(row: Row, server: Server) -> Any:
    server.reply(endless(row))
    with row.client(server) as client:
        yield client


# Sync


@every_provider
def test_break_and_drop(row: Row, server: Server, endless_client: Any) -> None:
    for chunk, _ in row.stream(endless_client):
        if chunk.content:
            break
    assert gone(server)


@every_provider
def test_del(row: Row, server: Server, endless_client: Any) -> None:
    gc.disable()
    try:
        stream = row.stream(endless_client)
        step(stream)
        assert server.open_connections == 1
        del stream
        assert gone(server)  # at once, by the reference count
    finally:
        gc.enable()


@every_provider
def test_close(row: Row, server: Server, endless_client: Any) -> None:
    stream = row.stream(endless_client)
    step(stream)
    stream.close()
    assert gone(server)


@every_provider
def test_leaving_with(row: Row, server: Server, endless_client: Any) -> None:
    with row.stream(endless_client) as stream:
        step(stream)
    assert gone(server)
    assert stream.state is StreamState.CLOSED


@every_provider
def test_leaving_with_before_a_step(row: Row, server: Server, endless_client: Any) -> None:
    with row.stream(endless_client):
        pass
    assert gone(server)


@every_provider
def test_opened_and_dropped(row: Row, server: Server, endless_client: Any) -> None:
    row.stream(endless_client).open()
    assert gone(server)


@every_provider
def test_exception_in_the_body(row: Row, server: Server, endless_client: Any) -> None:
    def run() -> None:
        for chunk, _ in row.stream(endless_client):
            if chunk.content:
                raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run()
    assert gone(server)


@every_provider
def test_exception_inside_with(row: Row, server: Server, endless_client: Any) -> None:
    stream = row.stream(endless_client)
    with pytest.raises(KeyError, match="mine"), stream:
        raise KeyError("mine")
    assert gone(server)
    assert stream.state is StreamState.CLOSED
    assert stream.construct_call_response is not None


@every_provider
def test_close_from_another_thread_while_idle(row: Row, server: Server, endless_client: Any) -> None:
    stream = row.stream(endless_client)
    step(stream)
    thread = threading.Thread(target=stream.close)
    thread.start()
    thread.join(PATIENCE)
    assert gone(server)


@every_provider
def test_chunks_outlive_their_stream(row: Row, server: Server, endless_client: Any) -> None:
    chunk = step(row.stream(endless_client))
    assert gone(server)
    assert chunk.content == "Hel"
    assert chunk.chunk is chunk.chunk


# Async


@asynccontextmanager
async def aendless(row: Row, server: Server) -> AsyncIterator[Any]:
    """Return an endless stream that has yielded its first text."""
    server.reply(endless(row))
    async with row.aclient(server) as client:
        stream = row.astream(client)
        await astep(stream)
        yield stream


async def astep(stream: Any) -> Any:
    async for chunk, _ in stream:
        if chunk.content:
            return chunk
    raise AssertionError


async def agone(server: Server) -> bool:
    return await asyncio.to_thread(gone, server)


@every_provider
def test_async_break_and_drop(row: Row, server: Server) -> None:
    async def main() -> None:
        server.reply(endless(row))
        async with row.aclient(server) as client:
            async for chunk, _ in row.astream(client):
                if chunk.content:
                    break
            assert await agone(server)
            assert await no_tasks_left()

    asyncio.run(main())


@every_provider
def test_async_break_at_the_end_of_the_program(row: Row, server: Server) -> None:
    async def main() -> None:
        client = row.aclient(server)
        async for chunk, _ in row.astream(client):
            if chunk.content:
                break

    server.reply(endless(row))
    asyncio.run(main())
    gc.collect()
    assert gone(server)


@every_provider
def test_async_close(row: Row, server: Server) -> None:
    async def main() -> None:
        async with aendless(row, server) as stream:
            await stream.close()
            assert await agone(server)
            assert await no_tasks_left()

    asyncio.run(main())


@every_provider
def test_leaving_async_with(row: Row, server: Server) -> None:
    async def main() -> None:
        server.reply(endless(row))
        async with row.aclient(server) as client:
            async with row.astream(client) as stream:
                await astep(stream)
            assert stream.state is StreamState.CLOSED
            assert await agone(server)
            assert await no_tasks_left()

    asyncio.run(main())


@every_provider
def test_exception_in_an_async_body(row: Row, server: Server) -> None:
    async def read(client: Any) -> None:
        async for chunk, _ in row.astream(client):
            if chunk.content:
                raise KeyError("mine")

    async def main() -> None:
        server.reply(endless(row))
        async with row.aclient(server) as client:
            with pytest.raises(KeyError, match="mine"):
                await read(client)
            assert await agone(server)
            assert await no_tasks_left()

    asyncio.run(main())


@every_provider
@pytest.mark.parametrize("where", ["reading", "body", "with"])
def test_cancelled(row: Row, server: Server, where: str) -> None:
    async def read(client: Any, streams: list[Any], begun: asyncio.Event) -> None:
        stream = row.astream(client)
        if where == "with":
            async with stream:
                begun.set()
                await never()
        if where == "reading":
            streams.append(stream)
        async for chunk, _ in stream:
            if chunk.content:
                begun.set()
                if where == "body":
                    await never()

    async def main() -> None:
        server.reply(endless(row))
        streams: list[Any] = []
        async with row.aclient(server) as client:
            begun = asyncio.Event()
            task = asyncio.create_task(read(client, streams, begun))
            await begun.wait()
            await waits(task)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            del task
            assert await agone(server)
            assert await no_tasks_left()
            if where == "reading":
                assert streams[0].state is StreamState.CLOSED
                assert streams[0].content == "Hel"
                assert streams[0].construct_call_response(partial=True).content == "Hel"

    asyncio.run(main())


@every_provider
def test_cancelled_before_the_answer_begins(row: Row, server: Server) -> None:
    async def main() -> None:
        gate = Gate()
        server.reply(Reply((gate, *row.text("Hello").pieces), headers={"content-type": "text/event-stream"}, delay=30))
        async with row.aclient(server) as client:
            stream = row.astream(client)
            task = asyncio.create_task(stream.collect())
            assert await asyncio.to_thread(server.wait_requests)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(server.wait_closed)
            assert stream.state is StreamState.CLOSED
            assert await no_tasks_left()

    asyncio.run(main())


@every_provider
def test_timeout_around_a_loop(row: Row, server: Server) -> None:
    async def read(stream: Any) -> None:
        async with asyncio.timeout(PATIENCE) as limit:
            stream.on(text=lambda _: limit.reschedule(0))
            async for _ in stream:
                pass

    async def main() -> None:
        server.reply(endless(row))
        async with row.aclient(server) as client:
            stream = row.astream(client)
            with pytest.raises(TimeoutError):
                await read(stream)
            assert await agone(server)
            assert stream.state is StreamState.CLOSED
            assert stream.content == "Hel"

    asyncio.run(main())


@every_provider
def test_wait_for_collect(row: Row, server: Server) -> None:
    async def main() -> None:
        server.reply(endless(row))
        async with row.aclient(server) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for((await row.astream(client).open()).collect(), 0.05)
            assert await agone(server)
            assert await no_tasks_left()

    asyncio.run(main())


@every_provider
def test_many_streams_dropped(row: Row, server: Server) -> None:
    async def read(client: Any) -> None:
        async for chunk, _ in row.astream(client):
            if chunk.content:
                return

    async def main() -> None:
        server.always(endless(row))
        async with row.aclient(server) as client:
            await asyncio.gather(*(read(client) for _ in range(20)))
            assert await asyncio.to_thread(server.wait_closed)
            assert await no_tasks_left()

    asyncio.run(main())
    assert server.aborted == 20


@every_provider
def test_never_read(row: Row, server: Server) -> None:
    async def main() -> None:
        async with row.aclient(server) as client:
            row.astream(client)
            await row.astream(client)

    asyncio.run(main())
    with row.client(server) as client:
        row.stream(client)
    gc.collect()
    assert not server.requests


@every_provider
def test_left_by_a_generator_of_the_user(row: Row, server: Server) -> None:
    def texts(client: Any) -> Any:
        for chunk, _ in row.stream(client):
            yield chunk.content

    server.reply(endless(row))
    with row.client(server) as client:
        mine = texts(client)
        with suppress(StopIteration):
            while not next(mine):
                pass
        mine.close()
        assert gone(server)


# Dropped before anything is read


@every_provider
def test_dropped_unread(row: Row, server: Server) -> None:
    ends: list[StreamState] = []
    gc.disable()
    try:
        with row.client(server) as client:
            stream = row.stream(client).ended(lambda ended: ends.append(ended.state))
            assert not ends
            del stream
            assert ends == [StreamState.CLOSED]  # at once, by the reference count
    finally:
        gc.enable()
    assert not server.requests


@every_provider
@pytest.mark.parametrize("awaited", [False, True], ids=["", "awaited"])
def test_async_dropped_unread(row: Row, server: Server, awaited: bool) -> None:
    ends: list[StreamState] = []

    async def record(ended: Any) -> None:
        await asyncio.sleep(0)
        ends.append(ended.state)

    async def main() -> None:
        async with row.aclient(server) as client:
            stream = row.astream(client).ended(record)
            if awaited:
                await stream
            del stream
            assert await eventually(lambda: ends == [StreamState.CLOSED])
            assert await no_tasks_left()

    asyncio.run(main())
    assert not server.requests


def test_async_dropped_unread_where_no_loop_runs() -> None:
    ends: list[StreamState] = []

    async def record(ended: Any) -> None:
        ends.append(ended.state)

    OPENAI.astream().ended(record)
    OPENAI.astream().ended(lambda ended: ends.append(ended.state))
    assert ends == [StreamState.CLOSED, StreamState.CLOSED]


@every_provider
def test_a_fallback_is_not_reported_as_dropped(row: Row, server: Server) -> None:
    ends: list[tuple[str, StreamState]] = []
    server.reply(Reply.error(500), row.text("Hello"))
    with row.client(server) as client:

        def other(prompt: Any) -> Any:
            return row.stream(client).ended(lambda ended: ends.append(("other", ended.state)))

        stream = row.stream(client, fallback=[other]).ended(lambda ended: ends.append(("own", ended.state)))
        assert stream.collect().content == "Hello"
        del stream
    assert sorted(ends) == [("other", StreamState.DONE), ("own", StreamState.DONE)]
