"""Converts messages to OpenAI's chat format and back."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import jiter
from pydantic import BaseModel

from ...base.errors import PromptError
from ...base.messages import (
    AudioPart,
    BaseMessageParam,
    CacheControlPart,
    DocumentPart,
    ImagePart,
    ImageURLPart,
    Kind,
    MediaPart,
    Part,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    linked_part,
)
from ...base.parsing import as_list, as_object, at, dumped, paired_escapes
from .chunk import arguments_text, content_text

_AUDIO = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mp3": "mp3", "audio/mpeg": "mp3"}
_CONTENT_FIELDS = ("content", "tool_calls", "function_call", "refusal", "audio", "images")
"""The fields of a message that contain content."""

_TEXTUAL = ("assistant", "system", "developer")
"""Roles whose text parts are joined into one text, unless one of the parts has a cache mark."""

EncodePart = Callable[[Part], dict[str, Any]]
"""A function that returns a part in a provider's format, and raises `PromptError` if the provider does not accept
the part.
"""


def encode_messages(
    messages: Sequence[Any], encode_part: EncodePart, *, cache_marks: bool = False, returns_images: bool = False
) -> list[dict[str, Any]]:
    """Return messages in OpenAI's format. Messages that already have this format are not changed.

    Empty assistant messages are left out, because the API rejects them. Cache marks are left out unless `cache_marks`
    is True (for hosts that accept Anthropic's `cache_control`). With `returns_images`, images of the assistant are put
    into `images`, where the host returns them. Raises `PromptError` for a part that `encode_part` does not accept.
    """
    encoded = [_encode(message, encode_part, cache_marks, returns_images) for message in messages]
    return [one for several in encoded for one in several if _not_empty(one)]


def _not_empty(message: Mapping[str, Any]) -> bool:
    return message.get("role") != "assistant" or any(message.get(key) for key in _CONTENT_FIELDS)


def _encode(message: Any, encode_part: EncodePart, cache_marks: bool, returns_images: bool) -> list[dict[str, Any]]:
    if not isinstance(message, BaseMessageParam):
        return [native(message)]
    if isinstance(message.content, str):
        return [{"role": message.role, "content": message.content}]
    calls = [part for part in message.content if isinstance(part, ToolCallPart)]
    encoded: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    marked = False
    before: Part | None = None
    for part in message.content:
        if isinstance(part, ToolResultPart):
            encoded.append(encode_tool_result(part))
        elif isinstance(part, CacheControlPart):
            marked = (cache_marks and _mark(part, before, encoded, others)) or marked
        elif not isinstance(part, ToolCallPart):
            others.append(encode_part(part))
        before = part
    images = _taken_images(others) if returns_images and message.role == "assistant" else []
    if others or calls or images:
        content: Any = others
        texts = [part.text for part in message.content if isinstance(part, TextPart)]
        if not marked and message.role in _TEXTUAL and len(texts) == len(others):
            content = "".join(texts) or None
        encoded_message: dict[str, Any] = {"role": message.role, "content": content}
        if images:
            encoded_message["images"] = images
        if calls:
            encoded_message["tool_calls"] = [_call(part) for part in calls]
        encoded.append(encoded_message)
    return encoded


def _taken_images(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Remove the images from a list of encoded parts and return them."""
    images = [one for one in parts if one["type"] == "image_url"]
    parts[:] = [one for one in parts if one["type"] != "image_url"]
    return images


def _mark(
    mark: CacheControlPart, before: Part | None, results: list[dict[str, Any]], others: list[dict[str, Any]]
) -> bool:
    """Add a cache mark to the part before it: to the last of `results` if that part is a tool result, else to the last
    of `others`.

    Returns True if the mark was added to `others`. A mark after a tool call, or at the beginning of a message, is
    dropped.
    """
    if isinstance(before, ToolResultPart):
        text = {"type": "text", "text": results[-1]["content"], "cache_control": mark.directive}
        results[-1] = {**results[-1], "content": [text]}
    elif others and not isinstance(before, ToolCallPart):
        others[-1] = {**others[-1], "cache_control": mark.directive}
        return True
    return False


def native(message: Any) -> dict[str, Any]:
    """Return a message in OpenAI's format as a dict. Unset fields of an SDK object are left out."""
    if isinstance(message, BaseModel):
        return message.model_dump(mode="json", exclude_none=True)
    if isinstance(message, Mapping):
        return dict(cast("Mapping[str, Any]", message))
    raise PromptError(
        f"a {type(message).__name__} is not a message: pass a BaseMessageParam, or a dict or SDK object with a role"
    )


def encode_tool_result(part: ToolResultPart) -> dict[str, Any]:
    """Return a tool result as a message in OpenAI's format."""
    return {"role": "tool", "content": part.text_alone("a provider with OpenAI's chat format"), "tool_call_id": part.id}


def _call(part: ToolCallPart) -> dict[str, Any]:
    from pydantic_core import to_json

    arguments = to_json(part.args or {}).decode()
    return {"id": part.id, "type": "function", "function": {"name": part.name, "arguments": arguments}}


def encode_part(part: Part, provider: str) -> dict[str, Any]:
    """Return a part in OpenAI's format.

    Raises `PromptError` for a part that the format does not support. `provider` is the name of the provider for the
    message.
    """
    match part:
        case TextPart():
            return {"type": "text", "text": part.text}
        case ImagePart():
            return _image(data_url(part.media_type, part.image), part.detail)
        case ImageURLPart():
            return _image(part.url, part.detail)
        case AudioPart() if part.media_type in _AUDIO:
            data = b64encode(part.audio).decode()
            return {"type": "input_audio", "input_audio": {"data": data, "format": _AUDIO[part.media_type]}}
        case AudioPart():
            raise PromptError(f"{provider} accepts audio as wav or mp3, not as {part.media_type}: convert the audio")
        case DocumentPart() if part.media_type == "application/pdf":
            file = {"filename": "document.pdf", "file_data": data_url(part.media_type, part.document)}
            return {"type": "file", "file": file}
        case _:
            raise refused(part, provider)


def refused(part: Part, provider: str) -> PromptError:
    """Return the error for a part that a provider does not accept."""
    kind = part.type.replace("_", " ")
    form = f" as {part.media_type}" if isinstance(part, AudioPart | DocumentPart) else ""
    return PromptError(f"{provider} accepts no {kind} parts{form}")


def _image(url: str, detail: str | None) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, "detail": detail} if detail else {"url": url}}


