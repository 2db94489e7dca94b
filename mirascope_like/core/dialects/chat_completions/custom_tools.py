"""Custom tools of OpenAI: the model calls them with a text instead of arguments. Chat completions and Responses have
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from pydantic_core import to_json

from ...base.errors import ToolNotFoundError
from ...base.parsing import as_object
from ...base.tools import BaseTool, call_of, find_tool_type


class NativeTool(BaseTool):
    """A call of a tool that the request declared in the provider's own form, without a function of the same name."""

    def call(self) -> Any:
        """Raise `ToolNotFoundError`: nothing runs the tool."""
        name = call_of(self).name
        raise ToolNotFoundError(f"nothing runs the tool {name!r}: add a function of this name to `tools`, or a class")


class CustomTool(NativeTool):
    """A call of a custom tool."""

    input: str
    """The text that the model wrote."""


@lru_cache(maxsize=256)
def _custom_type(name: str, description: str) -> type[CustomTool]:
    def own_name(cls: type[BaseTool]) -> str:
        return name

    fields = {"__module__": __name__, "__doc__": description or None, "_name": classmethod(own_name)}
    return type(name, (CustomTool,), fields)


def custom_type(tool: Mapping[str, Any]) -> type[BaseTool] | None:
    """Return the tool type for a tool in OpenAI's own form; None unless it is a custom one with a name."""
    declared = as_object(tool.get("custom")) or tool
    name = declared.get("name")
    custom = tool.get("type") == "custom" and isinstance(name, str) and name
    return _custom_type(name, str(declared.get("description") or "")) if custom else None


def custom_arguments(name: str, text: str, types: Sequence[type[BaseTool]]) -> str:
    """Return the input of a custom tool as JSON arguments: the value of `input`, or of a function's first parameter."""
    kind = find_tool_type(types, name)
    schema = kind.tool_json_schema() if kind is not None else {}
    names = [*schema.get("required", ()), *schema.get("properties", ())]
    return to_json({"input" if "input" in names or not names else names[0]: text}).decode()
