"""The types of responses, chunks, tools and streams of hosts with OpenAI-compatible chat completions."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

from openai.types.chat import ChatCompletionMessageParam

from ..base.messages import BaseMessageParam
from ..base.prompts import BaseDynamicConfig
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import (
    ChatCallParams,
    ChatFinishReason,
    OpenAISDKCallResponse,
    OpenAISDKChunk,
    OpenAISDKTool,
)

HostFinishReason = ChatFinishReason
"""Why a generation ended, in OpenAI's terms. A host may have further reasons."""


class HostCallParams(ChatCallParams, total=False):
    """The call parameters of OpenAI's chat completions. Put parameters that only the host has into `extra_body`."""


HostMessageParam: TypeAlias = ChatCompletionMessageParam | BaseMessageParam
"""A message in OpenAI's format, or a `BaseMessageParam`."""


class HostDynamicConfig(BaseDynamicConfig[HostMessageParam, HostCallParams, Any], total=False):
    """A dict that a prompt function may return to set options for one call."""


class HostTool(OpenAISDKTool):
    """A tool that a model of a host called."""


class HostCallResponse(OpenAISDKCallResponse[HostTool]):
    """A response of a host. `response` is a `ChatCompletion` of OpenAI's SDK, with the fields that the host adds."""

    _tool_base: ClassVar[type[BaseTool]] = HostTool


class HostCallResponseChunk(OpenAISDKChunk):
    """One event of a stream of a host. `chunk` is a `ChatCompletionChunk` of OpenAI's SDK."""

    __slots__ = ()


class HostStream(Stream[HostCallResponse, HostCallResponseChunk, HostTool]):
    """A streamed response of a host.

    It has everything that the host sends. Usage is requested, unless the host rejects the option for it. If a host
    sends a piece twice (some versions of LM Studio did, for tool arguments), the piece is kept twice, because a model
    may also repeat itself.
    """


class HostAsyncStream(AsyncStream[HostCallResponse, HostCallResponseChunk, HostTool]):
    """Async version of `HostStream`."""
