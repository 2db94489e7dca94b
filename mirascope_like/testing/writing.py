"""Writes replies in the format of a request, as HTTP responses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json, to_jsonable_python

from ..core.base.parsing import as_object
from .interception import Cut, Gap, HTTPReply, HTTPStep
from .replies import (
    AnswerReply,
    ErrorReply,
    RawReply,
    RefusalReply,
    Reply,
    ReplyPart,
    Scripted,
    TextReply,
    ThinkingReply,
    ToolReply,
)
from .request import FakeRequest, message_text
from .wires import Answer, Call, Part, Refusal, Text, Thought, WireFormat

RETRIED = frozenset({408, 409, 425, 429})
"""Statuses below 500 after which SDKs repeat a request."""


def http_reply(reply: Scripted, request: FakeRequest, wire: WireFormat | None) -> HTTPReply:
    """Return the HTTP response for a reply. `wire` is the format of the request; None if it is not one for a model."""
    if isinstance(reply, RawReply):
        return HTTPReply(reply.status, _with_id(reply.headers, request), (reply.body,))
    if isinstance(reply, ErrorReply):
        return _error(reply, request, wire)
    if wire is None:
        raise TypeError(
            f"{request.url} is not an address of a model: script a reply for it with raw(...), error(...) or cut()"
        )
    if reply.cut and not reply.parts:
        return HTTPReply(failure=Cut(), delay=reply.delay)
    answer = _answer(reply, request)
    gap = max([reply.gap, *(one.gap for one in reply.parts if isinstance(one, TextReply))])
    if request.stream:
        frames = wire.frames(wire.events(answer), ended=not reply.cut)
        steps: list[HTTPStep] = [step for frame in frames for step in ((Gap(gap), frame) if gap else (frame,))]
        steps = steps[1:] if gap else steps  # the first event is not late: `delay` is for that
        headers = {"content-type": wire.stream_type}
    else:
        body = json.dumps(wire.whole(answer), ensure_ascii=False).encode(errors="backslashreplace")
        steps = [body[: len(body) // 2] if reply.cut else body]
        headers = {"content-type": "application/json"}
    if reply.cut:
        steps.append(Cut())
    return HTTPReply(200, _with_id(headers, request), steps, reply.delay)


def _with_id(headers: Mapping[str, str], request: FakeRequest) -> dict[str, str]:
    names = {"anthropic": "request-id", "bedrock": "x-amzn-requestid"}
    return {names.get(request.provider, "x-request-id"): f"req_{request.number}", **headers}


def _error(reply: ErrorReply, request: FakeRequest, wire: WireFormat | None) -> HTTPReply:
    body: Any = {"error": {"message": reply.message}}
    headers = {"content-type": "application/json"}
    if wire is not None:
        body, more = wire.failure(reply.status, reply.message, reply.code)
        headers.update(more)
    if reply.retry_after is not None:
        headers["retry-after"] = f"{reply.retry_after:g}"
    elif reply.status in RETRIED or reply.status >= 500:
        headers["retry-after-ms"] = "1"  # otherwise SDKs wait for half a second and longer
    headers.update({name.lower(): value for name, value in reply.headers.items()})
    return HTTPReply(reply.status, _with_id(headers, request), (json.dumps(body).encode(),), reply.delay)


def _answer(reply: Reply, request: FakeRequest) -> Answer:
    parts = [_part(one, index, request) for index, one in enumerate(reply.parts)]
    wanted = sum(len(text.split()) for text in (request.system, *map(message_text, request.messages)))
    written = sum(len(one.whole.split()) for one in parts)
    spent = reply.usage or (max(wanted, 1), max(written, 1))
    return Answer(
        *parts,
        model=reply.model or request.model,
        input=spent[0],
        cached=reply.cached,
        output=spent[1],
        ended=not reply.cut,
        finish=reply.finish,
        id=reply.id or f"fake_{request.number}",
    )


def _part(part: ReplyPart, index: int, request: FakeRequest) -> Part:
    if isinstance(part, ToolReply):
        pieces = part.pieces or _json_pieces(part.arguments)
        return _call(part.name, pieces, part.id or f"call_{request.number}_{index}", request)
    if isinstance(part, AnswerReply):
        return _structured(part.value, index, request)
    pieces = part.pieces or tuple(_words(part.text))
    if isinstance(part, ThinkingReply):
        return Thought(*pieces)
    return Refusal(*pieces) if isinstance(part, RefusalReply) else Text(*pieces)


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+\s*$|\s*\S+|\s+", text) or [""]


def _call(name: str, pieces: Sequence[str], id: str, request: FakeRequest) -> Call:
    return Call(id, name, *(["".join(pieces)] if request.reading.whole_calls else pieces))


def _structured(value: Any, index: int, request: FakeRequest) -> Part:
    """Return a structured output as the request asks for it: a call of the tool whose arguments it is, or JSON text."""
    reading = request.reading
    name = _answer_tool(value, request)
    schema = reading.schema if name is None else reading.tools[name]
    content = to_json(_object(value, schema or {})).decode()
    if name is None:
        return Text(*_json_pieces(content))
    return _call(name, _json_pieces(content), f"call_{request.number}_{index}", request)


def _answer_tool(value: Any, request: FakeRequest) -> str | None:
    reading = request.reading
    if (named := type(value).__name__) in reading.tools:
        return named
    if reading.schema is not None or reading.forced is None or not reading.tools:
        return None
    return reading.forced or list(reading.tools)[-1]  # the tool of the structured output is the last one


def _object(value: Any, schema: Mapping[str, Any]) -> Any:
    data = to_jsonable_python(value, by_alias=True)
    names: list[str] = list(as_object(schema.get("properties")))
    if isinstance(data, dict) and (set(as_object(data)) & set(names) or names != ["value"]):
        return as_object(data)
    # The requested object has one field for a value that is not an object.
    wrapped: dict[str, Any] = {names[0] if len(names) == 1 else "value": data}
    return wrapped


def _json_pieces(content: str) -> list[str]:
    """Return JSON in the pieces of a stream: up to each colon and comma, at least two."""
    pieces = re.findall(r"[^,:]+[,:]?|[,:]", content)
    return pieces if len(pieces) > 1 else [content[: len(content) // 2], content[len(content) // 2 :]]
