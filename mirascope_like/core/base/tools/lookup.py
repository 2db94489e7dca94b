"""Finds the tool that a model called, and converts the output of a tool to text for the model."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum
from typing import Any, ClassVar, TypeVar, cast

import pydantic_core
from pydantic import BaseModel, ConfigDict

from ..errors import ToolArgumentsError, ToolNotFoundError
from ..messages import MediaPart, ResultContent, TextPart, part_of, sniff
from ..parsing import is_mapping
from .base_tool import BaseTool, ToolCall, broken_tool, tool_name
from .function_tool import tool_type
from .unresolved_tool import UnresolvedTool

OUTPUT_METHOD = "_as_tool_output"
"""The name of a method of responses and streams. If a tool returns a response or stream, this method returns the
text that the model receives.
"""
READ = "_read_for_tool"
"""The name of the method by which streams are read to their end; for an async stream it returns an awaitable."""

ToolT = TypeVar("ToolT", bound=BaseTool)


class UnknownTool(BaseTool):
    """A call of a tool that was not offered to the model. It has an `error` and cannot run; `args` are the arguments
    that the model wrote.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")


def find_tool_type(types: Sequence[type[BaseTool]], name: str) -> type[BaseTool] | None:
    """Return the tool type that a model calls by this name, or None if there is none in `types`."""
    return next((kind for kind in types if tool_name(kind) == name), None)


def find_tool(
    types: Sequence[type[BaseTool]],
    call: ToolCall,
    base: type[ToolT],
    unresolved: Collection[str] | None = (),
    *,
    cut: bool = False,
) -> ToolT:
    """Return the tool instance for a tool call of a model. Never raises: for an unknown name, and if the call was cut
    off (`cut`), the instance has an `error`.

    `unresolved` are the names of offered tools whose types are not known here; calls of them return an
    `UnresolvedTool`. None means that any name may be such a tool.
    """
    kind = find_tool_type(types, call.name)
    if kind is not None and cut:
        incomplete = (
            f"the response ended before the arguments of tool {call.name!r} were complete: write the call again"
        )
        return broken_tool(tool_type(kind, base), call, ToolArgumentsError(incomplete, arguments=call.arguments))
    if kind is not None:
        return tool_type(kind, base).from_call(call)
    if unresolved is None or call.name in unresolved:
        return tool_type(UnresolvedTool, base).from_call(call)
    known = list(dict.fromkeys([*map(tool_name, types), *unresolved]))
    from difflib import get_close_matches  # imported here: few models call an unknown tool

    close = get_close_matches(call.name, known, n=1)
    message = f"unknown tool {call.name!r}; " + (f"known: {', '.join(known)}" if known else "none is known")
    error = ToolNotFoundError(f"{message}; did you mean {close[0]!r}?" if close else message)
    return broken_tool(tool_type(UnknownTool, base), call, error)


def is_error(output: object) -> bool:
    """Return True if a tool's output is an exception."""
    return isinstance(output, BaseException)


def tool_output(output: object) -> str | list[ResultContent]:
    """Return the output of a tool as the content of a tool result: a text, or a list of parts if the output contains
    media.

    In a list that contains media, every other item becomes a text part.
    """
    items = _items(output)
    if not any(map(_is_media, items)):
        return tool_output_text(output)
    parts = [part_of(one) if _is_media(one) else TextPart(text=tool_output_text(one)) for one in items]
    return cast("list[ResultContent]", parts)


def _items(output: object) -> list[Any]:
    return list(cast("Any", output)) if isinstance(output, list | tuple) else [output]


def _is_media(value: object) -> bool:
    if isinstance(value, bytes | bytearray):
        return sniff(bytes(value)) is not None
    return isinstance(value, TextPart | MediaPart) or type(value).__module__.partition(".")[0] == "PIL"


def _with_texts(output: object) -> object:
    """Return an output of a tool in which every response and stream, also inside lists and dicts, is replaced by its
    text.
    """
    if hasattr(type(output), OUTPUT_METHOD):
        return tool_output_text(output)
    if is_mapping(output):
        return {key: _with_texts(one) for key, one in output.items()}
    if isinstance(output, list | tuple):
        return [_with_texts(one) for one in cast("Sequence[object]", output)]
    return output


def tool_output_text(output: object) -> str:
    """Return a tool's output as text for the model.

    A str is returned unchanged, and None as "". Dates, UUIDs, decimals, enums and bytes become plain text. An exception
    becomes "ErrorType: message", and a response of a model its text. All other values become JSON, or their `str` if
    they have no JSON form.
    """
    if output is None:
        return ""
    if (to_text := getattr(type(output), OUTPUT_METHOD, None)) is not None:
        return str(to_text(output))
    if isinstance(output, BaseException):
        return ": ".join(filter(None, [type(output).__name__, str(output)]))
    if isinstance(output, str) and not isinstance(output, Enum):
        return str(output)
    if isinstance(output, BaseModel):
        return output.model_dump_json()
    try:
        text = pydantic_core.to_json(_with_texts(output), fallback=str).decode()
    except (ValueError, RecursionError):  # bytes that are not UTF-8, or an object that contains itself
        return str(output)
    return cast("str", pydantic_core.from_json(text)) if text.startswith('"') else text
