"""Anthropic's messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.base.parsing import as_object
from .answer import JSON, Answer, Call, Part, Text
from .wire import Event, Reading, WireFormat, forced_tool, schemas, sse, text_of


class MessagesFormat(WireFormat):
    """Blocks of content, each with a start, deltas and a stop."""

    settings: frozenset[str] = frozenset({"model", "messages", "system", "tools", "stream"})

    def whole(self, answer: Answer) -> JSON:
        return {
            **_head(answer),
            "content": [_block(one) for one in answer.parts],
            "stop_reason": _finish(answer),
            "stop_sequence": None,
            "usage": {**_input(answer), "output_tokens": answer.output},
        }

    def events(self, answer: Answer) -> list[Event]:
        empty: JSON = {"content": [], "stop_reason": None, "stop_sequence": None}
        start = {**_head(answer), **empty, "usage": {**_input(answer), "output_tokens": 1}}
        events: list[Event] = [{"type": "message_start", "message": start}]
        for index, one in enumerate(answer.parts):
            last = one is answer.parts[-1]
            events += _block_events(index, one, stopped=answer.ended or not last)
        if not answer.ended:
            return events
        delta = {"stop_reason": _finish(answer), "stop_sequence": None}
        usage = {"output_tokens": answer.output}
        return [*events, {"type": "message_delta", "delta": delta, "usage": usage}, {"type": "message_stop"}]

    def frames(self, events: Sequence[Event], *, ended: bool) -> list[bytes]:
        return [sse(event, named=True) for event in events]

    def read(self, path: str, body: Mapping[str, Any]) -> Reading:
        output = as_object(body.get("output_format") or as_object(body.get("output_config")).get("format"))
        streams = "streamRawPredict" in path
        return Reading(
            model=body.get("model") or path.rpartition("/")[2].partition(":")[0],
            messages=list(body.get("messages") or ()),
            system=text_of(body.get("system")),
            tools=schemas(body.get("tools"), schema="input_schema"),
            forced=forced_tool(body.get("tool_choice"), every=("any",)),
            schema=output.get("schema"),
            stream=bool(body.get("stream")) or streams,
        )

    def failure(self, status: int, message: str, code: str | None) -> tuple[JSON, dict[str, str]]:
        kind = code or _ERRORS.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": message}}, {}


_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""Source: the API reference of Anthropic, "Errors"."""


def _finish(answer: Answer) -> str:
    return answer.reason(stop="end_turn", length="max_tokens", tool_calls="tool_use", content_filter="refusal")


def _head(answer: Answer) -> JSON:
    return {"id": answer.id or "msg_1", "type": "message", "role": "assistant", "model": answer.model}


def _input(answer: Answer) -> JSON:
    if answer.cached is None:
        return {"input_tokens": answer.input}
    return {"input_tokens": answer.input - answer.cached, "cache_read_input_tokens": answer.cached}


def _block(part: Part) -> JSON:
    if isinstance(part, Call):
        return {"type": "tool_use", "id": part.id, "name": part.name, "input": part.args}
    if isinstance(part, Text):
        return {"type": "text", "text": part.whole}
    return {"type": "thinking", "thinking": part.whole, "signature": "sig"}


def _block_events(index: int, part: Part, *, stopped: bool) -> list[Event]:
    if isinstance(part, Call):
        empty: JSON = {"type": "tool_use", "id": part.id, "name": part.name, "input": {}}
        deltas: list[JSON] = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", *part.pieces)]
    elif isinstance(part, Text):
        empty = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": piece} for piece in part.pieces]
    else:
        empty = {"type": "thinking", "thinking": "", "signature": ""}
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in part.pieces]
        deltas.append({"type": "signature_delta", "signature": "sig"})
    start: list[Event] = [{"type": "content_block_start", "index": index, "content_block": empty}]
    if index == 0:
        start.append({"type": "ping"})
    events = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    return [*start, *events, *([{"type": "content_block_stop", "index": index}] if stopped else [])]
