"""Calls to Groq."""

from __future__ import annotations

from ..base.sdk import load_sdk

load_sdk("groq", extra="groq")

from ..base.call import Call  # noqa: E402  # the SDK is looked for first, so that the error says how to get it
from ..base.models import Models  # noqa: E402
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
model: Models[GroqCallResponse, GroqStream, GroqAsyncStream, GroqCallParams] = Models(call)
"""Make an object of a model, with settings for every call made from it."""

__all__ = [
    "call",
    "model",
    "GroqAsyncStream",
    "GroqCallParams",
    "GroqCallResponse",
    "GroqCallResponseChunk",
    "GroqFinishReason",
    "GroqProvider",
    "GroqStream",
    "GroqTool",
]
