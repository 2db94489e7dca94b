"""Chat completions with the types of OpenAI's SDK, for OpenAI and for hosts that are called with its SDK.

Importing this module imports OpenAI's SDK.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar, Literal, TypeVar

import openai
from openai.types import CompletionUsage
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionAssistantMessageParam,
    ChatCompletionChunk,
    ChatCompletionMessageCustomToolCall,
    ChatCompletionMessageParam,
    ChatCompletionMessageToolCall,
)

from ...base.parsing import as_list, as_object, construct
from ...base.tools import BaseTool, CalledTool
from .chunk import BaseChatChunk
from .provider import ChatProvider
from .response import BaseChatCallResponse

ChatFinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]
"""Why a generation ended, in OpenAI's terms."""

ToolT = TypeVar("ToolT", bound=BaseTool)
ResponseT = TypeVar("ResponseT", bound="OpenAISDKCallResponse[Any]")
ChunkT = TypeVar("ChunkT", bound="OpenAISDKChunk")


def audio_bytes(audio: Any) -> bytes | None:
    """Return the decoded bytes in the field `audio` of a message or delta; None if there are none."""
    data = as_object(audio).get("data")
    return b64decode(data) if isinstance(data, str) else None


def _sdk_call(call: dict[str, Any]) -> ChatCompletionMessageToolCall | ChatCompletionMessageCustomToolCall:
    if call.get("type") == "custom":
        return construct(ChatCompletionMessageCustomToolCall, call)
    return construct(ChatCompletionMessageToolCall, call)


class OpenAISDKTool(CalledTool[ChatCompletionMessageToolCall]):
    """A tool that a model called. The call of a custom tool is a `ChatCompletionMessageCustomToolCall`."""

    _sdk_call: ClassVar[Any] = _sdk_call


class OpenAISDKCallResponse(
    BaseChatCallResponse[
        ChatCompletion,
        ToolT,
        ChatFinishReason,
        CompletionUsage,
        ChatCompletionAssistantMessageParam,
        ChatCompletionMessageParam,
    ]
):
    """A chat completion. `response` is a `ChatCompletion` of OpenAI's SDK."""

    _raw_type: ClassVar[Any] = ChatCompletion
    _usage_type: ClassVar[Any] = CompletionUsage

    @property
    def audio(self) -> bytes | None:
        """The audio of a spoken response, in the requested format; None if the response has no audio."""
        return audio_bytes(self._raw_message.get("audio"))

    @property
    def audio_transcript(self) -> str | None:
        """The text that is spoken in `audio`; None if the response has no audio."""
        return as_object(self._raw_message.get("audio")).get("transcript")


class OpenAISDKChunk(BaseChatChunk[ChatCompletionChunk, ChatFinishReason, CompletionUsage]):
    """One event of a stream. `chunk` is a `ChatCompletionChunk` of OpenAI's SDK."""

    __slots__ = ()
    _raw_type: ClassVar[Any] = ChatCompletionChunk

    @property
    def _audio(self) -> Mapping[str, Any]:
        choices = as_list(self.data.get("choices"))
        return as_object(as_object(as_object(choices[0]).get("delta")).get("audio")) if choices else {}

    @property
    def audio(self) -> bytes | None:
        """The piece of audio that this event adds; None if it adds none."""
        return audio_bytes(self._audio)

    @property
    def audio_transcript(self) -> str | None:
        """The piece of the transcript that this event adds; None if it adds none."""
        return self._audio.get("transcript")


class OpenAISDKProvider(ChatProvider[ResponseT, ChunkT, ToolT]):
    """A provider whose requests are sent by OpenAI's SDK."""

    sdk: ModuleType = openai
    clients: tuple[str, str] = ("OpenAI", "AsyncOpenAI")
