"""Oddities in tool calls, failures and finish reasons, in every format that can have them."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import pytest

from mirascope_like.core import (
    BadRequestError,
    ContentFilterError,
    ContextWindowExceededError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    StreamInterruptedError,
)
from mirascope_like.core.base.messages import BaseMessageParam, ImagePart, ImageURLPart
from tests.conformance.contract import BaseRow
from tests.conformance.odd_wire import (
    JSON,
    PLAIN,
    STREAMED,
    TOOLS,
    WHOLE,
    Way,
    chunk,
    completion,
    format_of,
    nobody,
    odd,
    piece,
    response_of,
    sent_calls,
)
from tests.conformance.wires.answer import Answer
from tests.harness.oracles_bedrock import METADATA, START, delta, ended, start, stop
from tests.harness.server import Reply, Server

ROME = '{"city": "Rome"}'
OSLO = '{"city": "Oslo"}'
CALLED = chunk({}, "tool_calls")


def whole_pieces(row: BaseRow) -> bool:
    """Can a provider's SDK read pieces of tool calls? Mistral's iterator rejects pieces without a name."""
    return row.name != "mistral"


# 1. Arguments


# The control: a tool that needs no arguments is called with none.
@odd("chat", STREAMED)
def test_no_arguments(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, Reply.chat(chunk(piece(0, "t1", "get_time", "{}")), CALLED), tools=TOOLS)
    assert (found.error, found.faults) == (None, [])
    assert found.tools == [("get_time", "t1", {"city": "x"})]


# quarkus-langchain4j#2642, vllm#54964: an empty object stands before the arguments, or they are JSON in a JSON string.
# OpenAI's reference: the arguments are one JSON text. A tool's are an object.
GROWN: dict[str, list[Any]] = {
    "empty first": [chunk(piece(0, "t1", "get_time", "{}")), chunk(piece(0, arguments=ROME)), CALLED],
    "cut by a finish reason": [
        chunk(piece(0, "t1", "get_time", '{"ci')),
        CALLED,
        chunk(piece(0, arguments='ty": "Rome"}')),
        CALLED,
    ],
    "empty before a finish reason": [
        chunk(piece(0, "t1", "get_time", "{}"), "tool_calls"),
        chunk(piece(0, arguments=ROME), "tool_calls"),
    ],
    "in a JSON string": [chunk(piece(0, "t1", "get_time", json.dumps(ROME))), CALLED],
    "null first": [chunk(piece(0, "t1", "get_time", "null")), chunk(piece(0, arguments=ROME)), CALLED],
}


@odd("chat", STREAMED, whole_pieces)
@pytest.mark.parametrize("script", GROWN.values(), ids=GROWN)
def test_arguments_that_count(row: BaseRow, way: Way, script: list[Any], server: Server) -> None:
    found = way(row, server, Reply.chat(*script), tools=TOOLS)
    assert (found.error, found.faults) == (None, [])
    assert found.tools == [("get_time", "t1", {"city": "Rome"})]
    assert [(tool.name, tool.args) for tool in found.response.tools] == [("get_time", {"city": "Rome"})]
    assert sent_calls(found.response) == [("get_time", {"city": "Rome"})]


@odd("chat", STREAMED)
def test_arguments_restated(row: BaseRow, way: Way, server: Server) -> None:
    whole = chunk(piece(0, "t1", "get_time", ROME))
    found = way(row, server, Reply.chat(whole, whole, CALLED), tools=TOOLS)
    assert found.tools == [("get_time", "t1", {"city": "Rome"})]
    assert sent_calls(found.response) == [("get_time", {"city": "Rome"})]


# Two objects that differ are arguments of nothing: the tool is not run, and what is sent back is JSON.
@odd("chat", STREAMED, whole_pieces)
def test_arguments_that_contradict(row: BaseRow, way: Way, server: Server) -> None:
    pieces = [chunk(piece(0, "t1", "get_time", ROME)), chunk(piece(0, arguments=OSLO)), CALLED]
    found = way(row, server, Reply.chat(*pieces), tools=TOOLS)
    assert len(found.tools) == len(found.faults) == 1
    assert [name for name, _ in sent_calls(found.response)] == ["get_time"]


# Interleaved pieces (OpenAI's reference: found by index), where one call begins before the other has any arguments.
@odd("chat", STREAMED, whole_pieces)
def test_calls_side_by_side(row: BaseRow, way: Way, server: Server) -> None:
    pieces = [
        piece(0, "a", "get_weather", ""),
        piece(1, "b", "get_time", ""),
        piece(0, arguments='{"city":'),
        piece(1, arguments='{"city":'),
        piece(0, arguments='"Rome"}'),
        piece(1, arguments='"Oslo"}'),
    ]
    found = way(row, server, Reply.chat(*map(chunk, pieces), CALLED), tools=TOOLS)
    assert found.tools == [("get_weather", "a", {"city": "Rome"}), ("get_time", "b", {"city": "Oslo"})]


@odd("chat", WHOLE)
@pytest.mark.parametrize("written", [json.dumps(ROME), "{}" + ROME, ROME + ROME])
def test_whole_arguments_that_count(row: BaseRow, way: Way, written: str, server: Server) -> None:
    call = {"id": "t1", "type": "function", "function": {"name": "get_time", "arguments": written}}
    found = way(row, server, Reply.json(completion({"tool_calls": [call]}, "tool_calls")), tools=TOOLS)
    assert found.tools == [("get_time", "t1", {"city": "Rome"})]
    assert sent_calls(found.response) == [("get_time", {"city": "Rome"})]


def message_call(*pieces: str, name: str = "get_time", index: Any = 0) -> list[JSON]:
    """The events of a call in Anthropic's format."""
    place = {} if index is None else {"index": index}
    block = {"type": "tool_use", "id": "t1", "name": name, "input": {}}
    deltas = [{"type": "input_json_delta", "partial_json": one} for one in pieces]
    return [
        {"type": "content_block_start", **place, "content_block": block},
        *({"type": "content_block_delta", **place, "delta": one} for one in deltas),
        {"type": "content_block_stop", **place},
    ]


