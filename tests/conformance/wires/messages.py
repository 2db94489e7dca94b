"""Anthropic's messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mirascope_like.testing.wires import MessagesFormat
from tests.conformance.wires.answer import IMAGE_URL, JSON, PDF_64, PNG_64, Answer, Call, Text, Wire
from tests.harness.replies import Reply, StreamEvent


class MessagesWire(MessagesFormat, Wire):
    """Blocks of content, each with a start, deltas and a stop."""

    media: ClassVar[Mapping[str, JSON]] = {
        "image": {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG_64}},
        "image url": {"type": "image", "source": {"type": "url", "url": IMAGE_URL}},
        "document": {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF_64}},
    }
    native: ClassVar[Any] = {"role": "user", "content": [{"type": "text", "text": "Hi"}]}

    def stream(self, *events: StreamEvent) -> Reply:
        return Reply.messages(*events)

    def result(self, call: Call, text: str) -> JSON:
        return {"type": "tool_result", "tool_use_id": call.id, "content": text}


def message_text(*texts: str, finish: str | None = "end_turn") -> list[JSON]:
    """An Anthropic message stream of these texts; `finish=None` leaves the end out."""
    found: Any = MessagesWire().events(Answer(Text(*texts), ended=finish is not None))
    return list(found)


def message_whole(text: str) -> JSON:
    """The message that `message_text` streams."""
    return MessagesWire().whole(Answer(text))
