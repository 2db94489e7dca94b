"""Content in another structure than that of the reference, streamed and whole, in every format that can have it."""

from __future__ import annotations

from typing import Any

import pytest

from mirascope_like.core import OverloadedError, ProviderError, ServerError
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
    format_of,
    not_mistral,
    odd,
    response_of,
    sent_calls,
)
from tests.conformance.wires.answer import Answer
from tests.harness.server import Reply, Server

STOP = chunk({}, "stop")
TEXT_PART = {"type": "text", "text": "Hi"}


# A choice of a whole answer with what belongs into a chunk, or into the oldest API. Gateways that collect a stream
# make such answers; OpenAI's reference has `message` alone.
CHOICES: dict[str, JSON] = {
    "one part": {"message": {"role": "assistant", "content": TEXT_PART}},
    "delta": {"delta": {"role": "assistant", "content": "Hi"}},
    "text": {"text": "Hi"},
    "delta of one part": {"delta": {"content": TEXT_PART}},
    "an empty delta": {"delta": {}, "message": {"role": "assistant", "content": "Hi"}},
}


@odd("chat", WHOLE, not_mistral)
@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_choices_of_whole_answers(row: BaseRow, way: Way, choice: JSON, server: Server) -> None:
    body = {**completion({}), "choices": [{"index": 0, "finish_reason": "stop", **choice}]}
    check_text(way(row, server, Reply.json(body)))


@odd("chat", BYTES)
@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_choices_of_streams(row: BaseRow, way: Way, choice: JSON, server: Server) -> None:
    event = {**chunk(), "choices": [{"index": 0, "finish_reason": None, **choice}]}
    check_text(way(row, server, Reply.chat(event, STOP)))


# A last event with the whole message: its text and its reasoning have arrived already.
@odd("chat", BYTES)
@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
def test_a_message_that_repeats_the_stream(row: BaseRow, way: Way, key: str, server: Server) -> None:
    message = {"role": "assistant", "content": "Hi", key: "abc"}
    last = {**chunk(), "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    found = way(row, server, Reply.chat(chunk({key: "a"}), chunk({key: "bc"}), chunk({"content": "Hi"}), last))
    check_text(found, thinking="abc")


HEAD: JSON = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [],
    "stop_reason": None,
    "usage": {"input_tokens": 5, "output_tokens": 1},
}
ENDS: list[JSON] = [
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}},
    {"type": "message_stop"},
]
PIECE = {"type": "content_block_delta", "index": 0}
MESSAGES: dict[str, tuple[list[JSON], str]] = {
    "text in the first event": ([{"type": "message_start", "message": {**HEAD, "content": [TEXT_PART]}}], ""),
    "thinking in the first event": (
        [
            {
                "type": "message_start",
                "message": {**HEAD, "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, TEXT_PART]},
            }
        ],
        "hm",
    ),
    "a delta without a type": (
        [{"type": "message_start", "message": HEAD}, {**PIECE, "delta": {"text": "Hi"}}],
        "",
    ),
    "thinking without a type": (
        [
            {"type": "message_start", "message": HEAD},
            {**PIECE, "delta": {"thinking": "hm"}},
            {**PIECE, "index": 1, "delta": {"text": "Hi"}},
        ],
        "hm",
    ),
    "a block without a type": (
        [
            {"type": "message_start", "message": HEAD},
            {"type": "content_block_start", "index": 0, "content_block": {"text": ""}},
            {**PIECE, "delta": {"type": "text_delta", "text": "Hi"}},
        ],
        "",
    ),
}


# Anthropic's reference: the first event has no content, and each block and delta has a type.
@odd("messages", BYTES)
@pytest.mark.parametrize(("events", "thinking"), MESSAGES.values(), ids=MESSAGES)
def test_messages(row: BaseRow, way: Way, events: list[JSON], thinking: str, server: Server) -> None:
    check_text(way(row, server, Reply.messages(*events, *ENDS)), thinking=thinking)


@odd("messages cohere", WHOLE)
@pytest.mark.parametrize("content", ["Hi", TEXT_PART], ids=["a text", "one part"])
def test_contents_of_whole_answers(row: BaseRow, way: Way, content: Any, server: Server) -> None:
    body = row.wire.whole(Answer("Hi"))
    (body["message"] if format_of(row) == "cohere" else body)["content"] = content
    check_text(way(row, server, Reply.json(body)))


def cohere_stream(row: BaseRow, *events: JSON) -> Reply:
    first = {"type": "message-start", "id": "a", "delta": {"message": {"role": "assistant"}}}
    return row.wire.stream(first, *events, {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}})