def message(*events: JSON, reason: str = "tool_use") -> Reply:
    """A stream in Anthropic's format."""
    usage = {"input_tokens": 3, "output_tokens": 1}
    head = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    begun = {"type": "message_start", "message": {**head, "stop_reason": None, "stop_sequence": None}}
    end = {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage}
    return Reply.messages(begun, *events, end, {"type": "message_stop"})


FIRST_PIECES = {"empty first": ("{}", ROME), "null first": ("null", ROME), "in a JSON string": (json.dumps(ROME),)}


@odd("messages", STREAMED)
@pytest.mark.parametrize("pieces", FIRST_PIECES.values(), ids=FIRST_PIECES)
def test_arguments_of_a_block(row: BaseRow, way: Way, pieces: tuple[str, ...], server: Server) -> None:
    found = way(row, server, message(*message_call(*pieces)), tools=TOOLS)
    assert found.tools == [("get_time", "t1", {"city": "Rome"})]
    assert sent_calls(found.response) == [("get_time", {"city": "Rome"})]


@odd("bedrock", STREAMED)
@pytest.mark.parametrize("pieces", FIRST_PIECES.values(), ids=FIRST_PIECES)
def test_arguments_of_bedrock(row: BaseRow, way: Way, pieces: tuple[str, ...], server: Server) -> None:
    begun = start(0, toolUse={"toolUseId": "t1", "name": "get_time"})
    deltas = [delta(0, toolUse={"input": one}) for one in pieces]
    reply = row.wire.stream(START, begun, *deltas, stop(0), ended("tool_use"), METADATA)
    found = way(row, server, reply, tools=TOOLS)
    assert found.tools == [("get_time", "t1", {"city": "Rome"})]
    assert sent_calls(found.response) == [("get_time", {"city": "Rome"})]


def cohere_call(*pieces: str, name: str = "get_time") -> list[JSON]:
    """The events of a call in Cohere's format."""
    function = {"name": name, "arguments": ""}
    begun = {"tool_calls": {"id": "t1", "type": "function", "function": function}}
    deltas = [{"tool_calls": {"function": {"arguments": one}}} for one in pieces]
    return [
        {"id": "a", "type": "message-start", "delta": {"message": {"role": "assistant"}}},
        {"type": "tool-call-start", "index": 0, "delta": {"message": begun}},
        *({"type": "tool-call-delta", "index": 0, "delta": {"message": one}} for one in deltas),
        {"type": "tool-call-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL"}},
    ]


@odd("cohere", STREAMED)
@pytest.mark.parametrize("pieces", FIRST_PIECES.values(), ids=FIRST_PIECES)
def test_arguments_of_cohere(row: BaseRow, way: Way, pieces: tuple[str, ...], server: Server) -> None:
    found = way(row, server, row.wire.stream(*cohere_call(*pieces)), tools=TOOLS)
    assert found.tools == [("get_time", "t1", {"city": "Rome"})]
    assert sent_calls(found.response) == [("get_time", {"city": "Rome"})]


# 2. Items of Responses


