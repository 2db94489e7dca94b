"""The SDKs' optional aiohttp client: the same streams, closed as surely."""

from __future__ import annotations

import asyncio
import gc
from contextlib import nullcontext
from typing import Any

import pytest

from mirascope_like.core import ConnectionFailedError, RequestTimeoutError, StreamInterruptedError, StreamState
from tests.conformance.providers import ANTHROPIC, OPENAI, Row, every_exchange
from tests.harness.clocks import PATIENCE, MovedClock, run_by_clock
from tests.harness.oracles import expected_raw, same, stream_error
from tests.harness.recordings import Exchange
from tests.harness.server import CloseEarly, Pause, Reply, Server, Stall

pytest.importorskip("aiohttp")

with_aiohttp = pytest.mark.parametrize("row", [OPENAI, ANTHROPIC], ids=lambda row: row.name)


def aiohttp_client(row: Row, server: Server, **options: Any) -> Any:
    return row.aclient(server, http_client=row.sdk.DefaultAioHttpClient(verify=False), **options)


@every_exchange([OPENAI, ANTHROPIC], stream=True, error=False)
def test_recorded(row: Row, exchange: Exchange, server: Server) -> None:
    async def main() -> Any:
        async with aiohttp_client(row, server) as client:
            return await row.astream(client).collect()

    server.reply(Reply.from_exchange(exchange, cut=7))
    if stream_error(exchange):
        with pytest.raises(StreamInterruptedError) as caught:
            asyncio.run(main())
        same(caught.value.partial.response, expected_raw(exchange))
    else:
        same(asyncio.run(main()).response, expected_raw(exchange))


@with_aiohttp
def test_unstreamed(row: Row, server: Server) -> None:
    async def main() -> str:
        async with aiohttp_client(row, server) as client:
            return (await row.aask(client)).content

    server.reply(Reply.json(row.whole("Hello")))
    assert asyncio.run(main()) == "Hello"


@with_aiohttp
def test_connection_is_used_again(row: Row, server: Server) -> None:
    async def main() -> None:
        async with aiohttp_client(row, server) as client:
            for _ in range(4):
                assert (await row.astream(client).collect()).content == "Hello"
            assert server.connections == 1

    server.always(row.text("Hel", "lo"))
    asyncio.run(main())


@with_aiohttp
@pytest.mark.parametrize("how", ["break", "close", "cancel", "timeout", "exception"])
def test_left(row: Row, server: Server, how: str) -> None:
    begun = asyncio.Event()

    async def read(stream: Any) -> None:
        async for chunk, _ in stream:
            if chunk.content:
                begun.set()
            if chunk.content and how == "break":
                break
            if chunk.content and how == "close":
                await stream.close()
            if chunk.content and how == "exception":
                raise KeyError

    async def main() -> None:
        async with aiohttp_client(row, server) as client:
            stream = row.astream(client)
            task = asyncio.create_task(read(stream))
            del stream
            if how in ("cancel", "timeout"):
                await begun.wait()
            if how == "cancel":
                task.cancel()
            limit = 0.01 if how == "timeout" else PATIENCE
            expected = {"cancel": asyncio.CancelledError, "timeout": TimeoutError, "exception": KeyError}.get(how)
            with pytest.raises(expected) if expected else nullcontext():
                async with asyncio.timeout(limit):  # since Python 3.12, `wait_for` keeps the error of the task
                    await task
            del task
            gc.collect()  # a failed task and its error hold each other, and the stream
            assert await asyncio.to_thread(server.wait_closed)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    server.reply(row.streamed(*row.texts("Hel", finish=None), Stall()))
    asyncio.run(main())
    assert server.aborted == 1


@with_aiohttp
def test_server_holds_the_connection_open(row: Row, server: Server) -> None:
    async def main() -> None:
        async with aiohttp_client(row, server) as client:
            stream = row.astream(client)
            async with asyncio.timeout(PATIENCE):
                assert (await stream.collect()).content == "Hello"
            assert stream.state is StreamState.DONE

    server.reply(row.text("Hello").then(Stall()))
    asyncio.run(main())
    assert server.wait_closed()


@with_aiohttp
@pytest.mark.parametrize(
    ("steps", "ours"),
    [
        ((), ConnectionFailedError),
        ((Pause(0.05), CloseEarly()), ConnectionFailedError),
        ((Stall(),), RequestTimeoutError),
    ],
    ids=["eof", "close", "stall"],
)
def test_broken_off(row: Row, server: Server, clock: MovedClock, steps: tuple[Any, ...], ours: type[Exception]) -> None:
    async def main() -> None:
        async with aiohttp_client(row, server, timeout=1000) as client:
            stream = row.astream(client)
            if ours is RequestTimeoutError:
                stream.on(text=lambda _: clock.skip(2000))
            await stream.collect()

    pieces = Reply.sse(*row.texts("Hel", finish=None), named=row is ANTHROPIC).pieces
    server.reply(Reply((*pieces, *steps), 200, {"content-type": "text/event-stream"}))
    with pytest.raises(StreamInterruptedError) as caught:
        run_by_clock(main())
    assert isinstance(caught.value, ours)
    assert isinstance(caught.value, row.theirs("APIConnectionError"))
    assert caught.value.partial.content == "Hel"


@with_aiohttp
def test_refused(row: Row, server: Server) -> None:
    async def main() -> None:
        async with aiohttp_client(row, server, base_url="http://127.0.0.1:9") as client:
            await row.astream(client).collect()

    # The SDK's adapter to aiohttp says "timed out" of some connections that are refused.
    with pytest.raises((ConnectionFailedError, RequestTimeoutError)) as caught:
        asyncio.run(main())
    assert isinstance(caught.value, row.theirs("APIConnectionError"))
