"""A response begins so slowly that no timeout of a read passes: deadlines and `close()` hold for every provider.

With default clients and with clients of the user's, on new connections and on kept ones. What happens to the connection
is what the table in docs/clients.md says.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from mistralai.client.sdkconfiguration import SERVERS

from mirascope_like.core import StreamState, StreamTimeoutError
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY, GEMINI
from tests.conformance.wires.answer import Answer
from tests.harness.clocks import PATIENCE
from tests.streams.trickle import Trickle

SECONDS = 0.05
"""May pass before the request has arrived, on a busy machine: then there is no connection to close."""
STACKS = ("openai", "anthropic", "groq", "mistral", "cohere", "google", "bedrock")
"""One row of each SDK that sends with httpx2 or httpx."""
THREADED = ("bedrock",)
"""Those whose SDK has no async client: their async calls use the sync one in threads."""
ROWS = [row for row in EVERY if row.id in STACKS]
CASES = [
    pytest.param(row, default, id=f"{row.id}-{'default' if default else 'given'}")
    for row in ROWS
    for default in (False, True)
]
every_client = pytest.mark.parametrize(("row", "default"), CASES)
kept_or_new = pytest.mark.parametrize("kept", [False, True], ids=["new", "kept"])
other_ways = pytest.mark.parametrize("way", ["silence", "1xx", "error body"])


class Side:
    """A row, and the client of its calls."""

    def __init__(self, row: BaseRow, default: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        self.row, self.default, self._monkeypatch = row, default, monkeypatch
        self._key = "sk-test"

    def trickle(self, way: str, *, kept: bool) -> Trickle:
        return Trickle(way, self.row.wire.streamed(Answer("Hi")) if kept else None)

    def tunnel(self) -> Trickle:
        """A proxy whose answer to CONNECT trickles, on the way to a provider that does not exist."""
        proxy = Trickle("headers")
        self._monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        self._key = f"sk-{proxy.url}"  # the default client of another key has no proxy, or another one
        proxy.url = "https://model.invalid"
        return proxy

    def _set(self, server: Any) -> None:
        row = self.row
        url = {str(row.base_url): row.url(server)} if row.base_url else {}
        for name, value in {**row.settings, row.key: self._key, **url}.items():
            self._monkeypatch.setenv(name, value)
        self._monkeypatch.setitem(SERVERS, "global", server.url)  # Mistral's, which no environment variable sets

    @contextmanager
    def client(self, server: Any) -> Iterator[Any]:
        """The client to pass to calls: None for the default one."""
        if self.default:
            self._set(server)
            self.row.module.call._provider._defaults.sync()  # made before the deadline counts
            yield None
        else:
            with self.row.client(server) as client:
                yield client

    @asynccontextmanager
    async def aclient(self, server: Any) -> AsyncIterator[Any]:
        if self.default:
            self._set(server)
            defaults = self.row.module.call._provider._defaults
            if self.row.name in THREADED:
                defaults.sync()
            else:
                await defaults.asynchronous()
            yield None
        else:
            async with self.row.aclient(server) as client:
                yield client


@pytest.fixture
def side(row: BaseRow, default: bool, monkeypatch: pytest.MonkeyPatch) -> Side:
    return Side(row, default, monkeypatch)


async def read(stream: Any) -> None:
    async for _ in stream:
        pass


def let_go(side: Side, *, kept: bool, deadline: bool) -> bool:
    """Whether the connection of a sync stream is shut at once."""
    if side.default:
        return True
    return side.row.name == "bedrock" or (side.row.name in ("openai", "anthropic", "groq") and deadline and not kept)


def fail(side: Side, server: Trickle, *, kept: bool) -> None:
    with side.client(server) as client:
        if kept:
            assert side.row.stream(client).collect().content == "Hi"
        stream = side.row.stream(client).timeout(first=SECONDS)
        with pytest.raises(StreamTimeoutError) as caught:
            stream.collect()
        assert (caught.value.deadline, stream.state) == ("first", StreamState.FAILED)
        if let_go(side, kept=kept, deadline=True):
            assert not server.asked.is_set() or server.gone.wait(PATIENCE)


async def afail(side: Side, server: Trickle, *, kept: bool) -> None:
    async with side.aclient(server) as client:
        if kept:
            assert (await side.row.astream(client).collect()).content == "Hi"
        stream = side.row.astream(client).timeout(first=SECONDS)
        with pytest.raises(StreamTimeoutError) as caught:
            await stream.collect()
        assert (caught.value.deadline, stream.state) == ("first", StreamState.FAILED)
        assert not server.asked.is_set() or await asyncio.to_thread(server.gone.wait, PATIENCE)


@every_client
@kept_or_new
def test_deadline(side: Side, kept: bool) -> None:
    with side.trickle("headers", kept=kept) as server:
        fail(side, server, kept=kept)


@every_client
@kept_or_new
def test_deadline_async(side: Side, kept: bool) -> None:
    with side.trickle("headers", kept=kept) as server:
        asyncio.run(afail(side, server, kept=kept))


@other_ways
@every_client
def test_deadline_of_other_beginnings(side: Side, way: str) -> None:
    with side.trickle(way, kept=False) as server:
        fail(side, server, kept=False)


@other_ways
@every_client
def test_deadline_of_other_beginnings_async(side: Side, way: str) -> None:
    with side.trickle(way, kept=False) as server:
        asyncio.run(afail(side, server, kept=False))


@every_client
def test_deadline_in_a_tunnel(side: Side) -> None:
    with side.tunnel() as proxy:
        fail(side, proxy, kept=False)


@every_client
def test_deadline_in_a_tunnel_async(side: Side) -> None:
    with side.tunnel() as proxy:
        asyncio.run(afail(side, proxy, kept=False))


def check_closed(side: Side, server: Trickle, *, kept: bool) -> None:
    with side.client(server) as client:
        if kept:
            assert side.row.stream(client).collect().content == "Hi"
        stream = side.row.stream(client)
        reading = threading.Thread(target=lambda: list(stream), daemon=True)
        reading.start()
        assert server.asked.wait(PATIENCE)
        stream.close()
        reading.join(PATIENCE)
        assert not reading.is_alive()
        assert (stream.state, stream.error) == (StreamState.CLOSED, None)
        if let_go(side, kept=kept, deadline=False):
            assert not server.asked.is_set() or server.gone.wait(PATIENCE)


@every_client
@kept_or_new
def test_closed(side: Side, kept: bool) -> None:
    with side.trickle("headers", kept=kept) as server:
        check_closed(side, server, kept=kept)


@every_client
def test_closed_in_a_tunnel(side: Side) -> None:
    with side.tunnel() as proxy:
        check_closed(side, proxy, kept=False)


@pytest.mark.parametrize(("row", "default"), [case for case in CASES if case.values[1]])
@kept_or_new
def test_closed_where_the_reader_itself_opens(side: Side, kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a client that a tracer has patched."""
    monkeypatch.setattr(side.row.module.call._provider, "opens_here", lambda request: True)
    with side.trickle("headers", kept=kept) as server:
        check_closed(side, server, kept=kept)


