"""Cohere's events with wrong fields: null is treated as absent, any other wrong value raises an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mirascope_like.core import BaseTool
from mirascope_like.core.base.errors import ErrorEventError, MalformedEventError
from mirascope_like.core.cohere.accumulator import CohereAccumulator
from mirascope_like.core.cohere.types import CohereCallResponseChunk, CohereTool
from tests.dialects.chat_completions.test_accumulator import VALUE

JSON = dict[str, Any]
END: JSON = {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}


class Look(BaseTool):
    """Look for something."""

    query: str = ""


def event(kind: str, index: Any = 0, **message: Any) -> JSON:
    return {"type": kind, "index": index, "delta": {"message": message}}


def read(*events: Any) -> CohereAccumulator:
    accumulator = CohereAccumulator(CohereCallResponseChunk, CohereTool, [Look], True)
    pairs = [*accumulator.read([json.dumps(one).encode() for one in events]), *accumulator.finish()]
    assert "".join(chunk.content for chunk, _ in pairs) == accumulator.content
    return accumulator


def test_null_adds_nothing() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "Look", "arguments": None}}
    accumulator = read(
        event("message-start", role="assistant", content=None, tool_calls=None, citations=None, tool_plan=None),
        event("content-start", content={"type": "text", "text": None}),
        event("content-delta", content={"text": None}),
        event("content-delta", content={"text": "Hel"}),
        event("content-delta", content={"text": None}),
        event("content-delta", content={"text": "lo"}),
        event("content-delta", content=None),
        event("tool-call-start", tool_calls=call),
        event("tool-call-delta", tool_calls={"function": {"arguments": '{"query"'}}),
        event("tool-call-delta", tool_calls={"function": {"arguments": None, "name": None}}),
        event("tool-call-delta", tool_calls={"function": None}),
        event("tool-call-delta", tool_calls={"function": {"arguments": ': "x"}'}}),
        event("tool-call-end"),
        END,
    )
    message = accumulator.rebuild()["message"]
    assert accumulator.content == "Hello"
    assert message["content"] == [{"type": "text", "text": "Hello"}]
    assert message["tool_calls"] == [{**call, "function": {"name": "Look", "arguments": '{"query": "x"}'}}]
    assert [tool.args for tool in accumulator.tools] == [{"query": "x"}]


def test_nothing_in_a_list() -> None:
    accumulator = read(event("message-start", content=[None], tool_calls=[None], citations=[None]), END)
    assert accumulator.content == ""
    assert accumulator.rebuild()["message"]["content"] == [{"type": "text", "text": ""}]


@pytest.mark.parametrize(
    "garbage",
    [
        event("message-start", content=3.5),
        event("message-start", content=["text"]),
        event("message-start", content=3),
        event("message-start", content=[{"type": "text", "text": 3}]),
        event("message-start", tool_calls=["x"]),
        event("message-start", citations=["x"]),
        event("message-start", tool_plan=["x"]),
        event("content-start", "x", content={"type": "text", "text": ""}),
        event("content-start", [1], content={"type": "text", "text": ""}),
        event("content-delta", 1.5, content={"text": "x"}),
        event("content-delta", content={"text": 3}),
        event("content-delta", content=["x"]),
        event("tool-call-delta", tool_calls={"function": "x"}),
        event("tool-call-delta", tool_calls={"function": {"arguments": 3}}),
    ],
    ids=json.dumps,
)
def test_what_is_no_event(garbage: JSON) -> None:
    with pytest.raises(MalformedEventError):
        read(event("content-start", content={"type": "text", "text": ""}), garbage)


KINDS = st.sampled_from(
    [
        *("message-start", "content-start", "content-delta", "tool-plan-delta", "tool-call-start", "tool-call-delta"),
        *("tool-call-end", "citation-start", "message-end", "new"),
    ]
)
PARTS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("content", "tool_calls", "citations", "tool_plan", "role"), VALUE)
)
EVENT = st.builds(
    lambda kind, index, delta: {"type": kind, "index": index, "delta": delta},
    KINDS,
    st.just(0) | VALUE,
    VALUE | st.fixed_dictionaries({"message": VALUE | PARTS}),
)


@given(st.lists(VALUE | EVENT, max_size=3))
@example([event("message-start", content=[None])])
def test_garbage_raises_only_event_errors(values: list[Any]) -> None:
    try:
        accumulator = read(*values)
    except (MalformedEventError, ErrorEventError):
        return
    accumulator.rebuild()
    assert accumulator.usage is None or accumulator.usage.input_tokens is None
