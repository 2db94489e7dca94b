"""Calls to Mistral."""

from __future__ import annotations

from ..base.errors import load_sdk
from ..base.runtime import Listing

load_sdk("mistralai.client", extra="mistral")

from ..base.calls import Call  # noqa: E402  # after the check for the SDK, whose error names the extra
from ..base.models import Models  # noqa: E402
from .params import (  # noqa: E402
    AsyncMistralDynamicConfig,
    MistralCallParams,
    MistralDynamicConfig,
    MistralMessageParam,
)
from .provider import MistralProvider  # noqa: E402
from .types import (  # noqa: E402
    MistralAsyncStream,
    MistralCallResponse,
    MistralCallResponseChunk,
    MistralFinishReason,
    MistralStream,
    MistralTool,
)

# Calls to Mistral's chat completions.
call: Call[MistralCallResponse, MistralStream, MistralAsyncStream, MistralCallParams] = Call(
    MistralProvider(), MistralStream, MistralAsyncStream, MistralCallParams
)
mistral_call: Call[MistralCallResponse, MistralStream, MistralAsyncStream, MistralCallParams] = call
"""Another name of `call`."""
model: Models[MistralCallResponse, MistralStream, MistralAsyncStream, MistralCallParams] = Models(call)

__all__ = [
    "AsyncMistralDynamicConfig",
    "MistralAsyncStream",
    "MistralCallParams",
    "MistralCallResponse",
    "MistralCallResponseChunk",
    "MistralDynamicConfig",
    "MistralFinishReason",
    "MistralMessageParam",
    "MistralProvider",
    "MistralStream",
    "MistralTool",
    "call",
    "mistral_call",
    "model",
]

__dir__: Listing = Listing(__all__)
