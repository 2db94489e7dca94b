"""Messages and parts as OpenAI and Anthropic want them, literally."""

from __future__ import annotations

import copy
from typing import Any

import anthropic as anthropic_sdk
import openai as openai_sdk
import pytest

from mirascope_like.core import (
    AudioPart,
    AudioURLPart,
    BaseMessageParam,
    CacheControlPart,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    Messages,
    PromptError,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from mirascope_like.core.anthropic import AnthropicProvider
from mirascope_like.core.base.request import Request
from mirascope_like.core.dialects.chat_completions import decode_message
from mirascope_like.core.openai import OpenAIProvider
from mirascope_like.core.openai import responses as openai_responses

PNG, WAV, PDF = b"\x89PNG", b"RIFF", b"%PDF"


def openai(*messages: Any, **options: Any) -> Any:
    """What OpenAI is sent."""
    return OpenAIProvider().encode(Request("openai", "m", list(messages), **options))


def responses(*messages: Any) -> Any:
    """What OpenAI's Responses are sent."""
    return openai_responses.call.provider.encode(Request("openai", "m", list(messages)))


def anthropic(*messages: Any, **options: Any) -> Any:
    """What Anthropic is sent."""
    return AnthropicProvider().encode(Request("anthropic", "m", list(messages), **options))


def test_text() -> None:
    messages = [Messages.System("Be brief"), Messages.User("Hi"), Messages.Assistant("Hello"), Messages.User("Bye")]
    expected = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "Bye"},
    ]
    assert openai(*messages) == {"model": "m", "messages": [{"role": "system", "content": "Be brief"}, *expected]}
    assert anthropic(*messages) == {"model": "m", "max_tokens": 1024, "system": "Be brief", "messages": expected}


OPENAI_PARTS = [
    (TextPart(text="a"), {"type": "text", "text": "a"}),
    (
        ImagePart(media_type="image/png", image=PNG),
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
    ),
    (
        ImagePart(media_type="image/png", image=PNG, detail="low"),
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw==", "detail": "low"}},
    ),
    (ImageURLPart(url="https://x/y.png"), {"type": "image_url", "image_url": {"url": "https://x/y.png"}}),
    (
        ImageURLPart(url="https://x/y.png", detail="high"),
        {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "high"}},
    ),
    (
        AudioPart(media_type="audio/wav", audio=WAV),
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
    ),
    (
        AudioPart(media_type="audio/mp3", audio=WAV),
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "mp3"}},
    ),
    (
        DocumentPart(media_type="application/pdf", document=PDF),
        {
            "type": "file",
            "file": {"filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBERg=="},
        },
    ),
]

ANTHROPIC_PARTS = [
    (TextPart(text="a"), {"type": "text", "text": "a"}),
    (
        ImagePart(media_type="image/png", image=PNG),
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw=="}},
    ),
    (ImageURLPart(url="https://x/y.png"), {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}}),
    (
        DocumentPart(media_type="application/pdf", document=PDF),
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="}},
    ),
    (
        DocumentPart(media_type="text/plain", document="Grüße".encode()),
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Grüße"}},
    ),
    (DocumentURLPart(url="https://x/y.pdf"), {"type": "document", "source": {"type": "url", "url": "https://x/y.pdf"}}),
]


@pytest.mark.parametrize(("part", "expected"), OPENAI_PARTS, ids=lambda value: type(value).__name__)
def test_openai_part(part: Any, expected: dict[str, Any]) -> None:
    text = {"type": "text", "text": "What is this?"}
    sent = openai(Messages.User("What is this?", part))["messages"]
    assert sent == [{"role": "user", "content": [text, expected]}]


@pytest.mark.parametrize(("part", "expected"), ANTHROPIC_PARTS, ids=lambda value: type(value).__name__)
def test_anthropic_part(part: Any, expected: dict[str, Any]) -> None:
    text = {"type": "text", "text": "What is this?"}
    sent = anthropic(Messages.User("What is this?", part))["messages"]
    assert sent == [{"role": "user", "content": [text, expected]}]


