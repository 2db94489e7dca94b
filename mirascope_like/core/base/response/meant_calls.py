"""The calls of a response, as the model meant them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from ..tools import BaseTool, ToolCall, repaired, tool_name


class MeantCalls:
    """The part of a response that reads its calls."""

    if TYPE_CHECKING:
        answer_name: str | None
        _tool_types: Any

    @property
    @abstractmethod
    def _tool_calls(self) -> list[ToolCall]:
        """The calls, as they came."""

    @property
    def _names(self) -> frozenset[str]:
        """The names that the model could call."""
        kinds: list[type[BaseTool]] = [*self._tool_types]
        return frozenset({*map(tool_name, kinds), *filter(None, [self.answer_name])})

    @property
    def _calls(self) -> list[ToolCall]:
        """The calls, each by the name that was offered and with the arguments that count."""
        return [repaired(call, self._names) for call in self._tool_calls]
