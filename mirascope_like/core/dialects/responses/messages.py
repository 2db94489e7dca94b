"""Converts messages to the input items of OpenAI's Responses format and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from mimetypes import guess_extension
from typing import Any

import jiter
from pydantic_core import to_json

from ...base.errors import PromptError
from ...base.messages import (
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
    linked_part,
    result_of,
)
from ...base.parsing import as_list, as_object, dumped, paired_escapes
from ..chat_completions import data_url
from ..content_blocks import decode_turn
from .native_calls import call_in


def encode_messages(messages: Sequence[Any], *, cache_marks: bool = True) -> list[dict[str, Any]]:
    """Return messages as input items. Messages that are already items are not changed.

    System messages stay where they are. Tool calls and tool results become separate items. Empty assistant messages are
    left out; cache marks are left out if `cache_marks` is False. Raises `PromptError` for a part that the format does
    not support.
    """
    return [item for message in messages for item in _encode(message, cache_marks)]


def _encode(message: Any, cache_marks: bool) -> list[dict[str, Any]]:
    if isinstance(message, list):
        return encode_messages(as_list(message), cache_marks=cache_marks)
    if not isinstance(message, BaseMessageParam):
        return [dumped(message)]
    if isinstance(message.content, str):
        has_text = message.content or message.role != "assistant"
        return [{"role": message.role, "content": message.content}] if has_text else []
    items: list[dict[str, Any]] = []
    content_parts: list[dict[str, Any]] | None = None
    for part in message.content:
        if isinstance(part, ToolCallPart | ToolResultPart):
            items.append(_call(part) if isinstance(part, ToolCallPart) else encode_tool_result(part))
            content_parts = None
        elif not isinstance(part, CacheControlPart):
            if content_parts is None:
                content_parts = []
                items.append({"role": message.role, "content": content_parts})
            content_parts.append(encode_part(part, message.role))
        elif cache_marks:
            _mark(items)
    return items


def _mark(items: Sequence[dict[str, Any]]) -> None:
    """Add a cache mark to the last part of the last item. A mark after an assistant message or a tool call is
    dropped: they accept none.
    """
    if not items:
        raise PromptError("cache_control at the beginning of a message: put it after the part that is to be cached")
    last = items[-1]
    if isinstance(last.get("output"), str):
        last["output"] = [{"type": "input_text", "text": last["output"]}]
    parts = last.get("output") or (last.get("content") if last.get("role") != "assistant" else None)
    if parts:
        parts[-1]["prompt_cache_breakpoint"] = {"mode": "explicit"}


def _call(part: ToolCallPart) -> dict[str, Any]:
    arguments = to_json(part.args or {}).decode()
    return {"type": "function_call", "call_id": part.id, "name": part.name, "arguments": arguments}


def encode_tool_result(part: ToolResultPart) -> dict[str, Any]:
    """Return a tool result as an input item."""
    output = part.content if isinstance(part.content, str) else [encode_part(one, "user") for one in part.content]
    return {"type": "function_call_output", "call_id": part.id, "output": output if part.media else part.text}


def encode_part(part: Part, role: str) -> dict[str, Any]:
    """Return a part of a message with this role. Raises `PromptError` for a part that the format does not support."""
    if role == "assistant" and not isinstance(part, TextPart):
        raise PromptError(
            f"OpenAI's Responses API accepts no {part.type.replace('_', ' ')} parts in assistant messages, only text"
        )
    match part:
        case TextPart():
            return {"type": "output_text" if role == "assistant" else "input_text", "text": part.text}
        case ImagePart():
            url = data_url(part.media_type, part.image)
            return {"type": "input_image", "image_url": url, "detail": part.detail or "auto"}
        case ImageURLPart():
            return {"type": "input_image", "image_url": part.url, "detail": part.detail or "auto"}
        case DocumentPart():
            name = f"document{guess_extension(part.media_type) or ''}"
            return {"type": "input_file", "filename": name, "file_data": data_url(part.media_type, part.document)}
        case DocumentURLPart():
            return {"type": "input_file", "file_url": part.url}
        case _:
            raise PromptError(f"OpenAI's Responses API accepts no {part.type.replace('_', ' ')} parts")


def decode_items(messages: Sequence[Any]) -> list[BaseMessageParam]:
    """Convert items, or lists of items, to messages in the common form. Adjacent items of the assistant become one
    message.

    Items that the common form does not have are left out: reasoning, and calls and results of tools that the provider
    runs.
    """
    turns: list[tuple[str, list[Part]]] = []
    for item in encode_messages(messages):
        role, parts = _decode(item)
        if turns and role == "assistant" == turns[-1][0]:
            turns[-1][1].extend(parts)
        elif parts or role != "assistant":
            turns.append((role, parts))
    return [decode_turn(role, parts) for role, parts in turns]


def _decode(item: Mapping[str, Any]) -> tuple[str, list[Part]]:
    match item.get("type"):
        case "function_call_output" | "custom_tool_call_output":
            output = item["output"]
            found = output if isinstance(output, str) else _decode_parts(output)
            return "tool", [result_of(found, id=item.get("call_id"))]
        case "shell_call_output" | "local_shell_call_output" | "apply_patch_call_output" | "computer_call_output":
            return "tool", [_decode_native_result(item)]
        case _ if (call := call_in(item, None, ())) is not None:
            try:
                args = jiter.from_json(paired_escapes(call.arguments or "{}").encode())
            except ValueError:
                args = None
            return "assistant", [ToolCallPart(name=call.name, args=as_object(args), id=call.id)]
        case _ if "role" in item:
            role = "system" if item["role"] == "developer" else item["role"]
            content = item.get("content") or ""
            if isinstance(content, str):
                return role, [TextPart(text=content)] if content else []
            return role, _decode_parts(content)
        case _:
            return "assistant", []


def _decode_native_result(item: Mapping[str, Any]) -> ToolResultPart:
    """Convert the result of a shell, a patch or a computer to the common form."""
    id, output, failed = item.get("call_id") or item.get("id"), item.get("output"), item.get("status") == "failed"
    if item["type"] == "computer_call_output":
        return result_of(_decode_parts([{**as_object(output), "type": "input_image"}]), id=id)
    if isinstance(output, list):
        streams = [as_object(one) for one in as_list(output)]
        output = "".join(f"{one.get('stdout') or ''}{one.get('stderr') or ''}" for one in streams)
    return result_of(str(output or ""), id=id, is_error=failed)


def _decode_parts(content: Sequence[Mapping[str, Any]]) -> list[Part]:
    parts: list[Part] = []
    for one in content:
        if (part := _decode_part(one)) is not None:
            parts += [part, CacheControlPart()] if one.get("prompt_cache_breakpoint") else [part]
    return parts


def _decode_part(part: Mapping[str, Any]) -> Part | None:
    match part.get("type"):
        case "input_text" | "output_text":
            return TextPart(text=part["text"])
        case "refusal":
            return TextPart(text=part["refusal"])
        case "input_image" if part.get("image_url"):
            detail = part.get("detail")
            # The API reports "auto" for an image that was sent without a detail.
            return linked_part("image", part["image_url"], detail=None if detail == "auto" else detail)
        case "input_file" if source := part.get("file_data") or part.get("file_url"):
            return linked_part("document", source)
        case _:
            return None
