"""Anthropic's answers, read from recordings: every property, literally."""

from __future__ import annotations

from typing import Any

import pytest
from anthropic.types import Message, RawMessageStartEvent, Usage

from mirascope_like.core import BaseMessageParam, TextPart, ToolCallPart
from tests.conformance.providers import ANTHROPIC
from tests.conformance.reading import Read, read
from tests.harness.oracles import expected_raw
from tests.harness.recordings import exchange
from tests.harness.server import Reply, Server


def get_weather(location: str, unit: str = "celsius") -> str:
    """Say the weather."""
    return f"21 {unit} in {location}"


def get_time(timezone: str) -> str:
    """Say the time."""
    raise LookupError(timezone)


def streamed(stem: str, server: Server, index: int = 0, **options: Any) -> Read:
    server.reply(Reply.from_exchange(exchange(stem, index)))
    found = read(ANTHROPIC, server, asynchronous=False, **options)
    assert found.error is None
    return found


def test_text(server: Server) -> None:
    response = streamed("stream-claude-haiku-4-5-9f436d8f", server, 1).response
    assert response.content == str(response) == "Goodbye"
    assert response.finish_reasons == ["end_turn"]
    assert response.common_finish_reasons == ["stop"]
    assert response.model == "claude-haiku-4-5-20251001"
    assert response.id == "msg_01EdSbQmYFWit8Rq5dG8si5C"
    assert isinstance(response.response, Message)
    assert isinstance(response.usage, Usage)
    assert (response.input_tokens, response.cached_tokens, response.output_tokens) == (28, 0, 5)
    assert response.common_usage.total_tokens == 33
    assert response.cost is None or response.cost == pytest.approx(28 * 1e-6 + 5 * 5e-6)
    assert response.message_param == {"role": "assistant", "content": [{"type": "text", "text": "Goodbye"}]}
    assert response.common_message_param == BaseMessageParam(role="assistant", content="Goodbye")
    assert response.user_message_param == {"role": "user", "content": "Hi"}
    assert response.call_kwargs == {"model": "m", "max_tokens": 1024, "messages": response.messages}
    assert response.thinking is None
    assert response.tools is None


def test_chunks(server: Server) -> None:
    chunks = [chunk for chunk, _ in streamed("stream-claude-haiku-4-5-9f436d8f", server, 1).pairs]
    assert "ping" not in [chunk.chunk.type for chunk in chunks]
    assert isinstance(chunks[0].chunk, RawMessageStartEvent)
    first, last = chunks[0], chunks[-1]
    assert (first.model, first.id) == ("claude-haiku-4-5-20251001", "msg_01EdSbQmYFWit8Rq5dG8si5C")
    assert first.input_tokens == 28
    assert first.usage.input_tokens == 28
    assert first.finish_reasons is None
    assert (last.content, last.model, last.id, last.usage, last.finish_reasons) == ("", None, None, None, None)
    assert [chunk.finish_reasons for chunk in chunks if chunk.finish_reasons] == [["end_turn"]]
    assert [chunk.common_finish_reasons for chunk in chunks if chunk.finish_reasons] == [["stop"]]
    ended = next(chunk for chunk in chunks if chunk.finish_reasons)
    assert (ended.output_tokens, ended.usage.output_tokens) == (5, 5)


def test_cached_tokens_are_input_tokens(server: Server) -> None:
    usage = {"input_tokens": 3, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20, "output_tokens": 5}
    server.reply(Reply.json({**ANTHROPIC.whole("a"), "usage": usage}))
    with ANTHROPIC.client(server) as client:
        response = ANTHROPIC.ask(client)
    assert (response.input_tokens, response.cached_tokens, response.output_tokens) == (123, 100, 5)
    assert response.usage.input_tokens == 3
    assert response.common_usage.total_tokens == 128


THOUGHT = "This is a very simple arithmetic question. 2 + 2 = 4. This is basic addition."


