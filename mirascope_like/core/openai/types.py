"""The types of responses, chunks, tools and streams of OpenAI."""

from __future__ import annotations

from typing import ClassVar

from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import ChatFinishReason, OpenAISDKCallResponse, OpenAISDKChunk, OpenAISDKTool

OpenAIFinishReason = ChatFinishReason
"""Why a generation ended, in OpenAI's terms."""


class OpenAITool(OpenAISDKTool):
    """A tool that a model of OpenAI called."""


class OpenAICallResponse(OpenAISDKCallResponse[OpenAITool]):
    """A response of OpenAI. `response` is a `ChatCompletion` of its SDK."""

    provider = "openai"
    _tool_base: ClassVar[type[BaseTool]] = OpenAITool


class OpenAICallResponseChunk(OpenAISDKChunk):
    """One event of a stream of OpenAI. `chunk` is a `ChatCompletionChunk` of its SDK."""

    __slots__ = ()
    provider = "openai"


class OpenAIStream(Stream[OpenAICallResponse, OpenAICallResponseChunk, OpenAITool]):
    """A streamed response of OpenAI.

    It has everything that an unstreamed response has. Usage is requested unless the call sets `stream_options`. The
    random padding of events (`obfuscation`) is only in its chunks.
    """


class OpenAIAsyncStream(AsyncStream[OpenAICallResponse, OpenAICallResponseChunk, OpenAITool]):
    """Async version of `OpenAIStream`."""