NATIVE_PARTS = [
    *((native, part) for part, native in OPENAI_PARTS),
    (
        {"type": "file", "file": {"file_data": "JVBERi0="}},
        DocumentPart(media_type="application/pdf", document=b"%PDF-"),
    ),
    ({"type": "image_url", "image_url": "https://x/y.png"}, ImageURLPart(url="https://x/y.png")),
    ({"type": "image_url", "image_url": {"url": "pictures/y.png"}}, ImageURLPart(url="pictures/y.png")),
    ({"type": "input_audio", "input_audio": "UklGRg=="}, AudioPart(media_type="audio/wav", audio=WAV)),
    ({"type": "input_audio", "input_audio": "SUQzBA=="}, AudioPart(media_type="audio/mp3", audio=b"ID3\x04")),
    ({"type": "input_audio", "input_audio": "https://x/y.mp3"}, AudioURLPart(url="https://x/y.mp3")),
    ({"type": "document_url", "document_url": "https://x/y.pdf"}, DocumentURLPart(url="https://x/y.pdf")),
    (
        {"type": "document_url", "document_url": "data:application/pdf;base64,JVBERi0="},
        DocumentPart(media_type="application/pdf", document=b"%PDF-"),
    ),
]


@pytest.mark.parametrize(("native", "part"), NATIVE_PARTS)
def test_chat_part_in_neutral_words(native: dict[str, Any], part: Any) -> None:
    text = {"type": "text", "text": "What is this?"}
    found = decode_message({"role": "user", "content": [text, native]})
    assert found == Messages.User("What is this?", part)


@pytest.mark.parametrize(
    "native", [{"type": "file", "file": {"file_id": "file-1"}}, {"type": "file", "file_id": "1"}, {"type": "reference"}]
)
def test_chat_part_without_neutral_words(native: dict[str, Any]) -> None:
    found = decode_message({"role": "user", "content": [{"type": "text", "text": "a"}, native]})
    assert found.content == [TextPart(text="a")]


