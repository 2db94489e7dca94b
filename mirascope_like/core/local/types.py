"""The types that calls to a local model return."""

from __future__ import annotations

from typing import ClassVar, Literal

from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import BaseChatCallResponse, BaseChatChunk

LocalFinishReason = Literal["stop", "length", "tool_calls"]
"""Why a local model ended the generation."""


class LocalTool(BaseTool):
    """A tool that a local model called."""


class LocalCallResponse(BaseChatCallResponse[ChatCompletion, LocalTool, LocalFinishReason, CompletionUsage]):
    """A response of a local model; `response` is a `ChatCompletion`. It costs nothing."""

    provider = "local"
    raw_type = ChatCompletion
    usage_type = CompletionUsage
    tool_base: ClassVar[type[BaseTool]] = LocalTool

    @property
    def cost(self) -> float:
        """US dollars: always 0."""
        return 0.0


class LocalCallResponseChunk(BaseChatChunk[ChatCompletionChunk, LocalFinishReason, CompletionUsage]):
    """One event of a stream of a local model; `chunk` is a `ChatCompletionChunk`."""

    __slots__ = ()
    provider = "local"
    raw_type = ChatCompletionChunk


class LocalStream(Stream[LocalCallResponse, LocalCallResponseChunk, LocalTool]):
    """A response of a local model, streamed. A stream contains everything that an unstreamed response contains."""


class LocalAsyncStream(AsyncStream[LocalCallResponse, LocalCallResponseChunk, LocalTool]):
    """The async form of `LocalStream`, read with `async for`."""
