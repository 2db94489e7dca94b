"""However a program sends: with the SDK alone, with another HTTP library of it, on another event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anthropic as anthropic_sdk
import openai as openai_sdk
import pytest
import trio
from google import genai

from mirascope_like.core import anthropic, openai
from mirascope_like.testing import record, replay
from tests.conformance.providers import ANTHROPIC, OPENAI
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer, Text
from tests.harness.server import Reply, Server, Stall

ANSWER = Answer(Text("Hel", "lo"))
ASKED: Any = {"messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "x.jsonl"


def test_the_sdk_alone_reads_what_was_recorded_of_ours(server: Server, file: Path) -> None:
    server.reply(OPENAI.wire.streamed(ANSWER), ANTHROPIC.wire.streamed(ANSWER))
    bare = openai_sdk.OpenAI(base_url=f"{server.url}/v1", api_key="k-of-mine", max_retries=0)
    claude = anthropic_sdk.Anthropic(base_url=server.url, api_key="k-of-mine", max_retries=0)

    @openai.call("m", stream=True, client=bare)
    def ask() -> str:
        return "Hi"

    @anthropic.call("m", stream=True, client=claude, call_params={"max_tokens": 9})
    def ask_claude() -> str:
        return "Hi"

    with record(file):
        assert [ask().collect().content, ask_claude().collect().content] == ["Hello", "Hello"]
    with replay(file, pace=0):
        chunks = bare.chat.completions.create(model="m", stream=True, stream_options={"include_usage": True}, **ASKED)
        assert "".join(one.choices[0].delta.content or "" for one in chunks if one.choices) == "Hello"
        with claude.messages.stream(model="m", max_tokens=9, **ASKED) as stream:
            assert stream.get_final_text() == "Hello"
    assert len(server.requests) == 2
    bare.close()
    claude.close()


@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
def test_sdks_that_send_with_aiohttp(server: Server, file: Path) -> None:
    google = next(row for row in EVERY if row.id == "google")
    server.reply(OPENAI.wire.streamed(ANSWER), google.wire.streamed(ANSWER), google.wire.answered(ANSWER))

    async def main() -> list[Any]:
        async with openai_sdk.DefaultAioHttpClient() as http:
            client = openai_sdk.AsyncOpenAI(
                base_url=f"{server.url}/v1", api_key="k-of-mine", http_client=http, max_retries=0
            )

            @openai.call("m", client=client, stream=True)
            async def ask() -> str:
                return "Hi"

            found: list[Any] = [chunk.content async for chunk, _ in await ask() if chunk.content]
        gemini = genai.Client(api_key="k-of-mine", http_options={"base_url": server.url})
        stream = await gemini.aio.models.generate_content_stream(model="m", contents="Hi")
        found += [chunk.text async for chunk in stream]
        found.append((await gemini.aio.models.generate_content(model="m", contents="Hi")).text)
        await gemini.aio.aclose()
        gemini.close()
        return found

    with record(file):
        live = asyncio.run(main())
    assert live == ["Hel", "lo", "Hel", "lo", "Hello"]
    with replay(file, pace=0):
        assert asyncio.run(main()) == live
    with replay(file):
        assert asyncio.run(main()) == live
    assert len(server.requests) == 3
    assert "k-of-mine" not in file.read_text()


def test_trio(server: Server, file: Path) -> None:
    server.reply(OPENAI.wire.streamed(ANSWER))
    client = openai_sdk.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="k-of-mine", max_retries=0)

    @openai.call("m", stream=True, client=client)
    async def ask() -> str:
        return "Hi"

    async def recorded() -> list[str]:
        async with record(file):
            return [chunk.content async for chunk, _ in await ask() if chunk.content]

    async def replayed() -> list[str]:
        async with replay(file):
            return [chunk.content async for chunk, _ in await ask() if chunk.content]

    async def main() -> list[list[str]]:
        async with client:
            return [await recorded(), await replayed()]

    assert trio.run(main) == [["Hel", "lo"]] * 2
    assert len(server.requests) == 1


def test_an_async_stream_that_is_cancelled(server: Server, file: Path) -> None:
    """Its connection is closed, and the recording says so."""
    pieces = OPENAI.wire.streamed(ANSWER).pieces
    server.reply(Reply((*pieces[:2], Stall()), 200, {"content-type": "text/event-stream"}))
    client = openai_sdk.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="k-of-mine", max_retries=0)

    @openai.call("m", stream=True, client=client)
    async def ask() -> str:
        return "Hi"

    async def main() -> None:
        begun = asyncio.Event()

        async def read() -> None:
            async for chunk, _ in await ask():
                if chunk.content:
                    begun.set()

        async with client:
            task = asyncio.create_task(read())
            await begun.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    with record(file):
        asyncio.run(main())
    assert server.wait_closed()
    assert '{"end": 1, "time": ' in file.read_text()
    assert '"how": "closed"}' in file.read_text()


def test_one_block_around_calls_in_threads(server: Server, file: Path) -> None:
    """Each exchange is in the order in which its request was sent, whole, whatever order they ended in."""
    server.reply_with(lambda request: OPENAI.wire.answered(Answer(request.json["messages"][0]["content"])))
    client = openai_sdk.OpenAI(base_url=f"{server.url}/v1", api_key="k-of-mine", max_retries=0)

    @openai.call("m", client=client)
    def echo(number: int) -> str:
        return f"{number}"

    def run() -> list[str]:
        with ThreadPoolExecutor(8) as threads:
            return [one.content for one in threads.map(echo, range(50))]

    with client:
        with record(file):
            live = run()
        with replay(file, pace=0):
            assert run() == live == [f"{number}" for number in range(50)]
    assert len(server.requests) == 50
