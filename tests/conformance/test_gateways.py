"""What gateways and compatible servers send in place of the reference's: errors, calls, indexes, texts, events."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mirascope_like.core import (
    AuthenticationError,
    ContentFilterError,
    ContextWindowExceededError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    ServerError,
)
from mirascope_like.core.base.errors import retry_after
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
    piece,
    response_of,
    sent_calls,
)
from tests.conformance.providers import chat_whole
from tests.conformance.rows import OPENROUTER
from tests.harness.oracles_bedrock import METADATA, START, delta, ended, event, start, stop
from tests.harness.server import Reply, Server

ROME = {"city": "Rome"}
TEXT = '{"city": "Rome"}'
CALLED = [("get_time", ROME)]
EMPTY = [("get_time", {"city": "x"})]


def one_of_each(row: BaseRow) -> bool:
    """One provider of each format."""
    return row.id in ("openai", "anthropic", "openai.responses", "cohere", "google", "bedrock")


# Errors

# The error bodies of DashScope, Cloudflare's Workers AI, Hugging Face, LiteLLM, Amazon, MiniMax, Apigee, RFC 9457 and
# web frameworks, as their references and public reports show them.
ERRORS: dict[str, tuple[JSON, type[ProviderError], str]] = {
    "success": ({"success": False, "message": "boom"}, ProviderError, "boom"),
    "status": ({"status": "error", "message": "boom"}, ProviderError, "boom"),
    "ok": ({"ok": False, "description": "boom"}, ProviderError, "boom"),
    "exception": ({"exception": "boom"}, ProviderError, "boom"),
    "capital": ({"Message": "boom"}, ProviderError, "boom"),
    "errmsg": ({"errcode": 40001, "errmsg": "boom"}, ProviderError, "boom"),
    "error_msg": ({"error_code": 336501, "error_msg": "boom"}, ProviderError, "boom"),
    "fault": ({"fault": {"faultstring": "boom", "detail": {"errorcode": "x"}}}, ProviderError, "boom"),
    "quota": ({"code": "Throttling.RateQuota", "message": "boom", "request_id": "x"}, RateLimitError, "boom"),
    "inspection": ({"code": "DataInspectionFailed", "message": "boom"}, ContentFilterError, "boom"),
    "errors": ({"errors": [{"message": "boom", "code": 7003}], "success": False}, ProviderError, "boom"),
    "capacity": ({"errors": [{"message": "Capacity temporarily exceeded"}], "success": False}, OverloadedError, ""),
    "loading": ({"error": "Model x is currently loading", "estimated_time": 20.0}, OverloadedError, "loading"),
    "text code": ({"error": {"code": "429", "message": "boom"}}, RateLimitError, "boom"),
    "status code": ({"statusCode": 503, "message": "boom"}, OverloadedError, "boom"),
    "amazon": ({"__type": "ThrottlingException", "message": "boom"}, RateLimitError, "boom"),
    "nested": ({"error": {"message": '{"error":{"code":503,"message":"boom"}}', "code": 500}}, ServerError, "boom"),
    "litellm": (
        {"error": {"message": "litellm.ContextWindowExceededError: b", "code": "400"}},
        ContextWindowExceededError,
        "",
    ),
    "problem": ({"title": "Too Many Requests", "status": 429, "detail": "boom"}, RateLimitError, "boom"),
    "minimax": ({"base_resp": {"status_code": 1004, "status_msg": "login fail"}}, AuthenticationError, "login"),
}


# With Anthropic's own iterator, and Google's, only events of the reference's structure reach us.
@odd("chat messages responses gemini cohere", BYTES, one_of_each)
@pytest.mark.parametrize("name", ERRORS)
def test_errors(row: BaseRow, way: Way, name: str, server: Server) -> None:
    body, kind, text = ERRORS[name]
    found = way(row, server, row.wire.stream(b"data: %b\n\n" % json.dumps(body).encode()))
    assert isinstance(found.error, kind)
    assert text in str(found.error)


@odd("chat messages responses gemini cohere", WHOLE, one_of_each)
@pytest.mark.parametrize("name", ERRORS)
def test_whole_errors(row: BaseRow, way: Way, name: str, server: Server) -> None:
    body, kind, text = ERRORS[name]
    found = way(row, server, Reply.json(body))
    assert isinstance(found.error, kind)
    assert text in str(found.error)


# Gateways that fill every field of an answer: an empty list is no answer, and so the code or the text counts.
EMPTY_ANSWERS: dict[str, JSON] = {
    "chat": {"id": "c", "object": "chat.completion", "choices": []},
    "gemini": {"candidates": []},
}


@odd("chat gemini", [*BYTES, *WHOLE], one_of_each)
@pytest.mark.parametrize("code", [503, "503"])
def test_errors_beside_an_empty_answer(row: BaseRow, way: Way, code: Any, server: Server) -> None:
    body = {**EMPTY_ANSWERS[format_of(row)], "code": code, "message": "boom"}
    found = way(row, server, row.wire.stream(body) if way.stream else Reply.json(body))
    assert isinstance(found.error, OverloadedError)
    assert "boom" in str(found.error)


# The controls: OpenAI's chunk with the usage, Azure's first chunk, and a code that means success.
@odd("chat", STREAMED, one_of_each)
def test_empty_choices_that_are_no_error(row: BaseRow, way: Way, server: Server) -> None:
    filters = [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}}]
    azure = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": filters}
    fine = {"id": "c1", "choices": [], "code": 0, "message": "Success"}
    usage = chunk(usage={"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12})
    found = way(row, server, Reply.chat(azure, fine, HI, STOP, usage))
    assert (found.error, found.text, found.response.output_tokens) == (None, "Hi", 7)


def test_how_long_a_model_loads() -> None:
    assert retry_after(None, ERRORS["loading"][0]) == 20.0


# MiniMax reports a status with each answer, and zero is none.
def test_a_status_of_zero(server: Server) -> None:
    fine = {"base_resp": {"status_code": 0, "status_msg": ""}}
    found = BYTES[0](OPENROUTER, server, Reply.chat(chunk({"content": "Hi"}, **fine), chunk({}, "stop", **fine)))
    assert (found.error, found.text) == (None, "Hi")


# Answers

Script = tuple[Callable[[BaseRow], Reply], str, list[tuple[str, JSON]]]


def chat(*events: Any, text: str = "", tools: Any = ()) -> Script:
    return lambda row: Reply.chat(*events), text, list(tools)


def events(*pieces: Any, text: str = "", tools: Any = ()) -> Script:
    return lambda row: row.wire.stream(*pieces), text, list(tools)


HI, STOP, CALLS = chunk({"content": "Hi"}), chunk({}, "stop"), chunk({}, "tool_calls")
LINES = b"".join(b"data: %b\n" % json.dumps(chunk({"content": one})).encode() for one in "Hi")


NO_CALL: JSON = {"index": 0, "id": None, "type": "function", "function": {"name": None, "arguments": None}}
"""What some gateways send in each chunk: every field that the SDK's type has, empty."""