COHERE: dict[str, tuple[Any, str]] = {
    "a list": ([TEXT_PART], ""),
    "a text": ("Hi", ""),
    "two parts": ([{"type": "thinking", "thinking": "hm"}, TEXT_PART], "hm"),
}


# Cohere's reference: the content of a delta is one object.
@odd("cohere", BYTES)
@pytest.mark.parametrize(("content", "thinking"), COHERE.values(), ids=COHERE)
def test_deltas_of_cohere(row: BaseRow, way: Way, content: Any, thinking: str, server: Server) -> None:
    event = {"type": "content-delta", "index": 0, "delta": {"message": {"content": content}}}
    check_text(way(row, server, cohere_stream(row, event)), thinking=thinking)


# Cohere's reference: arguments are a text.
@odd("cohere", WHOLE)
def test_arguments_that_are_an_object(row: BaseRow, way: Way, server: Server) -> None:
    call = {"id": "t", "type": "function", "function": {"name": "get_time", "arguments": {"city": "Rome"}}}
    message = {"role": "assistant", "tool_calls": [call]}
    body = {"id": "a", "finish_reason": "TOOL_CALL", "message": message}
    found = way(row, server, Reply.json(body), tools=TOOLS)
    assert (found.error, found.tools) == (None, [("get_time", "t", {"city": "Rome"})])
    assert sent_calls(found.response) == [("get_time", {"city": "Rome"})]


OUTPUT_ITEM = {"id": "msg", "type": "message", "role": "assistant", "status": "completed"}
PART: JSON = {"type": "output_text", "text": "Hi", "annotations": []}
CONTENTS: dict[str, tuple[Any, str]] = {
    "null": ([{**PART, "text": None}], ""),
    "null and a text": ([{**PART, "text": None}, PART], "Hi"),
    "a text": ("Hi", "Hi"),
    "one part": (PART, "Hi"),
    "a part of type text": ([TEXT_PART], "Hi"),
}


@odd("responses", [*BYTES, *WHOLE])
@pytest.mark.parametrize(("content", "text"), CONTENTS.values(), ids=CONTENTS)
def test_contents_of_responses(row: BaseRow, way: Way, content: Any, text: str, server: Server) -> None:
    body = response_of([{**OUTPUT_ITEM, "content": content}])
    done = {"type": "response.completed", "response": body}
    found = way(row, server, Reply.messages(done) if way.stream else Reply.json(body))
    assert (found.error, found.text, found.response.content) == (None, text, text)


