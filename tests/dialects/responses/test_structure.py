"""Structured responses: the request for one, and reading one."""

from __future__ import annotations

import json
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from openai.lib import _pydantic as sdk_schema
from pydantic import BaseModel, Field

from mirascope_like.core import openai
from mirascope_like.core.base.request import Request, ResponseModelConfigDict, Strategy, Structure
from mirascope_like.core.dialects.schemas import strict_schema
from mirascope_like.core.openai.provider import OPENAI
from mirascope_like.core.openai.responses import OpenAIResponsesProvider
from tests.conformance.providers import RESPONSES, response_events
from tests.dialects.responses.streams import CREATED, called, completed, function_call, message
from tests.harness.oracles import JSON
from tests.harness.server import Reply, Server

PROVIDER = OpenAIResponsesProvider(OPENAI)
SCHEMA = {"type": "object", "properties": {"title": {"type": "string", "default": "x"}, "n": {"type": "integer"}}}


def payload(way: Strategy, **fields: Any) -> dict[str, Any]:
    structure = Structure(
        "Book", "A book.", {**SCHEMA, "required": ["n"]}, PROVIDER.strategy(Request("openai", "m", []), way)
    )
    return PROVIDER.payload(Request("openai", "m", [], structure=structure, **fields))


def test_schema() -> None:
    asked = payload("schema", call_params={"text": {"verbosity": "low"}})
    properties = {"title": {"type": "string"}, "n": {"type": "integer"}}
    schema = {"type": "object", "properties": properties, "required": ["title", "n"], "additionalProperties": False}
    text = {"type": "json_schema", "name": "Book", "description": "A book.", "schema": schema, "strict": True}
    assert asked["text"] == {"verbosity": "low", "format": text}
    assert "tools" not in asked
    assert "default" in SCHEMA["properties"]["title"]  # type: ignore[index]


def test_tool() -> None:
    asked = payload("tool")
    assert [tool["name"] for tool in asked["tools"]] == ["Book"]
    assert asked["tools"][0]["parameters"] == {**SCHEMA, "required": ["n"]}
    assert asked["tool_choice"] == {"type": "function", "name": "Book"}
    beside = payload("tool", native_tools=[{"type": "web_search"}])
    assert [tool["type"] for tool in beside["tools"]] == ["web_search", "function"]
    assert beside["tool_choice"] == "required"
    assert payload("tool", call_params={"tool_choice": "auto"})["tool_choice"] == "auto"


def test_json() -> None:
    assert payload("json", json_mode=True)["text"] == {"format": {"type": "json_object"}}


def test_answer_is_collected() -> None:
    call = function_call('{"title":"Emma"}', name="Book")
    other = function_call("{}", id="call_2", name="Book")
    accumulator = PROVIDER.accumulator(Request("openai", "m", []))
    pieces: list[str] = []
    accumulator.collect_answer("Book", pieces)
    events = [CREATED, *called(0, call, '{"title"', ':"Emma"}'), *called(1, other, "{}"), completed(call, other)]
    shown = [tool for event in events for _, tool in accumulator.read([json.dumps(event).encode()])]
    assert pieces == ['{"title"', ':"Emma"}']
    assert [*shown, *(tool for _, tool in accumulator.finish())] == [None] * len(events)


class Color(Enum):
    """A color."""

    RED = "red"


class Cat(BaseModel):
    """A cat."""

    kind: Literal["cat"]
    color: Color | None = None


class Dog(BaseModel):
    """A dog."""

    kind: Literal["dog"]
    friends: list[Dog] = []


class Home(BaseModel):
    """Who lives there."""

    street: str = "unknown"
    first: Cat
    pets: list[Cat | Dog]
    chosen: Annotated[Cat | Dog, Field(discriminator="kind")]


@pytest.mark.parametrize("model", [Cat, Home])
def test_strict_schema_is_the_sdks(model: type[BaseModel]) -> None:
    ours = strict_schema(model.model_json_schema())
    theirs = sdk_schema.to_strict_json_schema(model)
    assert without(ours) == without(theirs)


def without(schema: Any) -> Any:
    """Return a schema without the keywords that the SDK sends although strict mode rejects them."""
    if isinstance(schema, list):
        return [without(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: without(value) for key, value in schema.items() if key not in ("default", "discriminator", "title")}
    if "oneOf" in kept:
        kept["anyOf"] = kept.pop("oneOf")
    return kept


def test_nothing_stands_beside_a_reference() -> None:
    class House(BaseModel):
        cat: Annotated[Cat, Field(description="The one that stays.")]

    schema = strict_schema(House.model_json_schema())
    assert schema["properties"]["cat"] == {"anyOf": [{"$ref": "#/$defs/Cat"}], "description": "The one that stays."}


class Book(BaseModel):
    """A book."""

    title: str


class StrictBook(Book):
    """A book, exactly."""

    model_config = ResponseModelConfigDict(strict=True)


def test_open_schema_is_not_strict() -> None:
    class Notes(BaseModel):
        notes: dict[str, str]

    structure = Structure("Notes", "Notes.", Notes.model_json_schema(), "schema")
    asked = PROVIDER.payload(Request("openai", "m", [], structure=structure))["text"]["format"]
    assert (asked["strict"], asked["schema"]) == (False, Notes.model_json_schema())


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("kind", "way"), [(Book, "tool"), (StrictBook, "schema"), (Book, "json")])
def test_response_model(kind: type[Book], way: Strategy, stream: bool, server: Server) -> None:
    call = function_call('{"title":"Emma"}', name=kind.__name__)
    item = call if way == "tool" else message('{"title":"Emma"}')
    deltas = (
        called(0, call, '{"title"', ':"Em', 'ma"}') if way == "tool" else message_events('{"title"', ':"Em', 'ma"}')
    )
    server.reply(Reply.sse(CREATED, *deltas, completed(item)) if stream else Reply.json(completed(item)["response"]))
    with RESPONSES.client(server) as client:

        @openai.responses.call("m", client=client, response_model=kind, stream=stream, json_mode=way == "json")
        def ask() -> str:
            return "A book."

        found: Any = list(ask()) if stream else [ask()]
    assert found[-1] == kind(title="Emma")
    if stream:
        assert next(one.title for one in found if one.title) in ("Em", "Emma")
    body = server.request.json
    assert ("tools" in body, "text" in body) == (way == "tool", way != "tool")


def message_events(*texts: str) -> list[JSON]:
    """The events of a message in pieces."""
    return response_events(*texts)[2:-1]
