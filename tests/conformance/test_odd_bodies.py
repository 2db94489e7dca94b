"""Whole bodies in a structure that no reference has: what can be read is read, and what cannot is an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from mirascope_like.core import MirascopeLikeError, OverloadedError, ProviderError
from mirascope_like.core.base.errors import ErrorEventError, MalformedEventError
from tests.conformance.contract import BaseRow
from tests.conformance.odd_wire import (
    BYTES,
    JSON,
    TOOLS,
    WHOLE,
    Way,
    check_text,
    chunk,
    completion,
    nobody,
    not_mistral,
    odd,
    piece,
    response_of,
    sent_calls,
)
from tests.conformance.rows import EVERY
from tests.conformance.test_odd_streams import read
from tests.conformance.wires.answer import Answer, Call, Text
from tests.harness.server import Reply, Server


# Gateways fill in the structure of an answer around an error. As a stream, the same events raise.
@odd("chat", [*WHOLE, *BYTES], not_mistral, by_llm=nobody)
def test_an_empty_choice_beside_an_error(row: BaseRow, way: Way, server: Server) -> None:
    body: JSON = {"choices": [{}], "code": 503, "message": "the upstream host is busy"}
    found = way(row, server, Reply.chat(body) if way.stream else Reply.json(body))
    assert isinstance(found.error, OverloadedError)
    assert "the upstream host is busy" in str(found.error)


@odd("chat", WHOLE, not_mistral)
def test_an_empty_choice_alone(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, Reply.json({"id": "c1", "object": "chat.completion", "choices": [{}]}))
    assert (found.error, found.text, found.response.content, found.tools) == (None, "", "", [])


# A text in place of the message or delta; OpenAI's reference has an object there.
@odd("chat", WHOLE, not_mistral)
def test_a_message_that_is_a_text(row: BaseRow, way: Way, server: Server) -> None:
    body = completion({})
    body["choices"][0]["message"] = "Hi"
    check_text(way(row, server, Reply.json(body)))


@odd("chat", BYTES, not_mistral)
def test_deltas_that_are_texts(row: BaseRow, way: Way, server: Server) -> None:
    pieces: list[Any] = ["H", "i"]
    check_text(way(row, server, Reply.chat(*(chunk(one) for one in pieces), chunk({}, "stop"))))


@pytest.mark.parametrize("message", [1, ["Hi"], True], ids=repr)
@odd("chat", WHOLE, not_mistral)
def test_a_message_that_cannot_be_read(row: BaseRow, way: Way, message: Any, server: Server) -> None:
    body = completion({})
    body["choices"][0]["message"] = message
    found = way(row, server, Reply.json(body))
    assert (found.error, found.text, found.tools) == (None, "", [])


# OpenAI's reference has a list of items with types, whose parts are objects. `output_text` is a property of its SDKs,
# which some gateways send as a field.
MESSAGE: JSON = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}
UNTYPED: JSON = {key: value for key, value in MESSAGE.items() if key != "type"}
OUTPUTS: dict[str, tuple[Any, JSON, str]] = {
    "one object": (MESSAGE, {}, ""),
    "without a type": ([UNTYPED], {}, ""),
    "one object without a type": (UNTYPED, {}, ""),
    "a text without a type": ([{"content": "Hi"}], {}, ""),
    "parts that are texts": ([{**MESSAGE, "content": ["Hi"]}], {}, ""),
    "only output_text": ([], {"output_text": "Hi"}, ""),
    "output_text beside the output": ([MESSAGE], {"output_text": "Hi"}, ""),
    "a summary that is a text": ([{"type": "reasoning", "id": "rs_1", "summary": "hm"}, MESSAGE], {}, "hm"),
    "a summary of texts": ([{"type": "reasoning", "id": "rs_1", "summary": ["h", "m"]}, MESSAGE], {}, "h\n\nm"),
    "reasoning that is a text": (
        [{"type": "reasoning", "id": "rs_1", "summary": [], "content": "hm"}, MESSAGE],
        {},
        "hm",
    ),
}


@pytest.mark.parametrize(("output", "fields", "thinking"), OUTPUTS.values(), ids=OUTPUTS)
@odd("responses", [*WHOLE, *BYTES])
def test_outputs_in_another_structure(
    row: BaseRow, way: Way, output: Any, fields: JSON, thinking: str, server: Server
) -> None:
    body = response_of(output, **fields)
    done = {"type": "response.completed", "response": body}
    reply = row.wire.stream(done) if way.stream else Reply.json(body)
    check_text(way(row, server, reply), thinking=thinking)


# docs.cohere.com: the response of version 1 of the API has the text at the top level.
@odd("cohere", WHOLE)
def test_a_body_of_version_1_of_cohere(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, Reply.json({"generation_id": "g1", "text": "Hi", "finish_reason": "COMPLETE"}))
    check_text(found)
    assert found.response.message_param["content"] == [{"type": "text", "text": "Hi"}]


# Google's SDK accepts the names of Python beside those of JSON, and gateways written in Python send them.
@odd("gemini", [*WHOLE, *BYTES])
def test_names_of_python_for_google(row: BaseRow, way: Way, server: Server) -> None:
    part = {"function_call": {"name": "get_weather", "args": {"city": "Oslo"}}}
    body: JSON = {"candidates": [{"content": {"role": "model", "parts": [part]}, "finish_reason": "STOP"}]}
    found = way(row, server, row.wire.stream(body) if way.stream else Reply.json(body), tools=TOOLS)
    assert (found.error, [(name, args) for name, _, args in found.tools]) == (None, [("get_weather", {"city": "Oslo"})])
    assert found.response.common_finish_reasons == ["stop"]
    assert sent_calls(found.response) == [("get_weather", {"city": "Oslo"})]


@odd("gemini", [*WHOLE, *BYTES])
def test_content_of_google_that_is_a_text(row: BaseRow, way: Way, server: Server) -> None:
    body: JSON = {"candidates": [{"content": "Hi", "finishReason": "STOP"}]}
    check_text(way(row, server, row.wire.stream(body) if way.stream else Reply.json(body)))


# A client with the base URL of another API. Sources: Alibaba Cloud's reference of DashScope, and Anthropic's and
# OpenAI's references; each body has a usage, so it looked like an empty answer.
USAGE: JSON = {"input_tokens": 1, "output_tokens": 1, "prompt_tokens": 1, "completion_tokens": 1}
DASHSCOPE: JSON = {"status_code": 200, "request_id": "r1", "code": "", "message": "", "usage": USAGE}
CHOICE: JSON = {"finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}
CHAT: JSON = {"id": "c1", "object": "chat.completion", "choices": [{"index": 0, **CHOICE}], "usage": USAGE}
ANTHROPIC: JSON = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "stop_reason": "end_turn",
    "usage": USAGE,
    "content": [{"type": "text", "text": "Hi"}],
}
FOREIGN: dict[str, tuple[JSON, str]] = {
    "DashScope's text": ({**DASHSCOPE, "output": {"text": "Hi", "finish_reason": "stop"}}, "DashScope's own API"),
    "DashScope's choices": ({**DASHSCOPE, "output": {"choices": [CHOICE]}}, "DashScope's own API"),
    "Anthropic's": (ANTHROPIC, "Anthropic's messages"),
    "Responses": (response_of([MESSAGE], usage=USAGE), "OpenAI's Responses"),
}


def check_format_error(found: Any, name: str) -> None:
    assert isinstance(found.error, ProviderError)
    assert f"the format of {name}" in str(found.error)
    assert "check the provider of the call and the base URL of the client" in str(found.error)


@pytest.mark.parametrize(("body", "name"), FOREIGN.values(), ids=FOREIGN)
@odd("chat", WHOLE, not_mistral, by_llm=nobody)
def test_a_body_of_another_format_as_a_chat(row: BaseRow, way: Way, body: JSON, name: str, server: Server) -> None:
    check_format_error(way(row, server, Reply.json(body)), name)


@odd("messages", WHOLE, by_llm=nobody)
def test_a_chat_completion_as_messages(row: BaseRow, way: Way, server: Server) -> None:
    check_format_error(way(row, server, Reply.json(CHAT)), "OpenAI's chat completions")


# Every value of the output is replaced by others in turn. The answer is read, or the error is one of ours: never one of
# Python's or pydantic's, which a program that handles `MirascopeLikeError` does not expect.
ODD_VALUES: list[Any] = [None, "x", 1, [None], {"a": 1}]
FUZZED = ["openai", "openai.responses", "anthropic", "bedrock", "cohere", "google"]
OUTPUTS_OF = {"choices", "output", "content", "message", "candidates", "model", "stop_reason"}
READ = (
    "content thinking refusal finish_reasons common_finish_reasons usage common_usage model id cost message_param raw"
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def changed(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    copy = value.copy()
    copy[path[0]] = changed(value[path[0]], path[1:], other)
    return copy


@pytest.mark.filterwarnings("ignore:.* is not a valid:UserWarning")  # Google's SDK warns of what it does not know
@odd("chat responses messages bedrock cohere gemini", WHOLE[:1], lambda row: row.id in FUZZED, by_llm=nobody)
def test_no_value_raises_an_error_of_python(row: BaseRow, way: Way, server: Server) -> None:
    whole = row.wire.whole(Answer(Text("Hi"), Call("callOslo1", "get_weather", '{"city": "Oslo"}')))
    with row.client(server) as client:
        for path in [path for path in places(whole) if set(path) & OUTPUTS_OF]:
            for other in ODD_VALUES:
                server.reply(Reply.json(changed(whole, path, other)))
                try:
                    response = row.ask(client, tools=TOOLS)
                    for name in READ.split():
                        getattr(response, name)
                    assert all(tool.args is not None for tool in response.tools or ())
                    response.model_dump_json()
                except MirascopeLikeError:
                    pass


# The same for the events of a stream.
HEAD: JSON = {"id": "c1", "model": "m", "usage": {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 1}}}
THOUGHTS: list[JSON] = [{"type": "reasoning.text", "text": "h", "index": 0, "id": "r", "signature": "s"}]
PARTS: list[JSON] = [{"type": "thinking", "thinking": [{"type": "text", "text": "h"}]}, {"type": "text", "text": "H"}]
OLDER: JSON = {"name": "get_weather", "arguments": '{"city": "Oslo"}'}
PLACE: JSON = {"item_id": "i", "output_index": 0, "content_index": 0, "summary_index": 0}
CALLED: JSON = {"id": "f", "type": "function_call", "call_id": "k", "name": "get_weather", "arguments": '{"city": "O"}'}
WRITTEN: JSON = {"content": [{"type": "text", "text": "H"}, {"type": "thinking", "thinking": "h", "signature": "s"}]}
RATING: JSON = {"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}
SENT: list[JSON] = [
    {"text": "h", "thought": True, "thoughtSignature": "cw=="},
    {"functionCall": {"name": "f", "args": {}}},
]
EVENTS: dict[str, list[JSON]] = {
    "openai": [
        chunk({"role": "assistant", "content": "H", "reasoning": "h", "reasoning_details": THOUGHTS}, **HEAD),
        chunk({"content": "i", "reasoning": "m", "reasoning_details": THOUGHTS}),
        chunk({"content": PARTS}),
        chunk(piece(0, "call_1", "get_weather", "")),
        chunk(piece(0, None, None, '{"city": "Oslo"}')),
        chunk({"function_call": OLDER, "audio": {"data": "aGk=", "transcript": "t"}}, "stop"),
        {"choices": [{"index": 0, "message": {"content": "Hi", "reasoning": "h"}, "finish_reason": "stop"}]},
    ],
    "openai.responses": [
        {"type": "response.created", "response": response_of([], "in_progress")},
        {"type": "response.content_part.added", **PLACE, "part": {"type": "output_text", "text": "H"}},
        {"type": "response.output_text.delta", **PLACE, "delta": "i", "logprobs": [{"token": "i"}]},
        {"type": "response.output_text.done", **PLACE, "text": "Hi"},
        {"type": "response.reasoning_summary_text.delta", **PLACE, "output_index": 1, "item_id": "r", "delta": "h"},
        {"type": "response.output_item.added", "output_index": 2, "item": {**CALLED, "arguments": ""}},
        {"type": "response.function_call_arguments.delta", "output_index": 2, "item_id": "f", "delta": "{}"},
        {"type": "response.output_item.done", "output_index": 2, "item": CALLED},
        {"type": "response.completed", "response": response_of([{**MESSAGE, "id": "i"}, CALLED], usage=USAGE)},
    ],
    "anthropic": [
        {"type": "message_start", "message": {"id": "m", **WRITTEN, "usage": {"input_tokens": 1}}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "i"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": {"title": "t"}}},
        {"type": "content_block_start", "index": 2, "content_block": {"type": "thinking", "thinking": "h"}},
        {"type": "content_block_delta", "index": 2, "delta": {"type": "thinking_delta", "thinking": "m"}},
        {"type": "content_block_start", "index": 3, "content_block": {"type": "tool_use", "id": "k", "name": "f"}},
        {"type": "content_block_delta", "index": 3, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
        {"type": "content_block_stop", "index": 3},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ],
    "bedrock": [
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "H"}}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "i"}}},
        {"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"reasoningContent": {"text": "h"}}}},
        {"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"reasoningContent": {"text": "m"}}}},
        {"contentBlockStart": {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "k", "name": "f"}}}},
        {"contentBlockDelta": {"contentBlockIndex": 2, "delta": {"toolUse": {"input": "{}"}}}},
        {"contentBlockStop": {"contentBlockIndex": 2}},
        {"contentBlockStart": {"contentBlockIndex": 3, "start": {"toolResult": {"toolUseId": "k"}}}},
        {"contentBlockDelta": {"contentBlockIndex": 3, "delta": {"toolResult": [{"text": "x"}, {"text": "y"}]}}},
        {"messageStop": {"stopReason": "end_turn"}},
        {"metadata": {"usage": {"inputTokens": 1, "cacheDetails": [{"ttl": "1h", "inputTokens": 1}]}}},
    ],
    "cohere": [
        {"type": "message-start", "id": "m", "delta": {"message": {**WRITTEN, "tool_calls": [{"function": OLDER}]}}},
        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "i"}}}},
        {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "p"}}},
        {"type": "tool-call-start", "index": 1, "delta": {"message": {"tool_calls": {"id": "k", "function": OLDER}}}},
        {"type": "tool-call-delta", "index": 1, "delta": {"message": {"tool_calls": {"function": {"arguments": " "}}}}},
        {"type": "tool-call-end", "index": 1},
        {"type": "citation-start", "index": 0, "delta": {"message": {"citations": {"start": 0, "text": "H"}}}},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {"tokens": {"input_tokens": 1}}}},
    ],
    "google": [
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "H"}]}, "safetyRatings": [RATING]}]},
        {"candidates": [{"content": {"parts": SENT}, "safetyRatings": [RATING], "finishReason": "STOP"}]},
        {"usageMetadata": {"promptTokenCount": 1, "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 1}]}},
    ],
}


def read_all(row: BaseRow, events: list[JSON]) -> None:
    pairs, response, _ = read(row, events, "at once", partial=False)
    for one, _ in pairs:
        texts = [one.content, one.thinking, *(delta.arguments for delta in one.tool_deltas)]
        assert all(isinstance(text, str) for text in texts), texts
        assert (one.finish_reasons, one.common_usage, one.chunk) is not None
    for name in READ.split():
        getattr(response, name)
    assert all(tool.args is not None for tool in response.tools or ())


@pytest.mark.filterwarnings("ignore:.* is not a valid:UserWarning")
@pytest.mark.parametrize("id", FUZZED)
def test_no_value_of_an_event_raises_an_error_of_python(id: str) -> None:
    row, events = next(row for row in EVERY if row.id == id), EVENTS[id]
    read_all(row, events)
    for position, event in enumerate(events):
        for path in places(event):
            for other in ODD_VALUES:
                changed_events = [*events[:position], changed(event, path, other), *events[position + 1 :]]
                with suppress(MalformedEventError, ErrorEventError):  # a provider turns these into errors of ours
                    read_all(row, changed_events)


# A list as the finish reason of two events was appended to itself without end.
@pytest.mark.parametrize("reason", [["x"], [None], {"a": 1}], ids=repr)
@odd("chat", BYTES, not_mistral, by_llm=nobody)
def test_a_finish_reason_that_is_no_text(row: BaseRow, way: Way, reason: Any, server: Server) -> None:
    found = way(row, server, Reply.chat(chunk({"content": "H"}, reason), chunk({"content": "i"}), chunk({}, reason)))
    assert (found.error, found.text, found.response.content) == (None, "Hi", "Hi")
