"""Responses in a wire format, those of `mirascope_like.testing`, and what a request in the format holds."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from mirascope_like.testing.wires import JSON, Answer, Call, Text, Thought, WireFormat
from mirascope_like.testing.wires import Part as AnswerPart
from tests.harness.replies import Reply, StreamEvent
from tests.harness.server import Request

PNG = b"\x89PNG\r\n\x1a\n"
PNG_64 = "iVBORw0KGgo="
WAV = b"RIFF"
WAV_64 = "UklGRg=="
PDF = b"%PDF-"
PDF_64 = "JVBERi0="
IMAGE_URL = "https://example.com/a.png"


class Wire(WireFormat):
    """A provider's format."""

    media: ClassVar[Mapping[str, JSON]]
    """What a request holds of an image, an image's URL, a recording and a document: those of this module."""
    json_mode: ClassVar[JSON | None] = None
    """What a request holds in JSON mode; None where it is asked for in words."""
    native: Any
    """A message in the format's own words that says "Hi"."""

    @abstractmethod
    def stream(self, *events: StreamEvent) -> Reply:
        """A reply of events, ended in good order."""

    @abstractmethod
    def result(self, call: Call, text: str) -> JSON:
        """What a request holds of a tool's output."""

    def failed(self, status: int) -> Reply:
        """A refusal with the message "scripted error"."""
        return Reply.error(status)

    def body(self, request: Request) -> Any:
        """Return the body of the request, with the format's own names."""
        return request.json

    def answered(self, answer: Answer) -> Reply:
        return Reply.json(self.whole(answer))

    def streamed(self, answer: Answer) -> Reply:
        return self.stream(*self.events(answer))


__all__ = [
    "IMAGE_URL",
    "JSON",
    "PDF",
    "PDF_64",
    "PNG",
    "PNG_64",
    "WAV",
    "WAV_64",
    "Answer",
    "Call",
    "AnswerPart",
    "Text",
    "Thought",
    "Wire",
]
