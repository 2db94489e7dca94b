"""OpenAI's Responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.base.parsing import as_object
from .answer import JSON, Answer, Call, Part, Refusal, Text
from .chat import deployment
from .wire import Event, Reading, WireFormat, forced_tool, schemas, sse


class ResponsesFormat(WireFormat):
    """Items of output: a message, a call or a summary of reasoning, each."""

    settings: frozenset[str] = frozenset({"model", "input", "instructions", "tools", "stream"})
    content: frozenset[str] = frozenset({"input", "prompt", "conversation", "previous_response_id"})

    def whole(self, answer: Answer) -> JSON:
        usage: JSON = {"input_tokens": answer.input, "output_tokens": answer.output}
        usage["total_tokens"] = answer.input + answer.output
        if answer.cached is not None:
            usage["input_tokens_details"] = {"cached_tokens": answer.cached}
        output = [_item(number, one) for number, one in enumerate(answer.parts, 1)]
        return {**_head(answer), **_end(answer), "output": output, "usage": usage}

    def events(self, answer: Answer) -> list[Event]:
        head: JSON = {**_head(answer), "status": "in_progress", "output": []}
        events: list[JSON] = [
            {"type": "response.created", "response": head},
            {"type": "response.in_progress", "response": head},
        ]
        for index, one in enumerate(answer.parts):
            ended = answer.ended or one is not answer.parts[-1]
            events += _item_events(index, one, ended=ended)
        if answer.ended:
            whole = self.whole(answer)
            events.append({"type": f"response.{whole['status']}", "response": whole})
        return [{**event, "sequence_number": number} for number, event in enumerate(events)]

    def frames(self, events: Sequence[Event], *, ended: bool) -> list[bytes]:
        return [sse(event, named=True) for event in events]

    def read(self, path: str, body: Mapping[str, Any]) -> Reading:
        given = body.get("input") or ()
        messages: list[Any] = [{"role": "user", "content": given}] if isinstance(given, str) else list(given)
        output = as_object(as_object(body.get("text")).get("format"))
        schemas_by_type: dict[Any, JSON] = {"json_object": {}, "json_schema": as_object(output.get("schema"))}
        return Reading(
            model=body.get("model") or deployment(path),
            messages=messages,
            system=body.get("instructions") or "",
            tools=schemas(body.get("tools")),
            forced=forced_tool(body.get("tool_choice")),
            schema=schemas_by_type.get(output.get("type")),
            stream=bool(body.get("stream")),
        )


def _head(answer: Answer) -> JSON:
    return {"id": answer.id or "msg_1", "object": "response", "created_at": 1.0, "model": answer.model}


def _end(answer: Answer) -> JSON:
    reason = {"length": "max_output_tokens"}.get(answer.finish or "", answer.finish)
    if reason in ("max_output_tokens", "content_filter"):
        return {"status": "incomplete", "incomplete_details": {"reason": reason}}
    return {"status": "completed"}


def _item(number: int, part: Part) -> JSON:
    if isinstance(part, Call):
        call = {"type": "function_call", "id": f"fc_{number}", "call_id": part.id, "name": part.name}
        return {**call, "arguments": part.whole, "status": "completed"}
    if isinstance(part, Text):
        content: JSON = {"type": "output_text", "annotations": [], "text": part.whole}
        if isinstance(part, Refusal):
            content = {"type": "refusal", "refusal": part.whole}
        message = {"id": f"msg_{number}", "type": "message", "role": "assistant", "status": "completed"}
        return {**message, "content": [content]}
    return {"id": f"rs_{number}", "type": "reasoning", "summary": [{"type": "summary_text", "text": part.whole}]}


def _item_events(index: int, part: Part, *, ended: bool) -> list[JSON]:
    item = _item(index + 1, part)
    place = {"item_id": item["id"], "output_index": index}
    more: JSON = {}
    begun: list[JSON] = []
    if isinstance(part, Call):
        empty: JSON = {**item, "arguments": "", "status": "in_progress"}
        kind, within = "function_call_arguments", place
        done: list[JSON] = [{"type": f"response.{kind}.done", **within, "arguments": part.whole, "name": part.name}]
    elif isinstance(part, Text):
        empty = {**item, "status": "in_progress", "content": []}
        kind, key = ("refusal", "refusal") if isinstance(part, Refusal) else ("output_text", "text")
        within, content = {**place, "content_index": 0}, item["content"][0]
        more = {} if isinstance(part, Refusal) else {"logprobs": []}
        begun = [{"type": "response.content_part.added", **within, "part": {**content, key: ""}}]
        done = [
            {"type": f"response.{kind}.done", **within, key: part.whole, **more},
            {"type": "response.content_part.done", **within, "part": content},
        ]
    else:
        empty = {**item, "summary": []}
        kind, within, content = "reasoning_summary_text", {**place, "summary_index": 0}, item["summary"][0]
        begun = [{"type": "response.reasoning_summary_part.added", **within, "part": {**content, "text": ""}}]
        done = [
            {"type": f"response.{kind}.done", **within, "text": part.whole},
            {"type": "response.reasoning_summary_part.done", **within, "part": content},
        ]
    deltas = [{"type": f"response.{kind}.delta", **within, "delta": piece, **more} for piece in part.pieces]
    added: JSON = {"type": "response.output_item.added", "output_index": index, "item": empty}
    last = {"type": "response.output_item.done", "output_index": index, "item": item}
    return [added, *begun, *deltas, *([*done, last] if ended else [])]
