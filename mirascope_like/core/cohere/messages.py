"""Messages in Cohere's format: OpenAI's, as far as Cohere takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..base.errors import PromptError
from ..base.messages import BaseMessageParam, DocumentPart, ImagePart, ImageURLPart, Part
from ..dialects import chat_messages

_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


def encode_messages(messages: Sequence[Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the messages, and the documents in them, which Cohere takes beside the messages.

    Messages in Cohere's format stay as they are. Raises `PromptError` for a part that the format has no place for.
    """
    documents: list[dict[str, Any]] = []
    said = [_without_documents(message, documents) for message in messages]
    return chat_messages.encode_messages(said, "Cohere"), documents


def _without_documents(message: Any, documents: list[dict[str, Any]]) -> Any:
    if not isinstance(message, BaseMessageParam) or isinstance(message.content, str):
        return message
    parts: list[Part] = []
    for part in message.content:
        if isinstance(part, DocumentPart) and part.media_type.startswith("text/"):
            documents.append({"data": {"text": part.document.decode()}})
            continue
        _check(part, message.role)
        parts.append(part)
    return BaseMessageParam(role=message.role, content=parts)


def _check(part: Part, role: str) -> None:
    match part:
        case ImagePart() if part.media_type not in _IMAGES:
            raise PromptError(f"Cohere takes {', '.join(sorted(_IMAGES))}, not {part.media_type}")
        case ImagePart() | ImageURLPart() if role != "user":
            raise PromptError("Cohere takes images in user messages only")
        case DocumentPart():
            raise PromptError(f"Cohere takes documents of text, not {part.media_type}")
        case _ if part.type == "audio":
            raise PromptError("Cohere takes no audio parts")
        case _:
            pass
