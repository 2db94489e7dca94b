"""What calls to a local model give."""

from __future__ import annotations

from typing import ClassVar, Literal

from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import BaseChatCallResponse, BaseChatChunk

LocalFinishReason = Literal["stop", "length", "tool_calls"]
"""Why a local model ended a generation."""


class LocalTool(BaseTool):
    """A tool that a local model called."""


class LocalCallResponse(BaseChatCallResponse[ChatCompletion, LocalTool, LocalFinishReason, CompletionUsage]):
    """A local model's answer; `response` is a `ChatCompletion`. It costs nothing."""

    provider = "local"
    raw_type = ChatCompletion
    tool_base: ClassVar[type[BaseTool]] = LocalTool

    @property
    def cost(self) -> float:
        """US dollars spent: none."""
        return 0.0


class LocalCallResponseChunk(BaseChatChunk[ChatCompletionChunk, LocalFinishReason, CompletionUsage]):
    """One event of a local model's answer; `chunk` is a `ChatCompletionChunk`."""

    __slots__ = ()
    provider = "local"
    raw_type = ChatCompletionChunk


class LocalStream(Stream[LocalCallResponse, LocalCallResponseChunk, LocalTool]):
    """A local model's answer, read while it arrives. A stream carries all that a whole answer does."""


class LocalAsyncStream(AsyncStream[LocalCallResponse, LocalCallResponseChunk, LocalTool]):
    """`LocalStream`, to be read with `async for`."""
