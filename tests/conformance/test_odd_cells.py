"""Cells of the table of oddities that no other test fills: see `odd_table.py`."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from typing import Any

import cohere as cohere_sdk
import httpx
import httpx2
import pytest
from google import genai
from google.genai import types

from mirascope_like.core import BaseMessageParam
from mirascope_like.core.base.messages import ImagePart, ImageURLPart
from tests.conformance.contract import BaseRow
from tests.conformance.odd_wire import JSON, STREAMED, TOOLS, WHOLE, Way, format_of, nobody, odd, response_of
from tests.conformance.rows import COHERE, GOOGLE
from tests.conformance.test_gateways import BYTES, ROME, TEXT, Script, check, events, messages, one_of_each
from tests.conformance.test_gateways import cohere as cohere_script
from tests.conformance.test_gateways import responses as responses_script
from tests.conformance.test_odd_wire import item_call, message
from tests.conformance.test_waiting_times import interrupted
from tests.conformance.wires.answer import Answer
from tests.harness.oracles_bedrock import METADATA, START, delta, ended, start, stop
from tests.harness.server import Reply, Server

CALLED = [("get_time", ROME)]
FIRST, SECOND = TEXT[:9], TEXT[9:]


def block(kind: str, **fields: Any) -> JSON:
    return {"type": f"content_block_{kind}", "index": 0, **fields}


def piece(text: str) -> JSON:
    return block("delta", delta={"type": "input_json_delta", "partial_json": text})


def reason(word: str) -> JSON:
    return {"type": "message_delta", "delta": {"stop_reason": word}, "usage": {"output_tokens": 7}}


def candidate(*parts: JSON, finish: str | None = None, **fields: Any) -> JSON:
    ends = {"finishReason": finish} if finish else {}
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, "index": 0, **ends}], **fields}


def call_event(kind: str, index: int, **fields: Any) -> JSON:
    return {"type": f"tool-call-{kind}", "index": index, "delta": {"message": {"tool_calls": fields}}}


USE = block("start", content_block={"type": "tool_use", "id": "t", "name": "get_time", "input": {}})
TEXT_BLOCK = block("start", content_block={"type": "text", "text": ""})
HI = block("delta", delta={"type": "text_delta", "text": "Hi"})
CONVERSE_USE = start(0, toolUse={"toolUseId": "t", "name": "get_time"})
ADDED, ARGUMENTS, DONE = item_call("fc_0", "t", "get_time", TEXT)
CONTENT = {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Hi"}}}}
OUTPUT_TEXT = {"type": "response.output_text.delta", "delta": "Hi"}

# The references of each format do not say so; the reports are those named in `test_odd_wire.py` for chat completions.
SCRIPTS: dict[tuple[str, str], Script] = {
    ("after the finish reason", "messages"): messages(
        USE, piece(FIRST), reason("tool_use"), piece(SECOND), tools=CALLED
    ),
    ("after the finish reason", "bedrock"): events(
        *(START, CONVERSE_USE, delta(0, toolUse={"input": FIRST}), ended("tool_use")),
        *(delta(0, toolUse={"input": SECOND}), METADATA),
        tools=CALLED,
    ),
    ("after the finish reason", "gemini"): events(
        candidate({"text": "Hi"}, finish="STOP"),
        candidate({"functionCall": {"name": "get_time", "args": ROME}}, finish="STOP"),
        text="Hi",
        tools=CALLED,
    ),
    ("a name in pieces", "cohere"): cohere_script(
        call_event("start", 0, id="t", type="function", function={"name": "get_", "arguments": ""}),
        call_event("delta", 0, function={"name": "time", "arguments": TEXT}),
        tools=CALLED,
    ),
    ("one id under two indexes", "messages"): messages(
        USE, piece(FIRST), {**USE, "index": 1}, {**piece(SECOND), "index": 1}, tools=CALLED
    ),
    ("one call under two indexes", "messages"): messages(
        *(USE, piece(TEXT), block("stop")),
        *({**one, "index": 1} for one in (USE, piece(TEXT), block("stop"))),
        tools=CALLED,
    ),
    ("two calls of one id", "messages"): messages(
        *(USE, piece(TEXT), block("stop")),
        *({**one, "index": 1} for one in (USE, piece('{"city": "Oslo"}'), block("stop"))),
        tools=[*CALLED, ("get_time", {"city": "Oslo"})],
    ),
    ("one call under two indexes", "bedrock"): events(
        *(START, CONVERSE_USE, delta(0, toolUse={"input": TEXT}), stop(0)),
        start(1, toolUse={"toolUseId": "t", "name": "get_time"}),
        *(delta(1, toolUse={"input": TEXT}), stop(1), ended("tool_use"), METADATA),
        tools=CALLED,
    ),
    ("one id under two indexes", "cohere"): cohere_script(
        call_event("start", 0, id="t", type="function", function={"name": "get_time", "arguments": ""}),
        call_event("delta", 1, id="t", function={"arguments": TEXT}),
        tools=CALLED,
    ),
    ("one id under two indexes", "responses"): responses_script(
        ADDED, {**ARGUMENTS, "output_index": 1}, {**DONE, "output_index": 1}, tools=CALLED
    ),
    ("the finish reason null", "messages"): messages(TEXT_BLOCK, HI, reason("null"), text="Hi"),
    ("the finish reason null", "gemini"): events(
        candidate({"text": "H"}, finish="null"), candidate({"text": "i"}, finish="STOP"), text="Hi"
    ),
    ("an error of empty fields", "messages"): messages(TEXT_BLOCK, {**HI, "error": {}}, text="Hi"),
    ("an error of empty fields", "gemini"): events(candidate({"text": "Hi"}, finish="STOP", error={}), text="Hi"),
    ("an error of empty fields", "cohere"): cohere_script({**CONTENT, "error": {"message": ""}}, text="Hi"),
    ("an error of empty fields", "responses"): responses_script({**OUTPUT_TEXT, "error": {"code": None}}, text="Hi"),
    ("spellings of [DONE]", "responses"): (
        lambda row: Reply.sse(OUTPUT_TEXT, {"type": "response.completed", "response": response_of([])}, "[DONE]"),
        "Hi",
        [],
    ),
}


def named(script: tuple[str, str]) -> str:
    return "-".join(script)


@pytest.mark.parametrize("name", sorted({name for name, _ in SCRIPTS}))
@odd("messages responses gemini cohere bedrock", BYTES, one_of_each)
def test_scripts(row: BaseRow, way: Way, name: str, server: Server) -> None:
    if (script := SCRIPTS.get((name, format_of(row)))) is None:
        return  # the table says why
    reply, text, tools = script
    check(way(row, server, reply(row), tools=TOOLS), text, tools)


# Google's reference: a count of zero is left out. Some gateways send zeros in place of a usage.
@odd("gemini", STREAMED)
def test_zero_usage_after_the_usage(row: BaseRow, way: Way, server: Server) -> None:
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 7, "totalTokenCount": 12}
    zero = dict.fromkeys(usage, 0)
    begun = candidate({"text": "Hi"}, usageMetadata=usage)
    found = way(row, server, row.wire.stream(begun, candidate(finish="STOP", usageMetadata=zero)))
    assert (found.error, found.response.input_tokens, found.response.output_tokens) == (None, 5, 7)


@odd("messages responses cohere", WHOLE, one_of_each)
def test_unknown_fields(row: BaseRow, way: Way, server: Server) -> None:
    body = {**row.wire.whole(Answer("Hi")), "new": {"a": 1}}
    body["usage"] = {**body["usage"], "newer": {"b": 2}}
    found = way(row, server, Reply.json(body))
    assert (found.error, found.response.raw["new"], found.response.raw["usage"]["newer"]) == (None, {"a": 1}, {"b": 2})
    assert found.response.model_dump()["response"] == found.response.raw


NOT_A_NUMBER: dict[str, Any] = {
    "messages": {"usage": {"input_tokens": 5, "output_tokens": float("nan")}},
    "responses": {"usage": {"input_tokens": 5, "output_tokens": float("nan"), "total_tokens": float("inf")}},
    "gemini": {"usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": float("nan")}},
    "cohere": {"usage": {"tokens": {"input_tokens": 5, "output_tokens": float("nan")}}},
}


@odd("messages responses gemini cohere", WHOLE, one_of_each)
def test_numbers_that_are_none(row: BaseRow, way: Way, server: Server) -> None:
    body = {**row.wire.whole(Answer("Hi")), **NOT_A_NUMBER[format_of(row)]}
    found = way(row, server, Reply.json(body))
    assert (found.error, found.response.input_tokens, found.response.output_tokens) == (None, 5, None)
    assert found.response.cost is None


# OpenRouter's usage accounting is part of its Anthropic format too.
@odd("messages", [*STREAMED, *WHOLE])
def test_the_price_of_a_host(row: BaseRow, way: Way, server: Server) -> None:
    usage = {"input_tokens": 5, "output_tokens": 7, "cost": 0.25}
    body = {**row.wire.whole(Answer("Hi")), "usage": usage}
    end = {**reason("end_turn"), "usage": usage}
    reply = message(TEXT_BLOCK, HI, end) if way.stream else Reply.json(body)
    found = way(row, server, reply)
    assert (found.error, found.response.cost) == (None, 0.25)


# A failing finish reason without any output is retried.
FAILED: dict[str, Any] = {
    "bedrock": lambda row: row.wire.stream(START, ended("malformed_model_output"), METADATA),
    "cohere": lambda row: row.wire.stream({"type": "message-end", "delta": {"finish_reason": "ERROR"}}),
    "responses": lambda row: Reply.messages({"type": "response.failed", "response": response_of([], "failed")}),
}


@odd("bedrock cohere responses", STREAMED, one_of_each)
@pytest.mark.usefixtures("at_once")
def test_an_answer_that_failed_without_output_is_retried(row: BaseRow, way: Way, server: Server) -> None:
    if way.iterator and row.name == "cohere":
        pytest.skip("its iterator ends at `[DONE]`")
    good = row.wire.streamed(Answer("ok"))
    found = way(row, server, FAILED[format_of(row)](row), good, retry=1)
    assert (found.error, found.text, len(server.requests)) == (None, "ok", 2)


@odd("chat messages responses bedrock cohere gemini", STREAMED, one_of_each)
def test_an_error_before_any_output_is_retried(row: BaseRow, way: Way, server: Server) -> None:
    failed = interrupted(row, "Too many requests. Please retry in 0s", begun=False)
    found = way(row, server, failed, row.wire.streamed(Answer("ok")), retry=1)
    assert (found.error, found.text, len(server.requests)) == (None, "ok", 2)


JPEG = b"\xff\xd8\xff\xe0"


# Converse's reference: the format of an image is a field of its own. Cohere has data URLs.
@odd("cohere bedrock", [WHOLE[0]], by_llm=nobody)
@pytest.mark.parametrize("linked", [False, True], ids=["labelled PNG", "data URL"])
def test_a_jpeg(row: BaseRow, way: Way, linked: bool, server: Server) -> None:
    url = ImageURLPart(url=f"data:image/png;base64,{b64encode(JPEG).decode()}")
    part = url if linked else ImagePart(media_type="image/png", image=JPEG)
    server.reply(row.wire.answered(Answer("Hi")))
    with row.client(server) as client:
        row.ask(client, [BaseMessageParam(role="user", content=[part])])
    sent = json.dumps(row.wire.body(server.request))
    assert "jpeg" in sent
    assert "png" not in sent


# Clients whose transport makes responses with their whole body.
def ready(row: BaseRow, *, asynchronous: bool) -> Any:
    """A client of Cohere or Google whose transport has the body of a stream."""
    stack: Any = httpx if row.name == "cohere" else httpx2
    body = row.wire.streamed(Answer("Hello")).body

    def reply(request: Any) -> Any:
        return stack.Response(200, headers={"content-type": "text/event-stream"}, content=body)

    kind = stack.AsyncClient if asynchronous else stack.Client
    http = kind(transport=stack.MockTransport(reply))
    if row.name == "cohere":
        client = cohere_sdk.AsyncClientV2 if asynchronous else cohere_sdk.ClientV2
        return client("k", base_url="http://test.invalid", httpx_client=http)
    given = {"httpx_async_client": http} if asynchronous else {"httpx_client": http}
    options = types.HttpOptions(base_url="http://test.invalid", **given)
    return genai.Client(api_key="k", http_options=options)


@pytest.mark.parametrize("row", [COHERE, GOOGLE], ids=lambda row: row.id)
def test_a_body_that_is_there(row: BaseRow) -> None:
    assert row.stream(ready(row, asynchronous=False)).collect().content == "Hello"

    async def main() -> str:
        stream = row.astream(ready(row, asynchronous=True))
        return (await stream.collect()).content

    assert asyncio.run(main()) == "Hello"


# A signature belongs to one part: Google's guide to thought signatures.
@odd("gemini", STREAMED)
def test_signatures_of_gemini(row: BaseRow, way: Way, server: Server) -> None:
    parts = [
        {"text": "a", "thought": True, "thoughtSignature": "UzE="},
        {"text": "b", "thought": True, "thoughtSignature": "UzI="},
        {"text": "Hi"},
    ]
    scripted = [candidate(one) for one in parts]
    found = way(row, server, row.wire.stream(*scripted, candidate(finish="STOP")))
    assert (found.error, found.text, found.thinking) == (None, "Hi", "ab")
    assert found.response.raw["candidates"][0]["content"]["parts"] == parts


# Encrypted reasoning of two items, and signatures of two blocks, at one index.
@odd("responses", STREAMED)
def test_encrypted_reasoning(row: BaseRow, way: Way, server: Server) -> None:
    items = [{"id": f"rs_{at}", "type": "reasoning", "summary": [], "encrypted_content": f"E{at}"} for at in range(2)]
    done = [{"type": "response.output_item.done", "output_index": 0, "item": item} for item in items]
    reply = responses_script(*done, OUTPUT_TEXT)[0](row)
    found = way(row, server, reply)
    assert [item.get("encrypted_content") for item in found.response.message_param] == ["E0", "E1", None]


# Converse has no start event of reasoning; some hosts give all blocks one index.
@odd("messages bedrock", STREAMED)
@pytest.mark.parametrize("stopped", [True, False], ids=["stopped", "not stopped"])
def test_signatures_at_one_index(row: BaseRow, way: Way, stopped: bool, server: Server) -> None:
    converse, block_events = [START], list[Any]()
    for text, signature in ("aS", "bT"):
        converse += [delta(0, reasoningContent={"text": text}), delta(0, reasoningContent={"signature": signature})]
        converse += [stop(0)] if stopped else []
        block_events += [
            block("start", content_block={"type": "thinking", "thinking": "", "signature": ""}),
            block("delta", delta={"type": "thinking_delta", "thinking": text}),
            block("delta", delta={"type": "signature_delta", "signature": signature}),
            *([block("stop")] if stopped else []),
        ]
    reply = row.wire.stream(*converse, ended(), METADATA) if format_of(row) == "bedrock" else message(*block_events)
    found = way(row, server, reply)
    assert found.error is None
    sent = [
        one.get("reasoningContent", {}).get("reasoningText", one) for one in found.response.message_param["content"]
    ]
    assert [(one.get("text", one.get("thinking")), one["signature"]) for one in sent] == [("a", "S"), ("b", "T")]
