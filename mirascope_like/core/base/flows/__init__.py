"""Decides what to send after a response or an error, without I/O: tool rounds, structured output, retries, resuming.

Used by: streams and calls.
Must not know: whether the caller is sync or async, or how a request is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .resume import ContinuedText, Interruption, find_interruption, plain
    from .retry_policy import forget, passes, wait_after
    from .structured_output import (
        choose_strategy,
        read,
        request_structured_output,
        select,
        token_limits,
        with_structure,
    )
    from .tool_rounds import RunTools, calls, next_round, rounds
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "resume": "ContinuedText Interruption find_interruption plain",
            "retry_policy": "forget passes wait_after",
            "structured_output": "choose_strategy read request_structured_output select token_limits with_structure",
            "tool_rounds": "RunTools calls next_round rounds",
        },
    )

__all__ = [
    "Interruption",
    "RunTools",
    "ContinuedText",
    "request_structured_output",
    "with_structure",
    "find_interruption",
    "calls",
    "forget",
    "next_round",
    "passes",
    "plain",
    "read",
    "rounds",
    "select",
    "token_limits",
    "wait_after",
    "choose_strategy",
]