PLACE = {"item_id": "msg", "output_index": 0}
DELTA: JSON = {"type": "response.output_text.delta", **PLACE, "content_index": 0, "delta": "Hi"}
ADDED: JSON = {"type": "response.content_part.added", **PLACE, "content_index": 0, "part": {**PART, "text": ""}}
THOUGHT = {"item_id": "rs", "output_index": 0, "content_index": 0}
LATER_DELTA = {**DELTA, "item_id": "msg", "output_index": 1}
NO_STATUS = {key: value for key, value in response_of([]).items() if key != "status"}
RESPONSES: dict[str, tuple[list[JSON], str]] = {
    "no status": ([DELTA, {"type": "response.completed", "response": NO_STATUS}], ""),
    "a status of before": ([DELTA, {"type": "response.completed", "response": response_of([], "in_progress")}], ""),
    "no item": ([ADDED, DELTA, {"type": "response.completed", "response": response_of([])}], ""),
    "a delta that is an object": (
        [{**DELTA, "delta": {"text": "Hi"}}, {"type": "response.completed", "response": response_of([])}],
        "",
    ),
    # The first version of OpenAI's reference: `response.reasoning.delta`, whose delta is an object.
    "old reasoning": (
        [
            {"type": "response.reasoning.delta", **THOUGHT, "delta": "h"},
            {"type": "response.reasoning.delta", **THOUGHT, "delta": {"text": "m"}},
            {"type": "response.reasoning.done", **THOUGHT, "text": "hm"},
            LATER_DELTA,
            {"type": "response.completed", "response": response_of([])},
        ],
        "hm",
    ),
    "an old summary": (
        [
            {"type": "response.reasoning_summary.delta", **THOUGHT, "summary_index": 0, "delta": "hm"},
            LATER_DELTA,
            {"type": "response.completed", "response": response_of([])},
        ],
        "hm",
    ),
}


@odd("responses", WHOLE)
def test_a_whole_response_without_a_status(row: BaseRow, way: Way, server: Server) -> None:
    check_text(way(row, server, Reply.json({**NO_STATUS, "output": [{**OUTPUT_ITEM, "content": [PART]}]})))


# OpenAI's reference: each of these has a status, and an item before its parts.
@odd("responses", BYTES)
@pytest.mark.parametrize(("events", "thinking"), RESPONSES.values(), ids=RESPONSES)
def test_responses(row: BaseRow, way: Way, events: list[JSON], thinking: str, server: Server) -> None:
    check_text(way(row, server, Reply.messages(*events)), thinking=thinking)


ROME = '{"city": "Rome"}'
FUNCTION = {"name": "get_time", "arguments": ROME}
CALL: JSON = {"index": 0, "id": "t", "type": "function", "function": FUNCTION}
# One call in place of a list; and the name that OpenAI's reference calls deprecated, which gateways of old models send.
CALLS: dict[str, tuple[JSON, list[JSON]]] = {
    "one call": ({"tool_calls": CALL}, [{"tool_calls": CALL}]),
    "function_call": (
        {"function_call": FUNCTION},
        [{"function_call": {"name": "get_time", "arguments": ""}}, {"function_call": {"arguments": ROME}}],
    ),
}


@odd("chat", [*BYTES, *WHOLE], not_mistral)
@pytest.mark.parametrize(("message", "deltas"), CALLS.values(), ids=CALLS)
def test_one_call_alone(row: BaseRow, way: Way, message: JSON, deltas: list[JSON], server: Server) -> None:
    streamed = Reply.chat(*map(chunk, deltas), chunk({}, "tool_calls"))
    found = way(row, server, streamed if way.stream else Reply.json(completion(message, "tool_calls")), tools=TOOLS)
    assert (found.error, found.faults) == (None, [])
    assert [(name, args) for name, _, args in found.tools] == [("get_time", {"city": "Rome"})]
    assert sent_calls(found.response) == [("get_time", {"city": "Rome"})]


# Where gateways put the name and the arguments: the tool would run with its defaults, or not at all. Llama's own format
# and version 1 of Cohere's API have `parameters`.
PLACES: dict[str, JSON] = {
    "no function": {"id": "t", "type": "function", "name": "get_time", "arguments": ROME},
    "parameters": {"id": "t", "type": "function", "function": {"name": "get_time", "parameters": {"city": "Rome"}}},
    "input": {"id": "t", "type": "function", "function": {"name": "get_time", "input": {"city": "Rome"}}},
    "a number as the id": {**CALL, "id": 5},
}


