"""`usage_missing`: in streams that end after their finish reason, but before all of their usage, in every format."""

from __future__ import annotations

from typing import Any

import pytest

from mirascope_like.core import StreamState
from tests.conformance.contract import BaseRow
from tests.conformance.odd_wire import (
    JSON,
    STREAMED,
    WHOLE,
    Way,
    chunk,
    completion,
    format_of,
    nobody,
    odd,
    response_of,
)
from tests.conformance.wires.answer import Answer
from tests.harness.oracles_bedrock import START, delta, ended, stop
from tests.harness.server import Reply, Server


def text(kind: str, **fields: Any) -> JSON:
    return {"type": kind, "index": 0, **fields}


# Anthropic's documentation of streams: the usage of `message_start` has the prompt, and the output so far.
def message_events(begun: Any, *ends: JSON) -> list[JSON]:
    head = {"id": "m1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None}
    return [
        {"type": "message_start", "message": {**head, "usage": begun}},
        text("content_block_start", content_block={"type": "text", "text": ""}),
        text("content_block_delta", delta={"type": "text_delta", "text": "Hi"}),
        text("content_block_stop"),
        *ends,
    ]


END = {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}}
COUNT = {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 7}}
STOP = {"type": "message_stop"}
FULL = {"input_tokens": 5, "output_tokens": 1}
MESSAGES: dict[str, tuple[list[JSON], tuple[int | None, int | None], bool]] = {
    "no usage at the end": (message_events(FULL, END), (5, None), True),
    "the end without the usage": (message_events(FULL, END, STOP), (5, None), True),
    "the prompt alone": (message_events({"input_tokens": 5}, END), (5, None), True),
    "null": (message_events(FULL, {**END, "usage": None}), (5, None), True),
    "empty": (message_events(FULL, {**END, "usage": {}}), (5, None), True),
    "none at all": (message_events(None, END, STOP), (None, None), True),
    "the answer alone": (message_events({}, {**END, **COUNT, "delta": END["delta"]}, STOP), (None, 7), True),
    "usage before the end": (message_events(FULL, COUNT, END, STOP), (5, 7), False),
    "usage after the end": (message_events(FULL, END, COUNT, STOP), (5, 7), False),
    "usage at the end": (message_events(FULL, {**END, "usage": {"output_tokens": 7}}), (5, 7), False),
    "zero": (
        message_events({"input_tokens": 5, "output_tokens": 0}, {**END, "usage": {"output_tokens": 0}}),
        (5, 0),
        False,
    ),
}


def check(found: Any, tokens: tuple[int | None, int | None], missing: bool) -> None:
    assert (found.error, found.text, found.stream.state) == (None, "Hi", StreamState.DONE)
    response = found.response
    assert (response.input_tokens, response.output_tokens) == tokens
    assert (found.stream.input_tokens, found.stream.output_tokens) == tokens
    again = type(response).model_validate_json(response.model_dump_json())
    assert (found.stream.usage_missing, response.usage_missing, again.usage_missing) == (missing,) * 3
    if missing:
        assert (found.stream.cost, response.cost, again.cost) == (None, None, None)


@odd("messages", STREAMED)
@pytest.mark.parametrize(("events", "tokens", "missing"), MESSAGES.values(), ids=MESSAGES)
def test_messages(row: BaseRow, way: Way, events: Any, tokens: Any, missing: bool, server: Server) -> None:
    check(way(row, server, Reply.messages(*events), model=row.priced), tokens, missing)


# Google's reference: the usage of each event is that of all events so far; a count of zero is left out.
def event(part: str | None, finish: str | None, **usage: int) -> JSON:
    content = {"content": {"role": "model", "parts": [{"text": part}]}} if part else {}
    candidate = {**content, "index": 0, **({"finishReason": finish} if finish else {})}
    return {"candidates": [candidate], **({"usageMetadata": usage} if usage else {})}


