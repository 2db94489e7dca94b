"""Converts messages to Gemini's format ("contents", as JSON) and back.

Source: Google's reference of `generateContent` (`Content`, `Part`).
"""

from __future__ import annotations

import mimetypes
from base64 import b64decode, b64encode, urlsafe_b64decode
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

from ...base.errors import PromptError
from ...base.messages import (
    AudioPart,
    AudioURLPart,
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
)
from ...base.parsing import as_list, as_object
from ..content_blocks import decode_turn, encode_turns

JSON = dict[str, Any]

_IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"})
_DOCUMENTS = frozenset({"application/pdf", "application/json", "application/xml", "application/rtf"})

UNSIGNED = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
"""The signature that Gemini 3 accepts for a function call that it did not make itself. Source: Google's guide to
thought signatures.
"""


def encode_contents(messages: Sequence[Any], *, sign_calls: bool = False) -> tuple[JSON | None, list[Any]]:
    """Return the system instruction (None if there is none) and the messages in Gemini's format.

    System messages may be anywhere in the list. Adjacent tool results become one message. Messages that are not in the
    common form are not changed. With `sign_calls`, tool calls in the common form get the signature `UNSIGNED`, because
    Gemini 3 requires one.

    Raises `PromptError` for a part that Gemini does not accept.
    """
    names: dict[str | None, str] = {}
    system_parts, contents = encode_turns(messages, lambda message: _encode(message, names, sign_calls), key="parts")
    system = [part for parts in system_parts for part in parts]
    return ({"parts": system} if system else None), contents


def _encode(message: Any, names: dict[str | None, str], sign_calls: bool) -> JSON:
    if not isinstance(message, BaseMessageParam):
        return cast("JSON", message)
    role = {"assistant": "model", "system": "system"}.get(message.role, "user")
    return {"role": role, "parts": _parts(message, names, sign_calls)}


def encode_results(results: Sequence[ToolResultPart]) -> JSON:
    """Return tool results as one message in Gemini's format."""
    return {"role": "user", "parts": [_result(result, {}) for result in results]}


def _parts(message: BaseMessageParam, names: dict[str | None, str], sign_calls: bool) -> list[JSON]:
    if isinstance(message.content, str):
        return [{"text": message.content}]
    encoded = [_part(part, names) for part in message.content if not isinstance(part, CacheControlPart)]
    if sign_calls:  # only the first of parallel calls has a signature
        first = next((part for part in encoded if "functionCall" in part), None)
        if first is not None:
            first["thoughtSignature"] = UNSIGNED
    return encoded


def _part(part: Part, names: dict[str | None, str]) -> JSON:
    match part:
        case TextPart():
            return {"text": part.text}
        case ImagePart() if part.media_type in _IMAGES:
            return _inline(part.media_type, part.image)
        case ImagePart():
            raise PromptError(f"Gemini accepts images of type {', '.join(sorted(_IMAGES))}, not {part.media_type}")
        case AudioPart():
            return _inline(part.media_type, part.audio)
        case DocumentPart() if part.media_type in _DOCUMENTS or part.media_type.startswith("text/"):
            return _inline(part.media_type, part.document)
        case DocumentPart():
            raise PromptError(
                f"Gemini accepts documents of type text/* and {', '.join(sorted(_DOCUMENTS))}, not {part.media_type}"
            )
        case ImageURLPart() | AudioURLPart() | DocumentURLPart():
            return _by_url(part.url)
        case ToolCallPart():
            names[part.id] = part.name
            return {"functionCall": _with_id(part.id, {"name": part.name, "args": part.args or {}})}
        case ToolResultPart():
            return _result(part, names)
        case _:
            raise PromptError(f"Gemini accepts no {part.type.replace('_', ' ')} parts")


def _inline(media_type: str, data: bytes) -> JSON:
    return {"inlineData": {"mimeType": media_type, "data": b64encode(data).decode()}}


def _by_url(url: str) -> JSON:
    media_type = mimetypes.guess_type(urlsplit(url).path)[0]
    return {"fileData": {"fileUri": url, **({"mimeType": media_type} if media_type else {})}}


def _result(part: ToolResultPart, names: Mapping[str | None, str]) -> JSON:
    name = part.name or names.get(part.id, "")
    output = {"error" if part.is_error else "output": part.text}
    media = {"parts": [_part(one, {}) for one in part.media]} if part.media else {}
    return {"functionResponse": _with_id(part.id, {"name": name, "response": output, **media})}


def _with_id(id: str | None, found: JSON) -> JSON:
    return {"id": id, **found} if id else found


def decode_content(content: Mapping[str, Any]) -> BaseMessageParam:
    """Convert a message from Gemini's format to the common form. Parts that the common form does not have, such as
    thinking, are left out.
    """
    role = {"model": "assistant", "system": "system"}.get(content.get("role") or "", "user")
    return decode_turn(role, [_decoded(as_object(part)) for part in as_list(content.get("parts"))])


def _decoded(part: JSON) -> Part | None:
    if part.get("thought"):
        return None
    if text := part.get("text"):
        return TextPart(text=text)
    if blob := as_object(part.get("inlineData")):
        return _media(blob.get("mimeType") or "", blob_bytes(blob))
    if file := as_object(part.get("fileData")):
        return _linked(file.get("mimeType") or "", file.get("fileUri") or "")
    if call := as_object(part.get("functionCall")):
        return ToolCallPart(name=call.get("name") or "", args=call.get("args") or {}, id=call.get("id"))
    if result := as_object(part.get("functionResponse")):
        return _decoded_result(result)
    return None


def _decoded_result(result: JSON) -> ToolResultPart:
    response = as_object(result.get("response"))
    output = response.get("error", response.get("output", response))
    if not isinstance(output, str):
        from pydantic_core import to_json

        output = to_json(output).decode()
    return ToolResultPart(
        name=result.get("name") or "", content=output, id=result.get("id"), is_error="error" in response
    )


def blob_bytes(blob: Mapping[str, Any]) -> bytes:
    """Return the decoded bytes of an `inlineData`, whose base64 may use the standard or the URL-safe alphabet."""
    data = blob.get("data") or b""
    if isinstance(data, bytes):
        return data
    return urlsafe_b64decode(data) if "-" in data or "_" in data else b64decode(data)


def _media(media_type: str, data: bytes) -> Part:
    if media_type.startswith("image/"):
        return ImagePart(media_type=media_type, image=data)
    if media_type.startswith("audio/"):
        return AudioPart(media_type=media_type, audio=data)
    return DocumentPart(media_type=media_type, document=data)


def _linked(media_type: str, url: str) -> Part:
    if media_type.startswith("image/"):
        return ImageURLPart(url=url)
    return AudioURLPart(url=url) if media_type.startswith("audio/") else DocumentURLPart(url=url)


def as_sent(content: JSON) -> JSON:
    """Change the base64 values in a message from the URL-safe alphabet of the SDKs to the standard one. Changes and
    returns `content`.
    """
    for part in map(as_object, as_list(content.get("parts"))):
        usual_base64(part, "thoughtSignature")
        usual_base64(as_object(part.get("inlineData")), "data")
    return content


def usual_base64(holder: JSON, key: str) -> None:
    """Change the base64 value `holder[key]` in place to the standard alphabet."""
    if isinstance(text := holder.get(key), str):
        holder[key] = text.replace("-", "+").replace("_", "/")
