"""Calls, tools and sessions under trio: with the SDKs of OpenAI and Anthropic; other providers need asyncio."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest

from mirascope_like.core import ConfigurationError, Session, SQLiteStore, ToolLoop, ToolTimeoutError
from tests.conformance.contract import BaseRow
from tests.conformance.providers import ANTHROPIC, OPENAI, RESPONSES, Row
from tests.conformance.rows import EVERY
from tests.harness.rounds import Side
from tests.harness.server import Reply, Server

trio: Any = pytest.importorskip("trio")
ON_TRIO = ("openai", "anthropic")


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


async def aadd(a: int, b: int) -> int:
    """Add two numbers."""
    await trio.sleep(0)
    return a + b


@pytest.mark.parametrize("row", [OPENAI, RESPONSES, ANTHROPIC], ids=lambda row: row.id)
def test_default_client_of_each_run(row: Row, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {row.key: "sk-env", str(row.base_url): row.url(server)}.items():
        monkeypatch.setenv(name, value)
    server.reply_with(lambda request: row.text("Hello") if request.json.get("stream") else Reply.json(row.whole("Hi")))

    async def main() -> list[str]:
        return [(await row.aask()).content, (await row.astream().collect()).content, (await row.aask()).content]

    for run in (1, 2):
        assert trio.run(main) == ["Hi", "Hello", "Hi"]
        gc.collect()
        assert server.wait_closed()  # the client is closed with its loop
        assert server.connections == run


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_tool_loop(side: Side, server: Server, streamed: bool) -> None:
    reply = side.streamed if streamed else side.whole
    calls = [("a", "add", '{"a": 1, "b": 2}'), ("b", "aadd", '{"a": 3, "b": 4}')]
    server.reply(reply("", *calls), reply("Done"))

    async def main() -> str:
        async with side.aclient(server) as client:

            @side.module.call("m", client=client, stream=streamed, tools=[add, aadd], tool_loop=ToolLoop(timeout=30))
            async def say() -> str:
                return "Add"

            answer: Any = await say()
            text: str = (await answer.collect() if streamed else answer).content
            return text

    assert trio.run(main) == "Done"
    assert side.results(server.request.json) == [("a", "3", False), ("b", "7", False)]


def test_tool_that_is_late(side: Side, server: Server) -> None:
    async def wait() -> str:
        """Wait."""
        await trio.sleep_forever()
        return ""

    server.reply(side.whole("", ("a", "wait", "{}")))

    async def main() -> None:
        async with side.aclient(server) as client:

            @side.module.call("m", client=client, tools=[wait], tool_loop=ToolLoop(timeout=0.05, on_error="raise"))
            async def say() -> str:
                return "Wait"

            with pytest.raises(ToolTimeoutError):
                await say()

    trio.run(main)


def test_session_with_a_store(side: Side, server: Server, tmp_path: Path) -> None:
    server.reply(side.whole("Hello"), side.streamed("Fine, thanks"))
    path = tmp_path / "talk.db"

    async def main() -> None:
        async with side.aclient(server) as client:
            session: Any = Session(side.module.model("m", client=client), store=store, name="a")
            assert (await session.send_async("Hi")).content == "Hello"
            assert (await session.stream_async("How are you?").collect()).content == "Fine, thanks"

    with SQLiteStore(path) as store:
        trio.run(main)
    with SQLiteStore(path) as again:
        kept = again.load("a")
    assert kept is not None
    assert [turn.message.content for turn in kept.turns] == ["Hi", "Hello", "How are you?", "Fine, thanks"]


def test_max_concurrent(side: Side, server: Server) -> None:
    server.always(side.whole("Hello"))

    async def main() -> None:
        async with side.aclient(server) as client:
            model = side.module.model("m", client=client, max_concurrent=1)

            async def ask() -> None:
                assert (await model.ask_async("Hi")).content == "Hello"

            async with trio.open_nursery() as nursery:
                for _ in range(3):
                    nursery.start_soon(ask)

    trio.run(main)
    assert server.connections == 1


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("row", [row for row in EVERY if row.package not in ON_TRIO], ids=lambda row: row.id)
def test_other_providers_need_asyncio(row: BaseRow, streamed: bool, server: Server) -> None:
    async def main() -> None:
        with row.client(server) as client, pytest.raises(ConfigurationError, match=f"{row.name} need asyncio"):
            await (row.astream(client).collect() if streamed else row.aask(client))

    trio.run(main)
    assert not server.requests
