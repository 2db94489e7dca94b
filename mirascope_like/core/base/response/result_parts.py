"""Converts the outputs of tools to message parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..messages import ToolResultPart
from ..tools import BaseTool, call_of, is_error, tool_output


def tool_results(tools_and_outputs: Sequence[tuple[BaseTool, Any]]) -> list[ToolResultPart]:
    """Return the outputs of tools as tool result parts in the common form. An output that is an exception becomes an
    error result.
    """
    return [
        ToolResultPart(
            name=call_of(tool).name,
            content=tool_output(output),
            id=call_of(tool).id,
            is_error=is_error(output),
        )
        for tool, output in tools_and_outputs
    ]
