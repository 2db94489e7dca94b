"""Calls to Anthropic."""

from __future__ import annotations

from ..base.errors import load_sdk
from ..base.runtime import Listing

load_sdk("anthropic", extra="anthropic")

from ..base.calls import Call  # noqa: E402  # after the check for the SDK, whose error names the extra
from ..base.models import Models  # noqa: E402
from .params import (  # noqa: E402
    AnthropicCallParams,
    AnthropicDynamicConfig,
    AnthropicMessageParam,
    AnthropicToolConfig,
    AsyncAnthropicDynamicConfig,
)
from .provider import AnthropicProvider  # noqa: E402
from .types import (  # noqa: E402
    AnthropicAsyncStream,
    AnthropicCallResponse,
    AnthropicCallResponseChunk,
    AnthropicStream,
    AnthropicTool,
)

# Calls to Anthropic's Messages API.
call: Call[AnthropicCallResponse, AnthropicStream, AnthropicAsyncStream, AnthropicCallParams] = Call(
    AnthropicProvider(), AnthropicStream, AnthropicAsyncStream, AnthropicCallParams
)
anthropic_call: Call[AnthropicCallResponse, AnthropicStream, AnthropicAsyncStream, AnthropicCallParams] = call
"""Another name of `call`."""
model: Models[AnthropicCallResponse, AnthropicStream, AnthropicAsyncStream, AnthropicCallParams] = Models(call)

__all__ = [
    "AnthropicAsyncStream",
    "AnthropicCallParams",
    "AnthropicCallResponse",
    "AnthropicCallResponseChunk",
    "AnthropicDynamicConfig",
    "AnthropicMessageParam",
    "AnthropicProvider",
    "AnthropicStream",
    "AnthropicTool",
    "AnthropicToolConfig",
    "AsyncAnthropicDynamicConfig",
    "anthropic_call",
    "call",
    "model",
]

__dir__: Listing = Listing(__all__)
