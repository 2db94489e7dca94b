"""Calls to OpenAI's Responses, and to any host that speaks it."""

from __future__ import annotations

from typing import ClassVar

from ..base.calls import Call
from ..base.models import Models
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.responses import (
    ResponsesCallParams,
    ResponsesCallResponse,
    ResponsesChunk,
    ResponsesFinishReason,
    ResponsesProvider,
)
from .provider import OPENAI

OpenAIResponsesFinishReason = ResponsesFinishReason
"""Why a response ended: the reason of an incomplete one, else its status."""


class OpenAIResponsesCallParams(ResponsesCallParams, total=False):
    """What OpenAI's Responses take. Source: the SDK's `ResponseCreateParams`."""


class OpenAIResponsesTool(BaseTool):
    """A tool that a model called in a response."""


class OpenAIResponsesCallResponse(ResponsesCallResponse[OpenAIResponsesTool]):
    """OpenAI's answer; `response` is its `Response`."""

    provider = "openai"
    tool_base: ClassVar[type[BaseTool]] = OpenAIResponsesTool


class OpenAIResponsesCallResponseChunk(ResponsesChunk):
    """One event of OpenAI's answer; `chunk` is the SDK's event."""

    __slots__ = ()
    provider = "openai"


class OpenAIResponsesStream(Stream[OpenAIResponsesCallResponse, OpenAIResponsesCallResponseChunk, OpenAIResponsesTool]):
    """OpenAI's answer, read while it arrives.

    A stream carries all that a whole answer does. Partial images and audio are shown as chunks and have no place in the
    response; `obfuscation`, the random padding of events, is left out.
    """


class OpenAIResponsesAsyncStream(
    AsyncStream[OpenAIResponsesCallResponse, OpenAIResponsesCallResponseChunk, OpenAIResponsesTool]
):
    """`OpenAIResponsesStream`, to be read with `async for`."""


class OpenAIResponsesProvider(
    ResponsesProvider[OpenAIResponsesCallResponse, OpenAIResponsesCallResponseChunk, OpenAIResponsesTool]
):
    """Speaks Responses to OpenAI, or to whomever the client given speaks to."""

    response_type = OpenAIResponsesCallResponse
    chunk_type = OpenAIResponsesCallResponseChunk
    tool_type = OpenAIResponsesTool


call: Call[
    OpenAIResponsesCallResponse, OpenAIResponsesStream, OpenAIResponsesAsyncStream, OpenAIResponsesCallParams
] = Call(OpenAIResponsesProvider(OPENAI), OpenAIResponsesStream, OpenAIResponsesAsyncStream, OpenAIResponsesCallParams)
"""Turn a prompt function into a call to OpenAI's Responses. Default clients are those of `openai.call`."""
model: Models[
    OpenAIResponsesCallResponse, OpenAIResponsesStream, OpenAIResponsesAsyncStream, OpenAIResponsesCallParams
] = Models(call)
"""Make an object of a model, with settings for every call made from it."""

__all__ = [
    "OpenAIResponsesAsyncStream",
    "OpenAIResponsesCallParams",
    "OpenAIResponsesCallResponse",
    "OpenAIResponsesCallResponseChunk",
    "OpenAIResponsesFinishReason",
    "OpenAIResponsesProvider",
    "OpenAIResponsesStream",
    "OpenAIResponsesTool",
    "call",
    "model",
]
