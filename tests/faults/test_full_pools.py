"""The connection pool of a user's client is full: another stream holds its only place.

Deadlines, `close()` and cancelling end the wait for a place, for every SDK whose pool makes requests wait (boto3's
opens another connection instead). The wait that was given up takes no place from later calls.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpcore
import httpcore2
import httpx
import httpx2
import pytest

from mirascope_like.core import StreamState, StreamTimeoutError
from mirascope_like.core.base.provider import Opening, run_here
from mirascope_like.core.dialects.transport.network import pool_seconds
from tests.conformance.contract import BaseRow
from tests.conformance.rows import BEDROCK, EVERY, GEMINI
from tests.conformance.wires.answer import Answer, Text
from tests.harness.clocks import PATIENCE
from tests.harness.server import Server, Stall

SECONDS = 0.1


def http_clients(library: Any) -> tuple[Any, Any]:
    """A sync and an async HTTP client with one place."""
    limits = library.Limits(max_connections=1)
    return (
        library.Client(verify=False, limits=limits, timeout=60),
        library.AsyncClient(verify=False, limits=limits, timeout=60),
    )


def sdk_options(row: Any, asynchronous: bool) -> dict[str, Any]:
    kind = row.sdk.DefaultAsyncHttpxClient if asynchronous else row.sdk.DefaultHttpxClient
    library = httpx2 if issubclass(kind, (httpx2.Client, httpx2.AsyncClient)) else httpx
    return {"http_client": kind(verify=False, limits=library.Limits(max_connections=1))}


def mistral_options(row: Any, asynchronous: bool) -> dict[str, Any]:
    sync, other = http_clients(httpx2)
    return {"client": sync, "async_client": other}


def google_options(row: Any, asynchronous: bool) -> dict[str, Any]:
    sync, other = http_clients(httpx2)
    return {"httpx_client": sync, "httpx_async_client": other}


OPTIONS: dict[str, Callable[[Any, bool], dict[str, Any]]] = {
    "openai": sdk_options,
    "anthropic": sdk_options,
    "groq": sdk_options,
    "azure": sdk_options,
    "mistral": mistral_options,
    "cohere": lambda row, asynchronous: {"httpx_client": http_clients(httpx)[asynchronous]},
    "google": google_options,
}
every_pool = pytest.mark.parametrize("row", [row for row in EVERY if row.id in OPTIONS], ids=lambda row: row.id)


async def read(stream: Any) -> None:
    async for _ in stream:
        pass


def held(row: BaseRow, server: Server) -> None:
    """Every stream says "Hel" and then nothing."""
    server.always(row.wire.stream(*row.wire.events(Answer(Text("Hel"), ended=False)), Stall()))


def close(options: dict[str, Any]) -> None:
    for http_client in options.values():  # Mistral's SDK leaves those that it was given open
        if hasattr(http_client, "close"):
            http_client.close()


def announced(provider: Any, name: str, monkeypatch: pytest.MonkeyPatch, happened: Callable[[], None]) -> None:
    """Report each time that the provider is about to send a request."""
    method = getattr(provider, name)

    def reporting(*args: Any) -> Any:
        happened()
        return method(*args)

    monkeypatch.setattr(provider, name, reporting)


@every_pool
def test_full_pool(row: BaseRow, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    held(row, server)
    options = OPTIONS[row.id](row, False)
    with row.client(server, **options) as client:
        holder = row.stream(client)
        assert next(holder.text()) == "Hel"
        with pytest.raises(StreamTimeoutError) as caught:
            row.stream(client).timeout(total=SECONDS).collect()
        assert caught.value.deadline == "total"

        sending = threading.Event()
        announced(row.module.call._provider, "open", monkeypatch, sending.set)
        stream = row.stream(client)
        reading = threading.Thread(target=lambda: list(stream), daemon=True)
        reading.start()
        assert sending.wait(PATIENCE)
        stream.close()
        reading.join(PATIENCE)
        assert not reading.is_alive()
        assert (stream.state, stream.error) == (StreamState.CLOSED, None)
        assert len(server.requests) == 1

        server.always(row.wire.streamed(Answer("Hello")))
        holder.close()
        assert row.stream(client).timeout(total=PATIENCE).collect().content == "Hello"
    close(options)


@every_pool
def test_the_wait_for_a_place_outlasts_its_deadline(
    row: BaseRow, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the two do not end together: httpcore 1.0.9 assigns a place that becomes free at the moment at which the wait
    for it ends, and never frees it. (`handle_request` removes the request, and not the new connection, which is neither
    idle nor closed.) httpcore2 frees it, so its pools may have the deadline.
    """
    waits: list[tuple[Any, float | None]] = []
    for library in (httpcore, httpcore2):
        kind: Any = library._sync.connection_pool.PoolRequest
        waiting = kind.wait_for_connection

        def noting(self: Any, timeout: float | None = None, waiting: Any = waiting, library: Any = library) -> Any:
            waits.append((library, timeout))
            return waiting(self, timeout)

        monkeypatch.setattr(kind, "wait_for_connection", noting)
    server.always(row.wire.streamed(Answer("Hello")))
    options = OPTIONS[row.id](row, False)
    with row.client(server, **options) as client:
        row.stream(client).timeout(total=PATIENCE).collect()
    close(options)
    assert len(waits) == 1
    assert all(wait is None or wait >= PATIENCE + 4 for library, wait in waits if library is httpcore)


