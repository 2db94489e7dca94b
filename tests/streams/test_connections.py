"""One connection serves call after call, and a server that never hangs up holds nobody."""

from __future__ import annotations

import asyncio
import gc
import gzip
import time

import pytest

from mirascope_like.core import BadRequestError, StreamState
from tests.conformance.providers import Row, every_provider
from tests.harness.clocks import PATIENCE
from tests.harness.server import Reply, Server, Stall

HOLD = PATIENCE
"""Seconds within which a loop ends though the connection stays open, which the SDKs wait 10 minutes for."""


@every_provider
def test_connection_is_used_again(row: Row, server: Server) -> None:
    with row.client(server) as client:
        for number in range(4):
            server.reply(row.text("Hel", "lo").cut(number))
            assert row.stream(client).collect().content == "Hello"
        server.reply(Reply.json(row.whole("Hello")), row.text("Hello"))
        assert row.ask(client).content == "Hello"
        assert [chunk.content for chunk, _ in row.stream(client) if chunk.content] == ["Hello"]
        assert (server.connections, server.open_connections) == (1, 1)


@every_provider
def test_async_connection_is_used_again(row: Row, server: Server) -> None:
    async def main() -> None:
        async with row.aclient(server) as client:
            for number in range(4):
                server.reply(row.text("Hel", "lo").cut(number))
                assert (await row.astream(client).collect()).content == "Hello"
            server.reply(Reply.json(row.whole("Hello")), row.text("Hello"))
            assert (await row.aask(client)).content == "Hello"
            assert [chunk.content async for chunk, _ in row.astream(client) if chunk.content] == ["Hello"]
            assert (server.connections, server.open_connections) == (1, 1)

    asyncio.run(main())


@every_provider
@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_server_holds_the_connection_open(row: Row, server: Server, framing: str) -> None:
    reply = row.text("Hello").then(Stall())
    server.reply(Reply(reply.pieces, 200, reply.headers, framing))  # type: ignore[arg-type]
    with row.client(server) as client:
        begun = time.monotonic()
        stream = row.stream(client)
        assert "".join(chunk.content for chunk, _ in stream) == "Hello"
        assert time.monotonic() - begun < HOLD
        assert stream.state is StreamState.DONE
        assert stream.construct_call_response().content == "Hello"
        assert server.wait_closed()
        server.reply(row.text("again"))
        assert row.stream(client).collect().content == "again"


@every_provider
def test_server_holds_the_connection_open_async(row: Row, server: Server) -> None:
    async def main() -> None:
        server.reply(row.text("Hello").then(Stall()))
        async with row.aclient(server) as client:
            begun = time.monotonic()
            stream = row.astream(client)
            assert "".join([chunk.content async for chunk, _ in stream]) == "Hello"
            assert time.monotonic() - begun < HOLD
            assert stream.state is StreamState.DONE
            assert await asyncio.to_thread(server.wait_closed)
            server.reply(row.text("again"))
            assert (await row.astream(client).collect()).content == "again"

    asyncio.run(main())


@every_provider
def test_bytes_without_end_after_the_final_event(row: Row, server: Server) -> None:
    server.reply(row.text("Hello").then(*[b": still here\n\n"] * 100_000))
    with row.client(server) as client:
        begun = time.monotonic()
        assert row.stream(client).collect().content == "Hello"
        assert time.monotonic() - begun < HOLD
    assert server.wait_closed()


@every_provider
def test_a_failed_stream_lets_its_connection_go(row: Row, server: Server) -> None:
    server.reply(row.streamed(*row.texts("Hel", finish=None), b"data: {nonsense\n\n", Stall()))
    with row.client(server) as client:
        with pytest.raises(row.base_error):
            row.stream(client).collect()
        assert server.wait_closed()


@every_provider
def test_an_error_leaves_the_connection_usable(row: Row, server: Server) -> None:
    server.reply(Reply.error(400), row.text("Hello"))
    with row.client(server) as client:
        with pytest.raises(BadRequestError, match="scripted error"):
            row.stream(client).collect()
        gc.collect()
        assert row.stream(client).collect().content == "Hello"
        assert server.connections == 1


@every_provider
def test_gzip(row: Row, server: Server) -> None:
    reply = row.text("Hel", "lo")
    packed = gzip.compress(reply.body)
    headers = {**reply.headers, "content-encoding": "gzip"}
    server.always(Reply((packed,), 200, headers).cut(1))
    with row.client(server) as client:
        for _ in range(2):
            assert row.stream(client).collect().content == "Hello"
        assert server.connections == 1

    async def main() -> str:
        async with row.aclient(server) as client:
            return (await row.astream(client).collect()).content

    assert asyncio.run(main()) == "Hello"
