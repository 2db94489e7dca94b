"""AbstractLLM's document on streaming, snippet by snippet, in order, with what each prints."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import pytest

from mirascope_like.core import MirascopeLikeError, ToolResultEvent, anthropic, ollama, openai
from tests.conformance.providers import ANTHROPIC, OPENAI
from tests.harness.rounds import chat_stream
from tests.harness.server import CloseEarly, Server, Stall

PIECES = ("High", " hills", " stand. ", "Still.")
TEXT = "High hills stand. Still."

Captured = pytest.CaptureFixture[str]


# Basic streaming


def test_text(model: Any, server: Server, capsys: Captured) -> None:
    server.reply(OPENAI.text(*PIECES))
    for text in model.stream("Write a short poem about mountains.").text():
        print(text, end="", flush=True)
    assert capsys.readouterr().out == TEXT


def test_session(model: Any, server: Server, capsys: Captured) -> None:
    server.reply(OPENAI.text(*PIECES))
    session = model.session()
    for text in session.stream("Tell me about quantum physics.").text():
        print(text, end="", flush=True)
    assert capsys.readouterr().out == TEXT
    assert [(one.role, one.content) for one in session.conversation] == [
        ("user", "Tell me about quantum physics."),
        ("assistant", TEXT),
    ]


# Advanced streaming


def test_custom_processing(model: Any, server: Server, capsys: Captured) -> None:
    server.reply(OPENAI.text(*PIECES))
    word_count = 0
    stream = model.stream("Explain neural networks briefly.")
    for word in stream.text(by="word"):
        word_count += 1
        print(word, end="", flush=True)
    print(f"\n\nStats: {stream.output_tokens} tokens, {word_count} words")
    assert capsys.readouterr().out == f"{TEXT}\n\nStats: 5 tokens, 4 words\n"


@pytest.mark.usefixtures("address")
def test_async(server: Server, capsys: Captured) -> None:
    async def stream_async() -> None:
        model = openai.model("gpt-4")
        async for text in model.stream_async("Write a haiku about programming.").text():
            print(text, end="", flush=True)
        print("\nDone!")

    server.reply(OPENAI.text(*PIECES))
    asyncio.run(stream_async())
    assert capsys.readouterr().out == f"{TEXT}\nDone!\n"


def test_tools(model: Any, server: Server, capsys: Captured) -> None:
    def calculate(left: int, right: int) -> int:
        """Multiply two numbers."""
        return left * right

    server.reply(chat_stream("Let me see.", ("c1", "calculate", '{"left": 123, "right": 456}')))
    for item in model.stream("What is 123 * 456? Then add 789 to the result.", tools=[calculate]).items():
        if isinstance(item, str):
            print(item, end="", flush=True)
        elif isinstance(item, ToolResultEvent):
            print(f"\n[Tool Call: {item.name}({item.arguments})]", flush=True)
            print(f"[Tool Result: {item.result}]\n", flush=True)
    assert capsys.readouterr().out == (
        "Let me see.\n[Tool Call: calculate({'left': 123, 'right': 456})]\n[Tool Result: 56088]\n\n"
    )


def test_buffer(model: Any, server: Server, capsys: Captured) -> None:
    server.reply(OPENAI.text(*PIECES))
    for text in model.stream("List five facts about space.").text(buffer=2, min_chars=12):
        print(text, end="|", flush=True)
    assert capsys.readouterr().out == "High hills stand. |Still.|"


# Considerations for each provider


def test_openai(model: Any, server: Server, capsys: Captured) -> None:
    server.reply(OPENAI.text(*PIECES))
    for text in model.stream("Tell me a short story.").text():
        print(text, end="", flush=True)
    assert capsys.readouterr().out == TEXT


def test_anthropic(server: Server, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    server.reply(ANTHROPIC.text("High hills ", "stand. Still."))
    for text in anthropic.model("claude-sonnet-5").stream("Tell me a short story.").text():
        print(text, end="", flush=True)
    assert capsys.readouterr().out == TEXT
    assert server.request.json["model"] == "claude-sonnet-5"


def test_ollama(server: Server, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setenv("OLLAMA_BASE_URL", f"{server.url}/v1")
    server.reply(OPENAI.text(*PIECES))
    for text in ollama.model("llama3").stream("Tell me a short story.").text():
        print(text, end="", flush=True)
    assert capsys.readouterr().out == TEXT
    assert server.request.json["model"] == "llama3"


# Use cases


def test_chat(model: Any, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def chat_loop() -> None:
        session = model.session()
        while (user_input := input("You: ")).lower() != "exit":
            print("AI: ", end="", flush=True)
            for text in session.stream(user_input).text():
                print(text, end="", flush=True)
            print("\n")

    typed: Iterator[str] = iter(["Hi", "And more?", "Exit"])
    monkeypatch.setattr("builtins.input", lambda prompt: print(prompt) or next(typed))
    server.reply(OPENAI.text("Hel", "lo."), OPENAI.text("No."))
    chat_loop()
    assert capsys.readouterr().out == "You: \nAI: Hello.\n\nYou: \nAI: No.\n\nYou: \n"
    assert [(one["role"], one["content"]) for one in server.request.json["messages"]] == [
        ("user", "Hi"),
        ("assistant", "Hello."),
        ("user", "And more?"),
    ]


def test_progress(model: Any, server: Server, capsys: Captured) -> None:
    server.reply(OPENAI.text(*["ten chars."] * 25))
    start_time = monotonic()
    stream = model.stream("Write a detailed 500-word essay about climate change.")
    for text in stream.text(min_chars=100):  # whatever the pieces are, every 100 characters
        print(text, end="", flush=True)
        chars_per_second = len(stream.content) / (monotonic() - start_time)
        print(f"\n[Progress: {len(stream.content)} chars, {chars_per_second:.2f} chars/sec]", end="\r", flush=True)
    print(f"\nGeneration complete: {len(stream.content)} characters in {monotonic() - start_time:.2f} seconds")
    output = capsys.readouterr().out
    assert [int(count) for count in re.findall(r"\[Progress: (\d+) chars, \d+\.\d\d chars/sec\]\r", output)] == [
        *(100, 200, 250),
    ]
    assert re.search(r"\nGeneration complete: 250 characters in \d+\.\d\d seconds\n$", output)


def test_early_stop(model: Any, server: Server, capsys: Captured) -> None:
    server.reply(OPENAI.streamed(*OPENAI.texts(*PIECES, finish=None), Stall()))
    for text in model.stream("Explain the theory of relativity in detail.").until(10).text():
        print(text, end="", flush=True)
    print("\nDone!")
    assert capsys.readouterr().out == "High hills\nDone!\n"
    assert server.wait_closed()


# Errors, many at once, callbacks


def test_errors(model: Any, server: Server, capsys: Captured) -> None:
    server.reply(OPENAI.streamed(*OPENAI.texts("High", finish=None), CloseEarly()))
    stream = model.stream("Write a short story.")
    try:
        for text in stream.text():
            print(text, end="", flush=True)
    except MirascopeLikeError as error:
        print(f"\nError during streaming: {error}")
    assert re.fullmatch(r"High\nError during streaming: .*closed.*\n", capsys.readouterr().out)
    assert stream.content == "High"


@pytest.mark.usefixtures("address")
def test_several_at_once(server: Server, capsys: Captured) -> None:
    model = openai.model("gpt-4", max_concurrent=2)

    async def stream_handler(prompt: str) -> str:
        result: list[str] = []
        try:
            async for text in model.stream_async(prompt).text():
                result.append(text)  # noqa: PERF401 - a real one sends each on
            return "".join(result)
        except MirascopeLikeError as error:
            return f"Error: {error}"

    async def main() -> None:
        tasks = [stream_handler("Write about AI"), stream_handler("Write about ML"), stream_handler("Write about NLP")]
        for result in await asyncio.gather(*tasks):
            print(f"Result length: {len(result)}")

    server.always(OPENAI.text(*PIECES))
    asyncio.run(main())
    assert capsys.readouterr().out == "Result length: 24\n" * 3


def test_callbacks(model: Any, server: Server, capsys: Captured) -> None:
    def stream_with_callback(prompt: str, callback: Callable[[str], None]) -> None:
        model.stream(prompt).on(text=callback).collect()

    def my_processor(text: str) -> None:
        print(text.upper(), end="", flush=True)

    server.reply(OPENAI.text(*PIECES))
    stream_with_callback("Tell me a joke.", my_processor)
    assert capsys.readouterr().out == TEXT.upper()
