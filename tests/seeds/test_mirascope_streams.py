"""Mirascope's document on streams, snippet by snippet."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from openai import OpenAIError

from mirascope_like.core import StreamTimeoutError, openai, prompt_template
from tests.conformance.providers import OPENAI
from tests.harness.server import Reply, Server, Stall

pytestmark = pytest.mark.usefixtures("address")


@openai.call(model="gpt-4o-mini", stream=True)
@prompt_template("Recommend a {genre} book")
def recommend_book(genre: str): ...  # type: ignore[no-untyped-def]


@openai.call(model="gpt-4o-mini", stream=True)
@prompt_template("Write a detailed essay about {topic}")
async def write_essay(topic: str): ...  # type: ignore[no-untyped-def]


def test_basic_usage(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.reply(OPENAI.text("The", " Hobbit"))
    for chunk, _ in recommend_book("fantasy"):
        print(chunk.content, end="", flush=True)
    assert capsys.readouterr().out == "The Hobbit"
    assert server.request.json["messages"][0]["content"] == "Recommend a fantasy book"


def test_chunks(server: Server) -> None:
    server.reply(OPENAI.text("The", " Hobbit"))
    chunks = [chunk for chunk, _ in recommend_book("fantasy")]
    assert [one.chunk.choices[0].delta.content for one in chunks[1:3]] == ["The", " Hobbit"]
    assert (chunks[1].finish_reasons, chunks[1].usage, chunks[1].input_tokens) == (None, None, None)
    assert (chunks[-1].input_tokens, chunks[-1].output_tokens) == (3, 5)


def test_response_of_a_fresh_stream(server: Server) -> None:
    server.reply(OPENAI.text("The", " Hobbit"))
    stream = recommend_book("fantasy")
    assert isinstance(stream, openai.OpenAIStream)
    assert stream.construct_call_response().model_dump()["content"] == "The Hobbit"


def test_errors_come_while_it_is_read(server: Server) -> None:
    server.reply(Reply.error(400, "no such book"))
    stream = recommend_book("fantasy")
    with pytest.raises(OpenAIError, match="no such book"):
        for _ in stream:
            pass


def test_progress(server: Server) -> None:
    server.reply(OPENAI.text("The", " Hobbit"))
    heard: list[str] = []
    recommend_book("fantasy").on(text=heard.append).collect()
    assert heard == ["The", " Hobbit"]


def test_incremental_processing(server: Server) -> None:
    server.reply(OPENAI.streamed(*OPENAI.texts("app", "le pe", "ar plum", " fig", finish=None), Stall()))
    words: list[str] = []
    for word in recommend_book("fantasy").text(by="word"):
        words.append(word.strip())
        if len(words) == 3:
            break
    assert words == ["apple", "pear", "plum"]
    assert server.wait_closed()


@pytest.mark.parametrize("how", ["asyncio", "deadline"])
def test_timeout(server: Server, how: str) -> None:
    async def read(stream: Any) -> None:
        async with asyncio.timeout(0.3 if how == "asyncio" else 30):
            async for _ in stream:
                pass

    async def stream_with_timeout(topic: str) -> tuple[str, type[Exception]]:
        stream = await write_essay(topic)
        if how == "deadline":
            stream.timeout(total=0.3)
        try:
            await read(stream)
        except TimeoutError as error:
            return stream.content, type(error)
        raise AssertionError

    server.reply(OPENAI.streamed(*OPENAI.texts("AI is", finish=None), Stall()))
    text, kind = asyncio.run(stream_with_timeout("artificial intelligence"))
    assert text == "AI is"
    assert issubclass(kind, StreamTimeoutError) is (how == "deadline")
    assert server.wait_closed()
