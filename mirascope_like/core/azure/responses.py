"""Azure OpenAI's Responses API: `azure.responses.call` and its types."""

from __future__ import annotations

from typing import ClassVar

from ..base.calls import Call
from ..base.models import Models
from ..base.runtime import Listing
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
    ResponsesTool,
    ShellTool,
)
from .provider import AZURE

AzureResponsesFinishReason = ResponsesFinishReason
"""Why a response ended: the reason if the response is incomplete, otherwise its status."""


class AzureResponsesCallParams(ResponsesCallParams, total=False):
    """The parameters of Azure OpenAI's Responses API. Source: the SDK's `ResponseCreateParams`."""


class AzureResponsesTool(ResponsesTool):
    """A tool that a model called through the Responses API."""


class AzureResponsesCallResponse(ResponsesCallResponse[AzureResponsesTool]):
    """A response of Azure OpenAI. `response` is a `Response` of OpenAI's SDK."""

    provider = "azure"
    _tool_base: ClassVar[type[BaseTool]] = AzureResponsesTool
    _batch_part: ClassVar[float | None] = 0.5
    """Source: Azure's guide of batches: half of the price of a global standard deployment."""


class AzureResponsesCallResponseChunk(ResponsesChunk):
    """One event of a stream of Azure OpenAI. `chunk` is the event as an object of OpenAI's SDK."""

    __slots__ = ()
    provider = "azure"


class AzureResponsesStream(Stream[AzureResponsesCallResponse, AzureResponsesCallResponseChunk, AzureResponsesTool]):
    """A streamed response of Azure OpenAI.

    It has everything that an unstreamed response has. Partial images and pieces of audio are only in its chunks. The
    random padding of events (`obfuscation`) is only in its chunks.
    """


class AzureResponsesAsyncStream(
    AsyncStream[AzureResponsesCallResponse, AzureResponsesCallResponseChunk, AzureResponsesTool]
):
    """Async version of `AzureResponsesStream`."""


class AzureResponsesProvider(
    ResponsesProvider[AzureResponsesCallResponse, AzureResponsesCallResponseChunk, AzureResponsesTool]
):
    """Sends requests to a deployment on Azure, or to the address of the client that was passed."""

    response_type = AzureResponsesCallResponse
    chunk_type = AzureResponsesCallResponseChunk
    tool_type = AzureResponsesTool


# Calls to Azure OpenAI's Responses API. Uses the default clients of `azure.call`.
call: Call[AzureResponsesCallResponse, AzureResponsesStream, AzureResponsesAsyncStream, AzureResponsesCallParams] = (
    Call(AzureResponsesProvider(AZURE), AzureResponsesStream, AzureResponsesAsyncStream, AzureResponsesCallParams)
)
model: Models[AzureResponsesCallResponse, AzureResponsesStream, AzureResponsesAsyncStream, AzureResponsesCallParams] = (
    Models(call)
)

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

__dir__: Listing = Listing(__all__)
