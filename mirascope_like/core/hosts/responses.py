"""The Responses API of hosts: its types and its provider."""

from __future__ import annotations

from typing import Any, ClassVar

from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.responses import ResponsesCallParams, ResponsesCallResponse, ResponsesChunk, ResponsesProvider
from ..dialects.transport import ClientProvider


class HostResponsesCallParams(ResponsesCallParams, total=False):
    """The parameters of OpenAI's Responses API. Put a host's own parameters into `extra_body`."""


class HostResponsesTool(BaseTool):
    """A tool call by a model of a host in a response."""


class HostResponsesCallResponse(ResponsesCallResponse[HostResponsesTool]):
    """A response of a host; `response` is a `Response`, including fields that the host adds."""

    tool_base: ClassVar[type[BaseTool]] = HostResponsesTool


class HostResponsesCallResponseChunk(ResponsesChunk):
    """One event of a stream of a host; `chunk` is the SDK's event."""

    __slots__ = ()


class HostResponsesStream(Stream[HostResponsesCallResponse, HostResponsesCallResponseChunk, HostResponsesTool]):
    """A response of a host, streamed.

    A stream contains everything that the host sends. If the final event lacks the streamed output, the response is the
    sum of the events.
    """


class HostResponsesAsyncStream(
    AsyncStream[HostResponsesCallResponse, HostResponsesCallResponseChunk, HostResponsesTool]
):
    """The async form of `HostResponsesStream`, read with `async for`."""


class HostResponsesProvider(
    ResponsesProvider[HostResponsesCallResponse, HostResponsesCallResponseChunk, HostResponsesTool]
):
    """Sends requests to a host, or to the address of the given client."""

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
