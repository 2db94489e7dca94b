"""Structured responses of providers with chat completions: the requests, and the results."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from mirascope_like.core import hosts
from mirascope_like.core.base.request import ResponseModelConfigDict
from tests.conformance.providers import AZURE, GROQ, MISTRAL, Row, chat_whole
from tests.harness.odd_streams import call, choice, chunk
from tests.harness.server import Reply, Server

XAI = Row(
    **{
        **{name: getattr(AZURE, name) for name in AZURE.__dataclass_fields__},
        "name": "xai",
        "module": hosts.xai,
        "make": openai.OpenAI,
        "url": lambda server: f"{server.url}/v1",
    }
)


class Book(BaseModel):
    """A book."""

    title: str
    year: int


class StrictBook(Book):
    """A book."""

    model_config = ResponseModelConfigDict(strict=True)


TEXT = '{"title": "Emma", "year": 1815}'
PIECES = ('{"title"', ': "Em', 'ma", "year"', ": 1815}")


def answer(way: str, name: str, *, stream: bool) -> Reply:
    if stream and way == "tool":
        first, *rest = PIECES
        deltas = [
            choice(role="assistant", tool_calls=[call(0, "x", name, first)]),
            *(choice(tool_calls=[call(0, None, None, one)]) for one in rest),
        ]
        return Reply.chat(*map(chunk, deltas), chunk(choice(0, "tool_calls")))
    if stream:
        return Reply.chat(*(chunk(choice(content=one)) for one in PIECES), chunk(choice(0, "stop")))
    if way == "tool":
        message = {"role": "assistant", "content": None, "tool_calls": [call(0, "x", name, TEXT)]}
        message["tool_calls"][0]["type"] = "function"  # type: ignore[index]
        whole = chat_whole("")
        return Reply.json({**whole, "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}]})
    return Reply.json(chat_whole(TEXT))


@pytest.mark.parametrize("row", [GROQ, AZURE, MISTRAL, XAI], ids=lambda row: row.name)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("kind", "wanted"), [(Book, "tool"), (StrictBook, "schema"), (Book, "json")])
def test_response_model(row: Row, kind: type[Book], wanted: str, stream: bool, server: Server) -> None:
    # Groq's structured outputs know no streams.
    way = "tool" if (row is GROQ and stream and wanted == "schema") else wanted
    server.reply(answer(way, kind.__name__, stream=stream))
    with row.client(server) as client:
        options: dict[str, Any] = {"response_model": kind, "stream": stream, "json_mode": wanted == "json"}
        made: Any = row.decorated(client, **options)("A book.")
        found = list(made) if stream else [made]
    assert found[-1] == kind(title="Emma", year=1815)
    if stream:
        assert len(found) > 1
    asked = server.request.json
    assert ("tools" in asked, "response_format" in asked) == (way == "tool", way != "tool")
    if way == "tool":
        assert asked["tools"][0]["function"]["name"] == kind.__name__
        assert asked["tool_choice"] == {"type": "function", "function": {"name": kind.__name__}}
    elif way == "schema":
        schema = asked["response_format"]["json_schema"]
        assert (schema["name"], schema["strict"]) == (kind.__name__, True)
        assert schema["schema"]["required"] == ["title", "year"]
        assert schema["schema"]["additionalProperties"] is False
    else:
        assert asked["response_format"] == {"type": "json_object"}
        assert "year" in json.dumps(asked["messages"])


def plus(a: int, b: int) -> int:
    """Add."""
    return a + b


@pytest.mark.parametrize("row", [GROQ, AZURE, MISTRAL, XAI], ids=lambda row: row.name)
def test_response_model_beside_tools(row: Row, server: Server) -> None:
    server.reply(answer("tool", "Book", stream=False))
    with row.client(server) as client:
        found: Any = row.ask(client, response_model=Book, tools=[plus])
    assert found == Book(title="Emma", year=1815)
    asked = server.request.json
    assert [tool["function"]["name"] for tool in asked["tools"]] == ["plus", "Book"]
    assert asked["tool_choice"] == "required"
