"""What Mistral's calls give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from mistralai.client.models import ChatCompletionResponse, CompletionChunk, UsageInfo
from pydantic import field_serializer

from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import BaseChatCallResponse, BaseChatChunk
from .wire import as_sent, made

MistralFinishReason = Literal["stop", "length", "model_length", "error", "tool_calls"]
"""Why Mistral ended a generation."""


class MistralTool(BaseTool):
    """A tool that a model of Mistral called."""


class MistralCallResponse(BaseChatCallResponse[ChatCompletionResponse, MistralTool, MistralFinishReason, UsageInfo]):
    """Mistral's answer; `response` is its `ChatCompletionResponse`."""

    provider = "mistral"
    tool_base: ClassVar[type[BaseTool]] = MistralTool

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> ChatCompletionResponse:
        return made(ChatCompletionResponse, raw)

    @field_serializer("response", mode="plain")
    def _dump_response(self, value: Any) -> Any:
        return as_sent(value)

    @property
    def _said(self) -> dict[str, Any]:
        said: dict[str, Any] = as_sent(self._message) or {}
        return said


class MistralCallResponseChunk(BaseChatChunk[CompletionChunk, MistralFinishReason, UsageInfo]):
    """One event of Mistral's answer; `chunk` is its `CompletionChunk`."""

    __slots__ = ()
    provider = "mistral"

    @classmethod
    def _type(cls, raw: bytes) -> CompletionChunk:
        return made(CompletionChunk, raw)


class MistralStream(Stream[MistralCallResponse, MistralCallResponseChunk, MistralTool]):
    """Mistral's answer, read while it arrives.

    A stream carries all that a whole answer does. Thinking and text that come in parts are put together, one part where
    pieces of the same kind follow each other, as whole answers have them.
    """


class MistralAsyncStream(AsyncStream[MistralCallResponse, MistralCallResponseChunk, MistralTool]):
    """`MistralStream`, to be read with `async for`."""
