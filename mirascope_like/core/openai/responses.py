"""Calls to OpenAI's Responses API."""

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
from .provider import OPENAI

OpenAIResponsesFinishReason = ResponsesFinishReason
"""Why a response ended: the reason if it is incomplete, otherwise its status."""


class OpenAIResponsesCallParams(ResponsesCallParams, total=False):
    """The parameters of OpenAI's Responses API. Source: the SDK's `ResponseCreateParams`."""


class OpenAIResponsesTool(BaseTool):
    """A tool call by a model, made through the Responses API."""


class OpenAIResponsesCallResponse(ResponsesCallResponse[OpenAIResponsesTool]):
    """A response of OpenAI; `response` is a `Response`."""

    provider = "openai"
    tool_base: ClassVar[type[BaseTool]] = OpenAIResponsesTool


class OpenAIResponsesCallResponseChunk(ResponsesChunk):
    """One event of a stream of OpenAI; `chunk` is the SDK's event."""

    __slots__ = ()
    provider = "openai"


class OpenAIResponsesStream(Stream[OpenAIResponsesCallResponse, OpenAIResponsesCallResponseChunk, OpenAIResponsesTool]):
    """A response of OpenAI, streamed.

    A stream contains everything that an unstreamed response contains. Partial images and audio are yielded as
    chunks and are not part of the response; `obfuscation`, the random padding of events, is left out.
    """


class OpenAIResponsesAsyncStream(
    AsyncStream[OpenAIResponsesCallResponse, OpenAIResponsesCallResponseChunk, OpenAIResponsesTool]
):
    """The async form of `OpenAIResponsesStream`, read with `async for`."""


class OpenAIResponsesProvider(
    ResponsesProvider[OpenAIResponsesCallResponse, OpenAIResponsesCallResponseChunk, OpenAIResponsesTool]
):
    """Sends requests to OpenAI, or to the address of the given client."""

    response_type = OpenAIResponsesCallResponse
    chunk_type = OpenAIResponsesCallResponseChunk
    tool_type = OpenAIResponsesTool


call: Call[
    OpenAIResponsesCallResponse, OpenAIResponsesStream, OpenAIResponsesAsyncStream, OpenAIResponsesCallParams
] = Call(OpenAIResponsesProvider(OPENAI), OpenAIResponsesStream, OpenAIResponsesAsyncStream, OpenAIResponsesCallParams)
"""Turn a prompt function into a call to OpenAI's Responses API. The default clients are those of `openai.call`."""
model: Models[
    OpenAIResponsesCallResponse, OpenAIResponsesStream, OpenAIResponsesAsyncStream, OpenAIResponsesCallParams
] = Models(call)
"""Make a model object, whose settings apply to every call made from it."""

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
