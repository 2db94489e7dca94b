"""A history with tool calls without ids, which Gemini may send, for a provider that requires ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from mirascope_like.core import BaseMessageParam, Messages, ToolCallPart, ToolResultPart
from mirascope_like.core.anthropic import AnthropicProvider
from mirascope_like.core.base.messages import CallForm, with_accepted_calls
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


@pytest.mark.parametrize("name", PROVIDERS)
def test_calls_of_one_id_are_distinguished(name: str) -> None:
    # Anthropic: "`tool_use` ids must be unique"; Bedrock: "The toolUse blocks ... contain duplicate Ids"
    # (litellm#23510, Cyber-AutoAgent-ng#72). Hosts number the calls of each response from 0.
    same = ("call_0", "call_0")
    found = sent(
        PROVIDERS[name], calls("a", "b", ids=same), results("b", "", ids=same), calls("a", ids=same[:1]), results("a")
    )
    (first, second, of_second, of_first, third, of_third) = found
    assert (of_first, of_second, of_third) == (first, second, third)
    assert len({first, second, third}) == 3


@pytest.mark.parametrize("name", PROVIDERS)
def test_an_empty_id_is_none(name: str) -> None:
    call, result = sent(PROVIDERS[name], calls("a", ids=("",)), results("a", ids=("",)))
    assert call == result
    assert re.fullmatch("[a-f0-9]{9}", call)


def test_the_result_of_a_call_in_the_providers_own_form_keeps_its_id() -> None:
    id = "x" * 50  # over OpenAI's 40, but the server gave it
    own = {"role": "assistant", "tool_calls": [{"id": id, "type": "function", "function": {"name": "a"}}]}
    assert sent(PROVIDERS["openai"], own, results("a", ids=(id,))) == [id, id]


def test_a_second_result_of_a_call_has_the_id_of_the_first() -> None:
    ids = ("functions.a:0",)
    call, *given = sent(PROVIDERS["anthropic"], calls("a", ids=ids), results("a", ids=ids), results("a", ids=ids))
    assert given == [call, call]


def test_the_messages_given_do_not_change() -> None:
    call = calls("a.b", ids=("functions.a:0",))
    sent(PROVIDERS["mistral"], call)
    assert call == calls("a.b", ids=("functions.a:0",))


def names_in(value: Any) -> list[Any]:
    """Every name in a payload, in order."""
    if isinstance(value, dict):
        return [found for key, one in value.items() for found in ([one] if key == "name" else names_in(one))]
    return [found for one in value for found in names_in(one)] if isinstance(value, list) else []


# The forms of names in messages: OpenAI: "string does not match pattern. Expected a string that matches the pattern
# '^[a-zA-Z0-9_-]+$'", at most 64 characters; Google also takes dots and colons, and no digit first.
@pytest.mark.parametrize("name", [*PROVIDERS, "google"])
@pytest.mark.parametrize("given", ["天气", "x" * 80, "get weather", "", "a:b", "a.b", "valid-name_1"])
def test_names_of_other_providers_become_valid(given: str, name: str) -> None:
    provider = GoogleProvider() if name == "google" else PROVIDERS[name]
    payload = provider.payload(Request(provider.name, "m", [calls(given, "a_b"), results(given, "a_b")]))
    found = names_in(payload.get("messages", payload.get("input", payload.get("contents"))))
    form = "[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}" if name == "google" else "[a-zA-Z0-9_-]{1,64}"
    assert all(re.fullmatch(form, one) for one in found)
    assert len(set(found)) == 2
    assert given in found or not re.fullmatch(form, given)


# Kimi's ids, which Anthropic refuses: "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'" (langchain
# PR#37756, bifrost#5097); Bedrock takes 64 of these characters; Mistral takes nine letters and digits. OpenAI:
# "Invalid 'messages[3].tool_calls[0].id': string too long. Expected a string with maximum length 40" (autogen#6377),
# which OpenRouter relays (openclaw#875), and "Invalid 'input[5].call_id': ... maximum length 64" (fastllm#45). Cohere
# reports no limit: the widest of these is kept.
FORMS = {
    "anthropic": "[a-zA-Z0-9_-]+",
    "bedrock": "[a-zA-Z0-9_-]{1,64}",
    "cohere": ".{1,64}",
    "groq": ".{1,40}",
    "mistral": "[a-zA-Z0-9]{9}",
    "openai": ".{1,40}",
    "responses": ".{1,64}",
}


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("given", ["functions.add:0", "call_1", "c" * 70])
def test_ids_of_other_providers_get_the_form_that_is_accepted(name: str, given: str) -> None:
    call, result = sent(PROVIDERS[name], calls("add", ids=(given,)), results("add", ids=(given,)))
    assert call == result
    assert re.fullmatch(FORMS.get(name, ".+"), call)
    assert call == given or not re.fullmatch(FORMS.get(name, ".+"), given)


def test_a_text_is_not_searched() -> None:
    """Each call checks its messages: a text of a megabyte has a million characters."""

    class Text(str):
        def __iter__(self) -> Iterator[str]:
            raise AssertionError("the characters of a text are searched")

    messages = [BaseMessageParam.model_construct(role="user", content=Text("Hi"))]
    assert with_accepted_calls(messages, CallForm()) is messages
