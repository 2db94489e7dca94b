"""A tool call in a pickle or dump of a response, if the tool's class is not known to the program that loads it."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict

from ..errors import ToolNotFoundError
from .base_tool import BaseTool, call_of


class UnresolvedTool(BaseTool):
    """A tool call whose tool class was not found when a response was loaded from a pickle or dump. It has `name`, `id`
    and `args`.

    `call()` raises `ToolNotFoundError`.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    def call(self) -> Any:
        """Raise `ToolNotFoundError` with a message on how to make the tool's class known."""
        raise ToolNotFoundError(
            f"the function or class of tool {call_of(self).name!r} is not known: import its module before you load the "
            "response, or pass the tool: model_validate(dump, context={'tools': [...]})"
        )
