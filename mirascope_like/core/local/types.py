"""The types of responses, chunks, tools and streams of models on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from openai.types import CompletionUsage
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionAssistantMessageParam,
    ChatCompletionChunk,
    ChatCompletionMessageParam,
)

from ..base.response import Usage
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import BaseChatCallResponse, BaseChatChunk, OpenAISDKTool

LocalFinishReason = Literal["stop", "length", "tool_calls"]
"""Why a generation ended."""


class LocalTool(OpenAISDKTool):
    """A tool that a local model called."""


class LocalCallResponse(
    BaseChatCallResponse[
        ChatCompletion,
        LocalTool,
        LocalFinishReason,
        CompletionUsage,
        ChatCompletionAssistantMessageParam,
        ChatCompletionMessageParam,
    ]
):
    """A response of a local model. `response` is a `ChatCompletion` of OpenAI's SDK. Its cost is 0."""

    provider = "local"
    _raw_type: ClassVar[Any] = ChatCompletion
    _usage_type: ClassVar[Any] = CompletionUsage
    _tool_base: ClassVar[type[BaseTool]] = LocalTool

    @property
    def cost(self) -> float:
        """The cost in US dollars: always 0."""
        return 0.0

    @classmethod
    def _price(cls, model: str | None, usage: Usage, terms: Mapping[str, str]) -> float:
        return 0.0


class LocalCallResponseChunk(BaseChatChunk[ChatCompletionChunk, LocalFinishReason, CompletionUsage]):
    """One event of a stream of a local model. `chunk` is a `ChatCompletionChunk` of OpenAI's SDK."""

    __slots__ = ()
    provider = "local"
    _raw_type: ClassVar[Any] = ChatCompletionChunk


class LocalStream(Stream[LocalCallResponse, LocalCallResponseChunk, LocalTool]):
    """A streamed response of a local model. It has everything that an unstreamed response has."""


class LocalAsyncStream(AsyncStream[LocalCallResponse, LocalCallResponseChunk, LocalTool]):
    """Async version of `LocalStream`."""
