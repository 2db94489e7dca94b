"""Calls to Amazon Bedrock: its Converse API.

boto3 has no async client: an async call runs it in a thread of its own.
"""

from __future__ import annotations

from ..base.errors import load_sdk

load_sdk("boto3", extra="bedrock")

from ..base.calls import Call  # noqa: E402  # the SDK is looked for first, so that the error says how to get it
from ..base.models import Models  # noqa: E402
from .params import (  # noqa: E402
    BedrockCallParams,
    BedrockDynamicConfig,
)
from .provider import BedrockProvider  # noqa: E402
from .types import (  # noqa: E402
    BedrockAsyncStream,
    BedrockCallResponse,
    BedrockCallResponseChunk,
    BedrockStream,
    BedrockTool,
)

call: Call[BedrockCallResponse, BedrockStream, BedrockAsyncStream, BedrockCallParams] = Call(
    BedrockProvider(), BedrockStream, BedrockAsyncStream, BedrockCallParams
)
"""Turn a prompt function into a call to Bedrock's Converse."""
bedrock_call: Call[BedrockCallResponse, BedrockStream, BedrockAsyncStream, BedrockCallParams] = call
"""`call`, under a name of its own."""
model: Models[BedrockCallResponse, BedrockStream, BedrockAsyncStream, BedrockCallParams] = Models(call)
"""Make an object of a model, with settings for every call made from it."""

__all__ = [
    "BedrockAsyncStream",
    "BedrockCallParams",
    "BedrockCallResponse",
    "BedrockCallResponseChunk",
    "BedrockDynamicConfig",
    "BedrockProvider",
    "BedrockStream",
    "BedrockTool",
    "bedrock_call",
    "call",
    "model",
]