def test_chat_call_of_nothing_in_neutral_words() -> None:
    calls = [{"id": "call_1", "type": "function", "function": None}]
    assert decode_message({"role": "assistant", "content": "a", "tool_calls": calls}) == Messages.Assistant("a")


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (AudioPart(media_type="audio/ogg", audio=WAV), "wav or mp3, not as audio/ogg"),
        (AudioURLPart(url="https://x/y.mp3"), "no audio url parts"),
        (DocumentPart(media_type="text/plain", document=b"a"), "document"),
        (DocumentURLPart(url="https://x/y.pdf"), "no document url parts"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_openai_refuses(part: Any, why: str) -> None:
    with pytest.raises(PromptError, match=why) as caught:
        openai(BaseMessageParam(role="user", content=[TextPart(text="a"), part]))
    assert "openai" in str(caught.value).lower()


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (AudioPart(media_type="audio/wav", audio=WAV), "no audio parts"),
        (AudioURLPart(url="https://x/y.mp3"), "no audio url parts"),
        (ImagePart(media_type="image/tiff", image=PNG), "not image/tiff"),
        (DocumentPart(media_type="application/zip", document=PDF), "document"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_anthropic_refuses(part: Any, why: str) -> None:
    with pytest.raises(PromptError, match=why) as caught:
        anthropic(BaseMessageParam(role="user", content=[TextPart(text="a"), part]))
    assert "Anthropic" in str(caught.value)


def test_anthropic_answer_without_content() -> None:
    asked, again = {"role": "user", "content": "Hi"}, {"role": "user", "content": "Well?"}
    ours = BaseMessageParam(role="assistant", content="")
    for empty in ({"role": "assistant", "content": []}, {"role": "assistant", "content": ""}, ours):
        assert anthropic(asked, empty, again)["messages"] == [asked, again]


def test_openai_answer_without_content() -> None:
    asked, again = {"role": "user", "content": "Hi"}, {"role": "user", "content": "Well?"}
    ours = BaseMessageParam(role="assistant", content="")
    empty_message: dict[str, Any] = {"role": "assistant", "content": None}
    for empty in (empty_message, {"role": "assistant"}, {"role": "assistant", "content": "", "reasoning": "Hm."}, ours):
        assert openai(asked, empty, again)["messages"] == [asked, again]
    assert responses(asked, ours, again)["input"] == [asked, again]
    for more in (
        {"refusal": "No."},
        {"audio": {"id": "audio_1"}},
        {"function_call": {"name": "f", "arguments": "{}"}},
        {"tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
    ):
        assert openai(asked, {**empty_message, **more}, again)["messages"] == [asked, {**empty_message, **more}, again]


# Tools


def test_openai_tools() -> None:
    sent = openai(
        Messages.User("Weather?"),
        BaseMessageParam(
            role="assistant",
            content=[
                TextPart(text="I look."),
                ToolCallPart(name="look", args={"city": "Kraków"}, id="c1"),
                ToolCallPart(name="time", id="c2"),
            ],
        ),
        Messages.Tool(ToolResultPart(name="look", content="sun", id="c1"), ToolResultPart(content="9", id="c2")),
    )
    assert sent["messages"][1:] == [
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"city":"Kraków"}'}},
                {"id": "c2", "type": "function", "function": {"name": "time", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "content": "sun", "tool_call_id": "c1"},
        {"role": "tool", "content": "9", "tool_call_id": "c2"},
    ]


def test_openai_call_without_text() -> None:
    sent = openai(BaseMessageParam(role="assistant", content=[ToolCallPart(name="look", args={}, id="c1")]))
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    assert sent["messages"] == [{"role": "assistant", "content": None, "tool_calls": [call]}]


def test_anthropic_tools() -> None:
    sent = anthropic(
        Messages.User("Weather?"),
        BaseMessageParam(
            role="assistant",
            content=[TextPart(text="I look."), ToolCallPart(name="look", args={"city": "Kraków"}, id="c1")],
        ),
        Messages.Tool(ToolResultPart(name="look", content="sun", id="c1")),
        Messages.Tool(ToolResultPart(content="no", id="c2", is_error=True)),
        Messages.User("And?"),
    )
    assert sent["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "c1", "name": "look", "input": {"city": "Kraków"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "sun"},
                {"type": "tool_result", "tool_use_id": "c2", "content": "no", "is_error": True},
            ],
        },
        {"role": "user", "content": "And?"},
    ]


# Anthropic's system prompt and cache


def test_several_system_messages() -> None:
    sent = anthropic(Messages.System("One"), Messages.User("Hi"), Messages.System("Two"), Messages.Assistant("x"))
    assert sent["system"] == [{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}]
    assert sent["messages"] == [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "x"}]


def test_cached_system_message() -> None:
    sent = anthropic(Messages.System("Long", CacheControlPart()), Messages.User("Hi"))
    assert sent["system"] == [{"type": "text", "text": "Long", "cache_control": {"type": "ephemeral"}}]


def test_cached_user_message() -> None:
    sent = anthropic(Messages.User("Long", ImageURLPart(url="https://x"), CacheControlPart(), "short"))
    assert sent["messages"][0]["content"] == [
        {"type": "text", "text": "Long"},
        {"type": "image", "source": {"type": "url", "url": "https://x"}, "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "short"},
    ]


def test_cache_control_of_nothing() -> None:
    with pytest.raises(PromptError, match="cache_control at the beginning of a message"):
        anthropic(Messages.User(CacheControlPart(), "a"))


def test_system_message_and_parameter_are_both_sent() -> None:
    sent = anthropic(Messages.System("Two"), Messages.User("Hi"), call_params={"system": "One"})
    assert sent["system"] == [{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}]
    sent = anthropic(Messages.User("Hi"), call_params={"system": "One"})
    assert sent["system"] == "One"


# The providers' own messages


OPENAI_NATIVE = [
    {"role": "developer", "content": "Be brief"},
    {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "new", "x": {"y": [1]}}], "name": "Ann"},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "custom", "custom": {"input": "x"}}]},
]

