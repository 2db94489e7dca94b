"""OpenAI's Responses API: `openai.responses.call` and its types."""

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
from .provider import OPENAI

OpenAIResponsesFinishReason = ResponsesFinishReason
"""Why a response ended: the reason if the response is incomplete, otherwise its status."""


class OpenAIResponsesCallParams(ResponsesCallParams, total=False):
    """The parameters of OpenAI's Responses API. Source: the SDK's `ResponseCreateParams`."""


class OpenAIResponsesTool(ResponsesTool):
    """A tool that a model called through the Responses API."""


class OpenAIResponsesCallResponse(ResponsesCallResponse[OpenAIResponsesTool]):
    """A response of OpenAI. `response` is a `Response` of its SDK."""

    provider = "openai"
    _tool_base: ClassVar[type[BaseTool]] = OpenAIResponsesTool
    _batch_part: ClassVar[float | None] = 0.5
    """Source: OpenAI's guide "Batch API"."""


class OpenAIResponsesCallResponseChunk(ResponsesChunk):
    """One event of a stream of OpenAI. `chunk` is the event as an object of its SDK."""

    __slots__ = ()
    provider = "openai"


class OpenAIResponsesStream(Stream[OpenAIResponsesCallResponse, OpenAIResponsesCallResponseChunk, OpenAIResponsesTool]):
    """A streamed response of OpenAI.

    It has everything that an unstreamed response has. Partial images and pieces of audio are only in its chunks. The
    random padding of events (`obfuscation`) is only in its chunks.
    """


class OpenAIResponsesAsyncStream(
    AsyncStream[OpenAIResponsesCallResponse, OpenAIResponsesCallResponseChunk, OpenAIResponsesTool]
):
    """Async version of `OpenAIResponsesStream`."""


class OpenAIResponsesProvider(
    ResponsesProvider[OpenAIResponsesCallResponse, OpenAIResponsesCallResponseChunk, OpenAIResponsesTool]
):
    """Sends requests to OpenAI, or to the address of the client that was passed."""

    response_type = OpenAIResponsesCallResponse
    chunk_type = OpenAIResponsesCallResponseChunk
    tool_type = OpenAIResponsesTool


# Calls to OpenAI's Responses API. Uses the default clients of `openai.call`.
call: Call[
    OpenAIResponsesCallResponse, OpenAIResponsesStream, OpenAIResponsesAsyncStream, OpenAIResponsesCallParams
] = Call(OpenAIResponsesProvider(OPENAI), OpenAIResponsesStream, OpenAIResponsesAsyncStream, OpenAIResponsesCallParams)
model: Models[
    OpenAIResponsesCallResponse, OpenAIResponsesStream, OpenAIResponsesAsyncStream, OpenAIResponsesCallParams
] = Models(call)

__all__ = [
    "ApplyPatchTool",
    "OpenAIResponsesAsyncStream",
    "OpenAIResponsesCallParams",
    "OpenAIResponsesCallResponse",
    "OpenAIResponsesCallResponseChunk",
    "OpenAIResponsesFinishReason",
    "OpenAIResponsesProvider",
    "OpenAIResponsesStream",
    "OpenAIResponsesTool",
    "ComputerTool",
    "CustomTool",
    "LocalShellTool",
    "ShellTool",
    "call",
    "model",
]

__dir__: Listing = Listing(__all__)
