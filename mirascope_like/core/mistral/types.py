"""The types that Mistral's calls return."""

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
"""Why Mistral ended the generation."""


class MistralTool(BaseTool):
    """A tool call by a model of Mistral."""


class MistralCallResponse(BaseChatCallResponse[ChatCompletionResponse, MistralTool, MistralFinishReason, UsageInfo]):
    """A response of Mistral; `response` is a `ChatCompletionResponse`."""

    provider = "mistral"
    usage_type = UsageInfo
    tool_base: ClassVar[type[BaseTool]] = MistralTool

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> ChatCompletionResponse:
        return made(ChatCompletionResponse, raw)

    @field_serializer("response", mode="plain")
    def _dump_response(self, value: Any) -> Any:
        return as_sent(value)

    @property
    def raw(self) -> dict[str, Any]:
        """The answer as JSON: what the provider sent, or what the events sum up to, with unknown fields."""
        raw: dict[str, Any] = as_sent(self.response)
        return raw

    @property
    def _raw_message(self) -> dict[str, Any]:
        fields: dict[str, Any] = as_sent(self._message) or {}
        return fields


class MistralCallResponseChunk(BaseChatChunk[CompletionChunk, MistralFinishReason, UsageInfo]):
    """One event of a stream of Mistral; `chunk` is a `CompletionChunk`."""

    __slots__ = ()
    provider = "mistral"

    @classmethod
    def _type(cls, raw: bytes) -> CompletionChunk:
        return made(CompletionChunk, raw)


class MistralStream(Stream[MistralCallResponse, MistralCallResponseChunk, MistralTool]):
    """A response of Mistral, streamed.

    A stream contains everything that an unstreamed response contains. Adjacent pieces of thinking, and of text, are
    joined into one part, as in unstreamed responses.
    """


class MistralAsyncStream(AsyncStream[MistralCallResponse, MistralCallResponseChunk, MistralTool]):
    """The async form of `MistralStream`, read with `async for`."""
