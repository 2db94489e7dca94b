"""Responses are made with the private attributes of a first one of their class. They share no field, and a class of a
user may do more.
"""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ConfigDict, Field, PrivateAttr

from mirascope_like.core import BaseTool, anthropic, google, openai, prompt_template
from mirascope_like.core.base.response.construction import constructed
from mirascope_like.testing import fake, tool


def format_book(title: str) -> str:
    return title


class Exists(BaseTool):
    """Says whether a book exists."""

    title: str

    def call(self) -> bool:
        return True


@openai.call("gpt-4o-mini", tools=[format_book])
@prompt_template("Recommend a {genre} book")
def recommend(genre: str) -> None: ...


def test_two_responses_share_nothing() -> None:
    with fake(tool("format_book", title="Dune"), "Emma"):
        first, second = recommend("fantasy"), recommend("classic")
    assert (first.fn_args, second.fn_args) == ({"genre": "fantasy"}, {"genre": "classic"})
    assert first.tool is not None
    assert first.tool.args == {"title": "Dune"}
    assert second.tools is None
    assert second.model_fields_set == type(second).model_fields.keys()
    second.metadata["tags"] = {"second"}
    assert first.metadata == {}


def test_a_class_of_a_user() -> None:
    class Scored(openai.OpenAICallResponse):
        scores: list[int] = Field(default_factory=list[int])
        _made: int = PrivateAttr(default=0)

        def model_post_init(self, context: Any, /) -> None:
            super().model_post_init(context)
            self._made += 1

    with fake("Emma"):
        response = recommend("classic")
    fields = dict(response)
    first, second = constructed(Scored, {"_tool_types": (Exists,)}, **fields), constructed(Scored, {}, **fields)
    assert (first._tool_types, second._tool_types) == ((Exists,), ())
    first.scores.append(1)
    assert second.scores == []
    assert (first._made, second._made) == (1, 1)
    assert second.content == "Emma"


KINDS = [openai.OpenAICallResponse, anthropic.AnthropicCallResponse, google.GoogleCallResponse]


@pytest.mark.parametrize("kind", KINDS)
def test_as_pydantic_makes_it(kind: Any) -> None:
    with fake("Emma"):
        fields = dict(recommend("classic"))
    backwards = dict(reversed(fields.items()))
    right = kind.model_construct(**fields)
    right._tool_types = (Exists,)
    for made in [constructed(kind, {"_tool_types": (Exists,)}, **backwards) for _ in range(2)]:
        assert list(vars(made).items()) == list(vars(right).items())
        assert made.model_fields_set == right.model_fields_set
        assert made.__pydantic_private__ == right.__pydantic_private__
        assert made.model_extra == right.model_extra


def test_a_class_in_a_plugin_of_the_package() -> None:
    class Scored(openai.OpenAICallResponse):
        __module__ = "mirascope_like.plugins.scores"
        model_config = ConfigDict(extra="allow")
        scores: list[int] = Field(default_factory=list[int])

    with fake("Emma"):
        fields = dict(recommend("classic"))
    first, second = constructed(Scored, {}, **fields), constructed(Scored, {}, **fields)
    first.scores.append(1)
    first.note = "good"
    assert (second.scores, second.model_extra) == ([], {})
    assert first.model_extra == {"note": "good"}
