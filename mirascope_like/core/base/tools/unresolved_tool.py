"""Calls whose tool is not known where they are read: in a pickle or dump of a response."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict

from ..errors import ToolNotFoundError
from .base_tool import BaseTool, call_of


class UnresolvedTool(BaseTool):
    """A call in a pickle or dump that was read where the class of its tool is not known: its `name`, `id` and `args`.

    Its `call()` raises `ToolNotFoundError`.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    def call(self) -> Any:
        """Raise `ToolNotFoundError`, which names what to do."""
        raise ToolNotFoundError(
            f"the function or class of tool {call_of(self).name!r} is not known here: import its module before the "
            "response is read, or give it: model_validate(dump, context={'tools': [...]})"
        )
