"""Calls to OpenAI, and to any host that speaks its chat completions."""

from __future__ import annotations

from ..base.sdk import load_sdk

load_sdk("openai", extra="openai")

from ..base.call import Call  # noqa: E402  # the SDK is looked for first, so that the error says how to get it
from .params import OpenAICallParams  # noqa: E402
from .provider import OpenAIProvider  # noqa: E402
from .types import (  # noqa: E402
    OpenAIAsyncStream,
    OpenAICallResponse,
    OpenAICallResponseChunk,
    OpenAIFinishReason,
    OpenAIStream,
    OpenAITool,
)

call: Call[OpenAICallResponse, OpenAIStream, OpenAIAsyncStream, OpenAICallParams] = Call(
    OpenAIProvider(), OpenAIStream, OpenAIAsyncStream, OpenAICallParams
)
"""Turn a prompt function into a call to OpenAI's chat completions."""

__all__ = [
    "call",
    "OpenAIAsyncStream",
    "OpenAICallParams",
    "OpenAICallResponse",
    "OpenAICallResponseChunk",
    "OpenAIFinishReason",
    "OpenAIProvider",
    "OpenAIStream",
    "OpenAITool",
]