def test_thinking(server: Server) -> None:
    found = streamed("stream-reasoning-claude-sonnet-4-20250514-6ea76a33", server)
    response = found.response
    assert response.content == "2 + 2 = 4"
    assert response.thinking == THOUGHT
    thinking, text = response.message_param["content"]
    assert (thinking["type"], thinking["thinking"]) == ("thinking", THOUGHT)
    assert thinking["signature"].startswith("EvUBCkYICxgCKkD5niUAZC495agWRJyzeImqN")
    assert thinking["signature"].endswith("P6rbC5OI7W4YAQ==")
    assert text == {"type": "text", "text": "2 + 2 = 4"}
    assert found.stream.message_param == response.message_param
    assert (response.input_tokens, response.output_tokens) == (45, 44)


def test_tools(server: Server) -> None:
    stem = "stream-tools-claude-3-5-sonnet-20240620-fb3a7696"
    found = streamed(stem, server, tools=[get_weather, get_time])
    response = found.response
    assert response.content.startswith("Certainly! I can help you with that information.")
    assert response.finish_reasons == ["tool_use"]
    assert response.common_finish_reasons == ["tool_calls"]
    weather, time = response.tools
    assert weather.id == "toolu_014x5X91kx3fvdhpLvwXZWE2"
    assert weather.args == {"location": "San Francisco, CA", "unit": "celsius"}
    assert weather.call() == "21 celsius in San Francisco, CA"
    assert time.args == {"timezone": "America/Los_Angeles"}
    assert found.tools == found.stream.tools == response.tools
    error = LookupError("America/Los_Angeles")
    assert response.tool_message_params([(weather, weather.call()), (time, error)]) == [
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_014x5X91kx3fvdhpLvwXZWE2",
                    "content": "21 celsius in San Francisco, CA",
                },
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_0121kXsENLvoDZ72LCuAnCCz",
                    "content": "LookupError: America/Los_Angeles",
                    "is_error": True,
                },
            ],
        }
    ]
    assert response.common_message_param == BaseMessageParam(
        role="assistant",
        content=[
            TextPart(text=response.content),
            ToolCallPart(name="get_weather", args=weather.args, id="toolu_014x5X91kx3fvdhpLvwXZWE2"),
            ToolCallPart(name="get_time", args=time.args, id="toolu_0121kXsENLvoDZ72LCuAnCCz"),
        ],
    )
    assert (response.input_tokens, response.output_tokens) == (506, 153)


def test_answer_with_thinking_can_be_sent_back(server: Server) -> None:
    first = streamed("stream-reasoning-claude-sonnet-4-20250514-6ea76a33", server).response
    history = [*first.messages, first.message_param, {"role": "user", "content": "And 3 + 3?"}]
    server.reply(ANTHROPIC.text("6"))
    with ANTHROPIC.client(server) as client:

        @ANTHROPIC.module.call("m", client=client, stream=True)
        def go_on() -> Any:
            return history

        assert go_on().collect().content == "6"
    sent = server.request.json["messages"]
    assert sent == history
    assert sent[1]["content"][0]["signature"].endswith("P6rbC5OI7W4YAQ==")


@pytest.mark.parametrize(
    "stem",
    [
        "stream-tools-claude-sonnet-4-5-570a5148",
        "stream-tools-reasoning-claude-sonnet-5-4b415fc3",
        "stream-tools-structured-claude-sonnet-4-5-9934b996",
    ],
)
def test_opaque_blocks_are_sent_back_in_order(stem: str, server: Server) -> None:
    index = 1 if "570a5148" in stem else 0
    found = streamed(stem, server, index)
    expected = [
        {key: value for key, value in block.items() if value is not None}
        for block in expected_raw(exchange(stem, index))["content"]
        if block.get("text") != ""
    ]
    assert found.response.message_param == {"role": "assistant", "content": expected}


@pytest.mark.parametrize(
    ("reason", "common"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("pause_turn", "stop"),
        ("a_new_one", "unknown"),
    ],
)
def test_finish_reasons(reason: str, common: str, server: Server) -> None:
    server.reply(Reply.json({**ANTHROPIC.whole("a"), "stop_reason": reason}))
    with ANTHROPIC.client(server) as client:
        response = ANTHROPIC.ask(client)
    assert response.finish_reasons == [reason]
    assert response.common_finish_reasons == [common]
