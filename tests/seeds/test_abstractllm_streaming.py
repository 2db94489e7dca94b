"""AbstractLLM's document on streaming, snippet by snippet."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mirascope_like.core import MirascopeLikeError, openai
from mirascope_like.core.base.stream_events import ToolResultEvent
from tests.conformance.providers import OPENAI
from tests.harness.rounds import chat_stream
from tests.harness.server import CloseEarly, Server, Stall

PIECES = ("High", " hills", " stand. ", "Still.")
TEXT = "High hills stand. Still."


def calculate(left: int, right: int) -> int:
    """Multiply two numbers."""
    return left * right


def test_text(model: Any, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.reply(OPENAI.text(*PIECES))
    for text in model.stream("Write a short poem about mountains.").text():
        print(text, end="", flush=True)
    assert capsys.readouterr().out == TEXT


def test_session(model: Any, server: Server) -> None:
    server.reply(OPENAI.text(*PIECES))
    session = model.session()
    assert "".join(session.stream("Tell me about quantum physics.").text()) == TEXT
    assert [(one.role, one.content) for one in session.conversation][1] == ("assistant", TEXT)


def test_custom_processing(model: Any, server: Server) -> None:
    server.reply(OPENAI.text(*PIECES))
    stream = model.stream("Explain neural networks briefly.")
    assert len(list(stream.text(by="word"))) == 4
    assert stream.output_tokens == 5


@pytest.mark.usefixtures("address")
def test_async(server: Server) -> None:
    async def stream_async() -> str:
        stream = openai.model("gpt-4o").stream_async("Write a haiku about programming.")
        return "".join([text async for text in stream.text()])

    server.reply(OPENAI.text(*PIECES))
    assert asyncio.run(stream_async()) == TEXT


def test_tools(model: Any, server: Server) -> None:
    server.reply(chat_stream("Let me see.", ("c1", "calculate", '{"left": 123, "right": 456}')))
    found = [
        (item.name, dict(item.arguments), item.result)
        for item in model.stream("What is 123 * 456?", tools=[calculate]).items()
        if isinstance(item, ToolResultEvent)
    ]
    assert found == [("calculate", {"left": 123, "right": 456}, 56088)]


def test_buffer(model: Any, server: Server) -> None:
    server.reply(OPENAI.text(*PIECES))
    assert list(model.stream("List five facts about space.").text(buffer=2, min_chars=12)) == [
        "High hills stand. ",
        "Still.",
    ]


def test_early_stop(model: Any, server: Server) -> None:
    server.reply(OPENAI.streamed(*OPENAI.texts(*PIECES, finish=None), Stall()))
    assert "".join(model.stream("Explain relativity.").until(10).text()) == "High hills"
    assert server.wait_closed()


def test_progress_and_callbacks(model: Any, server: Server) -> None:
    server.reply(OPENAI.text(*PIECES))
    heard: list[str] = []
    model.stream("Tell me a joke.").on(text=lambda text: heard.append(text.upper())).collect()
    assert "".join(heard) == TEXT.upper()


def test_errors(model: Any, server: Server) -> None:
    server.reply(OPENAI.streamed(*OPENAI.texts("High", finish=None), CloseEarly()))
    stream = model.stream("Write a short story.")
    with pytest.raises(MirascopeLikeError):
        list(stream.text())
    assert stream.content == "High"


@pytest.mark.usefixtures("address")
def test_several_at_once(server: Server) -> None:
    async def main() -> list[str]:
        model = openai.model("gpt-4o", max_concurrent=2)
        streams = [model.stream_async(f"Write about {topic}") for topic in ("AI", "ML", "NLP")]
        return [one.content for one in await asyncio.gather(*(stream.collect() for stream in streams))]

    server.always(OPENAI.text(*PIECES))
    assert asyncio.run(main()) == [TEXT] * 3