def call_of(**function: Any) -> JSON:
    return {"tool_calls": [{"index": 0, "id": "t", "type": "function", "function": function}]}


CHAT: dict[str, Script] = {
    "null event": chat("null", HI, STOP, text="Hi"),
    "empty events": chat("{}", '""', HI, STOP, text="Hi"),
    "two data lines": chat(LINES + b"\n", STOP, text="Hi"),
    "no empty lines": chat(LINES + b"data: %b\ndata: [DONE]\n\n" % json.dumps(STOP).encode(), text="Hi"),
    "delta null": chat(HI, {**STOP, "choices": [{"index": 0, "delta": None, "finish_reason": "stop"}]}, text="Hi"),
    "content object": chat(chunk({"content": {"type": "text", "text": "Hi"}}), STOP, text="Hi"),
    "parts without a type": chat(chunk({"content": [{"text": "Hi"}]}), STOP, text="Hi"),
    "choice index text": chat(
        {**HI, "choices": [{"index": "0", "delta": {"content": "Hi"}, "finish_reason": None}]}, STOP, text="Hi"
    ),
    "call index text": chat(
        chunk({"tool_calls": [{"index": "0", "id": "t", "function": {"name": "get_time", "arguments": TEXT[:9]}}]}),
        chunk({"tool_calls": [{"index": "0", "function": {"arguments": TEXT[9:]}}]}),
        CALLS,
        tools=CALLED,
    ),
    "arguments object": chat(chunk(call_of(name="get_time", arguments=ROME)), CALLS, tools=CALLED),
    "arguments null": chat(chunk(call_of(name="get_time", arguments=None)), CALLS, tools=EMPTY),
    "arguments the word null": chat(chunk(call_of(name="get_time", arguments="null")), CALLS, tools=EMPTY),
    "name with spaces": chat(chunk(call_of(name=" get_time\n", arguments=TEXT)), CALLS, tools=CALLED),
    "empty names later": chat(chunk(piece(0, "t", "get_time", "")), chunk(piece(0, "", "", TEXT)), CALLS, tools=CALLED),
    "an empty piece": chat(
        chunk(piece(0, "t", "get_time", TEXT)), chunk({"tool_calls": [{"index": 0}]}), CALLS, tools=CALLED
    ),
    "a call of nulls": chat(chunk({"content": "Hi", "tool_calls": [NO_CALL]}), STOP, text="Hi"),
    "an empty call": chat(chunk({"tool_calls": [{}]}), chunk(piece(0, "t", "get_time", TEXT)), CALLS, tools=CALLED),
    "a call that is null": chat(
        chunk({"tool_calls": [None]}), chunk(piece(0, "t", "get_time", TEXT)), CALLS, tools=CALLED
    ),
}
_BLOCK = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
_TEXT = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}}
_ENDS = [
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}},
    {"type": "message_stop"},
]
_USE = {"type": "tool_use", "id": "t", "name": "get_time", "input": {}}
_HEAD = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None}