def item_call(id: str, call_id: str, name: str, arguments: str, index: int | None = 0) -> list[JSON]:
    """The events of a call in Responses' format."""
    place = {} if index is None else {"output_index": index}
    whole = {"id": id, "type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}
    begun = {**whole, "arguments": "", "status": "in_progress"}
    return [
        {"type": "response.output_item.added", **place, "item": begun},
        {"type": "response.function_call_arguments.delta", **place, "item_id": id, "delta": arguments},
        {"type": "response.output_item.done", **place, "item": {**whole, "status": "completed"}},
    ]


CREATED = {"type": "response.created", "response": response_of([], "in_progress")}
ROME_CALL = item_call("fc_0", "call_0", "get_weather", ROME)
OSLO_CALL = item_call("fc_1", "call_1", "get_time", OSLO)
BOTH = [("get_weather", "call_0", {"city": "Rome"}), ("get_time", "call_1", {"city": "Oslo"})]
FINAL = {
    "full": [ROME_CALL[-1]["item"], OSLO_CALL[-1]["item"]],
    "empty": [],
    "first alone": [ROME_CALL[-1]["item"]],
    "second alone": [OSLO_CALL[-1]["item"]],
}


# OpenAI's reference: every item has an id of its own (`item.id`, `item_id`).
@odd("responses", STREAMED)
@pytest.mark.parametrize("output", FINAL.values(), ids=FINAL)
def test_two_calls_at_one_index(row: BaseRow, way: Way, output: list[JSON], server: Server) -> None:
    done = {"type": "response.completed", "response": response_of(output)}
    found = way(row, server, Reply.messages(CREATED, *ROME_CALL, *OSLO_CALL, done), tools=TOOLS)
    assert found.tools == BOTH
    assert sent_calls(found.response) == [("get_weather", {"city": "Rome"}), ("get_time", {"city": "Oslo"})]


@odd("responses", STREAMED)
def test_items_without_an_index(row: BaseRow, way: Way, server: Server) -> None:
    calls = [
        *item_call("fc_0", "call_0", "get_weather", ROME, None),
        *item_call("fc_1", "call_1", "get_time", OSLO, None),
    ]
    done = {"type": "response.completed", "response": response_of([])}
    assert way(row, server, Reply.messages(CREATED, *calls, done), tools=TOOLS).tools == BOTH


# GitHub Copilot gives an item another id in each of its events; its index stays.
@odd("responses", STREAMED)
def test_ids_that_change(row: BaseRow, way: Way, server: Server) -> None:
    events = json.loads(json.dumps([*ROME_CALL, *item_call("fc_1", "call_1", "get_time", OSLO, 1)]))
    for number, event in enumerate(events):
        (event.get("item") or event)["id" if "item" in event else "item_id"] = f"x{number}"
    done = {"type": "response.completed", "response": response_of([])}
    assert way(row, server, Reply.messages(CREATED, *events, done), tools=TOOLS).tools == BOTH


@odd("responses", STREAMED)
def test_reasoning_before_a_message_at_one_index(row: BaseRow, way: Way, server: Server) -> None:
    thought = {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}
    part = {"type": "output_text", "text": "Hi", "annotations": []}
    chunk_of = {"id": "m_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    events = [
        {"type": "response.output_item.added", "output_index": 0, "item": {**thought, "summary": []}},
        {"type": "response.output_item.done", "output_index": 0, "item": thought},
        {"type": "response.output_item.added", "output_index": 0, "item": {**chunk_of, "content": []}},
        {"type": "response.output_item.done", "output_index": 0, "item": chunk_of},
        {"type": "response.completed", "response": response_of([])},
    ]
    found = way(row, server, Reply.messages(CREATED, *events))
    assert (found.text, found.response.content, found.response.thinking) == ("Hi", "Hi", "hm")
    assert [item["type"] for item in found.response.message_param] == ["reasoning", "message"]


# 3. One call is one call

# poolside: the id changes with each delta. OpenAI's SDK adds the pieces of a name up; a name told anew is one.
ONE_CALL: dict[str, list[JSON]] = {
    "an id that changes": [
        piece(0, "a", "get_weather", ""),
        piece(0, "b", None, '{"city": '),
        piece(0, "c", None, '"Rome"}'),
    ],
    "an id that changes and a name": [
        piece(0, "a", "get_weather", ""),
        piece(0, "b", "get_weather", '{"city": '),
        piece(0, "c", "get_weather", '"Rome"}'),
    ],
    "an id that changes without an index": [
        piece(None, "a", "get_weather", ""),
        piece(None, "b", None, '{"city": '),
        piece(None, "c", None, '"Rome"}'),
    ],
    "a name in pieces": [piece(0, "a", "get_wea", ""), piece(0, None, "ther", ROME)],
    "a name that grows": [piece(0, "a", "get_wea", ""), piece(0, "a", "get_weather", ROME)],
    "a name told anew": [piece(0, "a", "get_weather", '{"city": '), piece(0, "a", "get_weather", '"Rome"}')],
    "one id under two indexes": [piece(0, "a", "get_weather", ""), piece(1, "a", None, ROME)],
    "told anew under another index": [piece(0, "a", "get_weather", ROME), piece(1, "a", "get_weather", ROME)],
    "no index": [piece(None, "a", "get_weather", ""), piece(None, None, None, ROME)],
    "index from 1": [piece(1, "a", "get_weather", ""), piece(1, None, None, ROME)],
}


@odd("chat", STREAMED, whole_pieces)
@pytest.mark.parametrize("pieces", ONE_CALL.values(), ids=ONE_CALL)
def test_one_call(row: BaseRow, way: Way, pieces: list[JSON], server: Server) -> None:
    found = way(row, server, Reply.chat(*map(chunk, pieces), CALLED), tools=TOOLS)
    assert (found.error, found.faults) == (None, [])
    assert found.tools == [("get_weather", "a", {"city": "Rome"})]
    assert sent_calls(found.response) == [("get_weather", {"city": "Rome"})]


TWO_CALLS: dict[str, list[JSON]] = {
    "one index": [piece(0, "a", "get_weather", ROME), piece(0, "b", "get_weather", OSLO)],
    "no index": [piece(None, "a", "get_weather", ROME), piece(None, "b", "get_weather", OSLO)],
    "one id": [piece(0, "a", "get_weather", ROME), piece(1, "a", "get_weather", OSLO)],
}


# Hosts that give all calls one index: another id after arguments, even after an empty object, is another call.
@odd("chat", STREAMED)
def test_two_calls_of_one_index_without_arguments(row: BaseRow, way: Way, server: Server) -> None:
    pieces = [piece(0, "a", "get_time", "{}"), piece(0, "b", "get_time", "{}")]
    found = way(row, server, Reply.chat(*map(chunk, pieces), CALLED), tools=TOOLS)
    assert found.tools == [("get_time", "a", {"city": "x"}), ("get_time", "b", {"city": "x"})]
    assert len(sent_calls(found.response)) == 2


# Hosts that give several calls one id: another name after arguments is another call.
@odd("chat", STREAMED)
def test_two_names_of_one_id(row: BaseRow, way: Way, server: Server) -> None:
    pieces = [piece(0, "a", "get_time", "{}"), piece(1, "a", "get_weather", OSLO)]
    found = way(row, server, Reply.chat(*map(chunk, pieces), CALLED), tools=TOOLS)
    assert [(name, args) for name, _, args in found.tools] == [
        ("get_time", {"city": "x"}),
        ("get_weather", {"city": "Oslo"}),
    ]


@odd("chat", STREAMED)
@pytest.mark.parametrize("pieces", TWO_CALLS.values(), ids=TWO_CALLS)
def test_two_calls(row: BaseRow, way: Way, pieces: list[JSON], server: Server) -> None:
    found = way(row, server, Reply.chat(*map(chunk, pieces), CALLED), tools=TOOLS)
    assert [(name, args) for name, _, args in found.tools] == [
        ("get_weather", {"city": "Rome"}),
        ("get_weather", {"city": "Oslo"}),
    ]


# Kimi says `functions.get_time:0`, Gemini `default_api:get_time`. What is sent back has the name that was offered.
# Servers of gpt-oss leave words of its format in the name: ggml-org/llama.cpp#15158 has its format.
NAMES = [
    *("default_api:get_time", "default_api.get_time", "functions.get_time", "functions.get_time:0"),
    *("functions/get_time", "functions::get_time", "get_time<|channel|>commentary"),
    *("functions.get_time<|constrain|>json", "get_time <|constrain|>json", "to=functions.get_time"),
]


@odd("chat", STREAMED)
@pytest.mark.parametrize("name", NAMES)
def test_decorated_names(row: BaseRow, way: Way, name: str, server: Server) -> None:
    found = way(row, server, Reply.chat(chunk(piece(0, "t1", name, ROME)), CALLED), tools=TOOLS)
    assert found.tools == [("get_time", "t1", {"city": "Rome"})]
    assert sent_calls(found.response) == [("get_time", {"city": "Rome"})]


@odd("chat", STREAMED)
def test_a_decorated_name_that_was_not_offered(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, Reply.chat(chunk(piece(0, "t1", "functions.delete", "{}")), CALLED), tools=TOOLS)
    assert [name for name, _, _ in found.tools] == ["functions.delete"]
    assert "unknown tool" in found.faults[0]


@odd("messages cohere gemini array responses bedrock", STREAMED)
def test_decorated_name_in_other_formats(row: BaseRow, way: Way, server: Server) -> None:
    name = "functions.get_time:0" if format_of(row) == "cohere" else "default_api:get_time"
    call = {"functionCall": {"id": "t1", "name": name, "args": {"city": "Rome"}}}
    content = {"content": {"role": "model", "parts": [call]}, "finishReason": "STOP", "index": 0}
    completed = {"type": "response.completed", "response": response_of([])}
    begun = start(0, toolUse={"toolUseId": "t1", "name": name})
    replies = {
        "messages": lambda: message(*message_call(ROME, name=name)),
        "cohere": lambda: row.wire.stream(*cohere_call(ROME, name=name)),
        "gemini": lambda: row.wire.stream({"candidates": [content]}),
        "array": lambda: row.wire.stream({"candidates": [content]}),
        "responses": lambda: Reply.messages(CREATED, *item_call("fc", "t1", name, ROME), completed),
        "bedrock": lambda: row.wire.stream(
            START, begun, delta(0, toolUse={"input": ROME}), stop(0), ended("tool_use"), METADATA
        ),
    }
    found = way(row, server, replies[format_of(row)](), tools=TOOLS)
    assert (found.error, found.faults) == (None, [])
    assert [(name, args) for name, _, args in found.tools] == [("get_time", {"city": "Rome"})]
    if format_of(row) != "array":  # messages of the retired SDK are its objects
        assert sent_calls(found.response) == [("get_time", {"city": "Rome"})]


# 4. Failures

# vLLM's and SGLang's ErrorResponse, FastAPI's detail, Google's list, and what gateways make of these.
FAILURES: dict[str, tuple[Any, type[ProviderError], str]] = {
    "detail": ({"detail": "Internal Server Error"}, ServerError, "Internal Server Error"),
    "list of details": (
        {"detail": [{"loc": ["body"], "msg": "field required", "type": "x"}]},
        ProviderError,
        "required",
    ),
    "object": ({"object": "error", "message": "No such thing", "code": 404}, ProviderError, "No such thing"),
    "code and details": ({"code": 400, "details": "logprobs of 21"}, BadRequestError, "logprobs"),
    "list": (
        [{"error": {"code": 503, "message": "Overloaded.", "status": "UNAVAILABLE"}}],
        OverloadedError,
        "Overloaded",
    ),
    "status": ({"error": {"status": "RESOURCE_EXHAUSTED", "message": "no quota"}}, RateLimitError, "no quota"),
    "type": ({"error": {"type": "overloaded", "message": "later"}}, OverloadedError, "later"),
    "words": ({"error": {"message": "Rate limit reached"}}, RateLimitError, "Rate limit"),
    "text": ({"error": "upstream timed out"}, RequestTimeoutError, "upstream"),
    "filter": ({"error": {"code": "content_policy_violation", "message": "no"}}, ContentFilterError, "no"),
    "window": (
        {"error": {"message": "prompt is too long: 9 tokens > 8 maximum"}},
        ContextWindowExceededError,
        "9 tokens",
    ),
}
BEGUN = chunk({"role": "assistant", "content": "Hel"})


@odd("chat", [way for way in STREAMED if not way.iterator])
@pytest.mark.parametrize(("body", "kind", "words"), FAILURES.values(), ids=FAILURES)
def test_failures(row: BaseRow, way: Way, body: Any, kind: type[ProviderError], words: str, server: Server) -> None:
    found = way(row, server, Reply.chat(BEGUN, json.dumps(body)))
    assert isinstance(found.error, kind)
    assert words in str(found.error)
    assert found.text == "Hel" == found.error.partial.content


# What OpenAI's SDK takes for a chunk, or raises itself, is the same.
@odd(
    "chat",
    [way for way in STREAMED if way.iterator],
    lambda row: row.name in ("openai", "azure", "openrouter", "mistral"),
)
@pytest.mark.parametrize(
    "name", ["detail", "object", "code and details", "status", "type", "words", "filter", "window"]
)
def test_failures_in_an_iterator(row: BaseRow, way: Way, name: str, server: Server) -> None:
    body, kind, _ = FAILURES[name]
    found = way(row, server, Reply.chat(BEGUN, json.dumps(body)))
    assert isinstance(found.error, kind)
    assert found.text == "Hel"


@odd("chat", WHOLE)
@pytest.mark.parametrize(("body", "kind", "words"), FAILURES.values(), ids=FAILURES)
def test_whole_failures(
    row: BaseRow, way: Way, body: Any, kind: type[ProviderError], words: str, server: Server
) -> None:
    found = way(row, server, Reply.json(body))
    assert isinstance(found.error, kind)
    assert words in str(found.error)


@odd("messages cohere responses gemini", [way for way in STREAMED if not way.iterator])
@pytest.mark.parametrize("name", FAILURES)
def test_failures_in_other_formats(row: BaseRow, way: Way, name: str, server: Server) -> None:
    body, kind, words = FAILURES[name]
    found = way(row, server, row.wire.stream(json.dumps(body).encode().join((b"data: ", b"\n\n"))))
    assert isinstance(found.error, kind)
    assert words in str(found.error)


# Errors in other structures, and bodies that are no objects, read through an SDK: some SDKs raise `AttributeError` or
# `TypeError` of their own code, or return objects made of them. None: only that it is an error of ours is known.
# Anthropic's iterator, and Cohere's iterator and types, drop the words.
UNLIKE: dict[str, tuple[Any, type[ProviderError] | None]] = {
    "error text": ({"error": "upstream timed out"}, RequestTimeoutError),
    "error list": ({"error": ["upstream timed out"]}, None),
    "error number": ({"error": 5}, None),
    "list": ([{"error": {"code": 503, "message": "Overloaded.", "status": "UNAVAILABLE"}}], OverloadedError),
    "number": (5, None),
    "text": ("upstream", None),
}


@odd(
    "chat messages responses cohere gemini",
    [*(way for way in STREAMED if way.iterator), *PLAIN],
    lambda row: row.id in ("openai", "groq", "anthropic", "openai.responses", "cohere", "google"),
)
@pytest.mark.parametrize(("body", "kind"), UNLIKE.values(), ids=UNLIKE)
def test_failures_read_by_an_sdk(
    row: BaseRow, way: Way, body: Any, kind: type[ProviderError] | None, server: Server
) -> None:
    data = b"data: %b\n\n" % json.dumps(body).encode()
    found = way(row, server, row.wire.stream(data) if way.stream else Reply.json(body))
    assert isinstance(found.error, ProviderError | StreamInterruptedError)
    assert row.name in str(found.error.provider)
    if kind is not None and (row.name not in ("anthropic", "cohere") or (row.name == "anthropic" and not way.stream)):
        assert isinstance(found.error, kind)


# Server-sent events: the name says what the data does not.
@odd("chat messages cohere responses gemini", [way for way in STREAMED if not way.iterator])
@pytest.mark.parametrize("data", ['{"reason": "gone"}', "gone"], ids=["object", "words"])
def test_named_error(row: BaseRow, way: Way, data: str, server: Server) -> None:
    found = way(row, server, Reply.sse(f"event: error\ndata: {data}\n\n".encode()))
    assert isinstance(found.error, ProviderError)
    assert "gone" in str(found.error)


# OpenRouter's reference: a choice may carry `error` {code, message} beside the finish reason `error`.
CHOICE_ERROR = {"code": 502, "message": "Upstream idle timeout exceeded", "metadata": {}}


@odd("chat", STREAMED)
def test_error_of_a_choice(row: BaseRow, way: Way, server: Server) -> None:
    failed = chunk({"content": ""}, "error")
    failed["choices"][0]["error"] = CHOICE_ERROR
    found = way(row, server, Reply.chat(BEGUN, failed))
    if row.name == "mistral" and way.iterator:  # the SDK's types leave it out
        assert found.response.common_finish_reasons == ["error"]
        return
    assert isinstance(found.error, ServerError)
    assert "Upstream idle timeout" in str(found.error)


# Mistral's SDK drops the error of a choice; its finish reason says that it failed.
@odd("chat", WHOLE, lambda row: row.name != "mistral")
def test_error_of_a_whole_choice(row: BaseRow, way: Way, server: Server) -> None:
    failed = completion({"content": "Hel"}, "error")
    failed["choices"][0]["error"] = CHOICE_ERROR
    found = way(row, server, Reply.json(failed))
    assert isinstance(found.error, ServerError)
    assert "Upstream idle timeout" in str(found.error)


@odd("chat", STREAMED)
@pytest.mark.usefixtures("at_once")
def test_error_of_a_choice_is_retried(row: BaseRow, way: Way, server: Server) -> None:
    failed = chunk({"content": ""}, "error")
    failed["choices"][0]["error"] = {**CHOICE_ERROR, "retry_after": 0}
    found = way(row, server, Reply.chat(failed), Reply.chat(chunk({"content": "ok"}, "stop")), retry=1)
    assert (found.error, found.text) == (None, "ok")


# By their iterators, the SDKs raise of fields that say nothing.
@odd("chat", [way for way in STREAMED if not way.iterator])
@pytest.mark.parametrize("error", [{}, {"message": "", "code": None}, ""], ids=["object", "fields", "text"])
def test_an_empty_error_is_ignored(row: BaseRow, way: Way, error: Any, server: Server) -> None:
    found = way(row, server, Reply.chat(chunk({"content": "Hi"}, "stop", error=error)))
    assert (found.error, found.text) == (None, "Hi")


# Azure: `response.failed` without an error, then the event that says why. The HTTP response says how long to wait.
@odd("responses", STREAMED)
def test_the_error_after_a_failed_response(row: BaseRow, way: Way, server: Server) -> None:
    failed = {"type": "response.failed", "response": response_of([], "failed")}
    why = {"type": "too_many_requests", "code": "rate_limit_exceeded", "message": "Your requests have exceeded"}
    events = Reply.messages(CREATED, failed, {"type": "error", "error": why})
    found = way(row, server, events.with_headers(retry_after="7"))
    assert isinstance(found.error, RateLimitError)
    assert "have exceeded" in str(found.error)
    if not way.iterator:
        assert found.error.retry_after == 7.0


# google.rpc.RetryInfo: a protobuf duration. OpenAI's SDK sends such errors of Google's endpoint as a list.
RETRY_INFO = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "36.5s"}]
QUOTA = {"error": {"code": 429, "message": "No quota.", "status": "RESOURCE_EXHAUSTED", "details": RETRY_INFO}}


