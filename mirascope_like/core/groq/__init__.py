"""Calls to Groq."""

from __future__ import annotations

from ..base.sdk import load_sdk

load_sdk("groq", extra="groq")

from ..base.call import Call  # noqa: E402  # the SDK is looked for first, so that the error says how to get it
from .params import GroqCallParams  # noqa: E402
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
"""Turn a prompt function into a call to Groq's chat completions."""

__all__ = [
    "call",
    "GroqAsyncStream",
    "GroqCallParams",
    "GroqCallResponse",
    "GroqCallResponseChunk",
    "GroqFinishReason",
    "GroqProvider",
    "GroqStream",
    "GroqTool",
]
