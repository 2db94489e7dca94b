"""What OpenAI's calls give."""

from __future__ import annotations

from typing import ClassVar

from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import ChatFinishReason, OpenAISDKCallResponse, OpenAISDKChunk

OpenAIFinishReason = ChatFinishReason
"""Why OpenAI ended a generation."""


class OpenAITool(BaseTool):
    """A tool that a model of OpenAI called."""


class OpenAICallResponse(OpenAISDKCallResponse[OpenAITool]):
    """OpenAI's answer; `response` is its `ChatCompletion`."""

    provider = "openai"
    tool_base: ClassVar[type[BaseTool]] = OpenAITool


class OpenAICallResponseChunk(OpenAISDKChunk):
    """One event of OpenAI's answer; `chunk` is its `ChatCompletionChunk`."""

    __slots__ = ()
    provider = "openai"


class OpenAIStream(Stream[OpenAICallResponse, OpenAICallResponseChunk, OpenAITool]):
    """OpenAI's answer, read while it arrives.

    A stream carries all that a whole answer does. Usage is asked for unless the call says otherwise; `obfuscation`, the
    random padding of events, is left out.
    """


class OpenAIAsyncStream(AsyncStream[OpenAICallResponse, OpenAICallResponseChunk, OpenAITool]):
    """`OpenAIStream`, to be read with `async for`."""
