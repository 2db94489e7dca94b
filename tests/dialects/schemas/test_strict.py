"""Schemas in the words of structured outputs."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from mirascope_like.core import BaseTool
from mirascope_like.core.anthropic import provider as anthropic_provider
from mirascope_like.core.base.tools import arguments_schema
from mirascope_like.core.dialects.chat_completions import provider as chat_provider
from mirascope_like.core.dialects.responses import provider as responses_provider
from mirascope_like.core.dialects.schemas import ANTHROPIC_WORDS, is_closed, strict_schema


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(default=9, ge=1, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str = Field(min_length=2, description="What it hears.")


class Zoo(BaseModel):
    """Animals."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"pet": {"kind": "cat"}}]})

    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    first: Cat = Field(description="The first.")
    size: tuple[int, int] | None = None
    inside: list[Zoo] = []


def test_openai() -> None:
    schema = arguments_schema(Zoo)
    before = repr(schema)
    strict = strict_schema(schema)
    assert repr(schema) == before
    assert strict["properties"] == {
        "pet": {"anyOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]},
        "first": {"anyOf": [{"$ref": "#/$defs/Cat"}], "description": "The first."},
        "size": {
            "anyOf": [
                {"type": "array", "items": {"anyOf": [{"type": "integer"}] * 2}, "minItems": 2, "maxItems": 2},
                {"type": "null"},
            ]
        },
        "inside": {"type": "array", "items": {"$ref": "#/$defs/Zoo"}},
    }
    assert strict["required"] == ["pet", "first", "size", "inside"]
    assert strict["additionalProperties"] is False
    assert strict["description"] == '(examples: [{"pet":{"kind":"cat"}}])'
    assert strict["$defs"]["Cat"] == {
        "type": "object",
        "properties": {
            "kind": {"type": "string", "const": "cat"},
            "lives": {"type": "integer", "minimum": 1, "maximum": 9},
        },
        "required": ["kind", "lives"],
        "additionalProperties": False,
    }
    assert strict["$defs"]["Dog"]["properties"]["name"] == {
        "type": "string",
        "description": "What it hears. (minLength: 2)",
    }


def test_anthropic() -> None:
    strict = strict_schema(arguments_schema(Cat), ANTHROPIC_WORDS, all_required=False)
    assert strict == {
        "type": "object",
        "properties": {
            "kind": {"type": "string", "const": "cat"},
            "lives": {"type": "integer", "description": "(maximum: 9; minimum: 1)"},
        },
        "required": ["kind"],
        "additionalProperties": False,
    }


def test_what_not_all_know_of_a_word() -> None:
    class Price(BaseModel):
        amount: str = Field(json_schema_extra={"pattern": "^(?!0)[0-9]+$"})
        code: str = Field(pattern="^[A-Z]{3}$")
        picture: bytes

    strict = strict_schema(arguments_schema(Price))["properties"]
    assert strict["amount"] == {"type": "string", "description": '(pattern: "^(?!0)[0-9]+$")'}
    assert strict["code"] == {"type": "string", "pattern": "^[A-Z]{3}$"}
    assert strict["picture"] == {"type": "string", "description": '(format: "binary")'}


@pytest.mark.parametrize(
    ("kind", "closed"),
    [
        (int, True),
        (list[Cat], True),
        (Zoo, True),
        (Cat | Dog | None, True),
        (tuple[int, str], True),
        (dict[str, int], False),
        (list[dict[str, Cat]], False),
        (Any, False),
        (list, False),
    ],
)
def test_closed(kind: Any, closed: bool) -> None:
    class Answer(BaseModel):
        value: kind

    assert is_closed(arguments_schema(Answer)) is closed


def test_tools_that_are_held_to_their_schema() -> None:
    class Find(BaseTool):
        """Find it."""

        tool_config: ClassVar[Any] = {"strict": True}
        title: str
        shelf: str | None = None

    class Free(Find):
        """Find it."""

        more: dict[str, Any]

    chat = chat_provider.encode_tool(Find)["function"]
    responses = responses_provider.encode_tool(Find)
    for encoded in (chat, responses):
        assert encoded["strict"] is True
        assert encoded["parameters"] == strict_schema(Find.tool_json_schema())
    held = anthropic_provider.encode_tool(Find)
    assert (held["strict"], held["input_schema"]["required"]) == (True, ["title"])
    assert held["input_schema"]["additionalProperties"] is False
    assert chat_provider.encode_tool(Free)["function"]["parameters"] == Free.tool_json_schema()
