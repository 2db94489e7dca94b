"""OpenAI's custom tools: the model calls them with a text in place of JSON arguments. Used by chat completions and
Responses.
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
    """A call of a tool that was declared in the provider's own format, for which no function of the same name was
    passed.
    """

    def call(self) -> Any:
        """Raise `ToolNotFoundError`: there is no function that can run."""
        name = call_of(self).name
        raise ToolNotFoundError(f"no function for the tool {name!r}: add a function or class of this name to `tools`")


class CustomTool(NativeTool):
    """A call of a custom tool, for which no function of the same name was passed."""

    input: str
    """The text that the model wrote for the tool."""


@lru_cache(maxsize=256)
def _custom_type(name: str, description: str) -> type[CustomTool]:
    def own_name(cls: type[BaseTool]) -> str:
        return name

    fields = {"__module__": __name__, "__doc__": description or None, "_name": classmethod(own_name)}
    return type(name, (CustomTool,), fields)


def custom_type(tool: Mapping[str, Any]) -> type[BaseTool] | None:
    """Return the tool type for a custom tool that is declared in OpenAI's own format; None for any other tool."""
    declared = as_object(tool.get("custom")) or tool
    name = declared.get("name")
    custom = tool.get("type") == "custom" and isinstance(name, str) and name
    return _custom_type(name, str(declared.get("description") or "")) if custom else None


def custom_arguments(name: str, text: str, types: Sequence[type[BaseTool]]) -> str:
    """Return the text for a custom tool as JSON arguments: as `input`, or as the first parameter of the function
    with this name.
    """
    kind = find_tool_type(types, name)
    schema = kind.tool_json_schema() if kind is not None else {}
    names = [*schema.get("required", ()), *schema.get("properties", ())]
    return to_json({"input" if "input" in names or not names else names[0]: text}).decode()