@odd("chat messages responses cohere gemini array", [*WHOLE, *(way for way in STREAMED if not way.iterator)])
@pytest.mark.parametrize("body", [QUOTA, [QUOTA]], ids=["object", "list"])
def test_retry_info(row: BaseRow, way: Way, body: Any, server: Server) -> None:
    found = way(row, server, Reply.json(body, 429))
    assert isinstance(found.error, RateLimitError)
    assert found.error.retry_after == 36.5


@odd("chat messages responses cohere gemini", [*WHOLE, *(way for way in STREAMED if not way.iterator)])
@pytest.mark.parametrize(
    ("fields", "seconds"), [({"retry-after-ms": 1500}, 1.5), ({"retry_after": 2}, 2.0), ({"retry_after": "nan"}, None)]
)
def test_retry_after_in_the_body(
    row: BaseRow, way: Way, fields: Mapping[str, Any], seconds: float | None, server: Server
) -> None:
    found = way(row, server, Reply.json({"error": {"message": "Slow down", **fields}}, 429))
    assert found.error.retry_after == seconds


@odd("chat messages responses cohere gemini", WHOLE)
@pytest.mark.parametrize("header", ["nan", "inf"])
def test_retry_after_that_is_no_number(row: BaseRow, way: Way, header: str, server: Server) -> None:
    found = way(row, server, Reply.error(429, retry_after=header))
    assert found.error.retry_after is None


