"""Replies of the Responses API, and streams of them read to where they end or break."""

from __future__ import annotations

from typing import Any

from mirascope_like.core.dialects.responses import ResponsesAccumulator
from mirascope_like.core.openai import responses
from tests.conformance.providers import RESPONSES, Exchange, response_whole
from tests.conformance.reading import Read, read
from tests.harness.oracles import JSON
from tests.harness.oracles import events as recorded_events
from tests.harness.server import Reply, Server

CREATED: JSON = {"type": "response.created", "response": {**response_whole(""), "status": "in_progress", "output": []}}
del CREATED["response"]["usage"]
FINAL = frozenset({"response.completed", "response.incomplete"})


def completed(*output: JSON, kind: str = "response.completed", **fields: Any) -> JSON:
    """The final event."""
    status = kind.rpartition(".")[2]
    return {"type": kind, "response": {**response_whole(""), "status": status, "output": list(output), **fields}}


def function_call(arguments: str = '{"title":"Emma"}', *, id: str = "call_1", name: str = "format_book") -> JSON:
    """A call of a function."""
    call = {"type": "function_call", "id": f"fc_{id}", "call_id": id, "name": name, "arguments": arguments}
    return {**call, "status": "completed"}


def called(index: int, item: JSON, *pieces: str) -> list[JSON]:
    """The events of a call whose arguments come in pieces."""
    place = {"output_index": index, "item_id": item["id"]}
    return [
        {
            "type": "response.output_item.added",
            "output_index": index,
            "item": {**item, "arguments": "", "status": "in_progress"},
        },
        *({"type": "response.function_call_arguments.delta", **place, "delta": piece} for piece in pieces),
        {"type": "response.function_call_arguments.done", **place, "arguments": item["arguments"]},
        {"type": "response.output_item.done", "output_index": index, "item": item},
    ]


def message(text: str, **fields: Any) -> JSON:
    """A message of the model."""
    part = {"type": "output_text", "annotations": [], "text": text}
    return {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [part],
        **fields,
    }


def streamed(server: Server, *events: JSON | str, asynchronous: bool = False, **options: Any) -> Read:
    """Read a stream of these events."""
    server.reply(Reply.sse(*events))
    return read(RESPONSES, server, asynchronous=asynchronous, **options)


def partial(events: list[JSON]) -> ResponsesAccumulator[Any, Any]:
    """The sum of events, however few."""
    import json

    accumulator = ResponsesAccumulator(responses.OpenAIResponsesCallResponseChunk, responses.OpenAIResponsesTool)
    for event in events:
        list(accumulator.read([json.dumps(event).encode()]))
    return accumulator


def before_the_end(exchange: Exchange) -> list[JSON]:
    """The events of a recorded stream, but for the final one."""
    return [event for event in recorded_events(exchange) if event["type"] not in FINAL]
