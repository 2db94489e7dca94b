"""The rounds of a tool loop: when there is another one, and what it asks. Does no I/O and knows nothing of `async`."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from .. import tools as tools_room
from ..provider import Provider
from ..request import Request
from ..response import BaseCallResponse
from ..tools import BaseTool

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")


class Calls(NamedTuple):
    """A wish to have the tools of a round run; what is sent back is a result for each."""

    loop: tools_room.ToolLoop
    tools: Sequence[BaseTool]


def calls(request: Request, tools: Sequence[BaseTool] | None, before: int) -> Calls | None:
    """Return what is to run after a round that called these tools, `before` others having gone before it."""
    loop = request.tool_loop
    return Calls(loop, tools) if loop is not None and tools and before + 1 < loop.max_rounds else None


def next_round(
    request: Request,
    response: BaseCallResponse[Any, Any],
    results: Sequence[tools_room.ToolResultEvent[Any]],
    provider: Provider[Any, Any, Any],
) -> Request:
    """Return the request that gives the model what its tools did; the last one that the loop allows offers no tools."""
    assert request.tool_loop is not None
    following = replace(request, messages=[*request.messages, *response.tool_round_messages(results)])
    last = len(response.rounds) + 1 == request.tool_loop.max_rounds
    return provider.untooled(following) if last else following


def rounds(
    request: Request, provider: Provider[ResponseT, Any, Any]
) -> Generator[Request | Calls, Any, tuple[Request, ResponseT]]:
    """Ask until no tools are to run; return the last request with its response, which knows those before it."""
    before: list[ResponseT] = []
    while True:
        response: ResponseT = yield request
        response.set_earlier_rounds(before)
        command = calls(request, response.tools, len(before))
        if command is None:
            return request, response
        results = yield command
        request = next_round(request, response, results, provider)
        before = [*before, response]
