"""The types of responses, chunks, tools and streams of Groq."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, Literal

from groq.types import CompletionUsage
from groq.types.chat import (
    ChatCompletion,
    ChatCompletionAssistantMessageParam,
    ChatCompletionChunk,
    ChatCompletionMessageParam,
    ChatCompletionMessageToolCall,
)
from groq.types.chat.chat_completion_message import ExecutedTool

from ..base.parsing import construct
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool, CalledTool
from ..dialects.chat_completions import BaseChatCallResponse, BaseChatChunk

GroqFinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]
"""Why a generation ended, in Groq's terms."""


class GroqTool(CalledTool[ChatCompletionMessageToolCall]):
    """A tool that a model of Groq called."""

    _sdk_call: ClassVar[Any] = partial(construct, ChatCompletionMessageToolCall)


class GroqCallResponse(
    BaseChatCallResponse[
        ChatCompletion,
        GroqTool,
        GroqFinishReason,
        CompletionUsage,
        ChatCompletionAssistantMessageParam,
        ChatCompletionMessageParam,
    ]
):
    """A response of Groq. `response` is a `ChatCompletion` of its SDK."""

    provider = "groq"
    _batch_part: ClassVar[float | None] = 0.5
    """Source: Groq's guide "Batch Processing"."""
    _raw_type: ClassVar[Any] = ChatCompletion
    _usage_type: ClassVar[Any] = CompletionUsage
    _always_reports_usage: ClassVar[bool] = True
    _tool_base: ClassVar[type[BaseTool]] = GroqTool

    @property
    def executed_tools(self) -> list[ExecutedTool] | None:
        """The tools that Groq itself ran, with their results; None if it ran none."""
        return getattr(self._message, "executed_tools", None)


class GroqCallResponseChunk(BaseChatChunk[ChatCompletionChunk, GroqFinishReason, CompletionUsage]):
    """One event of a stream of Groq. `chunk` is a `ChatCompletionChunk` of its SDK."""

    __slots__ = ()
    provider = "groq"
    _raw_type: ClassVar[Any] = ChatCompletionChunk


class GroqStream(Stream[GroqCallResponse, GroqCallResponseChunk, GroqTool]):
    """A streamed response of Groq.

    It does not have `service_tier` and `usage_breakdown`, which unstreamed responses have. It also has the usage in
    `x_groq`, and `channel` together with the reasoning.
    """


class GroqAsyncStream(AsyncStream[GroqCallResponse, GroqCallResponseChunk, GroqTool]):
    """Async version of `GroqStream`."""
