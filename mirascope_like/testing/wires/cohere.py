"""Cohere's chat, version 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .answer import JSON, Answer, Call, Text
from .wire import Event, Reading, WireFormat, forced_tool, schemas, sse


class CohereFormat(WireFormat):
    """Content in blocks, and tool calls in a field of their own."""

    def whole(self, answer: Answer) -> JSON:
        message: JSON = {"role": "assistant"}
        content = [_block(one, one.whole) for one in answer.parts if not isinstance(one, Call)]
        if content:
            message["content"] = content
        if answer.calls:
            message["tool_calls"] = [_call(call, call.whole) for call in answer.calls]
        return {"id": answer.id or "a-1", "message": message, "finish_reason": _finish(answer), "usage": _usage(answer)}

    def events(self, answer: Answer) -> list[Event]:
        message: JSON = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        events: list[Event] = [{"id": answer.id or "a-1", "type": "message-start", "delta": {"message": message}}]
        for index, one in enumerate(answer.parts):
            if isinstance(one, Call):
                start = {"tool_calls": _call(one, "")}
                deltas: list[JSON] = [{"tool_calls": {"function": {"arguments": piece}}} for piece in one.pieces]
                kind = "tool-call"
            else:
                name = "text" if isinstance(one, Text) else "thinking"
                start = {"content": {"type": name, name: ""}}
                deltas = [{"content": {name: piece}} for piece in one.pieces]
                kind = "content"
            events.append({"type": f"{kind}-start", "index": index, "delta": {"message": start}})
            events += [{"type": f"{kind}-delta", "index": index, "delta": {"message": delta}} for delta in deltas]
            if answer.ended or one is not answer.parts[-1]:
                events.append({"type": f"{kind}-end", "index": index})
        end: JSON = {"finish_reason": _finish(answer), "usage": _usage(answer)}
        return [*events, *([{"type": "message-end", "delta": end}] if answer.ended else [])]

    def frames(self, events: Sequence[Event], *, ended: bool) -> list[bytes]:
        return [*map(sse, events), *([sse("[DONE]")] if ended else ())]

    def read(self, path: str, body: Mapping[str, Any]) -> Reading:
        format: Mapping[str, Any] = body.get("response_format") or {}
        wants_json = format.get("type") == "json_object"
        return Reading(
            model=body.get("model", ""),
            messages=list(body.get("messages") or ()),
            tools=schemas(body.get("tools"), within="function"),
            forced=forced_tool(body.get("tool_choice"), every=("REQUIRED",)),
            schema=(format.get("json_schema") or format.get("schema") or {}) if wants_json else None,
            stream=bool(body.get("stream")),
        )

    def failure(self, status: int, message: str, code: str | None) -> tuple[JSON, dict[str, str]]:
        return {"id": "r-1", "message": message}, {}


def _block(part: Any, text: str) -> JSON:
    name = "text" if isinstance(part, Text) else "thinking"
    return {"type": name, name: text}


def _call(call: Call, arguments: str) -> JSON:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _finish(answer: Answer) -> str:
    names = {"stop": "COMPLETE", "length": "MAX_TOKENS", "tool_calls": "TOOL_CALL", "content_filter": "ERROR_TOXIC"}
    return answer.reason(**names, error="ERROR")


def _usage(answer: Answer) -> JSON:
    spent = {"input_tokens": answer.input, "output_tokens": answer.output}
    cached = {} if answer.cached is None else {"cached_tokens": answer.cached}
    return {"billed_units": spent, "tokens": spent, **cached}
