"""Changes JSON schemas so that they have only keywords that a provider accepts; adds the tool for structured output.

Used by: the wire formats and the providers.
Must not know: how a request is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...base.runtime import lazy_names

if TYPE_CHECKING:
    from .answer_tool import add_answer_tool
    from .inlined_schema import open_schema
    from .strict import ANTHROPIC_WORDS, OPENAI_WORDS, is_closed, strict_schema, tool_arguments
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "answer_tool": "add_answer_tool",
            "inlined_schema": "open_schema",
            "strict": "ANTHROPIC_WORDS OPENAI_WORDS is_closed strict_schema tool_arguments",
        },
    )

__all__ = [
    "ANTHROPIC_WORDS",
    "OPENAI_WORDS",
    "add_answer_tool",
    "is_closed",
    "open_schema",
    "strict_schema",
    "tool_arguments",
]
