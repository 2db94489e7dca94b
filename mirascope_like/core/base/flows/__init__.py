"""Decisions over several requests, without I/O: tool rounds, structured output, retries, their waits, and resuming.

Used by: streams and calls.
Must not know: whether the caller is sync or async, or how a request is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .resume import Broken, ContinuedText, broken, plain
    from .retry_policy import forget, wait_after
    from .structured_output import answered, asked, read, remember, way_of
    from .tool_rounds import Calls, calls, next_round, rounds
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "resume": "Broken ContinuedText broken plain",
            "retry_policy": "forget wait_after",
            "structured_output": "answered asked read remember way_of",
            "tool_rounds": "Calls calls next_round rounds",
        },
    )

__all__ = [
    "Broken",
    "Calls",
    "ContinuedText",
    "answered",
    "asked",
    "broken",
    "calls",
    "forget",
    "next_round",
    "plain",
    "read",
    "remember",
    "rounds",
    "wait_after",
    "way_of",
]
