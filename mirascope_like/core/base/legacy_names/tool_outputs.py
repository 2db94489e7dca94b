"""`transform_tool_outputs`: passes the outputs of tools as text, for `tool_message_params` in v1's form."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

from ..tools import tool_output_text

KindT = TypeVar("KindT")
MessageT = TypeVar("MessageT")


def transform_tool_outputs(
    fn: Callable[[KindT, Sequence[tuple[Any, str]]], list[MessageT]],
) -> Callable[[KindT, Sequence[tuple[Any, Any]]], list[MessageT]]:
    """Return a class method like `fn` that accepts any outputs of tools, and calls `fn` with their texts.

    Bytes become base64. Other values become JSON, unless they are texts.
    """

    @wraps(fn)
    def method(cls: KindT, tools_and_outputs: Sequence[tuple[Any, Any]]) -> list[MessageT]:
        return fn(cls, [(tool, _text(output)) for tool, output in tools_and_outputs])

    return method


def _text(output: Any) -> str:
    return b64encode(output).decode() if isinstance(output, bytes) else tool_output_text(output)
