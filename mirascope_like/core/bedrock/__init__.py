"""Calls to the Converse API of Amazon Bedrock.

boto3 has no async client: an async call runs boto3 in a thread.
"""

from __future__ import annotations

from ..base.errors import load_sdk
from ..base.runtime import Listing

load_sdk("boto3", extra="bedrock")

from ..base.calls import Call  # noqa: E402  # after the check for the SDK, whose error names the extra
from ..base.models import Models  # noqa: E402
from .params import (  # noqa: E402
    AssistantMessageTypeDef,
    AsyncBedrockDynamicConfig,
    BedrockCallParams,
    BedrockDynamicConfig,
    BedrockMessageParam,
    BedrockToolConfig,
    UserMessageTypeDef,
)
from .provider import BedrockProvider  # noqa: E402
from .types import (  # noqa: E402
    BedrockAsyncStream,
    BedrockCallResponse,
    BedrockCallResponseChunk,
    BedrockStream,
    BedrockTool,
)

# Calls to Bedrock's Converse API.
call: Call[BedrockCallResponse, BedrockStream, BedrockAsyncStream, BedrockCallParams] = Call(
    BedrockProvider(), BedrockStream, BedrockAsyncStream, BedrockCallParams
)
bedrock_call: Call[BedrockCallResponse, BedrockStream, BedrockAsyncStream, BedrockCallParams] = call
"""Another name of `call`."""
model: Models[BedrockCallResponse, BedrockStream, BedrockAsyncStream, BedrockCallParams] = Models(call)

__all__ = [
    "AssistantMessageTypeDef",
    "AsyncBedrockDynamicConfig",
    "BedrockAsyncStream",
    "BedrockCallParams",
    "BedrockCallResponse",
    "BedrockCallResponseChunk",
    "BedrockDynamicConfig",
    "BedrockMessageParam",
    "BedrockProvider",
    "BedrockStream",
    "BedrockTool",
    "BedrockToolConfig",
    "UserMessageTypeDef",
    "bedrock_call",
    "call",
    "model",
]

__dir__: Listing = Listing(__all__)