def _without_index(event: Any) -> JSON:
    return {key: value for key, value in event.items() if key != "index"}


def messages(*given: JSON | str, text: str = "", tools: Any = ()) -> Script:
    head = {"type": "message_start", "message": {**_HEAD, "usage": {"input_tokens": 5, "output_tokens": 1}}}
    return lambda row: Reply.sse(head, *given, *_ENDS, named=False), text, list(tools)


def use(block: JSON, *pieces: Any) -> list[Any]:
    deltas = [{"type": "input_json_delta", "partial_json": one} for one in pieces]
    return [
        {**_BLOCK, "content_block": {**_USE, **block}},
        *({"type": "content_block_delta", "index": 0, "delta": one} for one in deltas),
    ]


MESSAGES: dict[str, Script] = {
    "null event": messages("null", _BLOCK, _TEXT, text="Hi"),
    "no block start": messages(_TEXT, text="Hi"),
    "index text": messages({**_BLOCK, "index": "0"}, {**_TEXT, "index": "0"}, text="Hi"),
    "index from 1": messages({**_BLOCK, "index": 1}, {**_TEXT, "index": 1}, text="Hi"),
    "no index and a new field": messages(_without_index(_BLOCK), {**_without_index(_TEXT), "new": 1}, text="Hi"),
    "a text without a start after a call": messages(*use({}, TEXT), _TEXT, tools=CALLED, text="Hi"),
    "text null": messages(_BLOCK, {**_TEXT, "delta": {"type": "text_delta", "text": None}}, _TEXT, text="Hi"),
    "fields of every kind": messages(
        {**_BLOCK, "content_block": {"type": "text", "text": "", "thinking": None, "input": None}},
        {**_TEXT, "delta": {"partial_json": "", "thinking": "", "signature": None, **_TEXT["delta"]}},
        text="Hi",
    ),
    "done": messages(_BLOCK, _TEXT, *_ENDS, "[DONE]", text="Hi"),
    "input in the start": messages(*use({"input": ROME}), tools=CALLED),
    "input twice": messages(*use({"input": ROME}, TEXT), tools=CALLED),
    "input null": messages(*use({"input": None}, TEXT), tools=CALLED),
    "input text": messages(*use({"input": TEXT}), tools=CALLED),
    "pieces that are objects": messages(*use({}, ROME), tools=CALLED),
    "name with spaces": messages(*use({"name": " get_time "}, TEXT), tools=CALLED),
}
_CREATED = {"type": "response.created", "response": response_of([], "in_progress")}
_DELTA = {"type": "response.output_text.delta", "delta": "Hi"}
_ITEM = {"type": "function_call", "id": "fc", "call_id": "t", "name": "get_time", "arguments": TEXT}
_ANSWER = {"id": "msg", "type": "message", "role": "assistant", "status": "completed"}
_ANSWER["content"] = [{"type": "output_text", "text": "Hi", "annotations": []}]  # type: ignore[assignment]


