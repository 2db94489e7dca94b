"""The Responses API of hosts: its types and its provider."""

from __future__ import annotations

from typing import Any, ClassVar

from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.responses import (
    ResponsesCallParams,
    ResponsesCallResponse,
    ResponsesChunk,
    ResponsesProvider,
    ResponsesTool,
)
from ..dialects.transport import ClientProvider


class HostResponsesCallParams(ResponsesCallParams, total=False):
    """The call parameters of OpenAI's Responses API. Put parameters that only the host has into `extra_body`."""


class HostResponsesTool(ResponsesTool):
    """A tool that a model of a host called through the Responses API."""


class HostResponsesCallResponse(ResponsesCallResponse[HostResponsesTool]):
    """A response of a host. `response` is a `Response` of OpenAI's SDK, with the fields that the host adds."""

    _tool_base: ClassVar[type[BaseTool]] = HostResponsesTool


class HostResponsesCallResponseChunk(ResponsesChunk):
    """One event of a stream of a host. `chunk` is the event as an object of OpenAI's SDK."""

    __slots__ = ()


class HostResponsesStream(Stream[HostResponsesCallResponse, HostResponsesCallResponseChunk, HostResponsesTool]):
    """A streamed response of a host.

    It has everything that the host sends. If the final event does not have the streamed output, the response is built
    from the events.
    """


class HostResponsesAsyncStream(
    AsyncStream[HostResponsesCallResponse, HostResponsesCallResponseChunk, HostResponsesTool]
):
    """Async version of `HostResponsesStream`."""


class HostResponsesProvider(
    ResponsesProvider[HostResponsesCallResponse, HostResponsesCallResponseChunk, HostResponsesTool]
):
    """Sends requests to a host, or to the address of the client that was passed."""

    tool_type = HostResponsesTool
    cache_marks = False

    def __init__(
        self,
        chat: ClientProvider[Any, Any, Any],
        response_type: type[HostResponsesCallResponse],
        chunk_type: type[HostResponsesCallResponseChunk],
    ) -> None:
        super().__init__(chat)
        self.response_type: type[HostResponsesCallResponse] = response_type
        self.chunk_type: type[HostResponsesCallResponseChunk] = chunk_type
