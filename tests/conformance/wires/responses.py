"""OpenAI's Responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mirascope_like.testing.wires import ResponsesFormat
from tests.conformance.wires.answer import IMAGE_URL, JSON, PDF_64, PNG_64, Answer, Call, Text, Wire
from tests.harness.replies import Reply, StreamEvent


class ResponsesWire(ResponsesFormat, Wire):
    """Items of output: a message, a call or a summary of reasoning, each."""

    media: ClassVar[Mapping[str, JSON]] = {
        "image": {"type": "input_image", "image_url": f"data:image/png;base64,{PNG_64}", "detail": "auto"},
        "image url": {"type": "input_image", "image_url": IMAGE_URL, "detail": "auto"},
        "document": {
            "type": "input_file",
            "filename": "document.pdf",
            "file_data": f"data:application/pdf;base64,{PDF_64}",
        },
    }
    json_mode: ClassVar[JSON | None] = {"type": "json_object"}
    native: ClassVar[Any] = {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}

    def stream(self, *events: StreamEvent) -> Reply:
        return Reply.messages(*events)

    def result(self, call: Call, text: str) -> JSON:
        return {"type": "function_call_output", "call_id": call.id, "output": text}


def response_events(*texts: str, finish: str | None = "completed") -> list[JSON]:
    """A Responses stream of these texts; `finish=None` leaves the end out."""
    found: Any = ResponsesWire().events(Answer(Text(*texts), ended=finish is not None))
    return list(found)


def response_whole(text: str) -> JSON:
    """The response that `response_events` streams."""
    return ResponsesWire().whole(Answer(text))
