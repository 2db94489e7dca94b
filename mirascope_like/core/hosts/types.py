"""The types that calls to hosts with OpenAI-compatible chat completions return."""

from __future__ import annotations

from typing import ClassVar

from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import ChatCallParams, ChatFinishReason, OpenAISDKCallResponse, OpenAISDKChunk

HostFinishReason = ChatFinishReason
"""Why a host ended the generation; hosts may have reasons of their own."""


class HostCallParams(ChatCallParams, total=False):
    """The parameters of OpenAI's chat completions. Put a host's own parameters into `extra_body`."""


class HostTool(BaseTool):
    """A tool call by a model of a host."""


class HostCallResponse(OpenAISDKCallResponse[HostTool]):
    """A response of a host; `response` is a `ChatCompletion`, including fields that the host adds."""

    tool_base: ClassVar[type[BaseTool]] = HostTool


class HostCallResponseChunk(OpenAISDKChunk):
    """One event of a stream of a host; `chunk` is a `ChatCompletionChunk`."""

    __slots__ = ()


class HostStream(Stream[HostCallResponse, HostCallResponseChunk, HostTool]):
    """A response of a host, streamed.

    A stream contains everything that the host sends. Usage is requested, unless the host rejects that. If a host sends
    pieces twice (some versions of LM Studio did, for arguments of tools), they are kept twice, because a model may also
    repeat itself.
    """


class HostAsyncStream(AsyncStream[HostCallResponse, HostCallResponseChunk, HostTool]):
    """The async form of `HostStream`, read with `async for`."""
