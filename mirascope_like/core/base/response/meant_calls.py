"""Reads the tool calls of a response, each once, and repairs their names and arguments."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..tools import BaseTool, ToolCall, is_cut, repaired, tool_name, without_repeated


class MeantCalls:
    """Base class of responses. Reads their tool calls, and repairs names and arguments that a host has changed."""

    if TYPE_CHECKING:
        answer_name: str | None
        _tool_types: Any
        _tool_paths: Any

        @property
        def common_finish_reasons(self) -> list[str] | None: ...

    @property
    @abstractmethod
    def _tool_calls(self) -> list[ToolCall]:
        """The tool calls as the provider sent them."""

    @property
    def _names(self) -> frozenset[str]:
        """The names of the tools that were offered, including the one for structured output."""
        kinds: list[type[BaseTool]] = [*self._tool_types]
        return frozenset({*map(tool_name, kinds), *(self._tool_paths or ()), *filter(None, [self.answer_name])})

    @property
    def _calls(self) -> list[ToolCall]:
        """The tool calls, each once, with names and arguments repaired: see `tools.call_repair`."""
        return without_repeated(repaired(call, self._names) for call in self._tool_calls)

    def _cut_call(self, calls: Sequence[ToolCall]) -> ToolCall | None:
        """Return the last of all tool calls if the response ended before its arguments; else None."""
        return calls[-1] if calls and is_cut(calls[-1], self.common_finish_reasons) else None
