"""Messages as a conversation, from the JSON of any provider's format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ....core.base.parsing import as_list, as_object, is_list, is_mapping
from ..logged_call import LoggedCall

_ROLES = {"model": "assistant", "chatbot": "assistant", "developer": "system", "function": "tool"}
"""Roles of providers, and the common role."""
_MEDIA = {
    **dict.fromkeys(("image", "image_url", "input_image", "image_generation_call"), "image"),
    **dict.fromkeys(("audio", "audio_url", "input_audio"), "audio"),
    **dict.fromkeys(("document", "document_url", "input_file", "file", "video"), "document"),
}
"""Types of parts with data, and what is shown for them."""
_INLINE = ("inline_data", "inlineData", "file_data", "fileData")
_CALLS = ("function", "function_call", "functionCall", "toolUse")
_RESULTS = ("function_response", "functionResponse", "toolResult")


@dataclass(frozen=True)
class Part:
    """One part of a turn."""

    kind: str
    """"text", "thinking", "call", "result", "media" or "data"."""
    text: str
    name: str | None = None
    """The name of the tool, or the media type."""
    failed: bool = False
    """True for a tool that raised an error."""
    id: str | None = None
    """The id that a tool call and its result have in common."""


@dataclass(frozen=True)
class Turn:
    """One message: "system", "user", "assistant" or "tool", or another role of the provider."""

    role: str
    parts: list[Part]


def conversation(call: LoggedCall) -> list[Turn]:
    """Return the messages of a request, with its system message first, and its response last."""
    turns = [turn for one in call.messages or () for turn in _turns(one)]
    if call.system and not any(turn.role == "system" for turn in turns):
        turns.insert(0, Turn("system", [Part("text", call.system)]))
    if response := _response(call):
        turns.append(Turn("assistant", response))
    return list(_named(turns))


def _named(turns: list[Turn]) -> Iterator[Turn]:
    """Yield the turns with the names of their tools in the results, which often have only the id of their call."""
    names = {part.id: part.name for turn in turns for part in turn.parts if part.kind == "call" and part.id}
    for turn in turns:
        parts = [
            replace(part, name=part.name or names.get(part.id or "") or part.id) if part.kind == "result" else part
            for part in turn.parts
        ]
        yield Turn(turn.role, parts)


def _response(call: LoggedCall) -> list[Part]:
    parts: list[Part] = []
    if call.reasoning:
        parts.append(Part("thinking", call.reasoning))
    if call.response_text:
        parts.append(Part("text", call.response_text))
    for one in map(as_object, call.tool_calls or ()):
        name = _name(one)
        parts.append(Part("call", as_json(one.get("arguments")), name))
        if "error" in one:
            parts.append(Part("result", as_json(one["error"]), name, failed=True))
        elif "result" in one:
            parts.append(Part("result", as_json(one["result"]), name))
    return parts


def _turns(message: Any) -> Iterator[Turn]:
    """Yield the turns of one message. Tool results inside a message of the user are a turn of the role "tool"."""
    if not is_mapping(message):
        yield Turn("user", list(_parts(message)))
        return
    role = str(message.get("role") or _role_of_item(message)).lower()
    role = _ROLES.get(role, role)
    parts = list(_message_parts(message, role))
    results = [part for part in parts if part.kind == "result"]
    if role == "user" and results:
        yield Turn("tool", results)
        parts = [part for part in parts if part.kind != "result"]
    if parts:
        yield Turn(role, parts)


def _role_of_item(item: Mapping[Any, Any]) -> str:
    """Return the role of an item of OpenAI's Responses API, which has a type instead."""
    kind = str(item.get("type") or "")
    return "tool" if kind.endswith("_output") else "assistant" if kind else "user"


def _message_parts(message: Mapping[Any, Any], role: str) -> Iterator[Part]:
    kind = message.get("type")
    if isinstance(kind, str) and kind != "message" and "role" not in message:
        yield from _item(message, kind)
        return
    for name in ("reasoning_content", "reasoning", "tool_plan"):
        if isinstance(text := message.get(name), str) and text:
            yield Part("thinking", text)
    content = next((message[name] for name in ("content", "parts", "message") if message.get(name) is not None), None)
    if role == "tool" and content is not None and not _has_results(content):
        yield Part("result", _joined(content), _text(message.get("name")), id=_text(message.get("tool_call_id")))
    else:
        yield from _parts(content)
    if isinstance(refusal := message.get("refusal"), str):
        yield Part("text", refusal)
    for one in as_list(message.get("tool_calls")):
        yield from _parts({"type": "function", **as_object(one)})


def _item(item: Mapping[Any, Any], kind: str) -> Iterator[Part]:
    """Yield the parts of an item of OpenAI's Responses API."""
    if kind.endswith("_output"):
        yield Part("result", _joined(item.get("output")), id=_text(item.get("call_id")))
    elif kind == "reasoning":
        texts = [
            one.get("text") for one in map(as_object, as_list(item.get("summary")) or as_list(item.get("content")))
        ]
        yield Part("thinking", "\n".join(filter(None, texts)) or "(not readable)")
    elif kind == "function_call":
        yield Part("call", _arguments(item), _name(item), id=_text(item.get("call_id")))
    else:
        yield from _parts(dict(item))


