"""Default clients: made once, shared by threads, one for each loop, made anew when the environment changes."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mirascope_like.core.hosts import Host
from tests.conformance.providers import Row, chat_text, openai_like
from tests.harness.clocks import PATIENCE, eventually
from tests.harness.server import Reply, Server


@pytest.fixture
def ready(row: Row, server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The environment that points at the server; yields the clients that are made."""
    for name, value in {**row.settings, row.key: "sk-env", row.base_url: row.url(server)}.items():
        monkeypatch.setenv(name, value)
    made: list[Any] = []
    provider = row.module.call._provider

    def noted(make: Any) -> Any:
        def wrapper() -> Any:
            made.append(make())
            return made[-1]

        return wrapper

    defaults = provider._defaults
    # Clients of its own: the next server may have the same port, and needs a client that is open.
    monkeypatch.setattr(defaults, "_kept", {})
    monkeypatch.setattr(defaults, "_last", None)
    monkeypatch.setattr(defaults, "_make", noted(defaults._make))
    monkeypatch.setattr(defaults, "_make_async", noted(defaults._make_async))
    server.always(Reply.json(row.whole("Hello")))
    yield made
    for client in made:
        if hasattr(client, "__exit__"):
            client.close()


@openai_like
def test_sync_client_is_made_once(row: Row, server: Server, ready: list[Any]) -> None:
    for _ in range(3):
        assert row.ask().content == "Hello"
    assert row.decorated()("another function").content == "Hello"
    assert len(ready) == 1
    assert server.connections == 1
    assert "sk-env" in str(server.request.headers)


@openai_like
def test_an_environment_that_is_replaced(
    row: Row, server: Server, ready: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some tests of programs put a dict in the place of `os.environ`."""
    for key in ("sk-first", "sk-second", "sk-second"):
        monkeypatch.setattr(os, "environ", {**os.environ, row.key: key})
        assert row.ask().content == "Hello"
        assert key in str(server.request.headers)
    assert len(ready) == 2


@openai_like
def test_sync_client_serves_every_thread(row: Row, server: Server, ready: list[Any]) -> None:
    texts: list[str] = []
    start = threading.Barrier(8)

    def run() -> None:
        start.wait()
        texts.append(row.ask().content)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert texts == ["Hello"] * 8
    assert len(ready) == 1


@openai_like
def test_changed_key_makes_a_new_client(
    row: Row, server: Server, ready: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    row.ask()
    monkeypatch.setenv(row.key, "sk-new")
    row.ask()
    assert "sk-new" in str(server.request.headers)
    monkeypatch.setenv(row.key, "sk-env")
    row.ask()
    assert "sk-env" in str(server.request.headers)
    assert len(ready) == 2


@openai_like
def test_changed_base_url_makes_a_new_client(
    row: Row, server: Server, ready: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert row.ask().content == "Hello"
    with Server(Reply.json(row.whole("other"))) as other:
        monkeypatch.setenv(row.base_url, row.url(other))
        assert row.ask().content == "other"
        ready[1].close()


@openai_like
def test_one_async_client_for_each_loop(row: Row, server: Server, ready: list[Any]) -> None:
    async def main() -> None:
        await asyncio.gather(*(row.aask() for _ in range(5)))
        await row.aask()

    asyncio.run(main())
    assert len(ready) == 1
    assert ready[0].is_closed()
    asyncio.run(main())
    assert len(ready) == 2
    assert ready[1].is_closed()
    gc.collect()
    assert server.wait_closed()
    assert not row.module.call._provider._defaults._keepers


@openai_like
def test_loops_of_two_threads(row: Row, server: Server, ready: list[Any]) -> None:
    async def main() -> None:
        for _ in range(3):
            assert (await row.aask()).content == "Hello"

    threads = [threading.Thread(target=asyncio.run, args=(main(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(ready) == 2
    assert all(client.is_closed() for client in ready)


@openai_like
def test_stream_left_as_its_loop_ends(row: Row, server: Server, ready: list[Any]) -> None:
    server.reply(row.text("Hel", "lo"))

    async def main() -> str:
        async for chunk, _ in row.astream():
            if chunk.content:
                return chunk.content
        raise AssertionError

    assert asyncio.run(main()) == "Hel"
    assert server.wait_closed()
    assert ready[0].is_closed()


@openai_like
def test_fork_makes_a_new_client(row: Row, ready: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    row.ask()
    monkeypatch.setattr(os, "getpid", lambda: 1)
    row.ask()
    assert len(ready) == 2


@pytest.mark.parametrize("awaited", [False, True], ids=["sync", "async"])
def test_the_client_of_a_host_that_nobody_has_any_more_is_closed(
    awaited: bool, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As clients of an SDK close themselves. Python warns of connections that are left open, at any later moment."""
    monkeypatch.setenv("MINE_API_KEY", "key-1")
    server.reply(Reply.chat(*chat_text("Hel", "lo")))
    mine = Host("mine", f"{server.url}/v1", "MINE_API_KEY")

    def say() -> str:
        return "Hi"

    async def asay() -> str:
        return "Hi"

    async def main(stream: Any) -> None:
        await anext(stream)
        gc.collect()  # the stream still needs the client
        assert (await stream.collect()).content == "Hello"
        del stream
        gc.collect()
        assert await eventually(lambda: server.open_connections == 0)

    if awaited:
        streams: list[Any] = [mine.call("m", stream=True)(asay)()]
        del mine
        asyncio.run(main(streams.pop()))
        return
    stream: Any = mine.call("m", stream=True)(say)()
    del mine
    next(stream)
    gc.collect()
    assert stream.collect().content == "Hello"
    del stream
    gc.collect()
    assert server.wait_closed()
