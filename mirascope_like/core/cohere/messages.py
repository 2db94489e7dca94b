"""Converts messages to Cohere's format, which is OpenAI's format without the parts that Cohere rejects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..base.errors import PromptError
from ..base.messages import AudioPart, BaseMessageParam, DocumentPart, ImagePart, Part, document_text
from ..dialects.chat_completions import encode_messages as encode_chat_messages
from ..dialects.chat_completions import encode_part, refused

_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


def encode_messages(messages: Sequence[Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the messages in Cohere's format, and their text documents, which are a separate argument of Cohere's API.

    Messages that already have Cohere's format are not changed. Raises `PromptError` for a part that Cohere does not
    accept.
    """
    documents: list[dict[str, Any]] = []
    without_documents = [_without_documents(message, documents) for message in messages]
    return encode_chat_messages(without_documents, _encode_part), documents


def _without_documents(message: Any, documents: list[dict[str, Any]]) -> Any:
    if not isinstance(message, BaseMessageParam) or isinstance(message.content, str):
        return message
    found = [part for part in message.content if isinstance(part, DocumentPart) and part.media_type.startswith("text/")]
    documents += [{"data": {"text": document_text(part)}} for part in found]
    return BaseMessageParam(role=message.role, content=[part for part in message.content if part not in found])


def _encode_part(part: Part) -> dict[str, Any]:
    match part:
        case ImagePart() if part.media_type not in _IMAGES:
            raise PromptError(f"Cohere accepts images of type {', '.join(sorted(_IMAGES))}, not {part.media_type}")
        case AudioPart() | DocumentPart():
            raise refused(part, "Cohere")
        case _:
            return encode_part(part, "Cohere")