def responses(*given: Any, output: Any = (), kind: str = "completed", text: str = "", tools: Any = ()) -> Script:
    end = {"type": f"response.{kind}", "response": response_of(list(output))}
    return lambda row: Reply.sse(_CREATED, *given, end, named=False), text, list(tools)


def done(**fields: Any) -> JSON:
    return {"type": "response.output_item.done", "output_index": 0, "item": {**_ITEM, **fields}}


RESPONSES: dict[str, Script] = {
    "null event": responses("null", _DELTA, text="Hi"),
    "deltas without an item": responses(_DELTA, text="Hi"),
    "deltas without an item, and the output": responses(_DELTA, output=[_ANSWER], text="Hi"),
    "no deltas": responses(output=[_ANSWER], text="Hi"),
    "response.done": responses(_DELTA, output=[_ANSWER], kind="done", text="Hi"),
    "text in done alone": responses(
        {"type": "response.output_text.done", "item_id": "a", "output_index": 0, "content_index": 0, "text": "Hi"},
        text="Hi",
    ),
    "done twice": responses(done(), done(), output=[_ITEM], tools=CALLED),
    "arguments object": responses(done(arguments=ROME), output=[{**_ITEM, "arguments": ROME}], tools=CALLED),
    "arguments in a JSON string": responses(done(arguments=json.dumps(TEXT)), tools=CALLED),
    "name with spaces": responses(done(name=" get_time "), tools=CALLED),
    "index text": responses(
        *({**_DELTA, "output_index": at, "delta": one} for at, one in zip("01", "Hi", strict=True)), text="Hi"
    ),
    "done with a null name": responses(
        {**done(arguments=""), "type": "response.output_item.added"}, done(name=None, arguments=TEXT), tools=CALLED
    ),
}


def candidate(part: Any, finish: str | None = "STOP", **fields: Any) -> JSON:
    content = {"role": "model", "parts": [part]}
    return {"candidates": [{"content": content, **({"finishReason": finish} if finish else {}), **fields}]}


def function(**call: Any) -> JSON:
    return candidate({"functionCall": {"name": "get_time", **call}})


GEMINI: dict[str, Script] = {
    "null event": events(b"data: null\n\n", candidate({"text": "Hi"}), text="Hi"),
    "done": events(candidate({"text": "Hi"}), b"data: [DONE]\n\n", text="Hi"),
    "content null": events(
        candidate({"text": "Hi"}, None), {"candidates": [{"content": None, "finishReason": "STOP"}]}, text="Hi"
    ),
    "index text": events(candidate({"text": "Hi"}, index="0"), text="Hi"),
    "call null": events(
        candidate({"text": "H", "functionCall": None}, None), candidate({"text": "i", "functionCall": {}}), text="Hi"
    ),
    "text null": events(candidate({"text": None}, None), candidate({"text": "Hi"}), text="Hi"),
    "finish reason in lower case": events(candidate({"text": "Hi"}, "stop"), text="Hi"),
    "args text": events(function(args=TEXT), tools=CALLED),
    "args in a JSON string": events(function(args=json.dumps(TEXT)), tools=CALLED),
    "args null": events(function(args=None), tools=EMPTY),
    "name with spaces": events(function(name=" get_time", args=ROME), tools=CALLED),
}


def cohere(*given: Any, text: str = "", tools: Any = ()) -> Script:
    begun = {"type": "message-start", "id": "a", "delta": {"message": {"role": "assistant"}}}
    return lambda row: row.wire.stream(begun, *given, _COHERE_END), text, list(tools)


