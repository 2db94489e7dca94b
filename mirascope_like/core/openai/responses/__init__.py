"""Calls to OpenAI's Responses, and to any host that speaks it."""

from __future__ import annotations

from ...base.call import Call
from ...base.models import Models
from ..provider import OPENAI
from .params import OpenAIResponsesCallParams
from .provider import OpenAIResponsesProvider
from .types import (
    OpenAIResponsesAsyncStream,
    OpenAIResponsesCallResponse,
    OpenAIResponsesCallResponseChunk,
    OpenAIResponsesFinishReason,
    OpenAIResponsesStream,
    OpenAIResponsesTool,
)

call: Call[
    OpenAIResponsesCallResponse, OpenAIResponsesStream, OpenAIResponsesAsyncStream, OpenAIResponsesCallParams
] = Call(OpenAIResponsesProvider(OPENAI), OpenAIResponsesStream, OpenAIResponsesAsyncStream, OpenAIResponsesCallParams)
"""Turn a prompt function into a call to OpenAI's Responses. Default clients are those of `openai.call`."""
model: Models[
    OpenAIResponsesCallResponse, OpenAIResponsesStream, OpenAIResponsesAsyncStream, OpenAIResponsesCallParams
] = Models(call)
"""Make an object of a model, with settings for every call made from it."""

__all__ = [
    "call",
    "model",
    "OpenAIResponsesAsyncStream",
    "OpenAIResponsesCallParams",
    "OpenAIResponsesCallResponse",
    "OpenAIResponsesCallResponseChunk",
    "OpenAIResponsesFinishReason",
    "OpenAIResponsesProvider",
    "OpenAIResponsesStream",
    "OpenAIResponsesTool",
]
