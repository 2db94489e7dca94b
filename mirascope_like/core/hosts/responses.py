"""What Responses of hosts give, and the provider that asks for them."""

from __future__ import annotations

from typing import Any, ClassVar

from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.responses import ResponsesCallParams, ResponsesCallResponse, ResponsesChunk, ResponsesProvider
from ..dialects.transport import ClientProvider


class HostResponsesCallParams(ResponsesCallParams, total=False):
    """What hosts take: the parameters of OpenAI's Responses. A host's own go into `extra_body`."""


class HostResponsesTool(BaseTool):
    """A tool that a model of a host called in a response."""


class HostResponsesCallResponse(ResponsesCallResponse[HostResponsesTool]):
    """A host's answer; `response` is a `Response`, with what the host adds to one."""

    tool_base: ClassVar[type[BaseTool]] = HostResponsesTool


class HostResponsesCallResponseChunk(ResponsesChunk):
    """One event of a host's answer; `chunk` is the SDK's event."""

    __slots__ = ()


class HostResponsesStream(Stream[HostResponsesCallResponse, HostResponsesCallResponseChunk, HostResponsesTool]):
    """A host's answer, read while it arrives.

    A stream carries all that the host puts into one. Of a host whose final event leaves out what it has streamed, the
    answer is the sum of its events.
    """


class HostResponsesAsyncStream(
    AsyncStream[HostResponsesCallResponse, HostResponsesCallResponseChunk, HostResponsesTool]
):
    """`HostResponsesStream`, to be read with `async for`."""


class HostResponsesProvider(
    ResponsesProvider[HostResponsesCallResponse, HostResponsesCallResponseChunk, HostResponsesTool]
):
    """Speaks Responses to a host, or to whomever the client given speaks to."""

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