# 5. Finish reasons

# The references of z.ai, DeepSeek, Mistral, vLLM and Gemini's OpenAI endpoint.
REASONS = {
    "stop": "stop",
    "sensitive": "content_filter",
    "model_context_window_exceeded": "length",
    "network_error": "error",
    "insufficient_system_resource": "error",
    "error": "error",
    "function_call_filter: MALFORMED_FUNCTION_CALL": "error",
    "a_new_one": "unknown",
    # What gateways make of a reason, and watsonx's reasons (its reference of text generation).
    "tool-calls": "tool_calls",
    "content-filter": "content_filter",
    "FinishReason.MAX_TOKENS": "length",
    "FINISH_REASON_STOP": "stop",
    "token_limit": "length",
    "time_limit": "length",
}


@odd("chat", [*STREAMED, *WHOLE], lambda row: row.name != "mistral")
@pytest.mark.parametrize("reason", REASONS)
def test_finish_reasons(row: BaseRow, way: Way, reason: str, server: Server) -> None:
    events = Reply.chat(chunk({"content": "Hal"}), chunk({"content": ""}, reason))
    found = way(row, server, events if way.stream else Reply.json(completion({"content": "Hal"}, reason)))
    assert found.response.finish_reasons == [reason]
    assert found.response.common_finish_reasons == [REASONS[reason]]


