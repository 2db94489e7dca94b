"""The types of responses, chunks, tools and streams of OpenAI."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from ..base.parsing import as_object
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import ChatFinishReason, OpenAISDKCallResponse, OpenAISDKChunk, OpenAISDKTool

OpenAIFinishReason = ChatFinishReason
"""Why a generation ended, in OpenAI's terms."""


class OpenAITool(OpenAISDKTool):
    """A tool that a model of OpenAI called."""


class OpenAICallResponse(OpenAISDKCallResponse[OpenAITool]):
    """A response of OpenAI. `response` is a `ChatCompletion` of its SDK."""

    provider = "openai"
    _tool_base: ClassVar[type[BaseTool]] = OpenAITool
    _batch_part: ClassVar[float | None] = 0.5
    """Source: OpenAI's guide "Batch API"."""


class OpenAICallResponseChunk(OpenAISDKChunk):
    """One event of a stream of OpenAI. `chunk` is a `ChatCompletionChunk` of its SDK."""

    __slots__ = ()
    provider = "openai"


class _AudioStream:
    """What the streams of OpenAI have in addition to those of other providers."""

    @property
    def audio_id(self) -> str | None:
        """The id of the audio of a spoken response; None until it has arrived, and if the response has no audio."""
        audio: str | None = as_object(as_object(cast("Any", self).message_param).get("audio")).get("id")
        return audio


class OpenAIStream(_AudioStream, Stream[OpenAICallResponse, OpenAICallResponseChunk, OpenAITool]):
    """A streamed response of OpenAI.

    It has everything that an unstreamed response has. Usage is requested unless the call sets `stream_options`. The
    random padding of events (`obfuscation`) is only in its chunks.
    """


class OpenAIAsyncStream(_AudioStream, AsyncStream[OpenAICallResponse, OpenAICallResponseChunk, OpenAITool]):
    """Async version of `OpenAIStream`."""
