"""OpenAI's chat completions, and what hosts make of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mirascope_like.testing.wires import CHAT_HEAD, ChatFormat, MistralFormat
from tests.conformance.wires.answer import IMAGE_URL, JSON, PDF_64, PNG_64, WAV_64, Answer, Call, Text, Wire
from tests.harness.replies import Reply, StreamEvent


class ChatWire(ChatFormat, Wire):
    """`thinking` is the key of thoughts, if the host sends them. `whole_calls`: is a call streamed in one piece?"""

    media: ClassVar[Mapping[str, JSON]] = {
        "image": {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG_64}"}},
        "image url": {"type": "image_url", "image_url": {"url": IMAGE_URL}},
        "audio": {"type": "input_audio", "input_audio": {"data": WAV_64, "format": "wav"}},
        "document": {
            "type": "file",
            "file": {"filename": "document.pdf", "file_data": f"data:application/pdf;base64,{PDF_64}"},
        },
    }
    json_mode: ClassVar[JSON | None] = {"type": "json_object"}
    native: ClassVar[Any] = {"role": "user", "content": "Hi"}

    def stream(self, *events: StreamEvent) -> Reply:
        return Reply.chat(*events)

    def result(self, call: Call, text: str) -> JSON:
        return {"role": "tool", "content": text, "tool_call_id": call.id}


class MistralWire(MistralFormat, ChatWire):
    """Mistral's: thoughts are parts of the content, and calls come whole, without an index."""

    media: ClassVar[Mapping[str, JSON]] = {
        **ChatWire.media,
        "audio": {"type": "input_audio", "input_audio": WAV_64},
        "document": {"type": "document_url", "document_url": f"data:application/pdf;base64,{PDF_64}"},
    }


def chat_text(*texts: str, finish: str | None = "stop") -> list[JSON]:
    """A chat completions stream of these texts, without the `[DONE]`; `finish=None` leaves the end out."""
    found: Any = ChatWire().events(Answer(Text(*texts), ended=finish is not None))
    return list(found)


def chat_whole(text: str) -> JSON:
    """The chat completion that `chat_text` streams."""
    return ChatWire().whole(Answer(text))


__all__ = ["CHAT_HEAD", "ChatWire", "MistralWire", "chat_text", "chat_whole"]
