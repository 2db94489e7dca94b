"""Gemini's contents, as Google's two SDKs are sent them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from mirascope_like.testing.wires import GeminiArrayFormat, GeminiFormat, camel
from tests.conformance.wires.answer import IMAGE_URL, JSON, PDF_64, PNG_64, WAV_64, Call, Wire
from tests.harness.replies import Piece, Reply, StreamEvent
from tests.harness.server import Request


class GeminiWire(GeminiFormat, Wire):
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

    def stream(self, *events: StreamEvent) -> Reply:
        pieces = (f"data: {json.dumps(one)}\r\n\r\n".encode() if isinstance(one, dict) else one for one in events)
        return Reply(tuple(pieces), 200, {"content-type": "text/event-stream"})  # type: ignore[arg-type]

    def result(self, call: Call, text: str) -> JSON:
        return {"functionResponse": {"id": call.id, "name": call.name, "response": {"output": text}}}

    def failed(self, status: int) -> Reply:
        return Reply.json(self.failure(status, "scripted error", None)[0], status)

    def body(self, request: Request) -> Any:
        return camel(request.json)


class ArrayWire(GeminiArrayFormat, GeminiWire):
    """The same as one JSON array, a call in one piece, as the retired SDK is sent it."""

    @property
    def native(self) -> Any:
        from google.generativeai import protos

        return protos.Content(role="user", parts=[protos.Part(text="Hi")])

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
