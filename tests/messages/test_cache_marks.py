"""Cache marks: encoded for providers that have them, omitted for all others, and never an error."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mirascope_like.core import (
    BaseMessageParam,
    CacheControlPart,
    Conversation,
    Messages,
    PromptError,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    prompt_template,
)
from mirascope_like.core.base.request import Request
from mirascope_like.llm.providers import provider_named
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer
from tests.errors.test_parameters import ask_ways, stream_ways
from tests.harness.server import Server

pytestmark = pytest.mark.filterwarnings("ignore:.*including_default_value_fields:DeprecationWarning")

MARK = CacheControlPart()
HOUR = CacheControlPart(ttl="1h")
EPHEMERAL = {"cache_control": {"type": "ephemeral"}}
BREAKPOINT = {"prompt_cache_breakpoint": {"mode": "explicit"}}
MARKS: dict[str, Any] = {
    # Source: Anthropic's guide to prompt caching.
    "anthropic": {"type": "text", "text": "book", **EPHEMERAL},
    # Source: OpenRouter's guide to prompt caching, "Anthropic Claude".
    "openrouter": {"type": "text", "text": "book", **EPHEMERAL},
    # Source: the SDK's `CachePointBlock`.
    "bedrock": {"cachePoint": {"type": "default"}},
    # Source: the SDK's `ResponseInputTextParam`.
    "openai.responses": {"type": "input_text", "text": "book", **BREAKPOINT},
    "azure.responses": {"type": "input_text", "text": "book", **BREAKPOINT},
}
"""What a request holds of a mark, of those that have such a thing."""


def nodes(value: Any) -> list[Any]:
    """All that JSON holds, at any depth."""
    within = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [value, *(one for part in within for one in nodes(part))]


def sent(name: str, *messages: Any) -> Any:
    """The payload of messages."""
    return provider_named(name).payload(Request(name, "m", list(messages)))


@stream_ways
@ask_ways
@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_a_mark_is_translated_or_left_out(row: BaseRow, asynchronous: bool, stream: bool, server: Server) -> None:
    server.reply(row.wire.streamed(Answer("ok")) if stream else row.wire.answered(Answer("ok")))
    prompt = [Messages.System([TextPart(text="book"), MARK]), Messages.User([TextPart(text="book"), MARK])]

    async def main() -> Any:
        async with row.aclient(server) as client:
            return await (row.astream(client, prompt).collect() if stream else row.aask(client, prompt))

    if asynchronous:
        response = asyncio.run(main())
    else:
        with row.client(server) as client:
            response = row.stream(client, prompt).collect() if stream else row.ask(client, prompt)
    assert response.content == "ok"
    body = row.wire.body(server.request)
    found = nodes(body)
    assert found.count(MARKS.get(row.id)) == (2 if row.id in MARKS else 0)
    if row.id not in MARKS:
        assert "cache" not in str(body)
    assert str(body).count("book") == 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("anthropic", {"cache_control": {"type": "ephemeral", "ttl": "1h"}}),
        ("openrouter", {"cache_control": {"type": "ephemeral", "ttl": "1h"}}),
        ("bedrock", {"cachePoint": {"type": "default", "ttl": "1h"}}),
        ("openai.responses", BREAKPOINT),  # whose lifetimes are others, and those of the whole request
    ],
)
def test_a_lifetime(name: str, expected: dict[str, Any]) -> None:
    found = nodes(sent(name, Messages.User([TextPart(text="book"), HOUR])))
    assert any(isinstance(one, dict) and expected.items() <= one.items() for one in found)


def test_in_a_template() -> None:
    @prompt_template("USER: {book}{:cache_control(ttl=1h)}{question:text}{:cache_control}")
    def ask(book: str, question: str) -> None: ...

    (message,) = ask("book", "why?")
    assert message.content == [TextPart(text="book"), HOUR, TextPart(text="why?"), MARK]
    with pytest.raises(PromptError, match="option ttl=2h; use ttl=5m or ttl=1h"):
        prompt_template("x {:cache_control(ttl=2h)}")


RESULT = [
    Messages.User("q"),
    Messages.Assistant(ToolCallPart(name="f", args={}, id="call_1")),
    BaseMessageParam(role="tool", content=[ToolResultPart(name="f", content="r", id="call_1"), MARK]),
]


def test_after_the_result_of_a_tool() -> None:
    result = {"type": "tool_result", "tool_use_id": "call_1", "content": "r", **EPHEMERAL}
    assert sent("anthropic", *RESULT)["messages"][-1]["content"] == [result]
    text = {"type": "input_text", "text": "r", **BREAKPOINT}
    output = {"type": "function_call_output", "call_id": "call_1", "output": [text]}
    assert sent("openai.responses", *RESULT)["input"][-1] == output
    tool = {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "r", **EPHEMERAL}]}
    assert sent("openrouter", *RESULT)["messages"][-1] == tool
    assert sent("openai", *RESULT)["messages"][-1] == {"role": "tool", "tool_call_id": "call_1", "content": "r"}


@pytest.mark.parametrize("name", ["openai", "openai.responses", "openrouter"])
def test_after_a_call_it_is_left_out(name: str) -> None:
    # Neither `tool_calls` nor `function_call` has a place for one.
    call = ToolCallPart(name="f", args={}, id="call_1")
    assert "cache" not in str(sent(name, Messages.Assistant(call, MARK)))


@pytest.mark.parametrize("mark", [MARK, HOUR], ids=["plain", "1h"])
@pytest.mark.parametrize("name", ["anthropic", "openrouter", "bedrock"])
def test_there_and_back(name: str, mark: CacheControlPart) -> None:
    talk = Conversation().system(TextPart(text="book"), mark).user(TextPart(text="q"), mark)
    target = Target(name)
    native = talk.to_provider(target)
    rest = {key: value for key, value in native.items() if key != "messages"}
    assert Conversation.from_provider(target, native["messages"], **rest) == talk


def test_a_breakpoint_of_responses_is_a_mark() -> None:
    talk = Conversation().user(TextPart(text="q"), MARK)
    target = Target("openai.responses")
    assert Conversation.from_provider(target, talk.to_provider(target)["input"]) == talk


class Target:
    """A provider by its name."""

    def __init__(self, name: str) -> None:
        self.provider = provider_named(name)
