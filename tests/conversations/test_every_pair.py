"""What every provider is sent of a conversation that any other began, with an image, a mark, a thought and a tool.

In memory: the first response is decoded from the provider's JSON, and the second request is encoded, not sent.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, get_args

import pytest

from mirascope_like import llm
from mirascope_like.core import BaseMessageParam, CacheControlPart, Conversation, ImagePart, TextPart, ToolResultPart
from mirascope_like.core.base.conversations import Turn
from mirascope_like.core.base.conversations.session import answer_turns, native_of
from mirascope_like.core.base.request import Request
from mirascope_like.core.base.response import message_format
from mirascope_like.core.base.tools import tool_type
from mirascope_like.llm import Provider
from mirascope_like.llm.providers import provider_named
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import PNG, PNG_64, Answer, Call, Text, Thought
from tests.messages.test_cache_marks import nodes

pytestmark = pytest.mark.filterwarnings("ignore:.*including_default_value_fields:DeprecationWarning")

PROVIDERS: tuple[str, ...] = get_args(Provider)
ROWS = {row.id: row for row in EVERY}
# As Kimi names its calls, which Anthropic, Bedrock and Mistral refuse (langchain PR#37756).
ID = "functions.weather:0"
SHORT = "c8cf44713"  # the first nine hexadecimal digits of the SHA-256 of it: Mistral's form, which all others accept
URL = f"data:image/png;base64,{PNG_64}"
ARGS = '{"city":"Oslo"}'
IDS = ("id", "tool_use_id", "toolUseId", "tool_call_id", "call_id")


def weather(city: str) -> str:
    """Get the weather."""
    return f"sunny in {city}"


@cache
def begun_with(name: str) -> Conversation:
    """A conversation whose answers came from this provider, with what they are in its own format."""
    provider = provider_named(name)
    row = ROWS.get(name) or ROWS["openai.responses" if name.endswith(".responses") else "openrouter"]
    thoughts = [] if "thinking" in row.lacks else [Thought("Hm")]
    raw = row.wire.answered(Answer(*thoughts, Text("Let me look"), Call(ID, "weather", ARGS)))
    request = Request(provider.name, "m", [], tools=[tool_type(weather, provider.tool_type)])
    response = provider.respond(request, {}, provider.parse(b"".join(raw.pieces)), 0, 0)
    (call,) = response.tools
    origin = message_format(type(response))
    result = ToolResultPart(name="weather", content="sunny in Oslo", id=ID)
    native = native_of(response.tool_message_params([(call, call.call())]))
    return (
        Conversation()
        .user(TextPart(text="book"), CacheControlPart(), ImagePart(media_type="image/png", image=PNG))
        .add(*answer_turns(response))
        .add(Turn(message=BaseMessageParam(role="tool", content=[result]), native=native, origin=origin))
        .user("More")
    )


def sent(conversation: Conversation, name: str) -> Any:
    """The messages that a provider is sent, as JSON."""
    provider = provider_named(name)
    payload = provider.payload(Request(provider.name, "m", conversation.sent_to(provider.origin("m"))))
    given = next(payload[key] for key in ("messages", "contents", "input") if key in payload)
    return json.loads(json.dumps(given, default=_as_json))


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return value.model_dump(mode="json", exclude_none=True)


def chat(book: Any = None, id: str = ID) -> list[Any]:
    """Messages in OpenAI's chat format. Source: its reference of chat completions."""
    call = {"id": id, "type": "function", "function": {"name": "weather", "arguments": ARGS}}
    image = {"type": "image_url", "image_url": {"url": URL}}
    return [
        {"role": "user", "content": [book or {"type": "text", "text": "book"}, image]},
        {"role": "assistant", "content": "Let me look", "tool_calls": [call]},
        {"role": "tool", "content": "sunny in Oslo", "tool_call_id": id},
        {"role": "user", "content": "More"},
    ]


def responses(book: dict[str, Any]) -> list[Any]:
    """Items of Responses. Source: OpenAI's reference of it."""
    image = {"type": "input_image", "image_url": URL, "detail": "auto"}
    return [
        {"role": "user", "content": [{"type": "input_text", "text": "book", **book}, image]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "Let me look"}]},
        {"type": "function_call", "call_id": SHORT, "name": "weather", "arguments": ARGS},
        {"type": "function_call_output", "call_id": SHORT, "output": "sunny in Oslo"},
        {"role": "user", "content": "More"},
    ]


