"""Calls that came without ids, as Gemini's may, in a history that goes to a provider that wants one for each."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mirascope_like.core import BaseMessageParam, Messages, ToolCallPart, ToolResultPart
from mirascope_like.core.anthropic import AnthropicProvider
from mirascope_like.core.base.provider import Provider
from mirascope_like.core.base.request import Request
from mirascope_like.core.bedrock import BedrockProvider
from mirascope_like.core.cohere import CohereProvider
from mirascope_like.core.gemini import GeminiProvider
from mirascope_like.core.google import GoogleProvider
from mirascope_like.core.groq import GroqProvider
from mirascope_like.core.mistral import MistralProvider
from mirascope_like.core.openai import OpenAIProvider, responses

PROVIDERS: dict[str, Provider[Any, Any, Any]] = {
    "anthropic": AnthropicProvider(),
    "bedrock": BedrockProvider(),
    "cohere": CohereProvider(),
    "groq": GroqProvider(),
    "mistral": MistralProvider(),
    "openai": OpenAIProvider(),
    "responses": responses.OpenAIResponsesProvider(OpenAIProvider()),
}
NAMES = frozenset({"id", "call_id", "tool_call_id", "tool_use_id", "toolUseId"})


def calls(*names: str, ids: tuple[str | None, ...] = ()) -> BaseMessageParam:
    given = [*ids, *[None] * (len(names) - len(ids))]
    return BaseMessageParam(
        role="assistant",
        content=[ToolCallPart(name=name, args={}, id=id) for name, id in zip(names, given, strict=True)],
    )


def results(*names: str, ids: tuple[str | None, ...] = ()) -> BaseMessageParam:
    given = [*ids, *[None] * (len(names) - len(ids))]
    return BaseMessageParam(
        role="tool",
        content=[ToolResultPart(name=name, content="ok", id=id) for name, id in zip(names, given, strict=True)],
    )


def ids_in(value: Any) -> list[Any]:
    """Every id in a payload, in order."""
    if isinstance(value, dict):
        return [found for key, one in value.items() for found in ([one] if key in NAMES else ids_in(one))]
    return [found for one in value for found in ids_in(one)] if isinstance(value, list) else []


def sent(provider: Provider[Any, Any, Any], *messages: Any) -> list[Any]:
    payload = provider.payload(Request(provider.name, "m", [Messages.User("Hi"), *messages]))
    return ids_in(payload.get("messages", payload.get("input", payload.get("contents"))))


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_call_and_its_result_get_the_same_id(name: str) -> None:
    call, result = sent(PROVIDERS[name], calls("book"), results("book"))
    assert isinstance(call, str)
    assert call == result


@pytest.mark.parametrize("name", PROVIDERS)
def test_parallel_calls_and_rounds_get_ids_of_their_own(name: str) -> None:
    found = sent(PROVIDERS[name], calls("a", "b"), results("a", "b"), calls("a"), results("a"))
    first, second, *rest = found
    assert rest[:2] == [first, second]
    assert rest[2] == rest[3]
    assert len({first, second, rest[2]}) == 3


def test_results_in_another_order_belong_to_the_call_of_their_name() -> None:
    first, second, *given = sent(PROVIDERS["openai"], calls("a", "b"), results("b", "a"))
    assert given == [second, first]


def test_two_calls_of_one_name_are_answered_in_their_order() -> None:
    first, second, *given = sent(PROVIDERS["openai"], calls("a", "a"), results("a", "a"))
    assert given == [first, second]
    assert first != second


def test_a_result_without_an_id_takes_that_of_its_call() -> None:
    assert sent(PROVIDERS["openai"], calls("a", ids=("call_1",)), results("a")) == ["call_1", "call_1"]


def test_ids_that_are_given_stay() -> None:
    assert (
        sent(PROVIDERS["openai"], calls("a", "b", ids=("call_1",)), results("a", "b", ids=("call_1",)))[0] == "call_1"
    )
    assert sent(PROVIDERS["anthropic"], calls("a", ids=("x",)), results("a", ids=("x",))) == ["x", "x"]


def test_messages_in_a_providers_own_form_are_left_alone() -> None:
    own = {"role": "assistant", "tool_calls": [{"id": None, "type": "function", "function": {"name": "a"}}]}
    assert sent(PROVIDERS["openai"], own, calls("b"), results("b"))[0] is None


@pytest.mark.parametrize("provider", [GoogleProvider(), GeminiProvider()], ids=["google", "gemini"])
def test_gemini_wants_none(provider: Provider[Any, Any, Any]) -> None:
    assert sent(provider, calls("a"), results("a")) == []


# Kimi's ids, which Anthropic refuses: "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'" (langchain
# PR#37756, bifrost#5097); Bedrock takes 64 of these characters; Mistral takes nine letters and digits.
FORMS = {"anthropic": "[a-zA-Z0-9_-]+", "bedrock": "[a-zA-Z0-9_-]{1,64}", "mistral": "[a-zA-Z0-9]{9}"}


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("given", ["functions.add:0", "call_1", "c" * 70])
def test_ids_of_other_providers_get_the_form_that_is_accepted(name: str, given: str) -> None:
    call, result = sent(PROVIDERS[name], calls("add", ids=(given,)), results("add", ids=(given,)))
    assert call == result
    assert re.fullmatch(FORMS.get(name, ".+"), call)
    assert call == given or not re.fullmatch(FORMS.get(name, ".+"), given)
