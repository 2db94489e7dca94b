"""Calls to Groq."""

from __future__ import annotations

from ..base.errors import load_sdk
from ..base.runtime import Listing

load_sdk("groq", extra="groq")

from ..base.calls import Call  # noqa: E402  # after the check for the SDK, whose error names the extra
from ..base.models import Models  # noqa: E402
from .params import (  # noqa: E402
    AsyncGroqDynamicConfig,
    GroqCallParams,
    GroqDynamicConfig,
    GroqMessageParam,
)
from .provider import GroqProvider  # noqa: E402
from .types import (  # noqa: E402
    GroqAsyncStream,
    GroqCallResponse,
    GroqCallResponseChunk,
    GroqFinishReason,
    GroqStream,
    GroqTool,
)

# Calls to Groq's chat completions.
call: Call[GroqCallResponse, GroqStream, GroqAsyncStream, GroqCallParams] = Call(
    GroqProvider(), GroqStream, GroqAsyncStream, GroqCallParams
)
groq_call: Call[GroqCallResponse, GroqStream, GroqAsyncStream, GroqCallParams] = call
"""Another name of `call`."""
model: Models[GroqCallResponse, GroqStream, GroqAsyncStream, GroqCallParams] = Models(call)

__all__ = [
    "AsyncGroqDynamicConfig",
    "GroqAsyncStream",
    "GroqCallParams",
    "GroqCallResponse",
    "GroqCallResponseChunk",
    "GroqDynamicConfig",
    "GroqFinishReason",
    "GroqMessageParam",
    "GroqProvider",
    "GroqStream",
    "GroqTool",
    "call",
    "groq_call",
    "model",
]

__dir__: Listing = Listing(__all__)