def test_our_transport_waits_longer_in_worker_threads() -> None:
    timeouts = {"pool": 1.0}
    assert pool_seconds(timeouts) == 1.0
    found: list[float | None] = []
    Opening().begin(lambda: found.extend([pool_seconds(timeouts), pool_seconds({})]), run_here)
    assert found == [6.0, None]


@pytest.mark.parametrize("row", [row for row in EVERY if OPTIONS.get(row.id) is sdk_options], ids=lambda row: row.id)
def test_nothing_is_sent_after_the_deadline(row: BaseRow, server: Server) -> None:
    """A request whose deadline has passed while it waited gets the place of the stream that ends, and gives it back."""
    held(row, server)
    options = sdk_options(row, False)
    with row.client(server, **options) as client:
        holder = row.stream(client)
        assert next(holder.text()) == "Hel"
        with pytest.raises(StreamTimeoutError):
            row.stream(client).timeout(total=SECONDS).collect()
        server.always(row.wire.streamed(Answer("Hello")))
        holder.close()
        assert row.stream(client).timeout(total=PATIENCE).collect().content == "Hello"
    assert len(server.requests) == 2


@every_pool
def test_full_pool_async(row: BaseRow, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    held(row, server)

    async def main() -> None:
        options = OPTIONS[row.id](row, True)
        async with row.aclient(server, **options) as client:
            holder = row.astream(client)
            assert await anext(holder.text()) == "Hel"
            with pytest.raises(StreamTimeoutError) as caught:
                await row.astream(client).timeout(total=SECONDS).collect()
            assert caught.value.deadline == "total"

            sending = asyncio.Event()
            announced(row.module.call._provider, "aopen", monkeypatch, sending.set)
            for end in ("closed", "cancelled"):
                sending.clear()
                stream = row.astream(client)
                reading = asyncio.create_task(read(stream))
                await sending.wait()
                if end == "closed":
                    await stream.close()
                else:
                    reading.cancel()
                await asyncio.wait({reading})
                assert stream.state is StreamState.CLOSED

            server.always(row.wire.streamed(Answer("Hello")))
            await holder.close()
            assert (await row.astream(client).timeout(total=PATIENCE).collect()).content == "Hello"
        for http_client in options.values():
            if hasattr(http_client, "aclose"):
                await http_client.aclose()

    asyncio.run(main())
    assert len(server.requests) == 2  # those that had no place have sent nothing


MORE_THAN_POOLED = 12
"""The pools of urllib3 keep ten connections. boto3 and requests do not make a request wait for one of them: they open
another connection, and close it after its response (`PoolManager(block=False)`, the default).
"""
without_waiting = pytest.mark.parametrize("row", [BEDROCK, GEMINI], ids=lambda row: row.id)


@without_waiting
def test_a_pool_that_does_not_wait(row: BaseRow, server: Server) -> None:
    held(row, server)
    with row.client(server) as client:
        streams = [row.stream(client).timeout(total=PATIENCE) for _ in range(MORE_THAN_POOLED)]
        assert [next(stream.text()) for stream in streams] == ["Hel"] * MORE_THAN_POOLED
        assert server.open_connections == MORE_THAN_POOLED
        for stream in streams:
            stream.close()
        server.always(row.wire.streamed(Answer("Hello")))
        assert row.stream(client).collect().content == "Hello"


@without_waiting
def test_a_pool_that_does_not_wait_async(row: BaseRow, server: Server) -> None:
    held(row, server)

    async def main() -> None:
        async with row.aclient(server) as client:
            streams: list[Any] = [row.astream(client) for _ in range(MORE_THAN_POOLED)]
            texts = await asyncio.gather(*(anext(stream.text()) for stream in streams))
            assert texts == ["Hel"] * MORE_THAN_POOLED
            assert server.open_connections == MORE_THAN_POOLED
            await asyncio.gather(*(stream.close() for stream in streams))

    asyncio.run(main())