def _has_results(content: Any) -> bool:
    return any(part.kind == "result" for part in _parts(content))


def _parts(content: Any) -> Iterator[Part]:
    if is_list(content):
        for one in content:
            yield from _parts(one)
    elif is_mapping(content):
        yield _part(content)
    elif content is not None and content != "":
        yield Part("text", content if isinstance(content, str) else as_json(content))


def _part(part: Mapping[Any, Any]) -> Part:
    kind = str(part.get("type") or "")
    if kind in ("thinking", "reasoning", "redacted_thinking") or part.get("thought") is True:
        return Part("thinking", _thinking(part))
    if "reasoningContent" in part:
        return Part("thinking", _thinking(as_object(as_object(part["reasoningContent"]).get("reasoningText"))))
    if kind == "tool_use" or kind.endswith("_tool_use"):
        return Part("call", as_json(part.get("input")), _name(part), id=_text(part.get("id")))
    if kind == "tool_result" or kind.endswith("_tool_result"):
        failed = part.get("is_error") is True
        return Part("result", _joined(part.get("content")), failed=failed, id=_text(part.get("tool_use_id")))
    for name in _CALLS:
        if is_mapping(inner := part.get(name)):
            id = inner.get("toolUseId") or inner.get("id") or part.get("id")
            return Part("call", _arguments(inner), _name(inner), id=_text(id))
    for name in _RESULTS:
        if is_mapping(inner := part.get(name)):
            content, failed = inner.get("response", inner.get("content")), inner.get("status") == "error"
            # Google's reference: the key "output" has the output of the function, and "error" its error.
            if is_mapping(content) and len(content) == 1 and content.keys() <= {"output", "error"}:
                failed = "error" in content
                (content,) = content.values()
            id = _text(inner.get("toolUseId") or inner.get("id"))
            return Part("result", _joined(content), _text(inner.get("name")), failed, id)
    if kind in _MEDIA or any(name in part for name in _INLINE):
        return _media(_MEDIA.get(kind, "file"), part)
    for name in ("image", "document", "video"):  # Bedrock
        if is_mapping(part.get(name)):
            return _media(name, as_object(part[name]))
    for name in ("text", "refusal"):
        if isinstance(text := part.get(name), str):
            return Part("text", text)
    return Part("data", as_json(dict(part)), kind or None)


def _thinking(part: Mapping[Any, Any]) -> str:
    text: Any = part.get("thinking") or part.get("text")
    return text if isinstance(text, str) else _joined(text) if text else "(not readable)"


def _text(value: Any) -> str | None:
    return str(value) if value else None


def _name(value: Mapping[Any, Any]) -> str:
    return str(value.get("name") or "tool")


def _arguments(call: Mapping[Any, Any]) -> str:
    found: Any = next((call[name] for name in ("arguments", "args", "input", "parameters") if name in call), None)
    if isinstance(found, str):
        try:
            return as_json(json.loads(found))
        except (ValueError, RecursionError):
            return found
    return as_json(found if found is not None else {})


def _joined(content: Any) -> str:
    """Return the text of a tool result."""
    if is_list(content) and content and all(is_mapping(one) and isinstance(one.get("text"), str) for one in content):
        return "\n".join(one["text"] for one in content)
    return as_json(content)


def _media(what: str, part: Mapping[Any, Any]) -> Part:
    """Return a part that names data by its type and size; the data itself is not shown."""
    kind, size, place = _described(part)
    if what == "file" and kind:
        what = kind.partition("/")[0]
    shown = f"{size:,} bytes" if size else place or "no data"
    return Part("media", f"{what}: {shown}", kind)


def _described(value: Any) -> tuple[str | None, int, str | None]:
    """Return the media type, the size in bytes, and the address of the data that is somewhere in a value."""
    if isinstance(value, str):
        if value.startswith("data:"):
            head, _, data = value.partition(",")
            return head[5:].partition(";")[0] or None, len(data) * 3 // 4 - data[-2:].count("="), None
        if "://" in value[:40]:
            return None, 0, value
        return None, len(value) * 3 // 4 - value[-2:].count("=") if len(value) >= 64 or value.endswith("=") else 0, None
    kind: str | None = None
    size, place = 0, None
    items: Iterable[tuple[Any, Any]] = value.items() if is_mapping(value) else enumerate(as_list(value))
    for name, one in items:
        if name in ("media_type", "mime_type", "mimeType", "format") and isinstance(one, str):
            kind = one
        elif name not in ("type", "detail", "filename", "title", "name", "id", "signature", "thought_signature"):
            found = _described(one)
            kind, size, place = kind or found[0], size or found[1], place or found[2]
    return kind, size, place


def as_json(value: Any) -> str:
    """Return a text itself, and any other value as indented JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