_COHERE_END = {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}
_CONTENT = {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Hi"}}}}


def begun(id: str = "t", arguments: Any = "", *, listed: bool = False) -> JSON:
    call = {"id": id, "type": "function", "function": {"name": "get_time", "arguments": arguments}}
    return {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": [call] if listed else call}}}


def more(arguments: Any, *, listed: bool = False) -> JSON:
    call = {"function": {"arguments": arguments}}
    return {"type": "tool-call-delta", "index": 0, "delta": {"message": {"tool_calls": [call] if listed else call}}}


def changed(call: JSON, function: JSON) -> list[JSON]:
    """The arguments in two pieces that repeat fields of the call."""
    pieces = [{**call, "function": {**function, "arguments": one}} for one in (TEXT[:9], TEXT[9:])]
    return [{"type": "tool-call-delta", "index": 0, "delta": {"message": {"tool_calls": one}}} for one in pieces]


def both(text: str, thinking: Any) -> JSON:
    """A piece of text, with the field of thinking, empty."""
    content = {"text": text, "thinking": thinking}
    return {"type": "content-delta", "index": 0, "delta": {"message": {"content": content}}}


_CALL_END = {"type": "tool-call-end", "index": 0}
COHERE: dict[str, Script] = {
    "null event": cohere("null", _CONTENT, text="Hi"),
    "fields of both kinds": cohere(both("H", None), both("i", ""), text="Hi"),
    "index text": cohere({**_CONTENT, "index": "0"}, text="Hi"),
    "calls in lists": cohere(begun(listed=True), more(TEXT, listed=True), _CALL_END, tools=CALLED),
    "arguments object": cohere(begun(), more(ROME), _CALL_END, tools=CALLED),
    "two calls at one index": cohere(
        *(begun("t"), more(TEXT), _CALL_END), *(begun("u"), more(TEXT), _CALL_END), tools=CALLED * 2
    ),
    "no end of the call": cohere(begun(), more(TEXT), tools=CALLED),
    "thinking and text at one index": cohere(
        {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "thinking", "thinking": "a"}}}},
        {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
        _CONTENT,
        text="Hi",
    ),
    "an id that changes": cohere(begun(), *changed({"id": "u"}, {}), _CALL_END, tools=CALLED),
    "empty ids and names later": cohere(begun(), *changed({"id": ""}, {"name": ""}), _CALL_END, tools=CALLED),
}
_BEGUN = start(0, toolUse={"toolUseId": "t", "name": "get_time"})
_INPUT = delta(0, toolUse={"input": TEXT})
BEDROCK: dict[str, Script] = {
    "no index": events(START, event("contentBlockDelta", delta={"text": "Hi"}), ended(), METADATA, text="Hi"),
    "text after a call at one index": events(
        *(START, _BEGUN, _INPUT, delta(0, text="Hi"), ended("tool_use"), METADATA), tools=CALLED, text="Hi"
    ),
    "thinking and text at one index": events(
        *(START, delta(0, reasoningContent={"text": "a"}), delta(0, text="Hi"), ended(), METADATA), text="Hi"
    ),
    "no stop": events(START, _BEGUN, _INPUT, ended("tool_use"), METADATA, tools=CALLED),
    "no input": events(START, _BEGUN, stop(0), ended("tool_use"), METADATA, tools=EMPTY),
    "two calls at one index": events(
        *(START, _BEGUN, _INPUT, stop(0)),
        *(start(0, toolUse={"toolUseId": "u", "name": "get_time"}), _INPUT, stop(0), ended("tool_use"), METADATA),
        tools=CALLED * 2,
    ),
}
SCRIPTS: dict[str, dict[str, Script]] = {
    "chat": CHAT,
    "messages": MESSAGES,
    "responses": RESPONSES,
    "gemini": GEMINI,
    "cohere": COHERE,
    "bedrock": BEDROCK,
}