ANTHROPIC_NATIVE = [
    {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "new", "x": {"y": [1]}}]},
    {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "s"}]},
]


def test_native_messages_pass_unchanged() -> None:
    before = copy.deepcopy(OPENAI_NATIVE)
    sent = openai(*OPENAI_NATIVE, call_params={"temperature": 0})
    assert sent["messages"] == before
    sent["messages"][0]["role"] = "changed"
    assert before == OPENAI_NATIVE
    before = copy.deepcopy(ANTHROPIC_NATIVE)
    assert anthropic(*ANTHROPIC_NATIVE)["messages"] == before == ANTHROPIC_NATIVE


def test_native_system_message() -> None:
    sent = anthropic({"role": "system", "content": "Be brief"}, *ANTHROPIC_NATIVE)
    assert sent["system"] == "Be brief"
    assert sent["messages"] == ANTHROPIC_NATIVE


def test_native_history_is_not_changed_by_json_mode() -> None:
    for encode, native in ((openai, OPENAI_NATIVE), (anthropic, ANTHROPIC_NATIVE)):
        before = copy.deepcopy(native)
        encode(*native, json_mode=True)
        assert before == native


def test_native_tool_results_are_not_added_to() -> None:
    native = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "x"}]}
    before = copy.deepcopy(native)
    sent = anthropic(native, Messages.Tool(ToolResultPart(content="y", id="b")))
    assert native == before
    assert sent["messages"][0] == before


def test_the_sdks_own_objects() -> None:
    message = openai_sdk.types.chat.ChatCompletionMessage(role="assistant", content="Hello")
    assert openai(message)["messages"] == [{"role": "assistant", "content": "Hello"}]
    whole = anthropic_sdk.types.Message.model_validate(
        {
            "id": "m1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [{"type": "text", "text": "Hello"}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
    )
    assert anthropic(whole)["messages"] == [{"role": "assistant", "content": [{"type": "text", "text": "Hello"}]}]


# Parameters


def test_usage_is_asked_for() -> None:
    assert openai(Messages.User("Hi"), stream=True)["stream_options"] == {"include_usage": True}
    assert "stream_options" not in openai(Messages.User("Hi"))
    assert "stream_options" not in anthropic(Messages.User("Hi"), stream=True)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"include_usage": False}, {"include_usage": False}),
        ({"include_obfuscation": False}, {"include_usage": True, "include_obfuscation": False}),
        ({}, {"include_usage": True}),
        (None, {"include_usage": True}),
    ],
)
def test_stream_options_of_the_user(given: Any, sent: Any) -> None:
    params = {"stream_options": given, "temperature": 0.5}
    before = copy.deepcopy(params)
    payload = openai(Messages.User("Hi"), stream=True, call_params=params)
    assert payload["stream_options"] == sent
    assert params == before


def test_anthropic_parameters() -> None:
    params = {"max_tokens": 5, "stop": "x", "temperature": 0.5, "extra_body": {"a": 1}}
    before = copy.deepcopy(params)
    sent = anthropic(Messages.User("Hi"), call_params=params)
    assert sent["max_tokens"] == 5
    assert sent["stop_sequences"] == ["x"]
    assert "stop" not in sent
    assert {**sent.get("extra_body", {}), **sent}["temperature"] == 0.5
    assert sent["extra_body"]["a"] == 1
    assert params == before
    assert anthropic(Messages.User("Hi"), call_params={"stop": ["x", "y"]})["stop_sequences"] == ["x", "y"]


def test_nothing_is_sent_that_nobody_asked_for() -> None:
    assert set(openai(Messages.User("Hi"))) == {"model", "messages"}
    assert set(anthropic(Messages.User("Hi"))) == {"model", "messages", "max_tokens"}
