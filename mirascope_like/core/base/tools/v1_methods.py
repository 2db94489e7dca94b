"""Class methods of tools that Mirascope v1 documents, for programs and providers that were written for it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Self, cast

from pydantic import BaseModel

from ..parsing import decode_whole, object_so_far


class V1Methods:
    """Base class of tools with the class methods of v1."""

    @classmethod
    def type_from_fn(cls, fn: Callable[..., Any]) -> type[Self]:
        """Return the tool type of a function, as a subclass of this class."""
        return cast("type[Self]", _tool_type(fn, cls))

    @classmethod
    def type_from_base_model_type(cls, tool_type: type[BaseModel]) -> type[Self]:
        """Return the tool type of a tool class or pydantic model, as a subclass of this class."""
        return cast("type[Self]", _tool_type(tool_type, cls))

    @classmethod
    def _dict_from_json(cls, json: str, allow_partial: bool = False) -> dict[str, Any]:
        """Return the arguments in a JSON text, which may be incomplete if `allow_partial` is True."""
        if not json:
            return {}
        return object_so_far(json) if allow_partial else cast("dict[str, Any]", decode_whole(json))


def _tool_type(tool: Any, base: Any) -> Any:
    return import_module(f"{__package__}.function_tool").tool_type(tool, base)  # which imports the base class of tools