def check(found: Any, text: str, tools: Any) -> None:
    assert (found.error, found.faults, found.text, found.response.content) == (None, [], text, text)
    assert [(name, args) for name, _, args in found.tools] == tools
    assert [(tool.name, tool.args) for tool in found.response.tools or ()] == tools
    again = type(found.response).model_validate_json(found.response.model_dump_json())
    assert (again.content, again.raw) == (text, found.response.raw)
    assert [name for name, _ in sent_calls(found.response)] == [name for name, _ in tools]
    calls = [part for part in found.response.common_message_param.content if getattr(part, "type", "") == "tool_call"]
    assert len(calls) == len(tools)


@pytest.mark.parametrize("name", sorted({name for scripts in SCRIPTS.values() for name in scripts}))
@odd("chat messages responses gemini cohere bedrock", BYTES, one_of_each)
def test_streams(row: BaseRow, way: Way, name: str, server: Server) -> None:
    if (script := SCRIPTS[format_of(row)].get(name)) is None:
        return  # an oddity of other formats
    reply, text, tools = script
    check(way(row, server, reply(row), tools=TOOLS), text, tools)


# What the SDKs' own iterators let through.
@pytest.mark.parametrize("name", sorted(CHAT.keys() - {"two data lines", "no empty lines"}))
@odd("chat", [way for way in STREAMED if way.iterator], one_of_each)
def test_streams_in_an_iterator(row: BaseRow, way: Way, name: str, server: Server) -> None:
    reply, text, tools = CHAT[name]
    check(way(row, server, reply(row), tools=TOOLS), text, tools)


def whole_call(**function: Any) -> JSON:
    return completion({"tool_calls": [{"id": "t", "type": "function", "function": function}]}, "tool_calls")


_MESSAGE = {**_HEAD, "stop_reason": "end_turn", "usage": {"input_tokens": 5, "output_tokens": 7}}
WHOLES: dict[str, tuple[str, JSON, str, Any]] = {
    "arguments object": ("chat", whole_call(name="get_time", arguments=ROME), "", CALLED),
    "arguments null": ("chat", whole_call(name="get_time", arguments=None), "", EMPTY),
    "name with spaces": ("chat", whole_call(name=" get_time ", arguments=TEXT), "", CALLED),
    "content text": ("messages", {**_MESSAGE, "content": "Hi"}, "Hi", []),
    "input text": ("messages", {**_MESSAGE, "content": [{**_USE, "input": TEXT}]}, "", CALLED),
    "input null": ("messages", {**_MESSAGE, "content": [{**_USE, "input": None}]}, "", EMPTY),
    "item of arguments object": ("responses", response_of([{**_ITEM, "arguments": ROME}]), "", CALLED),
    "item of a text": ("responses", response_of([{**_ANSWER, "content": "Hi"}]), "Hi", []),
    "args text": ("gemini", function(args=TEXT), "", CALLED),
}


@pytest.mark.parametrize("name", WHOLES)
@odd("chat messages responses gemini", WHOLE, one_of_each)
def test_whole_responses(row: BaseRow, way: Way, name: str, server: Server) -> None:
    kind, body, text, tools = WHOLES[name]
    if format_of(row) == kind:
        check(way(row, server, Reply.json(body), tools=TOOLS), text, tools)


@odd("chat messages", WHOLE, one_of_each)
def test_whole_answers_with_every_field(row: BaseRow, way: Way, server: Server) -> None:
    """Gateways that dump an SDK's object send the fields of all kinds of blocks and calls, empty."""
    if format_of(row) == "chat":
        message = {"role": "assistant", "content": "Hi", "tool_calls": [NO_CALL]}
        reply = Reply.json({**chat_whole("Hi"), "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
        check(way(row, server, reply, tools=TOOLS), "Hi", [])
        return
    call = {"type": "tool_use", "id": "t", "name": "get_time", "input": ROME, "text": ""}
    answer = {"id": "m", "type": "message", "role": "assistant", "model": "m-1", "content": [call]}
    usage = {"input_tokens": 3, "output_tokens": 5}
    found = way(row, server, Reply.json({**answer, "stop_reason": "tool_use", "usage": usage}), tools=TOOLS)
    check(found, "", CALLED)
    (sent,) = found.response.message_param["content"]
    assert sent == {"type": "tool_use", "id": "t", "name": "get_time", "input": ROME}
