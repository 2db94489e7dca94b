"""The types of responses, chunks, tools and streams of Mistral."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Literal

from mistralai.client.models import (
    AssistantMessageTypedDict,
    ChatCompletionRequestMessageTypedDict,
    ChatCompletionResponse,
    CompletionChunk,
    ToolCall,
    UsageInfo,
)
from pydantic import field_serializer

from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool, CalledTool
from ..dialects.chat_completions import BaseChatCallResponse, BaseChatChunk
from .wire import as_sent, made

MistralFinishReason = Literal["stop", "length", "model_length", "error", "tool_calls"]
"""Why a generation ended, in Mistral's terms."""


class MistralTool(CalledTool[ToolCall]):
    """A tool that a model of Mistral called."""

    _sdk_call: ClassVar[Any] = partial(made, ToolCall)


class MistralCallResponse(
    BaseChatCallResponse[
        ChatCompletionResponse,
        MistralTool,
        MistralFinishReason,
        UsageInfo,
        AssistantMessageTypedDict,
        ChatCompletionRequestMessageTypedDict,
    ]
):
    """A response of Mistral. `response` is a `ChatCompletionResponse` of its SDK."""

    provider = "mistral"
    _batch_part: ClassVar[float | None] = 0.5
    """Source: Mistral's guide of batch inference."""
    _usage_type: ClassVar[Any] = UsageInfo
    _always_reports_usage: ClassVar[bool] = True
    _tool_base: ClassVar[type[BaseTool]] = MistralTool

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> ChatCompletionResponse:
        return made(ChatCompletionResponse, raw)

    @field_serializer("response", mode="plain")
    def _dump_response(self, value: Any) -> Any:
        return as_sent(value)

    @property
    def raw(self) -> dict[str, Any]:
        """The response as JSON, including fields that the SDK does not know. For a stream, the sum of its events."""
        raw: dict[str, Any] = as_sent(self.response)
        return raw

    @property
    def _raw_message(self) -> dict[str, Any]:
        fields: dict[str, Any] = as_sent(self._message) or {}
        return fields


class MistralCallResponseChunk(BaseChatChunk[CompletionChunk, MistralFinishReason, UsageInfo]):
    """One event of a stream of Mistral. `chunk` is a `CompletionChunk` of its SDK."""

    __slots__ = ()
    provider = "mistral"

    @classmethod
    def _type(cls, raw: bytes) -> CompletionChunk:
        return made(CompletionChunk, raw)


class MistralStream(Stream[MistralCallResponse, MistralCallResponseChunk, MistralTool]):
    """A streamed response of Mistral.

    It has everything that an unstreamed response has. Adjacent pieces of thinking are joined into one part, and so are
    adjacent pieces of text, as in unstreamed responses.
    """


class MistralAsyncStream(AsyncStream[MistralCallResponse, MistralCallResponseChunk, MistralTool]):
    """Async version of `MistralStream`."""
