"""Calls to Azure OpenAI's Responses."""

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
from .provider import AZURE

AzureResponsesFinishReason = ResponsesFinishReason
"""Why a response ended: the reason of an incomplete one, else its status."""


class AzureResponsesCallParams(ResponsesCallParams, total=False):
    """What Azure OpenAI's Responses take. Source: the SDK's `ResponseCreateParams`."""


class AzureResponsesTool(BaseTool):
    """A tool that a model called in a response."""


class AzureResponsesCallResponse(ResponsesCallResponse[AzureResponsesTool]):
    """Azure OpenAI's answer; `response` is its `Response`."""

    provider = "azure"
    tool_base: ClassVar[type[BaseTool]] = AzureResponsesTool


class AzureResponsesCallResponseChunk(ResponsesChunk):
    """One event of Azure OpenAI's answer; `chunk` is the SDK's event."""

    __slots__ = ()
    provider = "azure"


class AzureResponsesStream(Stream[AzureResponsesCallResponse, AzureResponsesCallResponseChunk, AzureResponsesTool]):
    """Azure OpenAI's answer, read while it arrives.

    A stream carries all that a whole answer does. Partial images and audio are shown as chunks and have no place in the
    response; `obfuscation`, the random padding of events, is left out.
    """


class AzureResponsesAsyncStream(
    AsyncStream[AzureResponsesCallResponse, AzureResponsesCallResponseChunk, AzureResponsesTool]
):
    """`AzureResponsesStream`, to be read with `async for`."""


class AzureResponsesProvider(
    ResponsesProvider[AzureResponsesCallResponse, AzureResponsesCallResponseChunk, AzureResponsesTool]
):
    """Speaks Responses to a deployment on Azure, or to whomever the client given speaks to."""

    response_type = AzureResponsesCallResponse
    chunk_type = AzureResponsesCallResponseChunk
    tool_type = AzureResponsesTool


call: Call[AzureResponsesCallResponse, AzureResponsesStream, AzureResponsesAsyncStream, AzureResponsesCallParams] = (
    Call(AzureResponsesProvider(AZURE), AzureResponsesStream, AzureResponsesAsyncStream, AzureResponsesCallParams)
)
"""Turn a prompt function into a call to Azure OpenAI's Responses. Default clients are those of `azure.call`."""
model: Models[AzureResponsesCallResponse, AzureResponsesStream, AzureResponsesAsyncStream, AzureResponsesCallParams] = (
    Models(call)
)
"""Make an object of a model, with settings for every call made from it."""

__all__ = [
    "AzureResponsesAsyncStream",
    "AzureResponsesCallParams",
    "AzureResponsesCallResponse",
    "AzureResponsesCallResponseChunk",
    "AzureResponsesFinishReason",
    "AzureResponsesProvider",
    "AzureResponsesStream",
    "AzureResponsesTool",
    "call",
    "model",
]
