"""What Groq's calls give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from groq.types import CompletionUsage
from groq.types.chat import ChatCompletion, ChatCompletionChunk
from groq.types.chat.chat_completion_message import ExecutedTool

from ..base.async_stream import AsyncStream
from ..base.stream import Stream
from ..base.tools import BaseTool
from ..base.usage import Usage
from ..base.wire import as_object
from ..dialects.chat_chunk import BaseChatChunk, read_usage
from ..dialects.chat_response import BaseChatCallResponse
from ..dialects.construct import construct

GroqFinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]
"""Why Groq ended a generation."""


class GroqTool(BaseTool):
    """A tool that a model of Groq called."""


class GroqCallResponse(BaseChatCallResponse[ChatCompletion, GroqFinishReason, CompletionUsage, GroqTool]):
    """Groq's answer; `response` is its `ChatCompletion`."""

    provider = "groq"
    tool_base: ClassVar[type[BaseTool]] = GroqTool

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> ChatCompletion:
        return construct(ChatCompletion, raw)

    @property
    def executed_tools(self) -> list[ExecutedTool] | None:
        """The tools that Groq itself ran for the answer, with what they gave."""
        return getattr(self._message, "executed_tools", None)


class GroqCallResponseChunk(BaseChatChunk[ChatCompletionChunk, GroqFinishReason, CompletionUsage]):
    """One event of Groq's answer; `chunk` is its `ChatCompletionChunk`."""

    __slots__ = ()
    provider = "groq"

    @classmethod
    def _type(cls, raw: bytes) -> ChatCompletionChunk:
        return construct(ChatCompletionChunk, raw)

    @property
    def usage(self) -> CompletionUsage | None:
        """Groq's own account of tokens, which may stand in `x_groq` alone."""
        extra = self.chunk.x_groq
        return self.chunk.usage or (extra.usage if extra else None)

    @property
    def _usage(self) -> Usage | None:
        return read_usage(self.data.get("usage") or as_object(self.data.get("x_groq")).get("usage"))


class GroqStream(Stream[GroqCallResponse, GroqCallResponseChunk, GroqTool]):
    """Groq's answer, read while it arrives.

    A stream does not carry `service_tier` and `usage_breakdown`, which whole answers have at their top; it has the
    usage in `x_groq` too, and `channel` beside the reasoning.
    """


class GroqAsyncStream(AsyncStream[GroqCallResponse, GroqCallResponseChunk, GroqTool]):
    """`GroqStream`, to be read with `async for`."""