# Gateways that end every stream with "stop", whatever reason the host gave before.
LAST_STOPS: dict[str, Any] = {
    "chat": lambda row: Reply.chat(chunk({"content": "a"}), chunk({}, "length"), chunk({}, "stop")),
    "messages": lambda row: message(
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "a"}},
        {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 7}},
        reason="end_turn",
    ),
    "gemini": lambda row: row.wire.stream(
        *(
            {"candidates": [{"content": {"role": "model", "parts": [{"text": one}]}, "finishReason": end, "index": 0}]}
            for one, end in (("a", "MAX_TOKENS"), ("", "STOP"))
        )
    ),
}


@odd("chat messages gemini", STREAMED)
def test_a_stop_after_another_finish_reason(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, LAST_STOPS[format_of(row)](row))
    assert (found.error, found.text, found.response.common_finish_reasons) == (None, "a", ["length"])


@odd("chat", STREAMED)
def test_a_finish_reason_that_is_the_word_null(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, Reply.chat(chunk({"content": "a"}, "null"), chunk({"content": "b"}, "stop")))
    assert (found.text, found.response.finish_reasons) == ("ab", ["stop"])


# Google's reference of FinishReason.
GEMINI_REASONS = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "MALFORMED_FUNCTION_CALL": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "OTHER": "unknown",
}


