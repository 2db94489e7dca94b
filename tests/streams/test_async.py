"""An async call can be awaited to get its stream, read directly, or passed wherever an awaitable is accepted."""

from __future__ import annotations

import asyncio

import pytest

from mirascope_like.core import StreamState
from tests.conformance.providers import Row, every_provider
from tests.harness.clocks import PATIENCE
from tests.harness.server import Pause, Reply, Server


@every_provider
def test_read_at_once(row: Row, server: Server) -> None:
    async def main() -> str:
        server.reply(row.text("Hel", "lo"))
        async with row.aclient(server) as client:
            return "".join([chunk.content async for chunk, _ in row.astream(client)])

    assert asyncio.run(main()) == "Hello"


@every_provider
def test_awaited_first(row: Row, server: Server) -> None:
    async def main() -> str:
        server.reply(row.text("Hel", "lo"))
        async with row.aclient(server) as client:
            return "".join([chunk.content async for chunk, _ in await row.astream(client)])

    assert asyncio.run(main()) == "Hello"


@every_provider
def test_awaited_twice_asks_once(row: Row, server: Server) -> None:
    asked: list[str] = []

    @row.module.call("m", stream=True)
    async def say(prompt: str) -> object:
        asked.append(prompt)
        return {"messages": [{"role": "user", "content": prompt}], "client": client}

    async def main() -> None:
        nonlocal client
        async with row.aclient(server) as client:
            stream = say("Hi")
            assert await (await stream) is stream
            assert (await stream.collect()).content == "Hello"

    client = None
    server.reply(row.text("Hello"))
    asyncio.run(main())
    assert asked == ["Hi"]


@every_provider
def test_gather(row: Row, server: Server) -> None:
    async def main() -> list[str]:
        server.always(row.text("Hel", "lo"))
        async with row.aclient(server) as client:
            streams = await asyncio.gather(*(row.astream(client, str(number)) for number in range(10)))
            assert [stream.user_message_param["content"] for stream in streams] == [str(n) for n in range(10)]
            responses = await asyncio.gather(*(stream.collect() for stream in streams))
            return [response.content for response in responses]

    assert asyncio.run(main()) == ["Hello"] * 10
    asked = [request.json.get("messages") or request.json["input"] for request in server.requests]
    assert {messages[0]["content"] for messages in asked} == {str(n) for n in range(10)}


@every_provider
def test_wait_for_and_ensure_future(row: Row, server: Server) -> None:
    async def main() -> None:
        server.always(row.text("Hello"))
        async with row.aclient(server) as client:
            stream = await asyncio.wait_for(row.astream(client), PATIENCE)
            assert stream.state is StreamState.NEW
            assert (await asyncio.wait_for(stream.collect(), PATIENCE)).content == "Hello"
            future = asyncio.ensure_future(row.astream(client))
            assert (await (await future).collect()).content == "Hello"

    asyncio.run(main())


@every_provider
def test_task_group_of_loops(row: Row, server: Server) -> None:
    texts: dict[str, str] = {}

    async def read(client: object, prompt: str) -> None:
        async for chunk, _ in row.astream(client, prompt):
            texts[prompt] = texts.get(prompt, "") + chunk.content

    async def main() -> None:
        reply = row.text("Hel", "lo")
        server.always(reply.insert(1, Pause(0.01)))
        async with row.aclient(server) as client, asyncio.TaskGroup() as group:
            for number in range(5):
                group.create_task(read(client, str(number)))

    asyncio.run(main())
    assert texts == dict.fromkeys("01234", "Hello")


@every_provider
def test_timeout_that_does_not_pass(row: Row, server: Server) -> None:
    async def main() -> None:
        server.reply(row.text("Hello"))
        async with row.aclient(server) as client, asyncio.timeout(5):
            assert (await row.astream(client).collect()).content == "Hello"

    asyncio.run(main())


@every_provider
def test_async_prompt_function_runs_when_the_stream_is_read(row: Row, server: Server) -> None:
    @row.module.call("m", stream=True)
    async def say() -> str:
        raise LookupError("from the prompt function")

    async def main() -> None:
        stream = say()
        assert stream.content == ""
        with pytest.raises(LookupError, match="prompt function"):
            await stream
        assert stream.state is StreamState.FAILED
        with pytest.raises(LookupError, match="prompt function"):
            await anext(say())

    asyncio.run(main())
    assert not server.requests


@every_provider
def test_unstreamed_calls_gather(row: Row, server: Server) -> None:
    async def main() -> list[str]:
        server.always(Reply.json(row.whole("Hello")))
        async with row.aclient(server) as client:
            return [each.content for each in await asyncio.gather(*(row.aask(client) for _ in range(10)))]

    assert asyncio.run(main()) == ["Hello"] * 10
