"""OpenAI's Responses format: input items, events, accumulator, provider.

Used by: `core.openai.responses`, `core.azure.responses` and the hosts that offer it.
Must not know: which host receives the requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...base.runtime import lazy_names

if TYPE_CHECKING:
    from .accumulator import ResponsesAccumulator
    from .native_calls import ApplyPatchTool, ComputerTool, LocalShellTool, ShellTool
    from .params import ResponsesCallParams
    from .provider import ResponsesProvider
    from .types import ResponsesCallResponse, ResponsesChunk, ResponsesFinishReason, ResponsesTool
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "accumulator": "ResponsesAccumulator",
            "native_calls": "ApplyPatchTool ComputerTool LocalShellTool ShellTool",
            "params": "ResponsesCallParams",
            "provider": "ResponsesProvider",
            "types": "ResponsesCallResponse ResponsesChunk ResponsesFinishReason ResponsesTool",
        },
    )

__all__ = [
    "ApplyPatchTool",
    "ComputerTool",
    "LocalShellTool",
    "ShellTool",
    "ResponsesCallParams",
    "ResponsesCallResponse",
    "ResponsesChunk",
    "ResponsesFinishReason",
    "ResponsesTool",
    "ResponsesAccumulator",
    "ResponsesProvider",
]