@odd("gemini array", [*STREAMED, *WHOLE])
@pytest.mark.parametrize("reason", GEMINI_REASONS)
def test_finish_reasons_of_gemini(row: BaseRow, way: Way, reason: str, server: Server) -> None:
    if reason == "UNEXPECTED_TOOL_CALL" and format_of(row) == "array":
        reason = "MALFORMED_FUNCTION_CALL"  # the retired SDK knows no newer one
    body = {"candidates": [{"content": {"role": "model", "parts": []}, "finishReason": reason, "index": 0}]}
    found = way(row, server, row.wire.stream(body) if way.stream else Reply.json(body))
    assert found.error is None
    assert found.response.common_finish_reasons == [GEMINI_REASONS[reason]]


@odd("messages", STREAMED)
@pytest.mark.parametrize(("reason", "common"), [("end_turn", "stop"), ("a_new_one", "unknown")])
def test_finish_reasons_of_messages(row: BaseRow, way: Way, reason: str, common: str, server: Server) -> None:
    assert way(row, server, message(reason=reason)).response.common_finish_reasons == [common]


@odd("bedrock", STREAMED)
@pytest.mark.parametrize(
    ("reason", "common"),
    [("malformed_tool_use", "error"), ("malformed_model_output", "error"), ("end_turn", "stop"), ("new", "unknown")],
)
def test_finish_reasons_of_bedrock(row: BaseRow, way: Way, reason: str, common: str, server: Server) -> None:
    found = way(row, server, row.wire.stream(START, ended(reason), METADATA))
    assert found.response.common_finish_reasons == [common]


@odd("cohere", STREAMED)
@pytest.mark.parametrize(("reason", "common"), [("ERROR", "error"), ("COMPLETE", "stop"), ("NEW", "unknown")])
def test_finish_reasons_of_cohere(row: BaseRow, way: Way, reason: str, common: str, server: Server) -> None:
    events = [*cohere_call()[:1], {"type": "message-end", "delta": {"finish_reason": reason}}]
    assert way(row, server, row.wire.stream(*events)).response.common_finish_reasons == [common]


# A reason alone is returned: neither an error object nor a message says what failed.
@odd("responses", [*STREAMED, *WHOLE])
@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_failed_response_without_an_error(row: BaseRow, way: Way, status: str, server: Server) -> None:
    response = response_of([], status)
    events = Reply.messages(CREATED, {"type": f"response.{status}", "response": response})
    found = way(row, server, events if way.stream else Reply.json(response))
    assert found.error is None
    assert found.response.common_finish_reasons == ["error"]


@odd("chat", STREAMED)
@pytest.mark.usefixtures("at_once")
def test_an_answer_that_failed_without_output_is_retried(row: BaseRow, way: Way, server: Server) -> None:
    good = Reply.chat(chunk({"content": "ok"}, "stop"))
    found = way(row, server, Reply.chat(chunk({"content": ""}, "error")), good, retry=1)
    assert (found.error, found.text, len(server.requests)) == (None, "ok", 2)


@odd("gemini array", STREAMED)
@pytest.mark.usefixtures("at_once")
def test_gemini_that_failed_without_output_is_retried(row: BaseRow, way: Way, server: Server) -> None:
    usage = {"promptTokenCount": 10, "totalTokenCount": 10}
    failed = {"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL", "index": 0}], "usageMetadata": usage}
    parts = [{"text": "ok"}]
    good = {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}]}
    found = way(row, server, row.wire.stream(failed), row.wire.stream(good), retry=1)
    assert (found.error, found.text, len(server.requests)) == (None, "ok", 2)


@odd("chat", [way for way in STREAMED if not way.iterator])
def test_no_retry_after_text_was_received(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, Reply.chat(chunk({"content": "Hal"}), chunk({"content": ""}, "error")), retry=1)
    assert (found.text, found.response.common_finish_reasons, len(server.requests)) == ("Hal", ["error"], 1)


# 9. Prompts that are too long, and statuses

# The words of each, from its documentation or its users' reports.
TOO_LONG = [
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "prompt is too long: 210000 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
    "Input is too long for requested model.",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "Unable to submit request because the input token count is 1200000 but model only supports up to 1048576.",
    "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 6024.",
    "Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192",
    "This model's maximum prompt length is 131072 but the request contains 200000 tokens.",
    "The decoder prompt (length 10127) is longer than the maximum model length of 8192.",
    "Prompt exceeds max length",
    "`inputs` tokens + `max_new_tokens` must be <= 4097. Given: 4000 `inputs` tokens and 200 `max_new_tokens`",
    "The prompt is too long: 140000, model maximum context length: 131071",
    "Invalid request: Your request exceeded model token limit: 8192",
    "the request exceeds the available context size. try increasing the context size or enable context shift",
    "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
    "prompt too long; exceeded max context length by 12 tokens",
]


