"""What OpenAI's calls give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from ..base.stream import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_chunk import BaseChatChunk
from ..dialects.chat_response import BaseChatCallResponse
from ..dialects.construct import construct

OpenAIFinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]
"""Why OpenAI ended a generation."""


class OpenAITool(BaseTool):
    """A tool that a model of OpenAI called."""


class OpenAICallResponse(BaseChatCallResponse[ChatCompletion, OpenAIFinishReason, CompletionUsage, OpenAITool]):
    """OpenAI's answer; `response` is its `ChatCompletion`."""

    provider = "openai"
    tool_base = OpenAITool

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> ChatCompletion:
        return construct(ChatCompletion, raw)


class OpenAICallResponseChunk(BaseChatChunk[ChatCompletionChunk, OpenAIFinishReason, CompletionUsage]):
    """One event of OpenAI's answer; `chunk` is its `ChatCompletionChunk`."""

    __slots__ = ()
    provider = "openai"

    @classmethod
    def _type(cls, raw: bytes) -> ChatCompletionChunk:
        return construct(ChatCompletionChunk, raw)


class OpenAIStream(Stream[OpenAICallResponse, OpenAICallResponseChunk, OpenAITool]):
    """OpenAI's answer, read while it arrives.

    A stream carries all that a whole answer does. Usage is asked for unless the call says otherwise; `obfuscation`, the
    random padding of events, is left out.
    """


class OpenAIAsyncStream(AsyncStream[OpenAICallResponse, OpenAICallResponseChunk, OpenAITool]):
    """`OpenAIStream`, to be read with `async for`."""
