"""Calls to Groq."""

from __future__ import annotations

from ..base.errors import load_sdk

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

call: Call[GroqCallResponse, GroqStream, GroqAsyncStream, GroqCallParams] = Call(
    GroqProvider(), GroqStream, GroqAsyncStream, GroqCallParams
)
"""Return a decorator that turns a prompt function into a call to Groq's chat completions."""
groq_call: Call[GroqCallResponse, GroqStream, GroqAsyncStream, GroqCallParams] = call
"""Another name of `call`."""
model: Models[GroqCallResponse, GroqStream, GroqAsyncStream, GroqCallParams] = Models(call)
"""Make a model object. Its settings apply to every call that is made with it."""

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
