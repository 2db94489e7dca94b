"""A stream with the oddities of hosts adds up to the answer that it was cut from, in every format but chat completions.

Chat completions have their own test: `tests/dialects/chat_completions/test_oddities.py`.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirascope_like.core.base.request import Request
from mirascope_like.core.base.response import messages_key
from mirascope_like.core.base.tools import tool_type
from tests.conformance.contract import BaseRow
from tests.conformance.odd_streams import STREAMS, USAGE_IN, USAGE_OUT, OddStream, right
from tests.conformance.odd_wire import TOOLS, sent_calls
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Thought

JSON = dict[str, Any]
ROWS = {row.id: row for row in EVERY if row.id in STREAMS}


def encoded(event: Any) -> bytes:
    return event.encode() if isinstance(event, str) else json.dumps(event).encode()


def as_objects(row: BaseRow, events: list[Any]) -> list[Any]:
    """The events as an SDK's iterator yields them. It ends before `[DONE]` and drops what keeps a connection alive."""
    objects = [event for event in events if isinstance(event, dict) and event]
    if row.id != "google":
        return objects
    from mirascope_like.core.google.types import GoogleCallResponse

    return [GoogleCallResponse.parse_raw_response(json.dumps(event).encode()) for event in objects]  # they have bodies


def read(row: BaseRow, events: list[Any], how: str, *, partial: bool) -> tuple[list[tuple[Any, Any]], Any, Any]:
    """The pairs of chunks and tools, the response, and the accumulator."""
    provider = row.module.call.provider
    tools = [tool_type(tool, provider.tool_type) for tool in TOOLS]
    request = Request(provider=row.name, model="m", messages=[], tools=tools, partial_tools=partial)
    accumulator = provider.accumulator(request)
    if how == "objects" or row.reads == "iterator":
        pairs = list(accumulator.read_objects(as_objects(row, events)))
    elif how == "at once":
        pairs = list(accumulator.read([encoded(event) for event in events]))
    else:
        pairs = [pair for event in events for pair in accumulator.read([encoded(event)])]
    pairs += accumulator.finish()
    payload = {"model": "m", messages_key(provider.response_type): []}
    response = provider.respond(request, payload, provider.rebuilt(request, accumulator), 0, 0)
    return pairs, response, accumulator


STAMPS = {"anthropic": "first", "cohere": "first", "google": "id 0", "openai.responses": "first"}
"""The ids of the first events: some hosts stamp each event anew."""


def blocks_of(response: Any) -> list[Any]:
    """The blocks, or items, of a message to send back."""
    message = response.message_param
    return message if isinstance(message, list) else message.get("content") or []


def signature_of(block: Any) -> str | None:
    """The signature or the encrypted content of a block."""
    inner = block.get("reasoningContent", {}).get("reasoningText", block)
    return inner.get("signature") or inner.get("encrypted_content")


def signatures_in(stream: OddStream) -> list[str]:
    """The signatures that were cut up: the one of each thought, where the format has them."""
    return [stream.signature] * sum(isinstance(one, Thought) for one in stream.answer.parts) if stream.signature else []


def assert_pieces_are_of_their_calls(stream: OddStream, deltas: list[Any]) -> None:
    """Each call has an index of its own in the deltas of chunks, whatever the index in the events."""
    found: dict[int, str] = {}
    for delta in deltas:
        assert isinstance(delta.index, int)
        found[delta.index] = found.get(delta.index, "") + delta.arguments
    assert len(found) == len(stream.calls)
    for call in filter(lambda call: call.args, stream.answer.calls):
        complete = [text for text in found.values() if call.whole in text or json.dumps(call.whole)[1:-1] in text]
        same = [text for text in found.values() if not text or right_json(text) == right_json(call.whole)]
        assert complete or same


def right_json(text: str) -> Any:
    """The JSON of a text with halves of characters replaced; the text itself where it is no JSON."""
    try:
        return json.loads(right(json.dumps(json.loads(text), ensure_ascii=False)))
    except ValueError:
        return text


@given(data=st.data(), how=st.sampled_from(["at once", "one by one", "objects"]), partial=st.booleans())
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_an_odd_stream_is_the_answer(row: BaseRow, data: st.DataObject, how: str, partial: bool) -> None:
    stream: OddStream = data.draw(STREAMS[row.id]())
    pairs, response, accumulator = read(row, stream.events, how, partial=partial)
    tools = [tool for _, tool in pairs if tool is not None and tool.delta is None]
    assert [tool.error for tool in tools] == [None] * len(tools)
    assert sorted((tool.name, str(tool.args)) for tool in tools) == sorted((name, str(a)) for name, a in stream.calls)
    assert [(tool.name, tool.args) for tool in response.tools or ()] == stream.calls
    assert [name for name, _ in sent_calls(response)] == [name for name, _ in stream.calls]
    assert response.content == accumulator.content == stream.text
    assert (response.thinking or "") == stream.thinking
    shown = "".join(chunk.content for chunk, _ in pairs), "".join(chunk.thinking for chunk, _ in pairs)
    if stream.in_order:
        assert shown == (stream.text, stream.thinking)
    else:  # the pieces of two texts in turn
        assert [sorted(one.replace("\n", "")) for one in shown] == [
            sorted(one.replace("\n", "")) for one in (stream.text, stream.thinking)
        ]
    called = stream.calls and row.id != "google"  # Gemini ends with STOP after calls too
    assert response.common_finish_reasons == ["tool_calls" if called else "stop"]
    assert (response.input_tokens, response.output_tokens, response.usage_missing) == (USAGE_IN, USAGE_OUT, False)
    assert_pieces_are_of_their_calls(stream, [delta for chunk, _ in pairs for delta in chunk.tool_deltas])
    assert accumulator.complete
    if row.id != "bedrock":  # has neither
        assert response.id == STAMPS[row.id]
    signatures = [found for found in map(signature_of, blocks_of(response)) if found is not None]
    assert signatures == signatures_in(stream)
    again = type(response).model_validate_json(response.model_dump_json())
    assert (again.content, again.raw) == (response.content, response.raw)
