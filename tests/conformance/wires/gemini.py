"""Gemini's contents, as Google's two SDKs are sent them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.conformance.wires.answer import IMAGE_URL, JSON, PDF_64, PNG_64, WAV_64, Answer, Call, Said, Text, Wire
from tests.harness.replies import Piece, Reply, StreamEvent
from tests.harness.server import Request

_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
}


class GeminiWire(Wire):
    """Parts, with the usage so far in every event; server-sent events that end in CRLF."""

    media: ClassVar[Mapping[str, JSON]] = {
        "image": {"inlineData": {"mimeType": "image/png", "data": PNG_64}},
        "image url": {"fileData": {"mimeType": "image/png", "fileUri": IMAGE_URL}},
        "audio": {"inlineData": {"mimeType": "audio/wav", "data": WAV_64}},
        "document": {"inlineData": {"mimeType": "application/pdf", "data": PDF_64}},
    }
    json_mode: ClassVar[JSON | None] = {"responseMimeType": "application/json"}

    @property
    def native(self) -> Any:
        from google.genai import types

        return types.UserContent("Hi")

    def whole(self, answer: Answer) -> JSON:
        return self._event(answer, *(part for one in answer.said for part in _parts(one)), finished=answer.ended)

    def events(self, answer: Answer) -> list[StreamEvent]:
        parts = [part for one in answer.said for part in self._pieces(one)]
        return [
            self._event(answer, part, finished=answer.ended and number == len(parts))
            for number, part in enumerate(parts, 1)
        ]

    def stream(self, *events: StreamEvent) -> Reply:
        pieces = (f"data: {json.dumps(one)}\r\n\r\n".encode() if isinstance(one, dict) else one for one in events)
        return Reply(tuple(pieces), 200, {"content-type": "text/event-stream"})  # type: ignore[arg-type]

    def result(self, call: Call, text: str) -> JSON:
        return {"functionResponse": {"id": call.id, "name": call.name, "response": {"output": text}}}

    def failed(self, status: int) -> Reply:
        error = {"code": status, "message": "scripted error", "status": _STATUSES[status]}
        return Reply.json({"error": error}, status)

    def body(self, request: Request) -> Any:
        return _camel(request.json)

    def head(self, answer: Answer) -> JSON:
        return {"modelVersion": answer.model, "responseId": "r-1"}

    def _event(self, answer: Answer, *parts: JSON, finished: bool) -> JSON:
        content = {"role": "model", "parts": list(parts)}
        candidate: JSON = {"content": content, "index": 0, **({"finishReason": "STOP"} if finished else {})}
        usage: JSON = {"promptTokenCount": answer.input, "candidatesTokenCount": answer.output}
        usage["totalTokenCount"] = answer.input + answer.output
        if answer.cached is not None:
            usage["cachedContentTokenCount"] = answer.cached
        return {"candidates": [candidate], "usageMetadata": usage, **self.head(answer)}

    def _pieces(self, said: Said) -> list[JSON]:
        """Return the parts, one for each event. The first argument of a call in pieces is cut into two."""
        if not isinstance(said, Call):
            return [part for piece in said.pieces for part in _parts(type(said)(piece))]
        if len(said.pieces) == 1:
            return _parts(said)
        (name, value), *others = said.args.items()
        half = len(value) // 2
        args: list[JSON] = [
            {"jsonPath": f"$.{name}", "stringValue": value[:half], "willContinue": True},
            {"jsonPath": f"$.{name}", "stringValue": value[half:]},
            *({"jsonPath": f"$.{key}", "numberValue": other} for key, other in others),
        ]
        begun = {"id": said.id, "name": said.name, "willContinue": True}
        told = [{"partialArgs": [one], "willContinue": True} for one in args]
        return [{"functionCall": call} for call in (begun, *told, {})]


class ArrayWire(GeminiWire):
    """The same as one JSON array, a call in one piece, as the retired SDK is sent it."""

    @property
    def native(self) -> Any:
        from google.generativeai import protos

        return protos.Content(role="user", parts=[protos.Part(text="Hi")])

    def head(self, answer: Answer) -> JSON:
        return {"modelVersion": answer.model}

    def stream(self, *events: StreamEvent) -> Reply:
        pieces: list[Piece] = []
        ended = False
        for one in events:
            if isinstance(one, dict):
                pieces.append((b",\r\n" if pieces else b"[") + json.dumps(one).encode())
                ended = "finishReason" in one["candidates"][0]
            else:
                pieces.append(one)  # type: ignore[arg-type]
        return Reply((*pieces, *((b"]",) if ended else ())), 200, {"content-type": "application/json; charset=UTF-8"})

    def _pieces(self, said: Said) -> list[JSON]:
        return _parts(said) if isinstance(said, Call) else super()._pieces(said)


def _parts(said: Said) -> list[JSON]:
    if isinstance(said, Call):
        return [{"functionCall": {"id": said.id, "name": said.name, "args": said.args}}]
    return [{"text": said.whole, **({} if isinstance(said, Text) else {"thought": True})}]


def _camel(data: Any) -> Any:
    """Return the value with camelCase keys. The SDKs send some keys in snake_case, and Google accepts both."""
    if isinstance(data, dict):
        return {re.sub(r"_([a-z])", lambda found: found[1].upper(), key): _camel(one) for key, one in data.items()}
    return [_camel(one) for one in data] if isinstance(data, list) else data
