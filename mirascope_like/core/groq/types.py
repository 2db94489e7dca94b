"""What Groq's calls give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from groq.types import CompletionUsage
from groq.types.chat import ChatCompletion, ChatCompletionChunk
from groq.types.chat.chat_completion_message import ExecutedTool

from ..base.parsing import as_object
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import BaseChatCallResponse, BaseChatChunk

GroqFinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]
"""Why Groq ended a generation."""


class GroqTool(BaseTool):
    """A tool that a model of Groq called."""


class GroqCallResponse(BaseChatCallResponse[ChatCompletion, GroqTool, GroqFinishReason, CompletionUsage]):
    """Groq's answer; `response` is its `ChatCompletion`."""

    provider = "groq"
    raw_type = ChatCompletion
    tool_base: ClassVar[type[BaseTool]] = GroqTool

    @property
    def executed_tools(self) -> list[ExecutedTool] | None:
        """The tools that Groq itself ran for the answer, with what they gave."""
        return getattr(self._message, "executed_tools", None)


class GroqCallResponseChunk(BaseChatChunk[ChatCompletionChunk, GroqFinishReason, CompletionUsage]):
    """One event of Groq's answer; `chunk` is its `ChatCompletionChunk`."""

    __slots__ = ()
    provider = "groq"
    raw_type = ChatCompletionChunk
    usage_places: ClassVar[tuple[str, ...]] = ("usage", "x_groq.usage")

    @property
    def _top(self) -> Mapping[str, Any]:
        # The tokens may stand in `x_groq` alone.
        return {**self.data, "usage": self.data.get("usage") or as_object(self.data.get("x_groq")).get("usage")}


class GroqStream(Stream[GroqCallResponse, GroqCallResponseChunk, GroqTool]):
    """Groq's answer, read while it arrives.

    A stream does not carry `service_tier` and `usage_breakdown`, which whole answers have at their top; it has the
    usage in `x_groq` too, and `channel` beside the reasoning.
    """


class GroqAsyncStream(AsyncStream[GroqCallResponse, GroqCallResponseChunk, GroqTool]):
    """`GroqStream`, to be read with `async for`."""
