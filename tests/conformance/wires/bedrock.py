"""Bedrock's Converse, whose streams are binary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mirascope_like.testing.wires import BedrockFormat
from tests.conformance.wires.answer import JSON, PDF_64, PNG_64, WAV_64, Call, Wire
from tests.harness.oracles_bedrock import streamed
from tests.harness.replies import Piece, Reply, StreamEvent


class BedrockWire(BedrockFormat, Wire):
    """Blocks of content; text and thoughts begin without a start."""

    media: ClassVar[Mapping[str, JSON]] = {
        "image": {"image": {"format": "png", "source": {"bytes": PNG_64}}},
        "audio": {"audio": {"format": "wav", "source": {"bytes": WAV_64}}},
        "document": {"document": {"format": "pdf", "name": "document 1", "source": {"bytes": PDF_64}}},
    }
    native: ClassVar[Any] = {"role": "user", "content": [{"text": "Hi"}]}

    def stream(self, *events: StreamEvent) -> Reply:
        pieces: Any = events
        found: list[Piece] = list(pieces)
        return streamed(*found)

    def result(self, call: Call, text: str) -> JSON:
        return {"toolUseId": call.id, "content": [{"text": text}]}

    def failed(self, status: int) -> Reply:
        status = 403 if status == 401 else status  # AWS knows no 401
        body, headers = self.failure(status, "scripted error", None)
        return Reply.json(body, status, headers=headers)