PROMPT = {"promptTokenCount": 5, "totalTokenCount": 5}
SO_FAR = {"promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 8}
LAST = {"promptTokenCount": 5, "candidatesTokenCount": 4, "thoughtsTokenCount": 3, "totalTokenCount": 12}
GEMINI: dict[str, tuple[list[JSON], tuple[int | None, int | None], bool]] = {
    "none": ([event("Hi", None), event(None, "STOP")], (None, None), True),
    "so far": ([event("H", None, **PROMPT), event("i", None, **SO_FAR), event(None, "STOP")], (5, None), True),
    "prompt": ([event("Hi", "STOP", promptTokenCount=5)], (5, None), True),
    "zero": ([event("Hi", None), event(None, "STOP", **PROMPT)], (5, 0), False),
    "last": ([event("H", None, **PROMPT), event("i", None, **SO_FAR), event(None, "STOP", **LAST)], (5, 7), False),
}


@odd("gemini", STREAMED)
@pytest.mark.parametrize(("events", "tokens", "missing"), GEMINI.values(), ids=GEMINI)
def test_google(row: BaseRow, way: Way, events: Any, tokens: Any, missing: bool, server: Server) -> None:
    check(way(row, server, row.wire.stream(*events), model=row.priced), tokens, missing)


# The retired SDK has no field for the tokens of thinking.
@odd("array", STREAMED)
@pytest.mark.parametrize("name", ["none", "so far", "prompt", "zero"])
def test_gemini(row: BaseRow, way: Way, name: str, server: Server) -> None:
    events, tokens, missing = GEMINI[name]
    check(way(row, server, row.wire.stream(*events), model=row.priced), tokens, missing)


# Groq and Mistral report the usage of a stream unasked, as their references say; others only where it was asked for.
@odd("chat", STREAMED)
@pytest.mark.parametrize("usage", [None, {"prompt_tokens": 5}], ids=["none", "the prompt alone"])
def test_chat(row: BaseRow, way: Way, usage: Any, server: Server) -> None:
    if usage and way.iterator and row.name == "mistral":
        usage = None  # its SDK fills the gaps with zeros
    found = way(
        row, server, Reply.chat(chunk({"content": "Hi"}), chunk({}, "stop", **({"usage": usage} if usage else {})))
    )
    check(found, (5 if usage else None, None), True)


@odd("chat", STREAMED, lambda row: row.name in ("openai", "azure", "ollama", "openrouter"), by_llm=nobody)
def test_chat_that_was_not_asked_for_usage(row: BaseRow, way: Way, server: Server) -> None:
    params = {"stream_options": {"include_usage": False}}
    found = way(row, server, Reply.chat(chunk({"content": "Hi"}), chunk({}, "stop")), call_params=params)
    assert (found.error, found.stream.usage_missing, found.response.usage_missing) == (None, False, False)


@odd("bedrock", STREAMED)
def test_bedrock(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, row.wire.stream(START, delta(0, text="Hi"), stop(0), ended()), model=row.priced)
    check(found, (None, None), True)


@odd("cohere", STREAMED)
def test_cohere(row: BaseRow, way: Way, server: Server) -> None:
    *events, _ = row.wire.events(Answer("Hi"))
    end = {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}
    check(way(row, server, row.wire.stream(*events, end), model=row.priced), (None, None), True)


@odd("responses", STREAMED)
def test_responses(row: BaseRow, way: Way, server: Server) -> None:
    *events, end = row.wire.events(Answer("Hi"))
    end = {**end, "response": {**end["response"], "usage": None}}
    check(way(row, server, row.wire.stream(*events, end), model=row.priced), (None, None), True)


# Whole responses of providers that always report the usage.
WHOLE_REPLIES: dict[str, Any] = {
    "messages": lambda row: {**row.wire.whole(Answer("Hi")), "usage": {"input_tokens": 5}},
    "gemini": lambda row: {**row.wire.whole(Answer("Hi")), "usageMetadata": {"promptTokenCount": 5}},
    "array": lambda row: {**row.wire.whole(Answer("Hi")), "usageMetadata": {"promptTokenCount": 5}},
    "cohere": lambda row: {**row.wire.whole(Answer("Hi")), "usage": {"tokens": {"input_tokens": 5}}},
    "responses": lambda row: {**response_of(row.wire.whole(Answer("Hi"))["output"]), "usage": {"input_tokens": 5}},
}


@odd("messages gemini array cohere responses", WHOLE)
def test_a_part_of_the_usage_of_a_whole_response(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, Reply.json(WHOLE_REPLIES[format_of(row)](row)), model=row.priced)
    assert (found.error, found.text) == (None, "Hi")
    assert (found.response.input_tokens, found.response.output_tokens) == (5, None)
    assert (found.response.usage_missing, found.response.cost) == (True, None)


# Mistral's SDK rejects a response without usage.
@odd("chat", WHOLE, lambda row: row.name == "groq")
def test_no_usage_of_a_whole_completion(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, Reply.json(completion({"content": "Hi"}, usage=None)))
    assert (found.error, found.response.usage_missing) == (None, True)
