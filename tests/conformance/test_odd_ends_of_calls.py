"""Tool calls that the end of a response cuts off, and calls that are sent twice, in every format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like.core import ResponseParseError, ToolArgumentsError
from tests.conformance.contract import BaseRow
from tests.conformance.odd_wire import (
    BYTES,
    JSON,
    STREAMED,
    TOOLS,
    WHOLE,
    Way,
    chunk,
    completion,
    format_of,
    odd,
    response_of,
    sent_calls,
)
from tests.conformance.wires.answer import Answer
from tests.harness.oracles_bedrock import METADATA, START, delta, ended, start, stop
from tests.harness.server import Reply, Server

ROME = '{"city": "Rome"}'
FORMATS = "chat messages responses gemini cohere bedrock"
LENGTH: dict[str, str] = {
    "chat": "length",
    "messages": "max_tokens",
    "responses": "max_output_tokens",
    "gemini": "MAX_TOKENS",
    "cohere": "MAX_TOKENS",
    "bedrock": "max_tokens",
}
NORMAL: dict[str, str] = {
    "chat": "tool_calls",
    "messages": "tool_use",
    "responses": "",
    "gemini": "STOP",
    "cohere": "TOOL_CALL",
    "bedrock": "tool_use",
}


def arguments_of(text: str) -> JSON:
    return {"city": "Rome"} if text else {}


def chat(row: BaseRow, way: Way, calls: list[tuple[str, str, str]], reason: str) -> Reply:
    encoded = [
        {"index": at, "id": id, "type": "function", "function": {"name": name, "arguments": text}}
        for at, (id, name, text) in enumerate(calls)
    ]
    if way.stream:
        return Reply.chat(*(chunk({"tool_calls": [call]}) for call in encoded), chunk({}, reason))
    return Reply.json(completion({"tool_calls": encoded}, reason))


def messages(row: BaseRow, way: Way, calls: list[tuple[str, str, str]], reason: str) -> Reply:
    head: JSON = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": []}
    head |= {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 5, "output_tokens": 1}}
    blocks = [{"type": "tool_use", "id": id, "name": name, "input": {}} for id, name, _ in calls]
    if not way.stream:
        encoded = [{**one, "input": arguments_of(text)} for one, (_, _, text) in zip(blocks, calls, strict=True)]
        return Reply.json({**head, "content": encoded, "stop_reason": reason})
    events: list[JSON] = [{"type": "message_start", "message": head}]
    for at, (one, (_, _, text)) in enumerate(zip(blocks, calls, strict=True)):
        events.append({"type": "content_block_start", "index": at, "content_block": one})
        piece = {"type": "input_json_delta", "partial_json": text}
        events.append({"type": "content_block_delta", "index": at, "delta": piece})
        events.append({"type": "content_block_stop", "index": at})
    end = {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 7}}
    return Reply.messages(*events, end, {"type": "message_stop"})


def responses(row: BaseRow, way: Way, calls: list[tuple[str, str, str]], reason: str) -> Reply:
    items: list[JSON] = [
        {"id": f"fc_{at}", "type": "function_call", "call_id": id, "name": name, "arguments": text}
        for at, (id, name, text) in enumerate(calls)
    ]
    status = "incomplete" if reason else "completed"
    whole = response_of(items, status, incomplete_details={"reason": reason} if reason else None)
    if not way.stream:
        return Reply.json(whole)
    done = [
        {"type": "response.output_item.done", "output_index": at, "item": {**item, "status": status}}
        for at, item in enumerate(items)
    ]
    return Reply.messages(*done, {"type": f"response.{status}", "response": whole})


def gemini(row: BaseRow, way: Way, calls: list[tuple[str, str, str]], reason: str) -> Reply:
    parts = [{"functionCall": {"id": id, "name": name, "args": arguments_of(text)}} for id, name, text in calls]
    if not way.stream:
        content = {"role": "model", "parts": parts}
        return Reply.json({"candidates": [{"content": content, "finishReason": reason, "index": 0}]})
    events: list[JSON] = [
        {"candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0}]} for part in parts
    ]
    return row.wire.stream(*events, {"candidates": [{"finishReason": reason, "index": 0}]})


def cohere(row: BaseRow, way: Way, calls: list[tuple[str, str, str]], reason: str) -> Reply:
    encoded = [
        {"id": id, "type": "function", "function": {"name": name, "arguments": text}} for id, name, text in calls
    ]
    if not way.stream:
        return Reply.json({"id": "a", "finish_reason": reason, "message": {"role": "assistant", "tool_calls": encoded}})
    events: list[JSON] = [{"id": "a", "type": "message-start", "delta": {"message": {"role": "assistant"}}}]
    for at, one in enumerate(encoded):
        events.append({"type": "tool-call-start", "index": at, "delta": {"message": {"tool_calls": one}}})
        events.append({"type": "tool-call-end", "index": at})
    return row.wire.stream(*events, {"type": "message-end", "delta": {"finish_reason": reason}})


def bedrock(row: BaseRow, way: Way, calls: list[tuple[str, str, str]], reason: str) -> Reply:
    if not way.stream:
        encoded = [
            {"toolUse": {"toolUseId": id, "name": name, "input": arguments_of(text)}} for id, name, text in calls
        ]
        body = row.wire.whole(Answer("Hi"))
        body["output"]["message"]["content"] = encoded
        return Reply.json({**body, "stopReason": reason})
    events: list[Any] = [START]
    for at, (id, name, text) in enumerate(calls):
        events.append(start(at, toolUse={"toolUseId": id, "name": name}))
        events += [delta(at, toolUse={"input": text})] if text else []
        events.append(stop(at))
    return row.wire.stream(*events, ended(reason), METADATA)


REPLIES: dict[str, Callable[[BaseRow, Way, list[tuple[str, str, str]], str], Reply]] = {
    "chat": chat,
    "messages": messages,
    "responses": responses,
    "gemini": gemini,
    "cohere": cohere,
    "bedrock": bedrock,
}


def outcome(row: BaseRow, way: Way, server: Server, calls: list[tuple[str, str, str]], reasons: dict[str, str]) -> Any:
    form = format_of(row)
    return way(row, server, REPLIES[form](row, way, calls, reasons[form]), tools=TOOLS)


# The token limit ends a response before the first argument: vllm-project/vllm#46303, jaseci-labs/jac#6766,
# OpenRouterTeam/typescript-agent#125. The tool would run with defaults, although the model did not choose them.
@odd(FORMATS, [*STREAMED, *WHOLE])
def test_a_call_that_is_cut_before_its_arguments(row: BaseRow, way: Way, server: Server) -> None:
    found = outcome(row, way, server, [("t1", "get_time", ROME), ("t2", "get_time", "")], LENGTH)
    assert found.error is None
    assert [(name, id) for name, id, _ in found.tools] == [("get_time", "t1"), ("get_time", "t2")]
    assert len(found.faults) == 1
    first, second = found.response.tools
    assert (first.error, first.call()) == (None, "Rome")
    assert isinstance(second.error, ToolArgumentsError)
    again = type(found.response).model_validate_json(found.response.model_dump_json(), context={"tools": TOOLS})
    assert [tool.error is None for tool in again.tools] == [True, False]
    assert sent_calls(found.response) == [("get_time", {"city": "Rome"}), ("get_time", {})]


# The controls: a call without arguments in a response that ended normally, or before a call that was cut.
@odd(FORMATS, [*STREAMED, *WHOLE])
@pytest.mark.parametrize("reasons", [NORMAL, LENGTH], ids=["normal", "another was cut"])
def test_a_call_without_arguments(row: BaseRow, way: Way, reasons: dict[str, str], server: Server) -> None:
    calls = [("t1", "get_time", ""), ("t2", "get_time", ROME)]
    found = outcome(row, way, server, calls if reasons is LENGTH else [calls[1], calls[0]], reasons)
    assert (found.error, found.faults) == (None, [])
    assert sorted((id, args["city"]) for _, id, args in found.tools) == [("t1", "x"), ("t2", "Rome")]


class City(BaseModel):
    name: str = "x"


# An output whose fields all have defaults.
@odd("chat messages", [WHOLE[0]], lambda row: row.id in ("openai", "anthropic"))
def test_an_output_that_is_cut_before_its_fields(row: BaseRow, way: Way, server: Server) -> None:
    form = format_of(row)
    reply = REPLIES[form](row, way, [("t1", "City", "")], LENGTH[form])
    found = way(row, server, reply, response_model=City)
    assert isinstance(found.error, ResponseParseError)


# A custom tool gets a text, which does not show that it is cut.
@odd("responses", [*STREAMED, *WHOLE], lambda row: row.id == "openai.responses")
def test_a_text_that_is_cut(row: BaseRow, way: Way, server: Server) -> None:
    item = {"id": "c", "type": "custom_tool_call", "call_id": "t1", "name": "get_time", "input": "rm -r /tm"}
    whole = response_of([item], "incomplete", incomplete_details={"reason": "max_output_tokens"})
    done = {"type": "response.output_item.done", "output_index": 0, "item": item}
    events = [done, {"type": "response.incomplete", "response": whole}]
    found = way(row, server, Reply.messages(*events) if way.stream else Reply.json(whole), tools=TOOLS)
    assert isinstance(found.response.tools[0].error, ToolArgumentsError)


# Google's reference of `FunctionCall.willContinue`: more arguments follow.
@odd("gemini", BYTES)
def test_pieces_of_arguments_that_are_cut(row: BaseRow, way: Way, server: Server) -> None:
    pieces = [{"jsonPath": "$.city", "stringValue": "Ro", "willContinue": True}]
    call = {"id": "t1", "name": "get_time", "partialArgs": pieces, "willContinue": True}
    content = {"role": "model", "parts": [{"functionCall": call}]}
    event = {"candidates": [{"content": content, "index": 0}]}
    end = {"candidates": [{"finishReason": "MAX_TOKENS", "index": 0}]}
    found = way(row, server, row.wire.stream(event, end), tools=TOOLS)
    assert [isinstance(tool.error, ToolArgumentsError) for tool in found.response.tools] == [True]


# One call sent twice: agno-agi/agno#2336, charmbracelet/crush#3107, rynfar/meridian#528, QuantumNous/new-api#6278.
@odd(FORMATS, [*STREAMED, *WHOLE])
def test_a_call_that_is_sent_twice(row: BaseRow, way: Way, server: Server) -> None:
    found = outcome(row, way, server, [("t1", "get_time", ROME), ("t1", "get_time", ROME)], NORMAL)
    assert (found.error, found.faults) == (None, [])
    assert found.tools == [("get_time", "t1", {"city": "Rome"})]
    assert [tool.id for tool in found.response.tools] == ["t1"]
    assert sent_calls(found.response) == [("get_time", {"city": "Rome"})]
    again = type(found.response).model_validate_json(found.response.model_dump_json(), context={"tools": TOOLS})
    assert [tool.id for tool in again.tools] == ["t1"]


# Some gateways make the id of the tool's name and index: 1ay1/agentty#9. These are two calls.
@odd(FORMATS, [*STREAMED, *WHOLE])
def test_two_calls_with_one_id(row: BaseRow, way: Way, server: Server) -> None:
    found = outcome(row, way, server, [("t1", "get_weather", ROME), ("t1", "get_time", ROME)], NORMAL)
    assert (found.error, found.faults) == (None, [])
    assert [name for name, _, _ in found.tools] == ["get_weather", "get_time"]
    assert len(sent_calls(found.response)) == 2
