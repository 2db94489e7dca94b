"""Tools, complete and partial: their types and JSON schemas, finding the one a model called, and running it.

Used by: responses, streams, calls, and every provider.
Must not know: requests, providers and the schema keywords they accept, or when a tool call is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .base_tool import (
        BaseTool,
        ToolCall,
        ToolConfig,
        arguments_of,
        broken_tool,
        call_of,
        error_of,
        is_partial,
        partial_tool,
        tool_description,
        tool_name,
    )
    from .call_repair import (
        ARGUMENTS,
        CallsOnce,
        effective_arguments,
        given_arguments,
        is_cut,
        is_settled,
        may_be_cut,
        offered_name,
        repaired,
        valid_arguments,
        without_repeated,
    )
    from .called_tool import CalledTool
    from .executor import CALL_OF, ToolLoop, aran, ran
    from .function_tool import ToolReference, Tools, offered_at, portable, source_of, tool_from_function, tool_type
    from .lookup import UnknownTool, find_tool, find_tool_type, is_error, tool_output, tool_output_text
    from .result import ToolResultEvent
    from .schema import arguments_schema, in_words, read_docstring
    from .toolkit import BaseToolKit, toolkit_tool
    from .unresolved_tool import UnresolvedTool
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "base_tool": "BaseTool ToolCall ToolConfig arguments_of call_of is_partial error_of "
            "broken_tool partial_tool tool_description tool_name",
            "call_repair": "ARGUMENTS CallsOnce effective_arguments given_arguments is_cut is_settled may_be_cut "
            "offered_name repaired "
            "valid_arguments without_repeated",
            "called_tool": "CalledTool",
            "executor": "CALL_OF ToolLoop aran ran",
            "function_tool": "ToolReference Tools offered_at portable source_of tool_from_function tool_type",
            "lookup": "UnknownTool find_tool find_tool_type is_error tool_output tool_output_text",
            "result": "ToolResultEvent",
            "schema": "arguments_schema in_words read_docstring",
            "toolkit": "BaseToolKit toolkit_tool",
            "unresolved_tool": "UnresolvedTool",
        },
    )

__all__ = [
    "CALL_OF",
    "ARGUMENTS",
    "BaseTool",
    "BaseToolKit",
    "CalledTool",
    "CallsOnce",
    "ToolCall",
    "ToolConfig",
    "ToolLoop",
    "ToolReference",
    "ToolResultEvent",
    "Tools",
    "UnknownTool",
    "UnresolvedTool",
    "aran",
    "arguments_of",
    "arguments_schema",
    "broken_tool",
    "call_of",
    "is_partial",
    "effective_arguments",
    "error_of",
    "find_tool",
    "find_tool_type",
    "given_arguments",
    "in_words",
    "is_cut",
    "is_error",
    "is_settled",
    "may_be_cut",
    "offered_at",
    "offered_name",
    "partial_tool",
    "portable",
    "ran",
    "read_docstring",
    "repaired",
    "source_of",
    "tool_description",
    "tool_from_function",
    "tool_name",
    "tool_output",
    "tool_output_text",
    "tool_type",
    "toolkit_tool",
    "valid_arguments",
    "without_repeated",
]
