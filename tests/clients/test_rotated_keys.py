"""Programs that rotate their key: few default clients are kept, and none that is in use is closed.

Source: a worker of the tests, in which each test sets another key, had 747 open connections at its end.
"""

from __future__ import annotations

import asyncio
import gc
from typing import Any
from weakref import ref

import httpx2
import pytest
from mistralai.client.sdkconfiguration import SERVERS

from mirascope_like.core.base.provider import Clients
from tests.conformance.providers import GROQ, MISTRAL, OPENAI, Row
from tests.conformance.wires.answer import Answer, Text
from tests.harness.clocks import eventually
from tests.harness.server import Server

every_row = pytest.mark.parametrize("row", [OPENAI, GROQ, MISTRAL], ids=lambda row: row.id)
"""The SDKs of the first two use httpx2 and httpx; a client of the third is sync and async."""
KEYS = [f"sk-{number}" for number in range(12)]


def left_open(server: Server) -> int:
    """Return how many connections are open without those of garbage: objects with finalizers may take two searches."""
    gc.collect()
    return server.open_connections


def set_up(row: Row, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**row.settings, row.base_url: row.url(server)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(SERVERS, "global", server.url)  # Mistral's SDK reads no address from the environment


@every_row
def test_few_connections_stay_open(row: Row, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve keys, one after the other: eight clients, with a connection each; and a stream that goes on."""
    set_up(row, server, monkeypatch)
    server.reply(row.wire.streamed(Answer(Text("Hel", "lo"))))
    server.always(row.wire.answered(Answer(Text("Hello"))))
    monkeypatch.setenv(row.key, "sk-stream")
    stream = row.stream()
    next(stream)
    for key in KEYS:
        monkeypatch.setenv(row.key, key)
        assert row.ask().content == "Hello"
        assert key in str(server.request.headers)
    assert server.wait_until(lambda: left_open(server) == 9)
    assert stream.collect().content == "Hello"
    del stream
    assert server.wait_until(lambda: left_open(server) == 8)


@every_row
def test_few_connections_of_a_loop_stay_open(row: Row, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(row, server, monkeypatch)
    server.reply(row.wire.streamed(Answer(Text("Hel", "lo"))))
    server.always(row.wire.answered(Answer(Text("Hello"))))

    async def main() -> None:
        monkeypatch.setenv(row.key, "sk-stream")
        stream = row.astream()
        await anext(stream)
        for key in KEYS:
            monkeypatch.setenv(row.key, key)
            assert (await row.aask()).content == "Hello"
        assert await eventually(lambda: left_open(server) == 9)
        assert (await stream.collect()).content == "Hello"
        del stream
        assert await eventually(lambda: left_open(server) == 8)

    asyncio.run(main())
    assert server.wait_closed()


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_connections_of_a_patched_transport_are_closed(
    asynchronous: bool, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenTelemetry patches the library's own transport, which then sends: a stream of it keeps its connection."""
    set_up(OPENAI, server, monkeypatch)
    server.reply(OPENAI.wire.streamed(Answer(Text("Hel", "lo"))))
    server.always(OPENAI.wire.answered(Answer(Text("Hello"))))
    kind, method = (
        (httpx2.AsyncHTTPTransport, "handle_async_request")
        if asynchronous
        else (httpx2.HTTPTransport, "handle_request")
    )
    own = getattr(kind, method)
    monkeypatch.setattr(kind, method, lambda *args: own(*args))
    monkeypatch.setenv(OPENAI.key, "sk-stream")

    async def main() -> None:
        stream = OPENAI.astream()
        await anext(stream)
        for key in KEYS:
            monkeypatch.setenv(OPENAI.key, key)
            assert (await OPENAI.aask()).content == "Hello"
        assert await eventually(lambda: left_open(server) == 9)
        assert (await stream.collect()).content == "Hello"
        del stream
        assert await eventually(lambda: left_open(server) == 8)

    if asynchronous:
        asyncio.run(main())
        return
    stream = OPENAI.stream()
    next(stream)
    for key in KEYS:
        monkeypatch.setenv(OPENAI.key, key)
        assert OPENAI.ask().content == "Hello"
    assert server.wait_until(lambda: left_open(server) == 9)
    assert stream.collect().content == "Hello"
    del stream
    assert server.wait_until(lambda: left_open(server) == 8)


class Made:
    """A client."""

    def close(self) -> None:
        raise AssertionError


def test_the_clients_that_were_used_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = Clients(Made, Made, ["A_KEY"])
    made: list[Any] = []

    def use(number: int) -> Made:
        monkeypatch.setenv("A_KEY", str(number))
        client: Made = clients.sync()
        return client

    made = [ref(use(number)) for number in range(8)]
    assert use(0) is made[0]()
    use(8)
    assert [number for number, client in enumerate(made) if client() is None] == [1]
