"""Chat completions in the types of OpenAI's SDK, for OpenAI itself and for all that its SDK is pointed to.

Importing this loads that SDK: it is for the providers that send with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any, Literal, TypeVar

import openai
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from ..base.tools import BaseTool
from .chat_chunk import BaseChatChunk
from .chat_provider import ChatProvider
from .chat_response import BaseChatCallResponse
from .construct import construct

ChatFinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]
"""Why a generation ended."""

ToolT = TypeVar("ToolT", bound=BaseTool)
ResponseT = TypeVar("ResponseT", bound="OpenAISDKCallResponse[Any]")
ChunkT = TypeVar("ChunkT", bound="OpenAISDKChunk")


class OpenAISDKCallResponse(BaseChatCallResponse[ChatCompletion, ChatFinishReason, CompletionUsage, ToolT]):
    """An answer; `response` is a `ChatCompletion`."""

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> ChatCompletion:
        return construct(ChatCompletion, raw)


class OpenAISDKChunk(BaseChatChunk[ChatCompletionChunk, ChatFinishReason, CompletionUsage]):
    """One event of an answer; `chunk` is a `ChatCompletionChunk`."""

    __slots__ = ()

    @classmethod
    def _type(cls, raw: bytes) -> ChatCompletionChunk:
        return construct(ChatCompletionChunk, raw)


class OpenAISDKProvider(ChatProvider[ResponseT, ChunkT, ToolT]):
    """Sends with OpenAI's SDK."""

    sdk: ModuleType = openai
    clients: tuple[str, str] = ("OpenAI", "AsyncOpenAI")
