"""The types that Groq's calls return."""

from __future__ import annotations

from typing import ClassVar, Literal

from groq.types import CompletionUsage
from groq.types.chat import ChatCompletion, ChatCompletionChunk
from groq.types.chat.chat_completion_message import ExecutedTool

from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import BaseChatCallResponse, BaseChatChunk

GroqFinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]
"""Why Groq ended the generation."""


class GroqTool(BaseTool):
    """A tool call by a model of Groq."""


class GroqCallResponse(BaseChatCallResponse[ChatCompletion, GroqTool, GroqFinishReason, CompletionUsage]):
    """A response of Groq; `response` is a `ChatCompletion`."""

    provider = "groq"
    raw_type = ChatCompletion
    usage_type = CompletionUsage
    tool_base: ClassVar[type[BaseTool]] = GroqTool

    @property
    def executed_tools(self) -> list[ExecutedTool] | None:
        """The tools that Groq itself ran, with their results; None if there were none."""
        return getattr(self._message, "executed_tools", None)


class GroqCallResponseChunk(BaseChatChunk[ChatCompletionChunk, GroqFinishReason, CompletionUsage]):
    """One event of a stream of Groq; `chunk` is a `ChatCompletionChunk`."""

    __slots__ = ()
    provider = "groq"
    raw_type = ChatCompletionChunk


class GroqStream(Stream[GroqCallResponse, GroqCallResponseChunk, GroqTool]):
    """A response of Groq, streamed.

    A stream lacks `service_tier` and `usage_breakdown`, which unstreamed responses have. It additionally has the usage
    in `x_groq`, and `channel` together with the reasoning.
    """


class GroqAsyncStream(AsyncStream[GroqCallResponse, GroqCallResponseChunk, GroqTool]):
    """The async form of `GroqStream`, read with `async for`."""