async def acheck_closed(side: Side, server: Trickle, how: str, *, kept: bool) -> None:
    async with side.aclient(server) as client:
        if kept:
            assert (await side.row.astream(client).collect()).content == "Hi"
        stream = side.row.astream(client)
        reading = asyncio.create_task(read(stream))
        assert await asyncio.to_thread(server.asked.wait, PATIENCE)
        if how == "closed":
            await stream.close()
        else:
            reading.cancel()
        await asyncio.wait({reading})
        assert stream.state is StreamState.CLOSED
        assert await asyncio.to_thread(server.gone.wait, PATIENCE)


@every_client
@kept_or_new
@pytest.mark.parametrize("how", ["closed", "cancelled"])
def test_closed_async(side: Side, kept: bool, how: str) -> None:
    with side.trickle("headers", kept=kept) as server:
        asyncio.run(acheck_closed(side, server, how, kept=kept))


@every_client
@pytest.mark.parametrize("how", ["closed", "cancelled"])
def test_closed_in_a_tunnel_async(side: Side, how: str) -> None:
    with side.tunnel() as proxy:
        asyncio.run(acheck_closed(side, proxy, how, kept=False))


NOWHERE: Any = SimpleNamespace(url="https://model.invalid")


@pytest.fixture
def slow_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trickle]:
    """A proxy whose answer to CONNECT trickles."""
    with Trickle("headers") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        yield proxy


# Over REST, Google's retired SDK sends with requests, in a thread that can be left, but not ended: see docs/clients.md.
def test_deadline_of_gemini_behind_a_proxy(slow_proxy: Trickle) -> None:
    with GEMINI.client(NOWHERE) as client:
        stream = GEMINI.stream(client).timeout(first=SECONDS)
        with pytest.raises(StreamTimeoutError) as caught:
            stream.collect()
    assert (caught.value.deadline, stream.state) == ("first", StreamState.FAILED)


def test_deadline_of_gemini_behind_a_proxy_async(slow_proxy: Trickle) -> None:
    async def main() -> None:
        async with GEMINI.aclient(NOWHERE) as client:
            stream = GEMINI.astream(client).timeout(first=SECONDS)
            with pytest.raises(StreamTimeoutError) as caught:
                await stream.collect()
        assert (caught.value.deadline, stream.state) == ("first", StreamState.FAILED)

    asyncio.run(main())


def test_closed_gemini_behind_a_proxy(slow_proxy: Trickle) -> None:
    with GEMINI.client(NOWHERE) as client:
        stream = GEMINI.stream(client)
        reading = threading.Thread(target=lambda: list(stream), daemon=True)
        reading.start()
        assert slow_proxy.asked.wait(PATIENCE)
        stream.close()
        reading.join(PATIENCE)
        assert not reading.is_alive()
    assert (stream.state, stream.error) == (StreamState.CLOSED, None)


def test_closed_gemini_behind_a_proxy_async(slow_proxy: Trickle) -> None:
    async def main() -> None:
        async with GEMINI.aclient(NOWHERE) as client:
            stream = GEMINI.astream(client)
            reading = asyncio.create_task(read(stream))
            assert await asyncio.to_thread(slow_proxy.asked.wait, PATIENCE)
            await stream.close()
            await asyncio.wait({reading})
        assert (stream.state, stream.error) == (StreamState.CLOSED, None)

    asyncio.run(main())
