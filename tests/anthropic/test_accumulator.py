"""However an Anthropic message is cut into deltas, the sum is the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mirascope_like.core import BaseTool
from mirascope_like.core.anthropic import AnthropicCallResponseChunk, AnthropicTool
from mirascope_like.core.anthropic.accumulator import AnthropicAccumulator
from mirascope_like.core.base.errors import ErrorEventError, MalformedEventError
from tests.dialects.chat_completions.test_accumulator import TEXT, VALUE, cut
from tests.harness.oracles import same

JSON = dict[str, Any]
HEAD: JSON = {"id": "msg-1", "type": "message", "role": "assistant", "model": "m-1"}


class Look(BaseTool):
    """Look for something."""

    query: str = ""
    deep: dict[str, Any] | None = None


def read(accumulator: AnthropicAccumulator, events: list[JSON], *, typed: bool = False) -> list[tuple[Any, Any]]:
    """The pairs of these events: as bytes in one buffer, or as objects."""
    if typed:
        return [*accumulator.read_objects(events), *accumulator.finish()]
    return [*accumulator.read([json.dumps(event).encode() for event in events]), *accumulator.finish()]


def kept(key: str, kind: str, text: str, **fields: str) -> JSON:
    return {"type": kind, key: text, **fields}


@st.composite
def blocks(draw: st.DrawFn) -> tuple[JSON, JSON, list[JSON]]:
    """A whole block, how it starts, and the deltas that make the one of the other."""
    kind = draw(st.sampled_from(["text", "thinking", "tool_use", "server_tool_use", "redacted_thinking"]))
    text = draw(TEXT)
    if kind == "redacted_thinking":
        block = {"type": kind, "data": text}
        return block, block, []
    if kind == "text":
        deltas = [kept("text", "text_delta", piece) for piece in draw(cut(text))]
        return {"type": kind, "text": text}, {"type": kind, "text": ""}, deltas
    if kind == "thinking":
        deltas = [kept("thinking", "thinking_delta", piece) for piece in draw(cut(text))]
        deltas.append(kept("signature", "signature_delta", "sig=="))
        return kept("thinking", kind, text, signature="sig=="), kept("thinking", kind, "", signature=""), deltas
    arguments = draw(st.fixed_dictionaries({"query": TEXT}, optional={"deep": st.just({"a": {"b": 1}})}))
    pieces = ["", *draw(cut(json.dumps(arguments, ensure_ascii=False)))]
    named = {"type": kind, "id": "", "name": "Look"}
    deltas = [kept("partial_json", "input_json_delta", piece) for piece in pieces]
    return {**named, "input": arguments}, {**named, "input": {}}, deltas


@st.composite
def answers(draw: st.DrawFn) -> tuple[list[JSON], JSON]:
    """The events of a message, and the whole message."""
    usage = {"input_tokens": 3, "output_tokens": 1}
    start = {**HEAD, "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    events: list[JSON] = [{"type": "message_start", "message": start}]
    content = []
    for index, (whole, begin, deltas) in enumerate(draw(st.lists(blocks(), max_size=4))):
        if "id" in whole:  # Anthropic's ids are unique
            whole, begin = {**whole, "id": f"id-{index}"}, {**begin, "id": f"id-{index}"}
        content.append(whole)
        events.append({"type": "content_block_start", "index": index, "content_block": begin})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events += draw(st.sampled_from([[], [{"type": "ping"}]]))
        events.append({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    events.append({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 9}})
    events.append({"type": "message_stop"})
    return events, {**start, **delta, "content": content, "usage": {**usage, "output_tokens": 9}}


@given(answers(), st.booleans(), st.booleans())
def test_however_cut(answer: tuple[list[JSON], JSON], typed: bool, partial: bool) -> None:
    events, whole = answer
    accumulator = AnthropicAccumulator(AnthropicCallResponseChunk, AnthropicTool, [Look], partial)
    pairs = read(accumulator, events, typed=typed)
    same(accumulator.rebuild(), whole)
    text = "".join(block["text"] for block in whole["content"] if block["type"] == "text")
    assert accumulator.content == text == "".join(chunk.content for chunk, _ in pairs)
    assert accumulator.ended
    assert accumulator.complete
    tools = [tool for _, tool in pairs if tool is not None and tool.delta is None]
    assert tools == accumulator.tools
    nothing = {"query": "", "deep": None}
    called = [nothing | block["input"] for block in whole["content"] if block["type"] == "tool_use"]
    assert [tool.args for tool in tools] == called
    assert not any(chunk.data["type"] == "ping" for chunk, _ in pairs if chunk.data)


@given(answers(), st.data())
def test_any_beginning_can_be_read(answer: tuple[list[JSON], JSON], data: st.DataObject) -> None:
    events, _ = answer
    accumulator = AnthropicAccumulator(AnthropicCallResponseChunk, AnthropicTool, [Look], True)
    list(accumulator.read([json.dumps(event).encode() for event in events[: data.draw(st.integers(0, len(events)))]]))
    raw = accumulator.rebuild()
    assert raw == accumulator.rebuild()
    assert accumulator.content == "".join(block["text"] for block in raw["content"] if block["type"] == "text")
    assert accumulator.model in ("m-1", None)


KINDS = st.sampled_from(
    ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "new"]
)
EVENT = st.builds(
    lambda kind, **fields: {"type": kind, **fields},
    KINDS,
    index=st.just(0) | VALUE,
    delta=VALUE,
    content_block=VALUE,
    message=VALUE,
)


@given(st.lists(VALUE | EVENT, max_size=3))
@example([{"type": "content_block_delta", "index": 0}])
@example([{"type": "content_block_delta", "index": 0, "delta": "x"}])
@example([{"type": "content_block_delta", "index": [], "delta": {"type": "text_delta", "text": "x"}}])
@example([{"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": 1}}])
@example([{"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": None}}])
@example([{"type": "content_block_delta", "index": 5, "delta": {"type": "text_delta", "text": "x"}}])
@example([{"type": "message_delta"}])
@example([{"type": "message_delta", "delta": None, "usage": None}])
@example([{"type": "message_start", "message": {"content": "x", "usage": 3}}])
@example([{"type": "content_block_start", "index": 0, "content_block": {"type": [], "text": 5}}])
@example([{"type": "error"}])
def test_garbage_raises_only_event_errors(values: list[Any]) -> None:
    accumulator = AnthropicAccumulator(AnthropicCallResponseChunk, AnthropicTool, [Look], True)
    try:
        list(accumulator.read([json.dumps(value).encode() for value in values]))
    except (MalformedEventError, ErrorEventError):
        return
    accumulator.rebuild()
    assert isinstance(accumulator.content, str)
    assert accumulator.usage is None or accumulator.usage.input_tokens is None


@pytest.mark.parametrize("last", [True, False])
def test_tool_without_input(last: bool) -> None:
    accumulator = AnthropicAccumulator(AnthropicCallResponseChunk, AnthropicTool, [Look])
    block = {"type": "tool_use", "id": "t1", "name": "Look", "input": {}}
    events = [
        {"type": "message_start", "message": HEAD},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": ""}},
    ]
    events += [{"type": "content_block_stop", "index": 0}] if last else [{"type": "message_stop"}]
    assert [tool.id for _, tool in read(accumulator, events) if tool] == ["t1"]
    assert accumulator.tools[0].error is None
    assert accumulator.rebuild()["content"] == [block]


def test_null_adds_nothing() -> None:
    accumulator = AnthropicAccumulator(AnthropicCallResponseChunk, AnthropicTool, [Look], True)
    call = {"type": "tool_use", "id": "t1", "name": "Look", "input": {}}
    pieces = ['{"query"', None, ': "x"}']
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    events: list[JSON] = [
        {"type": "message_start", "message": HEAD},
        {"type": "content_block_start", "index": 0, "content_block": call},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": None}},
        *({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": t}} for t in (None, "a")),
        {"type": "message_stop"},
    ]
    read(accumulator, events)
    assert [tool.args for tool in accumulator.tools] == [{"query": "x", "deep": None}]
    assert accumulator.rebuild()["content"] == [{**call, "input": {"query": "x"}}, {"type": "text", "text": "a"}]


def test_block_whose_start_was_lost() -> None:
    accumulator = AnthropicAccumulator(AnthropicCallResponseChunk, AnthropicTool)
    delta = {"type": "text_delta", "text": "hi"}
    chunks = read(accumulator, [{"type": "content_block_delta", "index": 0, "delta": delta}])
    assert accumulator.content == "hi" == chunks[0][0].content
    assert accumulator.rebuild()["content"] == [{"type": "text", "text": "hi"}]
