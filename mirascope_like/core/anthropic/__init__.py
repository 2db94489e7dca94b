"""Calls to Anthropic."""

from __future__ import annotations

from ..base.sdk import load_sdk

load_sdk("anthropic", extra="anthropic")

from ..base.call import Call  # noqa: E402  # the SDK is looked for first, so that the error says how to get it
from .params import AnthropicCallParams  # noqa: E402
from .provider import AnthropicProvider  # noqa: E402
from .types import (  # noqa: E402
    AnthropicAsyncStream,
    AnthropicCallResponse,
    AnthropicCallResponseChunk,
    AnthropicStream,
    AnthropicTool,
)

call: Call[AnthropicCallResponse, AnthropicStream, AnthropicAsyncStream, AnthropicCallParams] = Call(
    AnthropicProvider(), AnthropicStream, AnthropicAsyncStream, AnthropicCallParams
)
"""Turn a prompt function into a call to Anthropic's messages."""

__all__ = [
    "call",
    "AnthropicAsyncStream",
    "AnthropicCallParams",
    "AnthropicCallResponse",
    "AnthropicCallResponseChunk",
    "AnthropicProvider",
    "AnthropicStream",
    "AnthropicTool",
]
