"""Converts messages to the format of Bedrock's Converse API and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, cast

from pydantic_core import to_json

from ..base.errors import PromptError
from ..base.messages import (
    AudioPart,
    AudioURLPart,
    BaseMessageParam,
    CacheControlPart,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    MediaPart,
    Part,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    result_of,
    short_id,
)
from ..base.parsing import as_list, as_object, at
from ..base.tools import ToolCall
from ..dialects.content_blocks import Blocks, encode_turns

_OFFICE = "application/vnd.openxmlformats-officedocument"
_FORMATS: dict[str, dict[str, str]] = {
    "image": {f"image/{name}": name for name in ("png", "jpeg", "gif", "webp")},
    "document": {
        "application/pdf": "pdf",
        "text/csv": "csv",
        "text/html": "html",
        "text/markdown": "md",
        "text/plain": "txt",
        "application/msword": "doc",
        "application/vnd.ms-excel": "xls",
        f"{_OFFICE}.wordprocessingml.document": "docx",
        f"{_OFFICE}.spreadsheetml.sheet": "xlsx",
    },
    "audio": {
        **{f"audio/{name}": name for name in ("wav", "mp3", "mp4", "aac", "flac", "ogg", "opus", "webm")},
        "audio/mpeg": "mp3",
        "audio/x-wav": "wav",
    },
}
_ENDINGS = {"jpg": "jpeg", "htm": "html"}


def encode_messages(messages: Sequence[Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the system prompt and the messages, in Converse's format.

    System messages may be anywhere in the list. Adjacent tool results become one message, because Converse requires
    this for parallel calls. Messages that already have Converse's format are not changed.

    Raises `PromptError` for a part that the format does not support.
    """
    numbers = count(1)  # every document of a request needs a unique name
    system_blocks, turns = encode_turns(messages, lambda message: _encode(message, numbers))
    return [block for blocks in system_blocks for block in blocks], turns


def _encode(message: Any, numbers: count[int]) -> dict[str, Any]:
    if not isinstance(message, BaseMessageParam):
        return dict(message)
    role = "user" if message.role == "tool" else message.role
    if isinstance(message.content, str):
        return {"role": role, "content": [{"text": message.content}]}
    return {"role": role, "content": [_block(part, numbers) for part in message.content]}


def _block(part: Part, numbers: count[int]) -> dict[str, Any]:
    match part:
        case TextPart():
            return {"text": part.text}
        case CacheControlPart():
            return {"cachePoint": {"type": "default", **({"ttl": part.ttl} if part.ttl is not None else {})}}
        case ToolCallPart():
            return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": part.args or {}}}
        case ToolResultPart():
            return _result(part)
        case ImagePart():
            return {"image": _media("image", part, {"bytes": part.image})}
        case AudioPart():
            return {"audio": _media("audio", part, {"bytes": part.audio})}
        case DocumentPart():
            return {"document": {**_media("document", part, {"bytes": part.document}), **_name(numbers)}}
        case ImageURLPart() | AudioURLPart():
            kind = part.type.removesuffix("_url")
            return {kind: _media(kind, part, _place(part))}
        case DocumentURLPart():
            return {"document": {**_media("document", part, _place(part)), **_name(numbers)}}


def _name(numbers: count[int]) -> dict[str, str]:
    return {"name": f"document {next(numbers)}"}


def _media(kind: str, part: MediaPart, source: dict[str, Any]) -> dict[str, Any]:
    formats = _FORMATS[kind]
    if isinstance(part, ImagePart | AudioPart | DocumentPart):
        named, found = part.media_type, formats.get(part.media_type)
    else:
        ending = part.url.rpartition(".")[2].lower()
        named, found = f"by the ending of the URL {part.url}", _ENDINGS.get(ending, ending)
    if found not in formats.values():
        raise PromptError(f"Bedrock accepts {kind} media as {', '.join(dict.fromkeys(formats.values()))}, not {named}")
    return {"format": found, "source": source}


def _place(part: ImageURLPart | AudioURLPart | DocumentURLPart) -> dict[str, Any]:
    if not part.url.startswith("s3://"):
        kind = part.type.removesuffix("_url")
        raise PromptError(f"Bedrock accepts {kind} media only as bytes or s3:// URLs, not {part.url}: pass the bytes")
    return {"s3Location": {"uri": part.url}}


def _result(part: ToolResultPart) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"text": part.text}]
    if part.media and not isinstance(part.content, str):
        content = [_block(one, count()) for one in part.content]
    for number, block in enumerate(content):
        if "document" in block:  # its name must differ from those of all other documents
            block["document"]["name"] = f"document {short_id(part.id or part.name)}-{number}"
    result: dict[str, Any] = {"toolUseId": part.id, "content": content}
    return {"toolResult": {**result, "status": "error"} if part.is_error else result}


def _parts(block: Mapping[str, Any]) -> list[Part | None]:
    return [_part(block)]


def _part(block: Mapping[str, Any]) -> Part | None:
    kind, value = next(iter(block.items()))
    match kind:
        case "text":
            return TextPart(text=value)
        case "citationsContent":
            return TextPart(text=_joined(value.get("content")))
        case "cachePoint":
            return CacheControlPart.of_ttl(value.get("ttl"))
        case "toolUse":
            return ToolCallPart(name=value["name"], args=as_object(value["input"]), id=value["toolUseId"])
        case "toolResult":
            failed = value.get("status") == "error"
            found = [_part(one) if "json" not in one else TextPart(text=_joined([one])) for one in value["content"]]
            return result_of(found, id=value["toolUseId"], is_error=failed)
        case "image" | "audio" | "document":
            return _decode_media(kind, value)
        case _:
            return None


def _decode_media(kind: str, value: Mapping[str, Any]) -> Part | None:
    source = as_object(value.get("source"))
    data, url = source.get("bytes"), as_object(source.get("s3Location")).get("uri")
    media_type = next((one for one, name in _FORMATS[kind].items() if name == value.get("format")), None)
    match kind, data, url:
        case "image", bytes(), _ if media_type:
            return ImagePart(media_type=media_type, image=data)
        case "audio", bytes(), _ if media_type:
            return AudioPart(media_type=media_type, audio=data)
        case "document", bytes(), _ if media_type:
            return DocumentPart(media_type=media_type, document=data)
        case "image", _, str():
            return ImageURLPart(url=url)
        case "audio", _, str():
            return AudioURLPart(url=url)
        case "document", _, str():
            return DocumentURLPart(url=url)
        case _:
            return None


def _joined(content: Any) -> str:
    blocks = cast("list[Mapping[str, Any]]", as_list(content))
    return "".join(block["text"] if "text" in block else to_json(block.get("json")).decode() for block in blocks)


def _text(block: Mapping[str, Any]) -> str:
    return block["text"] if "text" in block else _joined(at(block, "citationsContent.content"))


def _thinking(block: Mapping[str, Any]) -> str:
    return at(block, "reasoningContent.reasoningText.text") or ""


def _call(block: Mapping[str, Any], arguments: str) -> ToolCall | None:
    use = as_object(block.get("toolUse"))
    if not use or use.get("type") is not None:  # a call that the provider runs itself
        return None
    arguments = arguments or to_json(use.get("input") or {}).decode()
    return ToolCall(id=use.get("toolUseId"), name=use.get("name") or "", arguments=arguments, native=block)


BLOCKS = Blocks("output.message.content", _text, _thinking, _call, _parts, _result)
"""The functions that read and write the blocks of Converse's messages."""
