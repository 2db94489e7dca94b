"""The states of a stream, and what can be read in each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from mirascope_like.core import (
    BadRequestError,
    StreamClosedError,
    StreamError,
    StreamInterruptedError,
    StreamNotConsumedError,
    StreamState,
)
from tests.conformance.providers import Row, every_provider
from tests.harness.server import CloseEarly, Reply, Server

USER = {"role": "user", "content": "Hi"}
READABLE = (
    *("content", "model", "id", "usage", "input_tokens", "cached_tokens", "output_tokens", "cost", "finish_reasons"),
    *("tools", "tool", "messages", "message_param", "user_message_param", "start_time", "end_time", "state"),
)
NOTHING = dict.fromkeys(READABLE) | {
    "content": "",
    "model": "m",
    "messages": [USER],
    "user_message_param": USER,
    "state": StreamState.NEW,
}


def seen(stream: Any) -> dict[str, Any]:
    """Return all properties of a stream."""
    return {name: getattr(stream, name) for name in READABLE}


@contextmanager
def streamed(row: Row, server: Server, reply: Reply | None = None) -> Iterator[Any]:
    """A stream of "Hello", with its client open."""
    server.reply(reply or row.text("Hel", "lo"))
    with row.client(server) as client:
        yield row.stream(client)


@asynccontextmanager
async def astreamed(row: Row, server: Server, reply: Reply | None = None) -> AsyncIterator[Any]:
    """`streamed`, async."""
    server.reply(reply or row.text("Hel", "lo"))
    async with row.aclient(server) as client:
        yield row.astream(client)


def last_role(message: Any) -> str:
    """Return the role of a message, or of the last of several."""
    role: str = (message[-1] if isinstance(message, list) else message)["role"]
    return role


def check_done(stream: Any) -> None:
    """Check that the stream of "Hello" is done and has the expected properties."""
    found = seen(stream)
    assert found["state"] is StreamState.DONE
    assert (found["content"], found["model"]) == ("Hello", "m-1")
    assert found["id"] in ("chatcmpl-1", "msg_1")
    assert found["finish_reasons"] in (["stop"], ["end_turn"], ["completed"])
    assert (found["input_tokens"], found["output_tokens"]) == (3, 5)
    assert last_role(found["message_param"]) == "assistant"
    assert found["start_time"] <= found["end_time"]
    assert str(stream) == "Hello"
    assert stream.construct_call_response().content == "Hello"
    assert stream.construct_call_response(partial=True) is stream.construct_call_response()


# New


@every_provider
def test_new(row: Row, server: Server) -> None:
    with row.client(server) as client:
        stream = row.stream(client)
        assert seen(stream) == NOTHING
        assert not server.requests
        with pytest.raises(StreamNotConsumedError, match="no event has been received yet"):
            stream.construct_call_response(partial=True)
        assert str(stream) == ""
        assert "new" in repr(stream)
        assert iter(stream) is stream


@every_provider
def test_new_async(row: Row, server: Server) -> None:
    async def main() -> None:
        async with row.aclient(server) as client:
            stream = row.astream(client)
            unread = dict.fromkeys(READABLE) | {"content": "", "messages": [], "state": StreamState.NEW}
            assert seen(stream) == unread | {"model": stream.model}
            assert repr(stream)
            for partial in (False, True):
                with pytest.raises(StreamNotConsumedError):
                    stream.construct_call_response(partial=partial)
            assert await stream is stream
            assert seen(stream) == NOTHING
            assert not server.requests
            with pytest.raises(ValueError, match="collect"):
                stream.construct_call_response()
            assert aiter(stream) is stream

    asyncio.run(main())


@every_provider
def test_unread_stream_is_read_for_its_response(row: Row, server: Server) -> None:
    with streamed(row, server) as stream:
        assert stream.construct_call_response().content == "Hello"
        check_done(stream)
        assert list(stream) == []


# Open


@every_provider
def test_open(row: Row, server: Server) -> None:
    with streamed(row, server) as stream:
        assert stream.open() is stream
        assert stream.state is StreamState.OPEN
        assert stream.content == ""
        assert stream.message_param is None
        assert len(server.requests) == 1
        for chunk, _ in stream:
            if chunk.content:
                break
        assert stream.state is StreamState.OPEN
        found = seen(stream)
        assert (found["content"], found["model"], found["finish_reasons"]) == ("Hel", "m-1", None)
        assert found["end_time"] is None
        assert last_role(found["message_param"]) == "assistant"
        assert stream.construct_call_response(partial=True).content == "Hel"
        with pytest.raises(StreamNotConsumedError, match="open"):
            stream.construct_call_response()
        assert "".join(chunk.content for chunk, _ in stream) == "lo"
        check_done(stream)
        assert stream.open() is stream
        assert len(server.requests) == 1


@every_provider
def test_open_async(row: Row, server: Server) -> None:
    async def main() -> None:
        async with astreamed(row, server) as stream:
            assert await stream.open() is stream
            assert stream.state is StreamState.OPEN
            assert len(server.requests) == 1
            async for chunk, _ in stream:
                if chunk.content:
                    break
            assert stream.content == "Hel"
            assert stream.construct_call_response(partial=True).content == "Hel"
            with pytest.raises(StreamNotConsumedError, match="open"):
                stream.construct_call_response()
            assert [chunk.content async for chunk, _ in stream if chunk.content] == ["lo"]
            check_done(stream)

    asyncio.run(main())


@every_provider
def test_every_step_can_be_read(row: Row, server: Server) -> None:
    with streamed(row, server) as stream:
        text = ""
        for chunk, _ in stream:
            text += chunk.content
            found = seen(stream)
            assert found["content"] == text
            assert stream.construct_call_response(partial=True).content == text
            assert found["messages"] == [USER]
        check_done(stream)


# Done


@every_provider
def test_done(row: Row, server: Server) -> None:
    with streamed(row, server) as stream:
        assert "".join(chunk.content for chunk, _ in stream) == "Hello"
        check_done(stream)
        before = seen(stream)
        assert list(stream) == []
        with pytest.raises(StopIteration):
            next(stream)
        stream.close()
        assert seen(stream) == before
        check_done(stream)
        with stream as same:
            assert list(same) == []
        assert len(server.requests) == 1


@every_provider
def test_done_async(row: Row, server: Server) -> None:
    async def main() -> None:
        async with astreamed(row, server) as stream:
            assert "".join([chunk.content async for chunk, _ in stream]) == "Hello"
            before = seen(stream)
            assert [pair async for pair in stream] == []
            with pytest.raises(StopAsyncIteration):
                await anext(stream)
            await stream.close()
            assert seen(stream) == before
            check_done(stream)
            assert await stream is stream
            assert len(server.requests) == 1

    asyncio.run(main())


@every_provider
def test_next(row: Row, server: Server) -> None:
    with streamed(row, server) as stream:
        chunks = [next(stream)[0], next(stream)[0]]
        assert stream.state is StreamState.OPEN
        chunks += [chunk for chunk, _ in stream]
        assert "".join(chunk.content for chunk in chunks) == "Hello"
        assert next(stream, None) is None


@every_provider
def test_anext(row: Row, server: Server) -> None:
    async def main() -> None:
        async with astreamed(row, server) as stream:
            chunks = [(await anext(stream))[0], (await anext(stream))[0]]
            chunks += [chunk async for chunk, _ in stream]
            assert "".join(chunk.content for chunk in chunks) == "Hello"
            assert await anext(stream, None) is None

    asyncio.run(main())


@every_provider
def test_collect(row: Row, server: Server) -> None:
    with streamed(row, server) as stream:
        next(stream)
        response = stream.collect()
        assert response.content == "Hello"
        assert stream.collect() is response
        check_done(stream)


@every_provider
def test_collect_async(row: Row, server: Server) -> None:
    async def main() -> None:
        async with astreamed(row, server) as stream:
            response = await stream.collect()
            assert response.content == "Hello"
            assert await stream.collect() is response
            check_done(stream)

    asyncio.run(main())


# Closed


@every_provider
def test_closed(row: Row, server: Server) -> None:
    with streamed(row, server) as stream:
        for chunk, _ in stream:
            if chunk.content:
                break
        stream.close()
        stream.close()
        assert stream.state is StreamState.CLOSED
        found = seen(stream)
        assert (found["content"], found["model"], found["finish_reasons"]) == ("Hel", "m-1", None)
        assert found["start_time"] <= found["end_time"]
        assert list(stream) == []
        with pytest.raises(StopIteration):
            next(stream)
        with pytest.raises(StreamNotConsumedError, match="closed"):
            stream.construct_call_response()
        with pytest.raises(StreamNotConsumedError, match="closed"):
            stream.collect()
        assert stream.construct_call_response(partial=True).content == "Hel"
        with pytest.raises(StreamClosedError):
            stream.open()
        with pytest.raises(StreamClosedError), stream:
            pass
        assert seen(stream) == found


@every_provider
def test_closed_async(row: Row, server: Server) -> None:
    async def main() -> None:
        async with astreamed(row, server) as stream:
            async for chunk, _ in stream:
                if chunk.content:
                    break
            await stream.close()
            await stream.aclose()
            assert stream.state is StreamState.CLOSED
            assert stream.content == "Hel"
            assert [pair async for pair in stream] == []
            with pytest.raises(StreamNotConsumedError, match="closed"):
                await stream.collect()
            assert stream.construct_call_response(partial=True).content == "Hel"
            with pytest.raises(StreamClosedError):
                await stream.open()
            assert isinstance(StreamClosedError("x"), StreamError)

    asyncio.run(main())


@every_provider
def test_closed_unread(row: Row, server: Server) -> None:
    with row.client(server) as client:
        stream = row.stream(client)
        stream.close()
        assert seen(stream) == NOTHING | {"state": StreamState.CLOSED}
        assert list(stream) == []
        with pytest.raises(StreamClosedError):
            stream.open()
        with pytest.raises(StreamNotConsumedError):
            stream.construct_call_response()
    assert not server.requests


@every_provider
def test_closed_unread_async(row: Row, server: Server) -> None:
    async def main() -> None:
        async with row.aclient(server) as client:
            stream = row.astream(client)
            await stream.close()
            assert stream.state is StreamState.CLOSED
            assert [pair async for pair in stream] == []
            with pytest.raises(StreamClosedError):
                await stream.open()

    asyncio.run(main())
    assert not server.requests


@every_provider
def test_with(row: Row, server: Server) -> None:
    with streamed(row, server) as stream:
        with stream as same:
            assert same is stream
            assert stream.state is StreamState.OPEN
            next(stream)
        assert stream.state is StreamState.CLOSED
    with streamed(row, server) as stream:
        with stream:
            list(stream)
        check_done(stream)


@every_provider
def test_async_with(row: Row, server: Server) -> None:
    async def main() -> None:
        async with astreamed(row, server) as stream:
            async with stream as same:
                assert same is stream
                assert stream.state is StreamState.OPEN
                await anext(stream)
            assert stream.state is StreamState.CLOSED
        async with astreamed(row, server) as stream, stream:
            assert [chunk.content async for chunk, _ in stream if chunk.content] == ["Hel", "lo"]
            check_done(stream)

    asyncio.run(main())


# Failed


@every_provider
def test_failed(row: Row, server: Server) -> None:
    broken = row.streamed(*row.texts("Hel", finish=None), CloseEarly())
    with streamed(row, server, broken) as stream:
        with pytest.raises(StreamInterruptedError) as caught:
            list(stream)
        assert stream.state is StreamState.FAILED
        found = seen(stream)
        assert (found["content"], found["model"], found["finish_reasons"]) == ("Hel", "m-1", None)
        assert found["start_time"] <= found["end_time"]
        assert list(stream) == []
        with pytest.raises(StreamNotConsumedError, match="failed") as refused:
            stream.construct_call_response()
        assert refused.value.__cause__ is caught.value
        assert stream.construct_call_response(partial=True).content == "Hel"
        assert caught.value.partial.content == "Hel"
        stream.close()
        assert seen(stream) == found


@every_provider
def test_failed_async(row: Row, server: Server) -> None:
    async def main() -> None:
        broken = row.streamed(*row.texts("Hel", finish=None), CloseEarly())
        async with astreamed(row, server, broken) as stream:
            with pytest.raises(StreamInterruptedError) as caught:
                await stream.collect()
            assert stream.state is StreamState.FAILED
            assert stream.content == "Hel"
            assert [pair async for pair in stream] == []
            with pytest.raises(StreamNotConsumedError, match="failed"):
                stream.construct_call_response()
            assert caught.value.partial.content == "Hel"

    asyncio.run(main())


@every_provider
def test_failed_to_open(row: Row, server: Server) -> None:
    with streamed(row, server, Reply.error(400)) as stream:
        with pytest.raises(BadRequestError, match="scripted error"):
            stream.open()
        assert stream.state is StreamState.FAILED
        assert seen(stream) == NOTHING | {
            "state": StreamState.FAILED,
            "start_time": stream.start_time,
            "end_time": stream.end_time,
        }
        assert list(stream) == []
        with pytest.raises(StreamNotConsumedError):
            stream.construct_call_response(partial=True)
        with pytest.raises(StreamNotConsumedError, match="failed"):
            stream.construct_call_response()
