"""The result of running a tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .base_tool import BaseTool, arguments_of, call_of

ToolT = TypeVar("ToolT", bound=BaseTool)


@dataclass(frozen=True, slots=True)
class ToolResultEvent(Generic[ToolT]):
    """The result of running one tool. Streams with a tool loop yield it as an event."""

    tool: ToolT
    result: Any = None
    """What the tool returned; None if it failed."""
    error: Exception | None = None
    """The error if it failed, else None."""

    @property
    def name(self) -> str:
        """The name of the tool."""
        return call_of(self.tool).name

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The arguments of the tool call, by parameter name."""
        return arguments_of(self.tool)
