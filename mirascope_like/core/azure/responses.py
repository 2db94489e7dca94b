"""Calls to Azure OpenAI's Responses API."""

from __future__ import annotations

from typing import ClassVar

from ..base.calls import Call
from ..base.models import Models
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import CustomTool
from ..dialects.responses import (
    ApplyPatchTool,
    ComputerTool,
    LocalShellTool,
    ResponsesCallParams,
    ResponsesCallResponse,
    ResponsesChunk,
    ResponsesFinishReason,
    ResponsesProvider,
    ShellTool,
)
from .provider import AZURE

AzureResponsesFinishReason = ResponsesFinishReason
"""Why a response ended: the reason if it is incomplete, otherwise its status."""


class AzureResponsesCallParams(ResponsesCallParams, total=False):
    """The parameters of Azure OpenAI's Responses API. Source: the SDK's `ResponseCreateParams`."""


class AzureResponsesTool(BaseTool):
    """A tool call by a model, made through the Responses API."""


class AzureResponsesCallResponse(ResponsesCallResponse[AzureResponsesTool]):
    """A response of Azure OpenAI; `response` is a `Response`."""

    provider = "azure"
    tool_base: ClassVar[type[BaseTool]] = AzureResponsesTool


class AzureResponsesCallResponseChunk(ResponsesChunk):
    """One event of a stream of Azure OpenAI; `chunk` is the SDK's event."""

    __slots__ = ()
    provider = "azure"


class AzureResponsesStream(Stream[AzureResponsesCallResponse, AzureResponsesCallResponseChunk, AzureResponsesTool]):
    """A response of Azure OpenAI, streamed.

    A stream contains everything that an unstreamed response contains. Partial images and audio are yielded as
    chunks and are not part of the response; `obfuscation`, the random padding of events, is left out.
    """


class AzureResponsesAsyncStream(
    AsyncStream[AzureResponsesCallResponse, AzureResponsesCallResponseChunk, AzureResponsesTool]
):
    """The async form of `AzureResponsesStream`, read with `async for`."""


class AzureResponsesProvider(
    ResponsesProvider[AzureResponsesCallResponse, AzureResponsesCallResponseChunk, AzureResponsesTool]
):
    """Sends requests to a deployment on Azure, or to the address of the given client."""

    response_type = AzureResponsesCallResponse
    chunk_type = AzureResponsesCallResponseChunk
    tool_type = AzureResponsesTool


call: Call[AzureResponsesCallResponse, AzureResponsesStream, AzureResponsesAsyncStream, AzureResponsesCallParams] = (
    Call(AzureResponsesProvider(AZURE), AzureResponsesStream, AzureResponsesAsyncStream, AzureResponsesCallParams)
)
"""Turn a prompt function into a call to Azure OpenAI's Responses API. The default clients are those of `azure.call`."""
model: Models[AzureResponsesCallResponse, AzureResponsesStream, AzureResponsesAsyncStream, AzureResponsesCallParams] = (
    Models(call)
)
"""Make a model object, whose settings apply to every call made from it."""

__all__ = [
    "ApplyPatchTool",
    "AzureResponsesAsyncStream",
    "AzureResponsesCallParams",
    "AzureResponsesCallResponse",
    "AzureResponsesCallResponseChunk",
    "AzureResponsesFinishReason",
    "AzureResponsesProvider",
    "AzureResponsesStream",
    "AzureResponsesTool",
    "ComputerTool",
    "CustomTool",
    "LocalShellTool",
    "ShellTool",
    "call",
    "model",
]