@odd(
    "chat messages responses cohere gemini",
    [WHOLE[0]],
    lambda row: row.name in ("openai", "anthropic", "cohere", "google"),
)
@pytest.mark.parametrize("words", TOO_LONG, ids=range(len(TOO_LONG)))
def test_too_long_a_prompt(row: BaseRow, way: Way, words: str, server: Server) -> None:
    found = way(row, server, Reply.json({"error": {"message": words, "code": 400, "status": "INVALID_ARGUMENT"}}, 400))
    assert isinstance(found.error, ContextWindowExceededError)


# OpenRouter repeats the error of the provider behind it.
@odd("chat", [*WHOLE, *(way for way in STREAMED if not way.iterator)], lambda row: row.name == "openrouter")
def test_too_long_a_prompt_behind_a_gateway(row: BaseRow, way: Way, server: Server) -> None:
    behind = json.dumps({"error": {"message": "prompt is too long: 9 tokens > 8 maximum"}})
    body = {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": behind}}}
    assert isinstance(way(row, server, Reply.json(body, 400)).error, ContextWindowExceededError)


# By `llm.call`, the retired SDK cannot be told not to retry.
@odd("chat messages responses cohere gemini array", WHOLE, by_llm=lambda row: row.id != "gemini")
@pytest.mark.parametrize(
    ("status", "kind"),
    [(402, RateLimitError), (409, BadRequestError), (504, RequestTimeoutError), (503, OverloadedError)],
)
def test_statuses(row: BaseRow, way: Way, status: int, kind: type[ProviderError], server: Server) -> None:
    found = way(row, server, Reply.json({"error": {"message": "No", "code": status}}, status))
    assert isinstance(found.error, kind)


# 14. Near misses


@odd("chat", [way for way in STREAMED if not way.iterator])
@pytest.mark.parametrize("end", [b"data:  [DONE]\n\n", b'data: "[DONE]"\n\n', b"data: [DONE]  \n\n"])
def test_spellings_of_the_end(row: BaseRow, way: Way, end: bytes, server: Server) -> None:
    found = way(row, server, Reply.sse(chunk({"content": "Hi"}, "stop"), end))
    assert (found.error, found.text) == (None, "Hi")


@odd("chat", [way for way in STREAMED if not way.iterator])
@pytest.mark.parametrize("key", ["message", "text"])
def test_other_words_for_a_delta(row: BaseRow, way: Way, key: str, server: Server) -> None:
    def chunk_of(text: str, finish: str | None = None) -> JSON:
        content = {"role": "assistant", "content": text} if key == "message" else text
        return {**chunk(), "choices": [{"index": 0, key: content, "finish_reason": finish}]}

    found = way(row, server, Reply.chat(chunk_of("Hel"), chunk_of("lo", "stop")))
    assert (found.text, found.response.content) == ("Hello", "Hello")


@odd("chat", [way for way in STREAMED if not way.iterator])
def test_a_message_that_repeats_the_whole_text(row: BaseRow, way: Way, server: Server) -> None:
    last = {**chunk(), "choices": [{"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}]}
    found = way(row, server, Reply.chat(chunk({"content": "Hel"}), last))
    assert (found.text, found.response.content) == ("Hello", "Hello")


def text_block(text: str, index: Any) -> list[JSON]:
    """The events of a block of text in Anthropic's format."""
    place = {} if index is None else {"index": index}
    return [
        {"type": "content_block_start", **place, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", **place, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", **place},
    ]


@odd("messages", STREAMED)
@pytest.mark.parametrize("index", [0, None], ids=["one index", "no index"])
def test_two_blocks_of_one_index(row: BaseRow, way: Way, index: Any, server: Server) -> None:
    events = [*text_block("Hi", index), *message_call(ROME, index=index)]
    found = way(row, server, message(*events), tools=TOOLS)
    assert found.text == found.response.content == "Hi"
    assert found.tools == [("get_time", "t1", {"city": "Rome"})]
    assert [block["type"] for block in found.response.message_param["content"]] == ["text", "tool_use"]


# As whole: an answer of nothing, which tells its tokens.
@odd("gemini", [*STREAMED, *WHOLE])
def test_usage_without_candidates(row: BaseRow, way: Way, server: Server) -> None:
    body = {"usageMetadata": {"promptTokenCount": 10, "totalTokenCount": 10}}
    found = way(row, server, row.wire.stream(body) if way.stream else Reply.json(body))
    assert found.error is None
    assert (found.response.content, found.response.input_tokens) == ("", 10)


# Providers refuse an image whose media type is not that of its bytes, and most of them fetch no `data:` URL.
JPEG = b"\xff\xd8\xff\xe0"


def all_strings(data: Any) -> set[str]:
    """Every text in JSON, at any depth."""
    if isinstance(data, str):
        return {data}
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return {text for one in inner for text in all_strings(one)}


@odd("chat messages responses gemini", [WHOLE[0]], by_llm=nobody)
@pytest.mark.parametrize("linked", [False, True], ids=["labelled PNG", "data URL"])
def test_a_jpeg(row: BaseRow, way: Way, linked: bool, server: Server) -> None:
    data = b64encode(JPEG).decode()
    url = ImageURLPart(url=f"data:image/png;base64,{data}")
    part = url if linked else ImagePart(media_type="image/png", image=JPEG)
    server.reply(Reply.json(row.wire.whole(Answer("Hi"))))
    with row.client(server) as client:
        row.ask(client, [BaseMessageParam(role="user", content=[part])])
    sent = all_strings(row.wire.body(server.request))
    assert sent & {"image/jpeg", f"data:image/jpeg;base64,{data}"}
    assert not any("image/png" in text for text in sent)
