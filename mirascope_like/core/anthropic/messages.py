"""Converts messages to Anthropic's format and back."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic_core import to_json

from ..base.errors import PromptError
from ..base.messages import (
    BaseMessageParam,
    CacheControlPart,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    Part,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    document_text,
    result_of,
)
from ..base.parsing import as_object, at, dumped
from ..base.tools import ToolCall, given_arguments
from ..dialects.content_blocks import Blocks, encode_turns

_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


def encode_messages(messages: Sequence[Any]) -> tuple[Any, list[dict[str, Any]]]:
    """Return the system prompt (None if there is none) and the messages, in Anthropic's format.

    System messages may be anywhere in the list. Adjacent tool results become one message, because Anthropic requires
    this for parallel calls. Messages that already have Anthropic's format are not changed.

    Raises `PromptError` for a part that the format does not support.
    """
    system_contents, turns = encode_turns(messages, _encode)
    system = [block for content in system_contents for block in as_blocks(content)]
    if len(system) == 1 and set(system[0]) == {"type", "text"}:
        return system[0]["text"], turns
    return system or None, turns


def _encode(message: Any) -> dict[str, Any]:
    if not isinstance(message, BaseMessageParam):
        fields = dumped(message)
        # The SDK's response has fields that the API rejects in a message.
        return fields if isinstance(message, Mapping) else {key: fields[key] for key in ("role", "content")}
    role = "user" if message.role == "tool" else message.role
    if isinstance(message.content, str):
        return {"role": role, "content": message.content}
    blocks: list[dict[str, Any]] = []
    for part in message.content:
        if not isinstance(part, CacheControlPart):
            blocks.append(_block(part))
        elif blocks:
            blocks[-1] = {**blocks[-1], "cache_control": part.directive}
        else:
            raise PromptError("cache_control at the beginning of a message: put it after the part that is to be cached")
    return {"role": role, "content": blocks}


def as_blocks(content: Any) -> list[dict[str, Any]]:
    """Return the content of a message as a list of blocks. Plain text becomes one block."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _block(part: Part) -> dict[str, Any]:
    match part:
        case TextPart():
            return {"type": "text", "text": part.text}
        case ImagePart() if part.media_type in _IMAGES:
            return {"type": "image", "source": _base64(part.media_type, part.image)}
        case ImagePart():
            raise PromptError(f"Anthropic accepts images of type {', '.join(sorted(_IMAGES))}, not {part.media_type}")
        case ImageURLPart():
            return {"type": "image", "source": {"type": "url", "url": part.url}}
        case DocumentPart() if part.media_type == "application/pdf":
            return {"type": "document", "source": _base64(part.media_type, part.document)}
        case DocumentPart() if part.media_type.startswith("text/"):
            source = {"type": "text", "media_type": "text/plain", "data": document_text(part)}
            return {"type": "document", "source": source}
        case DocumentURLPart():
            return {"type": "document", "source": {"type": "url", "url": part.url}}
        case ToolCallPart():
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": part.args or {}}
        case ToolResultPart():
            return _tool_result(part)
        case _:
            raise PromptError(f"Anthropic accepts no {part.type.replace('_', ' ')} parts")


def _base64(media_type: str, data: bytes) -> dict[str, Any]:
    return {"type": "base64", "media_type": media_type, "data": b64encode(data).decode()}


def _tool_result(part: ToolResultPart) -> dict[str, Any]:
    content: Any = part.text if not part.media else [_block(one) for one in part.content if not isinstance(one, str)]
    result: dict[str, Any] = {"type": "tool_result", "tool_use_id": part.id, "content": content}
    return {**result, "is_error": True} if part.is_error else result


def _parts(block: Mapping[str, Any]) -> list[Part | None]:
    mark = as_object(block.get("cache_control"))
    return [_part(block), CacheControlPart.of_ttl(mark.get("ttl")) if mark else None]


def _part(block: Mapping[str, Any]) -> Part | None:
    source = cast("Mapping[str, Any]", block.get("source") or {})
    match block.get("type"), source.get("type"):
        case "text", _:
            return TextPart(text=block["text"])
        case "image", "base64":
            return ImagePart(media_type=source["media_type"], image=b64decode(source["data"]))
        case "image", "url":
            return ImageURLPart(url=source["url"])
        case "document", "base64":
            return DocumentPart(media_type=source["media_type"], document=b64decode(source["data"]))
        case "document", "text":
            return DocumentPart(media_type=source["media_type"], document=source["data"].encode())
        case "document", "url":
            return DocumentURLPart(url=source["url"])
        case "tool_use", _:
            return ToolCallPart(name=block["name"], args=block.get("input") or {}, id=block.get("id"))
        case "tool_result", _:
            content = block.get("content") or ""
            found = content if isinstance(content, str) else [_part(one) for one in content]
            return result_of(found, id=block["tool_use_id"], is_error=bool(block.get("is_error")))
        case _:
            return None


def _call(block: Any, arguments: str) -> ToolCall | None:
    if at(block, "type") != "tool_use":
        return None
    # A text is quoted, because it may be the answer of a structured output.
    arguments = arguments or to_json(given_arguments(block) or {}).decode()
    return ToolCall(id=at(block, "id"), name=at(block, "name") or "", arguments=arguments, native=block)


def _text(block: Any) -> str:
    return (at(block, "text") if at(block, "type") == "text" else None) or ""


def _thinking(block: Any) -> str:
    return (at(block, "thinking") if at(block, "type") == "thinking" else None) or ""


BLOCKS = Blocks("content", _text, _thinking, _call, _parts, _tool_result)
"""The functions that read and write the blocks of Anthropic's messages."""