def data_url(media_type: str, data: bytes) -> str:
    """Return bytes as a `data:` URL."""
    return f"data:{media_type};base64,{b64encode(data).decode()}"


def decode_message(message: Mapping[str, Any]) -> BaseMessageParam:
    """Convert a message from OpenAI's format to the common form. Parts that the common form does not have are left
    out.
    """
    role = message.get("role")
    content = message.get("content")
    if role == "tool":
        text = content if isinstance(content, str) else _joined(content)
        return BaseMessageParam(role="tool", content=[ToolResultPart(content=text, id=message.get("tool_call_id"))])
    calls = [
        _decode_call(call)
        for call in map(dumped, message.get("tool_calls") or ())
        if call.get("function") or call.get("custom")
    ]
    parts = [decoded for part in _parts(content) for decoded in _decode_marked(part)]
    parts += _images(message.get("images"))
    if not calls and all(isinstance(part, TextPart) for part in parts) and not isinstance(content, list):
        return BaseMessageParam(role=_role(role), content=content or message.get("refusal") or "")
    return BaseMessageParam(role=_role(role), content=[*parts, *calls])


def decode_reply(message: Mapping[str, Any]) -> BaseMessageParam:
    """Return `decode_message` of an answer of Cohere, which always has parts; a single text becomes a str."""
    decoded = decode_message(message)
    match decoded.content:
        case [TextPart(text=text)]:
            return BaseMessageParam(role=decoded.role, content=text)
        case _:
            return decoded


def _role(role: Any) -> Any:
    return {"developer": "system", "function": "tool"}.get(role, role)


def _parts(content: Any) -> list[Mapping[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return [{"type": "text", "text": part} if isinstance(part, str) else dumped(part) for part in content or ()]


def _joined(content: Any) -> str:
    return "".join(str(part.get("text") or "") for part in _parts(content))


def _decode_marked(part: Mapping[str, Any]) -> list[Part]:
    """Return a list with a part in the common form, and its cache mark if it has one."""
    decoded, mark = _decode_part(part), as_object(part.get("cache_control"))
    marks: list[Part] = [CacheControlPart.of_ttl(mark.get("ttl"))] if mark else []
    return [decoded, *marks] if decoded is not None else []


def _decode_part(part: Mapping[str, Any]) -> Part | None:
    match part.get("type"):
        case "text":
            return TextPart(text=content_text([part]))
        case "image_url":
            image = as_object(part["image_url"]) or {"url": part["image_url"]}
            return linked_part("image", image["url"], detail=image.get("detail"))
        case "input_audio" if sound := as_object(part["input_audio"]):
            return _decoded_media("audio", sound["data"], f"audio/{sound['format']}")
        case "input_audio":
            return _decoded_media("audio", part["input_audio"], "audio/wav")
        case "file" if data := as_object(part.get("file")).get("file_data"):
            return _decoded_media("document", data, "application/pdf")
        case "document_url":
            return linked_part("document", part["document_url"])
        case _:
            return None


def _images(images: Any) -> list[Part]:
    """Return the images that a host returns in addition to the content: parts as in a prompt, or URLs alone."""
    sources = [at(one, "image_url.url") or at(one, "image_url") or at(one, "url") or one for one in as_list(images)]
    return [linked_part("image", url) for url in sources if isinstance(url, str)]


def _decoded_media(kind: Kind, data: str, media_type: str) -> MediaPart:
    """Return the media part for a URL or for base64 data. Base64 data and `data:` URLs are decoded, and their first
    bytes determine the media type; `media_type` is used if those bytes are not recognized.
    """
    return linked_part(kind, data if ":" in data else f"data:{media_type};base64,{data}")


def _decode_call(call: Mapping[str, Any]) -> ToolCallPart:
    if custom := as_object(call.get("custom")):
        return ToolCallPart(name=custom["name"], args={"input": custom.get("input") or ""}, id=call.get("id"))
    function = call["function"]
    try:
        args = jiter.from_json(paired_escapes(arguments_text(function.get("arguments")) or "{}").encode())
    except ValueError:
        args = None
    return ToolCallPart(name=function.get("name") or "", args=as_object(args), id=call.get("id"))
