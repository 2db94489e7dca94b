"""Chat completions in the types of OpenAI's SDK, for OpenAI and for hosts that are called with its SDK.

Importing this module loads that SDK.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Literal, TypeVar

import openai
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from ...base.parsing import as_list, as_object
from ...base.tools import BaseTool
from .chunk import BaseChatChunk
from .provider import ChatProvider
from .response import BaseChatCallResponse

ChatFinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]
"""Why generation ended."""

ToolT = TypeVar("ToolT", bound=BaseTool)
ResponseT = TypeVar("ResponseT", bound="OpenAISDKCallResponse[Any]")
ChunkT = TypeVar("ChunkT", bound="OpenAISDKChunk")


def audio_bytes(audio: Any) -> bytes | None:
    """Return the decoded bytes of the `audio` of a message or delta."""
    data = as_object(audio).get("data")
    return b64decode(data) if isinstance(data, str) else None


class OpenAISDKCallResponse(BaseChatCallResponse[ChatCompletion, ToolT, ChatFinishReason, CompletionUsage]):
    """A response; `response` is a `ChatCompletion`."""

    raw_type = ChatCompletion
    usage_type = CompletionUsage

    @property
    def audio(self) -> bytes | None:
        """The spoken answer, in the requested format; None if there is none."""
        return audio_bytes(self._raw_message.get("audio"))

    @property
    def audio_transcript(self) -> str | None:
        """The text of `audio`."""
        return as_object(self._raw_message.get("audio")).get("transcript")


class OpenAISDKChunk(BaseChatChunk[ChatCompletionChunk, ChatFinishReason, CompletionUsage]):
    """One event of a stream; `chunk` is a `ChatCompletionChunk`."""

    __slots__ = ()
    raw_type = ChatCompletionChunk

    @property
    def _audio(self) -> Mapping[str, Any]:
        choices = as_list(self.data.get("choices"))
        return as_object(as_object(as_object(choices[0]).get("delta")).get("audio")) if choices else {}

    @property
    def audio(self) -> bytes | None:
        """The piece of the spoken answer that this event adds."""
        return audio_bytes(self._audio)

    @property
    def audio_transcript(self) -> str | None:
        """The piece of the transcript that this event adds."""
        return self._audio.get("transcript")


class OpenAISDKProvider(ChatProvider[ResponseT, ChunkT, ToolT]):
    """Sends with OpenAI's SDK."""

    sdk: ModuleType = openai
    clients: tuple[str, str] = ("OpenAI", "AsyncOpenAI")
