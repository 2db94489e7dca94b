"""`llm.override` with v1's `stream`, `response_model` and `output_parser`. mirascope 1.25.7 returned the same values
for the same programs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import ConfigurationError
from mirascope_like.core.base import AsyncStructuredStream, StructuredStream
from tests.harness.replies import Reply
from tests.harness.server import Request, Server
from tests.mirascope_v1 import script
from tests.mirascope_v1.providers import PROVIDERS

override: Any = llm.override
"""For what type checkers do not accept."""
ANSWER = '{"title": "A"}'


class Book(BaseModel):
    title: str


@llm.call(provider="openai", model="m", call_params={"seed": 1})
def ask(q: str) -> str:
    return q


@llm.call(provider="openai", model="m")
async def aask(q: str) -> str:
    return q


@llm.call(provider="openai", model="m", stream=True)
def streamed(q: str) -> str:
    return q


@llm.call(provider="openai", model="m", stream=True)
async def astreamed(q: str) -> str:
    return q


@llm.call(provider="openai", model="m", response_model=Book)
def book(q: str) -> str:
    return q


def upper(response: llm.CallResponse) -> str:
    return response.content.upper()


def title(found: Book) -> str:
    return found.title


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return [function(*args, **kwargs), "logged"]

    return inner


@pytest.fixture(autouse=True)
def sent(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    for name in ("openai", "anthropic"):
        PROVIDERS[name].set_up(server, monkeypatch)

    def answer(request: Request) -> Reply:
        return script.reply(f"answer {ANSWER}", request, "anthropic" if "/messages" in request.path else "openai")

    server.reply_with(answer)
    return server


def test_a_response_model(sent: Server) -> None:
    assert llm.override(ask, provider="openai", model="m2", response_model=Book)("x") == Book(title="A")
    assert sent.request.json["model"] == "m2"
    assert llm.override(ask, provider="anthropic", model="c", response_model=Book)("x") == Book(title="A")
    assert llm.override(streamed, stream=False, response_model=Book)("x") == Book(title="A")
    assert llm.override(ask, response_model=Book, output_parser=title)("x") == "A"
    assert ask("x").content == ANSWER  # the function itself has not changed


def test_a_stream(sent: Server) -> None:
    stream = llm.override(ask, provider="openai", model="m2", stream=True)("x")
    assert isinstance(stream, llm.Stream)
    assert "".join(chunk.content for chunk, _ in stream) == ANSWER
    assert sent.request.json["stream"] is True
    assert sent.request.json["seed"] == 1
    books = llm.override(ask, stream=True, response_model=Book)("x")
    assert isinstance(books, StructuredStream)
    assert list(books)[-1] == Book(title="A")
    assert list(override(book, stream=True)("x"))[-1] == Book(title="A")


def test_the_whole_response(sent: Server) -> None:
    assert llm.override(streamed, stream=False)("x").content == ANSWER
    assert "stream" not in sent.request.json
    assert llm.override(streamed, stream=False, output_parser=upper)("x") == ANSWER.upper()
    assert llm.override(ask, json_mode=True, output_parser=upper)("x") == ANSWER.upper()


def test_async_calls() -> None:
    async def main() -> None:
        assert await llm.override(aask, provider="anthropic", model="c", response_model=Book)("x") == Book(title="A")
        stream = llm.override(aask, provider="anthropic", model="c", stream=True)("x")
        assert isinstance(stream, llm.AsyncStream)
        assert "".join([chunk.content async for chunk, _ in stream]) == ANSWER
        awaited = await llm.override(aask, stream=True)("x")  # as v1 documents it
        assert "".join([chunk.content async for chunk, _ in awaited]) == ANSWER
        books = llm.override(astreamed, response_model=Book)("x")
        assert isinstance(books, AsyncStructuredStream)
        assert [one async for one in books][-1] == Book(title="A")
        assert (await llm.override(astreamed, stream=False)("x")).content == ANSWER
        assert await llm.override(aask, response_model=Book, output_parser=title)("x") == "A"

    asyncio.run(main())


def test_an_override_of_an_override(sent: Server) -> None:
    other = llm.override(llm.override(ask, model="m2", call_params={"temperature": 0}), response_model=Book)
    assert other("x") == Book(title="A")
    assert (sent.request.json["model"], sent.request.json["temperature"]) == ("m2", 0)
    assert llm.override(other, model="m3")("x") == Book(title="A")
    assert sent.request.json["model"] == "m3"


def test_a_method() -> None:
    class Librarian:
        @llm.call(provider="openai", model="m")
        def ask(self, q: str) -> str:
            return q

    assert llm.override(Librarian().ask, response_model=Book)("x") == Book(title="A")


def test_other_decorators_stay_around_the_call(sent: Server) -> None:
    around: Any = llm.override(logged(ask), model="m2", response_model=Book)
    assert around("x") == [Book(title="A"), "logged"]
    assert sent.request.json["model"] == "m2"


def test_calls_inside_the_prompt_do_not_change(sent: Server) -> None:
    @llm.call(provider="openai", model="m")
    def outer(q: str) -> str:
        return ask(q).content

    assert llm.override(outer, response_model=Book)("x") == Book(title="A")
    assert [json.loads(one.body)["messages"][0]["content"] for one in sent.requests] == ["x", ANSWER]


def test_errors() -> None:
    with pytest.raises(ConfigurationError, match="output_parser cannot be used with stream"):
        override(ask, stream=True, output_parser=upper)
    with pytest.raises(ConfigurationError, match=r"needs a function that is made with llm\.call"):
        llm.override(title, response_model=Book)