@odd("chat", [*BYTES, *WHOLE], not_mistral)
@pytest.mark.parametrize("call", PLACES.values(), ids=PLACES)
def test_places_of_a_call(row: BaseRow, way: Way, call: JSON, server: Server) -> None:
    streamed = Reply.chat(chunk({"tool_calls": [{"index": 0, **call}]}), chunk({}, "tool_calls"))
    whole = Reply.json(completion({"tool_calls": [call]}, "tool_calls"))
    found = way(row, server, streamed if way.stream else whole, tools=TOOLS)
    assert (found.error, found.tools) == (None, [("get_time", str(call["id"]), {"city": "Rome"})])
    assert sent_calls(found.response) == [("get_time", {"city": "Rome"})]
    assert found.response.common_message_param.content


@odd("cohere", [*BYTES, *WHOLE])
def test_parameters_of_cohere(row: BaseRow, way: Way, server: Server) -> None:
    call = PLACES["parameters"]
    body = {"id": "a", "finish_reason": "TOOL_CALL", "message": {"role": "assistant", "tool_calls": [call]}}
    first = {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": call}}}
    streamed = cohere_stream(row, first, {"type": "tool-call-end", "index": 0})
    found = way(row, server, streamed if way.stream else Reply.json(body), tools=TOOLS)
    assert (found.error, found.tools) == (None, [("get_time", "t", {"city": "Rome"})])
    assert sent_calls(found.response) == [("get_time", {"city": "Rome"})]


# The other formats have one name each for the arguments; gateways that convert formats leave another one there.
RENAMED: dict[str, Any] = {
    "messages": lambda key: {**HEAD, "content": [{"type": "tool_use", "id": "t", "name": "get_time", **key}]},
    "responses": lambda key: response_of(
        [{"id": "fc", "type": "function_call", "call_id": "t", "name": "get_time", **key}]
    ),
    "gemini": lambda key: {
        "candidates": [
            {
                "content": {"role": "model", "parts": [{"functionCall": {"id": "t", "name": "get_time", **key}}]},
                "finishReason": "STOP",
                "index": 0,
            }
        ]
    },
}


@odd("messages responses gemini", WHOLE)
@pytest.mark.parametrize("key", ["arguments", "parameters"])
def test_other_names_of_arguments(row: BaseRow, way: Way, key: str, server: Server) -> None:
    body = RENAMED[format_of(row)]({key: {"city": "Rome"}})
    found = way(row, server, Reply.json(body), tools=TOOLS)
    assert (found.error, found.tools) == (None, [("get_time", "t", {"city": "Rome"})])
    assert sent_calls(found.response) == [("get_time", {"city": "Rome"})]


@odd("messages", WHOLE)
def test_an_input_that_is_an_empty_list(row: BaseRow, way: Way, server: Server) -> None:
    body = RENAMED["messages"]({"input": []})
    found = way(row, server, Reply.json(body), tools=TOOLS)
    assert (found.error, found.tools) == (None, [("get_time", "t", {"city": "x"})])
    assert sent_calls(found.response) == [("get_time", {})]


@odd("chat", [*BYTES, *WHOLE], not_mistral)
def test_texts_in_a_list(row: BaseRow, way: Way, server: Server) -> None:
    streamed = Reply.chat(chunk({"content": ["H", "i"]}), STOP)
    found = way(row, server, streamed if way.stream else Reply.json(completion({"content": ["H", "i"]})))
    assert (found.error, found.text, found.response.content) == (None, "Hi", "Hi")


# Older servers of llama.cpp: the error stands in a field of its own.
@odd("chat", BYTES, lambda row: row.id == "openai")
def test_an_error_in_a_field_of_its_own(row: BaseRow, way: Way, server: Server) -> None:
    error = b'error: {"code": 503, "message": "Loading model", "type": "unavailable_error"}\n\n'
    found = way(row, server, Reply.sse(chunk({"content": "Hi"}), error, named=False))
    assert isinstance(found.error, OverloadedError)
    assert "Loading model" in str(found.error)


@odd("cohere", WHOLE)
def test_one_call_of_cohere_alone(row: BaseRow, way: Way, server: Server) -> None:
    body = {"id": "a", "finish_reason": "TOOL_CALL", "message": {"role": "assistant", "tool_calls": CALL}}
    found = way(row, server, Reply.json(body), tools=TOOLS)
    assert (found.error, found.tools) == (None, [("get_time", "t", {"city": "Rome"})])
    assert sent_calls(found.response) == [("get_time", {"city": "Rome"})]


@odd("gemini", [*BYTES, *WHOLE])
def test_one_part_alone(row: BaseRow, way: Way, server: Server) -> None:
    content = {"role": "model", "parts": {"text": "Hi"}}
    body = {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}]}
    check_text(way(row, server, row.wire.stream(body) if way.stream else Reply.json(body)))


