"""Recorded structured answers of OpenAI and Anthropic: they validate, refuse or call tools as they were recorded."""

from __future__ import annotations

import random
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like.core import ResponseModelConfigDict, ResponseParseError
from tests.harness.recordings import exchange
from tests.harness.server import Reply, Server
from tests.structured.apis import Anthropic, Api, OpenAI


class Strict(BaseModel):
    model_config = ResponseModelConfigDict(strict=True)


class City(Strict):
    city: str
    country: str


class Metropolis(City):
    population: int


class Amount(Strict):
    amount: float


class Addition(Strict):
    integer_a: int
    integer_b: int
    answer: int


class BookSummary(Strict):
    title: str
    author: str
    pages: int
    publication_year: int


class Handbook(Strict):
    instructions: str


class Pet(BaseModel):
    name: str
    animal: str
    age: int


def get_user_country() -> str:
    """Where the user is."""
    return "Mexico"


def lookup_country(city: str) -> str:
    """Where a city is."""
    return "Japan"


def get_founded_year(city: str) -> int:
    """When a city was founded."""
    return 1457


def get_book_info(isbn: str) -> str:
    """Look up book information by ISBN."""
    return "a book"


def customAdditionImplementation(a: int, b: int) -> int:  # as recorded
    """Perform computation on integers."""
    return a + b


OPENAI, ANTHROPIC = OpenAI(), Anthropic()
MODELS: list[tuple[Api, str, int, type[BaseModel], list[Any], dict[str, Any] | None]] = [
    (OPENAI, "call-structured-gpt-4o-8781b323", 0, Handbook, [], None),
    (OPENAI, "call-structured-reasoning-gpt-oss-20b-671f31d1", 0, Pet, [], {"name": "Loki", "animal": "cat", "age": 3}),
    (
        OPENAI,
        "call-tools-structured-gpt-4o-ebea3854",
        1,
        City,
        [get_user_country],
        {"city": "Mexico City", "country": "Mexico"},
    ),
    (ANTHROPIC, "call-structured-claude-sonnet-4-5-4de47b8a", 0, Amount, [], {"amount": 12.34}),
    (
        ANTHROPIC,
        "call-tools-structured-claude-sonnet-4-5-38a2e7a1",
        1,
        Metropolis,
        [lookup_country, get_founded_year],
        {"city": "Tokyo", "country": "Japan", "population": 14_000_000},
    ),
]
CALLS: list[tuple[Api, str, int, type[BaseModel], list[Any], list[tuple[str, dict[str, Any]]]]] = [
    (OPENAI, "call-tools-structured-gpt-4o-ebea3854", 0, City, [get_user_country], [("get_user_country", {})]),
    (
        ANTHROPIC,
        "call-tools-structured-claude-sonnet-4-5-38a2e7a1",
        0,
        Metropolis,
        [lookup_country, get_founded_year],
        [("lookup_country", {"city": "Tokyo"}), ("get_founded_year", {"city": "Tokyo"})],
    ),
]


def asked(api: Api, client: Any, kind: type[BaseModel], **options: Any) -> Any:
    @api.module.call("m", client=client, response_model=kind, **options)
    def call() -> str:
        return "as recorded"

    return call()


@pytest.mark.parametrize(("api", "stem", "index", "kind", "tools", "expected"), MODELS)
def test_whole(
    api: Api,
    stem: str,
    index: int,
    kind: type[BaseModel],
    tools: list[Any],
    expected: dict[str, Any] | None,
    server: Server,
) -> None:
    server.reply(Reply.from_exchange(exchange(stem, index)))
    with api.client(server) as client:
        if expected is None:
            with pytest.raises(ResponseParseError, match=r"the model refused to answer, .*: I'm very sorry"):
                asked(api, client, kind, tools=tools or None)
        else:
            found = asked(api, client, kind, tools=tools or None, json_mode=kind is Pet)
            assert found.model_dump() == expected
            assert found._response.usage is not None


@pytest.mark.parametrize(("api", "stem", "index", "kind", "tools", "calls"), CALLS)
def test_tools(
    api: Api,
    stem: str,
    index: int,
    kind: type[BaseModel],
    tools: list[Any],
    calls: list[tuple[str, dict[str, Any]]],
    server: Server,
) -> None:
    server.reply(Reply.from_exchange(exchange(stem, index)))
    with api.client(server) as client:
        response = asked(api, client, kind, tools=tools)
    assert [(tool.name, tool.args) for tool in response.tools] == calls


STREAMS: list[tuple[Api, str, type[BaseModel], Any]] = [
    (OPENAI, "stream-tools-structured-gpt-4o-ce352d8f", BookSummary, get_book_info),
    (ANTHROPIC, "stream-tools-structured-claude-sonnet-4-5-9934b996", Addition, customAdditionImplementation),
    (ANTHROPIC, "stream-structured-claude-sonnet-4-5-a72e02dc", Addition, None),
]


@pytest.mark.parametrize(("api", "stem", "kind", "tool"), STREAMS)
def test_streams(api: Api, stem: str, kind: type[BaseModel], tool: Any, server: Server) -> None:
    """Every exchange of the run: those that call the tool, and those that answer, cut at random places."""
    answers = 0
    for index in range(6):
        try:
            one = exchange(stem, index)
        except StopIteration:
            break
        server.reply(Reply.from_exchange(one, cut=random.Random(index).randint(0, 99)))
        with api.client(server) as client:
            stream = asked(api, client, kind, stream=True, tools=[tool] if tool is not None else None)
            shown = list(stream)
        if stream.stream.tools:
            assert not shown
            assert all(called.error is None for called in stream.stream.tools)
            continue
        answers += 1
        *partials, last = shown
        assert last == kind.model_validate_json(stream.response.content)
        assert stream.constructed_response_model is last
        for partial in partials:
            for name in kind.model_fields:
                part, whole = getattr(partial, name), getattr(last, name)
                assert part in (None, whole) or str(whole).startswith(part)
    assert answers


def test_refused_stream(server: Server) -> None:
    server.reply(Reply.from_exchange(exchange("stream-structured-gpt-4o-a9d8a7b9")))
    with OPENAI.client(server) as client:
        stream = asked(OPENAI, client, Handbook, stream=True)
        with pytest.raises(ResponseParseError, match=r"the model refused to answer, .*: I'm sorry") as caught:
            list(stream)
    assert caught.value.response.refusal.startswith("I'm sorry")
