"""Messages of every provider's format, as a conversation. The messages have the forms of the providers' references."""

from __future__ import annotations

from typing import Any

import pytest

from mirascope_like.integrations.log import LoggedCall
from mirascope_like.integrations.log.page.conversation import conversation

DATA = "iVBORw0KGgo" * 30 + "=="
SIZE = 332 * 3 // 4 - 2
"""The bytes of `DATA`: three for each four characters of base64, without two of padding."""

TWO = {"type": "text", "text": "two"}
THOUGHT = {"text": "think", "thought": True}

FORMATS: dict[str, tuple[list[Any], list[tuple[Any, ...]]]] = {
    "OpenAI chat completions": (
        [
            {"role": "developer", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Hi"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DATA}", "detail": "low"}},
                    {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                    {"type": "input_audio", "input_audio": {"data": DATA, "format": "wav"}},
                ],
            },
            {
                "role": "assistant",
                "content": "Yes",
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "two"},
            {"role": "assistant", "content": None, "refusal": "no"},
        ],
        [
            ("system", "text", "Be brief.", None),
            ("user", "text", "Hi", None),
            ("user", "media", f"image: {SIZE} bytes", "image/png"),
            ("user", "media", "image: https://example.com/a.png", None),
            ("user", "media", f"audio: {SIZE} bytes", "wav"),
            ("assistant", "text", "Yes", None),
            ("assistant", "call", '{\n  "x": 1\n}', "f"),
            ("tool", "result", "two", "f"),
            ("assistant", "text", "no", None),
        ],
    ),
    "OpenAI responses": (
        [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Hi"},
                    {"type": "input_image", "image_url": "https://e.com/a"},
                ],
            },
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "think"}], "encrypted_content": "x"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes"}]},
            {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "two"},
        ],
        [
            ("user", "text", "Hi", None),
            ("user", "media", "image: https://e.com/a", None),
            ("assistant", "thinking", "think", None),
            ("assistant", "text", "Yes", None),
            ("assistant", "call", "{}", "f"),
            ("tool", "result", "two", "f"),
        ],
    ),
    "Anthropic": (
        [
            {
                "role": "user",
                "content": [
                    {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": DATA}},
                    {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "think", "signature": "s"},
                    {"type": "redacted_thinking", "data": "x"},
                    {"type": "tool_use", "id": "t1", "name": "f", "input": {"x": 1}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "t1",
                        "content": [{"type": "text", "text": "two"}],
                        "is_error": True,
                    },
                    {"type": "text", "text": "And?"},
                ],
            },
        ],
        [
            ("user", "media", f"image: {SIZE} bytes", "image/jpeg"),
            ("user", "text", "Hi", None),
            ("assistant", "thinking", "think", None),
            ("assistant", "thinking", "(not readable)", None),
            ("assistant", "call", '{\n  "x": 1\n}', "f"),
            ("tool", "result", "two", "f"),
            ("user", "text", "And?", None),
        ],
    ),
    "Gemini": (
        [
            {"role": "user", "parts": [{"text": "Hi"}, {"inline_data": {"mime_type": "image/png", "data": DATA}}]},
            {
                "role": "model",
                "parts": [{"text": "think", "thought": True}, {"function_call": {"name": "f", "args": {}}}],
            },
            {"role": "user", "parts": [{"function_response": {"name": "f", "response": {"result": 2}}}]},
            {"role": "user", "parts": [{"file_data": {"file_uri": "gs://a/b.pdf", "mime_type": "application/pdf"}}]},
        ],
        [
            ("user", "text", "Hi", None),
            ("user", "media", f"image: {SIZE} bytes", "image/png"),
            ("assistant", "thinking", "think", None),
            ("assistant", "call", "{}", "f"),
            ("tool", "result", '{\n  "result": 2\n}', "f"),
            ("user", "media", "application: gs://a/b.pdf", "application/pdf"),
        ],
    ),
    "Bedrock": (
        [
            {"role": "user", "content": [{"text": "Hi"}, {"image": {"format": "png", "source": {"bytes": DATA}}}]},
            {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "think", "signature": "s"}}},
                    {"toolUse": {"toolUseId": "t1", "name": "f", "input": {}}},
                ],
            },
            {"role": "user", "content": [{"toolResult": {"toolUseId": "t1", "content": [{"text": "two"}]}}]},
        ],
        [
            ("user", "text", "Hi", None),
            ("user", "media", f"image: {SIZE} bytes", "png"),
            ("assistant", "thinking", "think", None),
            ("assistant", "call", "{}", "f"),
            ("tool", "result", "two", "f"),
        ],
    ),
    "Cohere": (
        [
            {"role": "user", "content": "Hi"},
            {
                "role": "assistant",
                "tool_plan": "I will look.",
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{"}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": [{"type": "document", "data": 2}]},
        ],
        [
            ("user", "text", "Hi", None),
            ("assistant", "thinking", "I will look.", None),
            ("assistant", "call", "{", "f"),
            ("tool", "result", '[\n  {\n    "type": "document",\n    "data": 2\n  }\n]', "f"),
        ],
    ),
    "anything": (
        ["Hi", 5, None, [], {}, {"role": None}, {"role": 3, "content": {"type": "x", "y": [1]}}, [["a"]]],
        [
            ("user", "text", "Hi", None),
            ("user", "text", "5", None),
            ("3", "data", '{\n  "type": "x",\n  "y": [\n    1\n  ]\n}', "x"),
            ("user", "text", "a", None),
        ],
    ),
}


def flat(call: LoggedCall) -> list[tuple[Any, ...]]:
    return [(turn.role, part.kind, part.text, part.name) for turn in conversation(call) for part in turn.parts]


@pytest.mark.parametrize("name", FORMATS)
def test_messages(name: str) -> None:
    messages, expected = FORMATS[name]
    assert flat(LoggedCall(call_id="c", messages=messages)) == expected


def test_a_system_message_that_is_not_in_the_messages() -> None:
    call = LoggedCall(call_id="c", system="Be brief.", messages=[{"role": "user", "content": "Hi"}])
    assert flat(call)[0] == ("system", "text", "Be brief.", None)


def test_the_response_is_last() -> None:
    tools = [{"name": "f", "arguments": {}, "result": [1]}, {"name": "g", "arguments": {}, "error": "E: no"}]
    call = LoggedCall(call_id="c", reasoning="think", response_text="Yes", tool_calls=tools)
    assert flat(call) == [
        ("assistant", "thinking", "think", None),
        ("assistant", "text", "Yes", None),
        ("assistant", "call", "{}", "f"),
        ("assistant", "result", "[\n  1\n]", "f"),
        ("assistant", "call", "{}", "g"),
        ("assistant", "result", "E: no", "g"),
    ]
    assert [part.failed for turn in conversation(call) for part in turn.parts] == [False] * 5 + [True]