# Gateways in PHP write an empty object as a list.
@odd("chat", [*BYTES, *WHOLE], not_mistral)
def test_arguments_that_are_an_empty_list(row: BaseRow, way: Way, server: Server) -> None:
    call = {**CALL, "function": {"name": "get_time", "arguments": "[]"}}
    streamed = Reply.chat(chunk({"tool_calls": [call]}), chunk({}, "tool_calls"))
    found = way(row, server, streamed if way.stream else Reply.json(completion({"tool_calls": [call]})), tools=TOOLS)
    assert (found.error, found.tools) == (None, [("get_time", "t", {"city": "x"})])
    assert sent_calls(found.response) == [("get_time", {})]


# LiteLLM's documentation of `thinking_blocks`; gateways that keep the parts of a host's reasoning.
THOUGHTS: dict[str, JSON] = {
    "blocks alone": {"thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "s"}]},
    "a list": {"reasoning_content": [{"type": "text", "text": "hm"}]},
    "an object": {"reasoning": {"content": "hm"}},
}


@odd("chat", [*BYTES, *WHOLE], not_mistral)
@pytest.mark.parametrize("thought", THOUGHTS.values(), ids=THOUGHTS)
def test_structures_of_thinking(row: BaseRow, way: Way, thought: JSON, server: Server) -> None:
    streamed = Reply.chat(chunk(thought), chunk({"content": "Hi"}), STOP)
    found = way(row, server, streamed if way.stream else Reply.json(completion({**thought, "content": "Hi"})))
    check_text(found, thinking="hm")


# The API of assistants has a text as an object; some gateways pass it on.
@odd("chat", [*BYTES, *WHOLE], not_mistral)
def test_a_text_that_is_an_object(row: BaseRow, way: Way, server: Server) -> None:
    content = [{"type": "text", "text": {"value": "Hi", "annotations": []}}]
    streamed = Reply.chat(chunk({"content": content}), STOP)
    check_text(way(row, server, streamed if way.stream else Reply.json(completion({"content": content}))))


@odd("chat", BYTES, not_mistral)
def test_choices_that_are_no_list(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, Reply.chat({**chunk(), "choices": {"index": 0, "delta": {"content": "Hi"}}}))
    assert isinstance(found.error, ProviderError)


@odd("messages", WHOLE)
def test_a_text_of_null(row: BaseRow, way: Way, server: Server) -> None:
    body = {**row.wire.whole(Answer("Hi")), "content": [{"type": "text", "text": None}, TEXT_PART]}
    check_text(way(row, server, Reply.json(body)))


# An error as JSON without `data:`, after the first events: proxies that fail.
@odd("chat messages responses gemini cohere", BYTES, not_mistral)
@pytest.mark.parametrize("key", ["message", "detail"])
def test_an_error_without_its_field(row: BaseRow, way: Way, key: str, server: Server) -> None:
    found = way(row, server, row.wire.stream(b'{\n  "%b": "internal server error, boom"\n}\n\n' % key.encode()))
    assert isinstance(found.error, ServerError)
    assert "boom" in str(found.error)
