"""Gemini's contents, in the forms in which Google's two SDKs receive them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ...core.base.parsing import as_list, as_object
from .answer import JSON, Answer, Call, Part, Text, Thought
from .wire import Event, Reading, WireFormat, text_of

_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class GeminiFormat(WireFormat):
    """Parts, with the usage so far in every event; server-sent events that end in CRLF."""

    stream_type = "text/event-stream"
    settings: frozenset[str] = frozenset({"contents", "tools", "systemInstruction", "model"})
    content: frozenset[str] = frozenset({"contents"})
    thinking = True
    """True if the SDK has a type for thoughts; else they are left out."""

    def whole(self, answer: Answer) -> JSON:
        shown = (one for one in answer.parts if self.thinking or not isinstance(one, Thought))
        return self.event(answer, *(part for one in shown for part in _parts(one)), finished=answer.ended)

    def events(self, answer: Answer) -> list[Event]:
        shown = (one for one in answer.parts if self.thinking or not isinstance(one, Thought))
        parts = [part for one in shown for part in self.pieces(one)]
        return [
            self.event(answer, part, finished=answer.ended and number == len(parts))
            for number, part in enumerate(parts, 1)
        ]

    def frames(self, events: Sequence[Event], *, ended: bool) -> list[bytes]:
        return [one if isinstance(one, bytes) else f"data: {json.dumps(one)}\r\n\r\n".encode() for one in events]

    def read(self, path: str, body: Mapping[str, Any]) -> Reading:
        body = camel(body)
        declared: list[JSON] = [
            one for tool in body.get("tools") or () for one in tool.get("functionDeclarations") or ()
        ]
        config: Mapping[str, Any] = body.get("generationConfig") or {}
        calling: Mapping[str, Any] = as_object(as_object(body.get("toolConfig")).get("functionCallingConfig"))
        names: list[str] = calling.get("allowedFunctionNames") or []
        forced = str(calling.get("mode", "")) in ("ANY", "1")
        schema: Mapping[str, Any] | None = config.get("responseJsonSchema") or config.get("responseSchema")
        if schema is None and config.get("responseMimeType") == "application/json":
            schema = {}
        return Reading(
            model=body.get("model") or re.sub(r"^.*?models/|^.*?endpoints/|:[a-zA-Z]+$", "", path),
            messages=list(body.get("contents") or ()),
            system=text_of(as_object(body.get("systemInstruction")).get("parts")),
            tools={
                one["name"]: as_object(one.get("parameters") or one.get("parametersJsonSchema")) for one in declared
            },
            forced=(names[0] if len(names) == 1 else "") if forced else None,
            schema=schema,
            stream=":streamGenerateContent" in path,
            whole_calls=not calling.get("streamFunctionCallArguments"),
        )

    def failure(self, status: int, message: str, code: str | None) -> tuple[JSON, dict[str, str]]:
        kind = code or _STATUSES.get(status, "INTERNAL" if status >= 500 else "INVALID_ARGUMENT")
        return {"error": {"code": status, "message": message, "status": kind}}, {}

    def head(self, answer: Answer) -> JSON:
        """Return the fields of every event that name the response."""
        return {"modelVersion": answer.model, "responseId": answer.id or "r-1"}

    def event(self, answer: Answer, *parts: JSON, finished: bool) -> JSON:
        """Return an event, or a whole response, of these parts."""
        content = {"role": "model", "parts": list(parts)}
        names = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
        end = {"finishReason": answer.reason(**names)} if finished else {}
        candidate: JSON = {"content": content, "index": 0, **end}
        usage: JSON = {"promptTokenCount": answer.input, "candidatesTokenCount": answer.output}
        usage["totalTokenCount"] = answer.input + answer.output
        if answer.cached is not None:
            usage["cachedContentTokenCount"] = answer.cached
        return {"candidates": [candidate], "usageMetadata": usage, **self.head(answer)}

    def pieces(self, part: Part) -> list[JSON]:
        """Return the parts, one for each event. The first argument of a call in pieces is cut into two, if all its
        arguments are texts and numbers.
        """
        if not isinstance(part, Call):
            return [found for piece in part.pieces for found in _parts(type(part)(piece))]
        values: list[Any] = list(part.args.values())
        if len(part.pieces) == 1 or not values or not isinstance(values[0], str) or not _plain(values):
            return _parts(part)
        (name, value), *others = part.args.items()
        half = len(value) // 2
        args: list[JSON] = [
            {"jsonPath": f"$.{name}", "stringValue": value[:half], "willContinue": True},
            {"jsonPath": f"$.{name}", "stringValue": value[half:]},
            *({"jsonPath": f"$.{key}", _kind(other): other} for key, other in others),
        ]
        begun = {"id": part.id, "name": part.name, "willContinue": True}
        sent = [{"partialArgs": [one], "willContinue": True} for one in args]
        return [{"functionCall": call} for call in (begun, *sent, {})]


class GeminiArrayFormat(GeminiFormat):
    """The same as one JSON array, a call in one piece, as the retired SDK receives it."""

    stream_type = "application/json; charset=UTF-8"
    thinking = False

    def head(self, answer: Answer) -> JSON:
        return {"modelVersion": answer.model}

    def frames(self, events: Sequence[Event], *, ended: bool) -> list[bytes]:
        frames: list[bytes] = []
        for one in events:
            frames.append(one if isinstance(one, bytes) else (b",\r\n" if frames else b"[") + json.dumps(one).encode())
        return [*frames, *([b"]"] if ended else [])]

    def pieces(self, part: Part) -> list[JSON]:
        return _parts(part) if isinstance(part, Call) else super().pieces(part)


def _plain(values: list[Any]) -> bool:
    return all(isinstance(one, str | int | float) and not isinstance(one, bool) for one in values)


def _kind(value: Any) -> str:
    return "stringValue" if isinstance(value, str) else "numberValue"


def _parts(part: Part) -> list[JSON]:
    if isinstance(part, Call):
        return [{"functionCall": {"id": part.id, "name": part.name, "args": part.args}}]
    return [{"text": part.whole, **({} if isinstance(part, Text) else {"thought": True})}]


def camel(data: Any) -> Any:
    """Return the value with camelCase keys. The SDKs send some keys in snake_case, and Google accepts both."""
    if isinstance(data, Mapping):
        fields = cast("Mapping[str, Any]", data)
        return {re.sub(r"_([a-z])", lambda found: found[1].upper(), key): camel(one) for key, one in fields.items()}
    return [camel(one) for one in as_list(data)] if isinstance(data, list) else data
