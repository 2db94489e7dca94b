"""Cohere's chat, version 2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mirascope_like.testing.wires import CohereFormat
from tests.conformance.wires.answer import IMAGE_URL, JSON, PNG_64, Call, Wire
from tests.harness.replies import Reply, StreamEvent


class CohereWire(CohereFormat, Wire):
    """Content in blocks, calls beside them."""

    media: ClassVar[Mapping[str, JSON]] = {
        "image": {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG_64}"}},
        "image url": {"type": "image_url", "image_url": {"url": IMAGE_URL}},
    }
    json_mode: ClassVar[JSON | None] = {"type": "json_object"}

    @property
    def native(self) -> Any:
        from cohere import UserChatMessageV2

        return UserChatMessageV2(content="Hi")

    def stream(self, *events: StreamEvent) -> Reply:
        return Reply.sse(*events, "[DONE]", named=False)

    def result(self, call: Call, text: str) -> JSON:
        return {"role": "tool", "content": text, "tool_call_id": call.id}

    def failed(self, status: int) -> Reply:
        return Reply.json({"id": "r-1", "message": "scripted error"}, status)
