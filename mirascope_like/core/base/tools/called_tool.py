"""Base class of the tools that a provider returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from ..errors import ToolError
from .base_tool import BaseTool, Facts

CallT = TypeVar("CallT")

if TYPE_CHECKING:

    class CalledFacts(Facts, Generic[CallT]):
        """The attributes of tools that have no fields of the same names."""

        tool_call: CallT
        id: str | None
        name: str
        args: dict[str, Any]
        delta: str | None
        error: ToolError | None

    class CalledTool(CalledFacts[CallT], BaseTool):
        """Base class of the tools that a provider returns."""

        _sdk_call: ClassVar[Callable[[dict[str, Any]], Any]]
        """Returns the SDK's object for a tool call in JSON, as streams build it."""

else:

    class CalledTool(BaseTool):
        """Base class of the tools that a provider returns."""

        @classmethod
        def __class_getitem__(cls, parameters: Any) -> type[Self]:
            return cls  # no field depends on the type parameter
