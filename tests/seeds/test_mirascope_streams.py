"""Mirascope's document on streams, snippet by snippet, in order, with what each prints."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from openai import OpenAIError

from mirascope_like.core import StreamTimeoutError, openai, prompt_template
from tests.conformance.providers import OPENAI
from tests.harness.clocks import PATIENCE, MovedClock, once_begun
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


def test_provider_specific_details(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.reply(OPENAI.text("The", " Hobbit"))
    chunks = [chunk for chunk, _ in recommend_book("fantasy")]
    for chunk in chunks[1:3]:
        completion_chunk = chunk.chunk
        print(f"Content: {completion_chunk.choices[0].delta.content}")
    assert capsys.readouterr().out == "Content: The\nContent:  Hobbit\n"
    assert (chunks[1].finish_reasons, chunks[1].usage, chunks[1].input_tokens) == (None, None, None)
    assert (chunks[-1].input_tokens, chunks[-1].output_tokens) == (3, 5)


def test_response_of_a_fresh_stream(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.reply(OPENAI.text("The", " Hobbit"))
    stream = recommend_book("fantasy")
    response = stream.construct_call_response()
    print(response.model_dump())
    assert "'content': 'The Hobbit'" in capsys.readouterr().out


def test_errors_come_while_it_is_read(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.reply(Reply.error(400, "no such book"))
    stream = recommend_book("fantasy")
    try:
        for chunk, _ in stream:
            print(chunk.content, end="", flush=True)
    except OpenAIError as error:
        print(f"\nStreaming Error: {error}")
    assert re.match(r"\nStreaming Error: .*no such book", capsys.readouterr().out)


def test_annotated(server: Server) -> None:
    @openai.call(model="gpt-4o-mini", stream=True)
    @prompt_template("Recommend a {genre} book")
    def recommend_book(genre: str) -> openai.OpenAIStream: ...

    server.reply(OPENAI.text("The", " Hobbit"))
    stream = recommend_book("fantasy")
    assert isinstance(stream, openai.OpenAIStream)
    assert stream.collect().content == "The Hobbit"
    assert server.request.json["messages"][0]["content"] == "Recommend a fantasy book"


def test_real_time_feedback(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    @openai.call(model="gpt-4o-mini", stream=True)
    @prompt_template("Write a short story about {topic}")
    def write_story(topic: str): ...  # type: ignore[no-untyped-def]

    server.reply(OPENAI.text("Once", " upon"))
    print("Generating story...")
    for chunk, _ in write_story("a magical forest"):
        print(chunk.content, end="", flush=True)
    assert capsys.readouterr().out == "Generating story...\nOnce upon"


def test_progress(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    tqdm = pytest.importorskip("tqdm", reason="the snippet's progress bar").tqdm

    @openai.call(model="gpt-4o-mini", stream=True)
    @prompt_template("Summarize the following text: {text}")
    def summarize_text(text: str): ...  # type: ignore[no-untyped-def]

    server.reply(OPENAI.text("In", " short."))
    # How many chunks there will be is not known: the bar has no total.
    with tqdm(desc="Summarizing", unit=" chunks") as pbar:
        for chunk, _ in summarize_text("A {long} text"):
            print(chunk.content, end="", flush=True)
            pbar.update(1)
    captured = capsys.readouterr()
    assert captured.out == "In short."
    assert "Summarizing: 5 chunks [" in captured.err
    assert server.request.json["messages"][0]["content"] == "Summarize the following text: A {long} text"


def test_incremental_processing(server: Server) -> None:
    @openai.call(model="gpt-4o-mini", stream=True)
    @prompt_template("Generate a list of {n} random words")
    def generate_words(n: int): ...  # type: ignore[no-untyped-def]

    server.reply(OPENAI.streamed(*OPENAI.texts("app", "le pe", "ar plum", " fig", finish=None), Stall()))
    processed: list[str] = []
    for word_count, word in enumerate(generate_words(3).text(by="word"), 1):  # a chunk may end within a word
        processed.append(word.strip())
        if word_count >= 3:
            break  # Early termination
    assert processed == ["apple", "pear", "plum"]
    assert server.wait_closed()


@pytest.mark.parametrize("how", ["asyncio", "deadline"])
def test_timeout(server: Server, clock: MovedClock, how: str, capsys: pytest.CaptureFixture[str]) -> None:
    async def read(stream: Any) -> None:
        async with asyncio.timeout(PATIENCE) as limit:
            if how == "asyncio":
                stream.on(text=lambda _: limit.reschedule(0))
            async for chunk, _ in stream:
                print(chunk.content, end="", flush=True)

    async def stream_with_timeout(topic: str) -> tuple[str, type[Exception]]:
        stream = await write_essay(topic)
        if how == "deadline":
            once_begun(stream, "total", clock)
        try:
            await read(stream)
        except TimeoutError as error:
            print("\nGeneration timed out")
            return stream.content, type(error)
        raise AssertionError

    server.reply(OPENAI.streamed(*OPENAI.texts("AI is", finish=None), Stall()))
    text, kind = asyncio.run(stream_with_timeout("artificial intelligence"))
    assert text == "AI is"
    assert capsys.readouterr().out == "AI is\nGeneration timed out\n"
    assert issubclass(kind, StreamTimeoutError) is (how == "deadline")
    assert server.wait_closed()