# Source: Anthropic's reference of messages.
ANTHROPIC: list[Any] = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "book", "cache_control": {"type": "ephemeral"}},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG_64}},
        ],
    },
    {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "Let me look"},
            {"type": "tool_use", "id": SHORT, "name": "weather", "input": {"city": "Oslo"}},
        ],
    },
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": SHORT, "content": "sunny in Oslo"}]},
    {"role": "user", "content": "More"},
]
# Source: the reference of Bedrock's `Message` and `ContentBlock`.
BEDROCK: list[Any] = [
    {
        "role": "user",
        "content": [
            {"text": "book"},
            {"cachePoint": {"type": "default"}},
            {"image": {"format": "png", "source": {"bytes": "8 bytes"}}},
        ],
    },
    {
        "role": "assistant",
        "content": [
            {"text": "Let me look"},
            {"toolUse": {"toolUseId": SHORT, "name": "weather", "input": {"city": "Oslo"}}},
        ],
    },
    {"role": "user", "content": [{"toolResult": {"toolUseId": SHORT, "content": [{"text": "sunny in Oslo"}]}}]},
    {"role": "user", "content": [{"text": "More"}]},
]
# Source: Google's reference of `Content`, and its guide to thought signatures for the placeholder.
GOOGLE: list[Any] = [
    {"role": "user", "parts": [{"text": "book"}, {"inlineData": {"mimeType": "image/png", "data": PNG_64}}]},
    {
        "role": "model",
        "parts": [
            {"text": "Let me look"},
            {
                "functionCall": {"id": SHORT, "name": "weather", "args": {"city": "Oslo"}},
                "thoughtSignature": "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=",
            },
        ],
    },
    {
        "role": "user",
        "parts": [{"functionResponse": {"id": SHORT, "name": "weather", "response": {"output": "sunny in Oslo"}}}],
    },
    {"role": "user", "parts": [{"text": "More"}]},
]
# The retired SDK's own names of the same fields; its proto holds bytes.
GEMINI: list[Any] = [
    {"role": "user", "parts": [{"text": "book"}, {"inline_data": {"mime_type": "image/png", "data": "8 bytes"}}]},
    {
        "role": "model",
        "parts": [
            {"text": "Let me look"},
            {"function_call": {"id": SHORT, "name": "weather", "args": {"city": "Oslo"}}},
        ],
    },
    {
        "role": "user",
        "parts": [{"function_response": {"id": SHORT, "name": "weather", "response": {"output": "sunny in Oslo"}}}],
    },
    {"role": "user", "parts": [{"text": "More"}]},
]
# The embedded model knows no tools: calls and results are text to it.
LOCAL: list[Any] = [
    chat()[0],
    {"role": "assistant", "content": '{"tool": "weather", "arguments": {"city":"Oslo"}}'},
    {"role": "user", "content": "The tool answered: sunny in Oslo"},
    {"role": "user", "content": "More"},
]
MARKED = {"type": "text", "text": "book", "cache_control": {"type": "ephemeral"}}
BREAKPOINT = {"prompt_cache_breakpoint": {"mode": "explicit"}}
FROM_ANOTHER: dict[str, Any] = {
    **{name: responses({}) for name in PROVIDERS if name.endswith(".responses")},
    "openai.responses": responses(BREAKPOINT),
    "azure.responses": responses(BREAKPOINT),
    "openrouter": chat(MARKED, SHORT),
    "anthropic": ANTHROPIC,
    "bedrock": BEDROCK,
    "gemini": GEMINI,
    "google": GOOGLE,
    "vertex": GOOGLE,
    "local": LOCAL,
}


@pytest.mark.parametrize("second", PROVIDERS)
def test_what_another_began_is_sent_in_the_form_of_each(second: str) -> None:
    expected = FROM_ANOTHER.get(second) or chat(id=SHORT)
    for first in PROVIDERS:
        if first != second:
            assert sent(begun_with(first), second) == expected, first


# What each answered with, in its own format, with its thought and its signature.
OWN: dict[str, Any] = {
    "anthropic": {"type": "thinking", "thinking": "Hm", "signature": "sig"},
    "bedrock": {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "sig"}}},
    "cohere": {"type": "thinking", "thinking": "Hm"},
    "google": {"text": "Hm", "thought": True},
    "vertex": {"text": "Hm", "thought": True},
    "mistral": {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
    **{
        name: {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]}
        for name in PROVIDERS
        if name.endswith(".responses")
    },
    **dict.fromkeys(("groq", "ollama", "openrouter", "deepseek", "vllm", "xai", "zai"), "Hm"),
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_is_sent_its_own_answers_as_they_were(name: str) -> None:
    found = nodes(sent(begun_with(name), name))
    if name in OWN:
        assert found.count(OWN[name]) == 1
    if name != "local":
        ids = [one[key] for one in found if isinstance(one, dict) for key in IDS if key in one]
        assert [one for one in ids if one not in ("rs_1", "msg_2", "fc_3")] == [ID, ID]


# The embedded model's calls become text in the payload alone.
@pytest.mark.parametrize("name", [name for name in PROVIDERS if name != "local"])
@pytest.mark.parametrize("through", ["provider", "llm"])
def test_to_provider_gives_what_is_sent(through: str, name: str) -> None:
    provider = provider_named(name)
    target: Any = llm.model(f"{name}:m") if through == "llm" else Target(provider)
    talk = begun_with("openai" if name != "openai" else "groq").add(BaseMessageParam(role="developer", content="Brief"))
    payload = provider.payload(Request(provider.name, "m", talk.sent_to(provider.origin("m"))))
    given = talk.to_provider(target)
    assert all(payload[key] == value for key, value in given.items() if key != "config")
    assert "developer" in str(given) or name not in ("openai", "openai.responses", "azure", "azure.responses")


class Target:
    """A provider, as an argument of `to_provider`."""

    def __init__(self, provider: Any) -> None:
        self.provider = provider
