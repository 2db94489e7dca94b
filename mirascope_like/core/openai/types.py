"""The types that OpenAI's calls return."""

from __future__ import annotations

from typing import ClassVar

from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import ChatFinishReason, OpenAISDKCallResponse, OpenAISDKChunk

OpenAIFinishReason = ChatFinishReason
"""Why OpenAI ended the generation."""


class OpenAITool(BaseTool):
    """A tool call by a model of OpenAI."""


class OpenAICallResponse(OpenAISDKCallResponse[OpenAITool]):
    """A response of OpenAI; `response` is a `ChatCompletion`."""

    provider = "openai"
    tool_base: ClassVar[type[BaseTool]] = OpenAITool


class OpenAICallResponseChunk(OpenAISDKChunk):
    """One event of a stream of OpenAI; `chunk` is a `ChatCompletionChunk`."""

    __slots__ = ()
    provider = "openai"


class OpenAIStream(Stream[OpenAICallResponse, OpenAICallResponseChunk, OpenAITool]):
    """A response of OpenAI, streamed.

    A stream contains everything that an unstreamed response contains. Usage is requested unless the call sets
    `stream_options`; `obfuscation`, random padding, is dropped.
    """


class OpenAIAsyncStream(AsyncStream[OpenAICallResponse, OpenAICallResponseChunk, OpenAITool]):
    """The async form of `OpenAIStream`, read with `async for`."""
