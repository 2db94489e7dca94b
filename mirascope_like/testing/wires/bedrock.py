"""Bedrock's Converse, whose streams are binary."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from ...core.base.parsing import as_object
from .answer import JSON, Answer, Call, Part, Text
from .frames import frame
from .messages import MessagesFormat
from .wire import Event, Reading, WireFormat, text_of

_CODES = {
    400: "ValidationException",
    403: "UnrecognizedClientException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}


class BedrockFormat(WireFormat):
    """Blocks of content; text and thoughts begin without a start."""

    stream_type = "application/vnd.amazon.eventstream"
    settings: frozenset[str] = frozenset({"messages", "system", "toolConfig"})

    def whole(self, answer: Answer) -> JSON:
        message = {"role": "assistant", "content": [_block(one) for one in answer.parts]}
        head = {"output": {"message": message}, "stopReason": _finish(answer)}
        return {**head, "usage": _usage(answer), "metrics": {"latencyMs": 7}}

    def events(self, answer: Answer) -> list[Event]:
        events: list[Event] = [event("messageStart", role="assistant")]
        for index, one in enumerate(answer.parts):
            events += _deltas(index, one)
            if answer.ended or one is not answer.parts[-1]:
                events.append(event("contentBlockStop", contentBlockIndex=index))
        if not answer.ended:
            return events
        last = event("metadata", usage=_usage(answer), metrics={"latencyMs": 7})
        return [*events, event("messageStop", stopReason=_finish(answer)), last]

    def read(self, path: str, body: Mapping[str, Any]) -> Reading:
        config: Mapping[str, Any] = body.get("toolConfig") or {}
        specs = [tool["toolSpec"] for tool in config.get("tools") or () if "toolSpec" in tool]
        choice: Mapping[str, Any] = config.get("toolChoice") or {}
        forced = choice["tool"]["name"] if "tool" in choice else "" if "any" in choice else None
        output = as_object(as_object(body.get("outputConfig")).get("textFormat"))
        schema = as_object(as_object(output.get("structure")).get("jsonSchema")).get("schema")
        return Reading(
            model=unquote(path.partition("/model/")[2].rpartition("/")[0]),
            messages=list(body.get("messages") or ()),
            system=text_of(body.get("system")),
            tools={one["name"]: as_object(as_object(one.get("inputSchema")).get("json")) for one in specs},
            forced=forced,
            schema=json.loads(schema) if isinstance(schema, str) else schema,
            stream=path.endswith("-stream"),
        )

    def failure(self, status: int, message: str, code: str | None) -> tuple[JSON, dict[str, str]]:
        kind = code or _CODES.get(status, "InternalServerException" if status >= 500 else "ValidationException")
        return {"message": message}, {"x-amzn-errortype": kind}


class BedrockMessagesFormat(MessagesFormat):
    """Anthropic's messages on Bedrock: the same events in binary frames; the model is a part of the path."""

    stream_type = "application/vnd.amazon.eventstream"

    def frames(self, events: Sequence[Event], *, ended: bool) -> list[bytes]:
        return [event("chunk", bytes=b64encode(json.dumps(one).encode()).decode()) for one in events]

    def read(self, path: str, body: Mapping[str, Any]) -> Reading:
        model = unquote(path.partition("/model/")[2].rpartition("/")[0])
        return replace(super().read(path, body), model=model, stream=path.endswith("-stream"))


def event_message(headers: Mapping[str, str], payload: JSON) -> bytes:
    """Return one message in Amazon's event stream encoding."""
    return frame(headers, json.dumps(payload).encode())


def event(name: str, **fields: Any) -> bytes:
    """Return an event with the padding that Bedrock adds to each."""
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return event_message(headers, {**fields, "p": "abcdef"})


def _delta(index: int, **fields: Any) -> bytes:
    return event("contentBlockDelta", contentBlockIndex=index, delta=fields)


def _block(part: Part) -> JSON:
    if isinstance(part, Call):
        return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": part.args}}
    if isinstance(part, Text):
        return {"text": part.whole}
    return {"reasoningContent": {"reasoningText": {"text": part.whole, "signature": "sig"}}}


def _deltas(index: int, part: Part) -> list[Event]:
    if isinstance(part, Call):
        start = {"toolUse": {"toolUseId": part.id, "name": part.name}}
        begun = event("contentBlockStart", contentBlockIndex=index, start=start)
        return [begun, *(_delta(index, toolUse={"input": piece}) for piece in part.pieces)]
    if isinstance(part, Text):
        return [_delta(index, text=piece) for piece in part.pieces]
    thoughts = [_delta(index, reasoningContent={"text": piece}) for piece in part.pieces]
    return [*thoughts, _delta(index, reasoningContent={"signature": "sig"})]


def _finish(answer: Answer) -> str:
    names = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "content_filtered"}
    return answer.reason(**names)


def _usage(answer: Answer) -> JSON:
    cached = answer.cached or 0
    usage: JSON = {"inputTokens": answer.input - cached, "outputTokens": answer.output}
    usage["totalTokens"] = answer.input + answer.output
    return usage if answer.cached is None else {**usage, "cacheReadInputTokens": cached}
