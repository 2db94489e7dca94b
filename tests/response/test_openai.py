"""OpenAI's answers, read from recordings: every property, literally."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types import CompletionUsage
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionContentPartTextParam,
    ChatCompletionMessage,
)

from mirascope_like.core import BaseMessageParam, ToolCallPart, openai
from tests.conformance.providers import OPENAI
from tests.conformance.reading import Read, read
from tests.harness.odd_streams import choice, chunk
from tests.harness.recordings import exchange
from tests.harness.server import Reply, Server


def get_current_weather(location: str) -> str:
    """Say the weather.

    Args:
        location: Where.
    """
    return f"sun in {location}"


def streamed(stem: str, server: Server, **options: Any) -> Read:
    server.reply(Reply.from_exchange(exchange(stem)))
    found = read(OPENAI, server, asynchronous=False, **options)
    assert found.error is None
    return found


def whole(stem: str, server: Server, **options: Any) -> Any:
    server.reply(Reply.from_exchange(exchange(stem)))
    with OPENAI.client(server) as client:
        return OPENAI.ask(client, **options)


def test_stream_with_usage(server: Server) -> None:
    response = streamed("stream-gpt-5-nano-d37041a5", server).response
    assert response.content == str(response) == "3"
    assert response.finish_reasons == ["stop"]
    assert response.model == "gpt-5-nano-2025-08-07"
    assert response.id == "chatcmpl-CKMDrI29QIyD92LZYO7m85QLViTn2"
    assert isinstance(response.response, ChatCompletion)
    assert isinstance(response.usage, CompletionUsage)
    assert response.usage.completion_tokens_details.reasoning_tokens == 64
    assert (response.input_tokens, response.cached_tokens, response.output_tokens) == (12, 0, 74)
    assert response.cost is None or response.cost == pytest.approx(12 * 0.05e-6 + 74 * 0.4e-6)
    assert response.message_param == {"role": "assistant", "content": "3"}
    assert response.messages == [{"role": "user", "content": "Hi"}]
    assert response.user_message_param == {"role": "user", "content": "Hi"}
    options = {"include_usage": True}
    assert response.call_kwargs == {"model": "m", "stream_options": options, "messages": response.messages}
    assert response.call_params == {}
    assert response.fn_args == {"prompt": "Hi"}
    assert (response.prompt_template, response.metadata) == (None, {})
    assert response.dynamic_config == {"messages": [BaseMessageParam(role="user", content="Hi")]}
    assert (response.tools, response.tool, response.tool_types) == (None, None, None)
    assert response.common_finish_reasons == ["stop"]
    assert response.common_message_param == BaseMessageParam(role="assistant", content="3")
    assert response.common_user_message_param == BaseMessageParam(role="user", content="Hi")
    assert response.common_messages == [BaseMessageParam(role="user", content="Hi")]
    assert response.common_usage.model_dump(include={"input_tokens", "cached_tokens", "output_tokens"}) == {
        "input_tokens": 12,
        "cached_tokens": 0,
        "output_tokens": 74,
    }
    assert response.common_usage.total_tokens == 86
    assert 1.7e12 < response.start_time <= response.end_time


def test_chunks(server: Server) -> None:
    found = streamed("stream-gpt-5-nano-d37041a5", server)
    chunks = [chunk for chunk, _ in found.pairs]
    assert all(isinstance(chunk.chunk, ChatCompletionChunk) for chunk in chunks)
    assert {chunk.id for chunk in chunks} == {"chatcmpl-CKMDrI29QIyD92LZYO7m85QLViTn2"}
    assert {chunk.model for chunk in chunks} == {"gpt-5-nano-2025-08-07"}
    assert [chunk.content for chunk in chunks] == [str(chunk) for chunk in chunks]
    assert [chunk.finish_reasons for chunk in chunks if chunk.finish_reasons is not None] == [["stop"]]
    assert [chunk.common_finish_reasons for chunk in chunks if chunk.common_finish_reasons] == [["stop"]]
    used = [chunk for chunk in chunks if chunk.usage is not None]
    assert used == chunks[-1:]
    assert (used[0].input_tokens, used[0].cached_tokens, used[0].output_tokens) == (12, 0, 74)
    assert (used[0].content, used[0].finish_reasons) == ("", None)
    assert isinstance(used[0].usage, CompletionUsage)
    first = chunks[0]
    assert (first.usage, first.input_tokens, first.output_tokens, first.common_usage) == (None, None, None, None)
    assert first.chunk is first.chunk
    assert repr(first).startswith("OpenAICallResponseChunk(")


def test_reasoning(server: Server) -> None:
    response = streamed("stream-reasoning-deepseek-reasoner-5a0720d7", server).response
    assert response.content == "Hello there! 😊 How can I help you today?"
    assert response.response.choices[0].message.reasoning_content.startswith("Hmm, the user just said")
    assert response.message_param["reasoning_content"].startswith("Hmm, the user just said")
    assert (response.input_tokens, response.output_tokens) == (6, 212)
    assert response.model == "deepseek-reasoner"


def test_refusal(server: Server) -> None:
    response = streamed("stream-structured-gpt-4o-a9d8a7b9", server).response
    assert response.content == ""
    assert response.response.choices[0].message.refusal == "I'm sorry, I can\u2019t assist with that request."
    assert response.message_param["refusal"] == "I'm sorry, I can\u2019t assist with that request."
    assert response.tools is None
    assert response.finish_reasons == ["stop"]


@pytest.mark.parametrize(
    ("pieces", "data", "sound"),
    [
        (["YWJjZA==", "ZWZnaA=="], "YWJjZGVmZ2g=", b"abcdefgh"),
        (["YWJj", "ZA==", "ZWY=", "Z2hp"], "YWJjZGVmZ2hp", b"abcdefghi"),
        (["YWJj", "ZGVm"], "YWJjZGVm", b"abcdef"),
        (["YWJjZA=="], "YWJjZA==", b"abcd"),
    ],
)
def test_streamed_audio(pieces: list[str], data: str, sound: bytes, server: Server) -> None:
    deltas = [{"id": "audio_1", "transcript": "He"}, *({"data": piece} for piece in pieces), {"expires_at": 5}]
    server.reply(Reply.chat(*(chunk(choice(audio=one)) for one in deltas), chunk(choice(0, "stop"))))
    found = read(OPENAI, server, asynchronous=False)
    assert b"".join(chunk.audio or b"" for chunk, _ in found.pairs) == found.response.audio == sound
    expected = {"id": "audio_1", "transcript": "He", "data": data, "expires_at": 5}
    assert found.response.response.choices[0].message.audio.model_dump() == expected
    assert found.response.message_param == {"role": "assistant", "content": None, "audio": {"id": "audio_1"}}


CALLS = [
    ("call_cCPjAyfwTzboEKjVlqFrArNF", '{"location": "San Francisco"}'),
    ("call_Zi4He1Ns0mozwT6f85nW1BOW", '{"location": "Boston"}'),
]


def test_streamed_tools(server: Server) -> None:
    found = streamed("stream-tools-gpt-3.5-turbo-ed3f92ca", server, tools=[get_current_weather])
    response = found.response
    assert response.content == ""
    assert response.finish_reasons == ["tool_calls"]
    assert response.common_finish_reasons == ["tool_calls"]
    assert (response.usage, response.cost, response.common_usage) == (None, None, None)
    assert [tool.args for tool in response.tools] == [{"location": "San Francisco"}, {"location": "Boston"}]
    assert [tool.call() for tool in response.tools] == ["sun in San Francisco", "sun in Boston"]
    assert response.tool is not None
    assert response.tool.id == "call_cCPjAyfwTzboEKjVlqFrArNF"
    assert found.tools == found.stream.tools == response.tools
    assert len(response.tool_types) == 1
    assert response.message_param == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": id, "type": "function", "function": {"name": "get_current_weather", "arguments": arguments}}
            for id, arguments in CALLS
        ],
    }
    assert response.tool_message_params([(tool, tool.call()) for tool in response.tools]) == [
        {"role": "tool", "content": "sun in San Francisco", "tool_call_id": CALLS[0][0]},
        {"role": "tool", "content": "sun in Boston", "tool_call_id": CALLS[1][0]},
    ]
    assert response.common_message_param == BaseMessageParam(
        role="assistant",
        content=[
            ToolCallPart(name="get_current_weather", args={"location": "San Francisco"}, id=CALLS[0][0]),
            ToolCallPart(name="get_current_weather", args={"location": "Boston"}, id=CALLS[1][0]),
        ],
    )


def test_whole_tools(server: Server) -> None:
    response = whole("call-tools-gpt-3.5-turbo-dc534174", server, tools=[get_current_weather])
    assert [(tool.id, tool.call()) for tool in response.tools] == [
        ("call_PkUWB9vI9IbOoVSaX9Avu1QZ", "sun in San Francisco"),
        ("call_9XnQcZEQ9cUxMg7QY1G8ZLJ9", "sun in Boston"),
    ]
    assert (response.input_tokens, response.cached_tokens, response.output_tokens) == (70, 0, 46)
    assert response.finish_reasons == ["tool_calls"]
    assert "annotations" not in response.message_param


def test_answer_can_be_sent_back(server: Server) -> None:
    first = streamed("stream-tools-gpt-3.5-turbo-ed3f92ca", server, tools=[get_current_weather]).response
    history = [
        *first.messages,
        first.message_param,
        *first.tool_message_params([(tool, tool.call()) for tool in first.tools]),
    ]
    server.reply(OPENAI.text("It is sunny."))
    with OPENAI.client(server) as client:

        @OPENAI.module.call("m", client=client, stream=True)
        def go_on() -> Any:
            return history

        assert go_on().collect().content == "It is sunny."
    sent = server.request.json["messages"]
    assert sent == history
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool"]


def test_several_choices(server: Server) -> None:
    choice = {"finish_reason": "stop", "message": {"role": "assistant", "content": "a"}}
    body = {**OPENAI.whole("a"), "choices": [{**choice, "index": 0}, {**choice, "index": 1, "finish_reason": "length"}]}
    server.reply(Reply.json(body))
    with OPENAI.client(server) as client:
        response = OPENAI.ask(client, call_params={"n": 2})
    assert response.finish_reasons == ["stop", "length"]
    assert response.content == "a"


def test_empty_strings_are_not_sent_back(server: Server) -> None:
    stem = "call-tools-reasoning-claude-sonnet-4-6-c7581eda"
    response = whole(stem, server)
    assert not [key for key, value in response.message_param.items() if value == "" and key != "content"]


def test_objects_of_the_sdk_within_messages(server: Server) -> None:
    called = ChatCompletionMessage.model_validate(
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"x":1}'}}],
        }
    )
    messages = [
        {"role": "user", "content": [ChatCompletionContentPartTextParam(type="text", text="Look")]},
        {"role": "assistant", "content": None, "tool_calls": called.tool_calls},
        {"role": "tool", "content": "sun", "tool_call_id": "c1"},
    ]
    server.reply(Reply.json(OPENAI.whole("Hello")))
    with OPENAI.client(server) as client:
        response = openai.call("m", client=client)(lambda: messages)()
    assert server.request.json["messages"][1]["tool_calls"][0]["function"]["name"] == "look"
    assert response.common_messages[1] == BaseMessageParam(
        role="assistant", content=[ToolCallPart(name="look", args={"x": 1}, id="c1")]
    )
