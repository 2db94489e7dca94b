"""The rounds of a tool loop: decides if there is another round, and builds its request.

Does no I/O, so that sync and async code share it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from .. import tools as tools_room
from ..provider import Provider
from ..request import Request
from ..response import BaseCallResponse, set_earlier_rounds, tool_round_messages
from ..tools import BaseTool

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")


class RunTools(NamedTuple):
    """A step of a flow: run the tools that the model called. The driver runs them and sends the results back into
    the flow.
    """

    loop: tools_room.ToolLoop
    tools: Sequence[BaseTool]


def calls(request: Request, tools: Sequence[BaseTool] | None, before: int) -> RunTools | None:
    """Return the step that runs the called tools, or None if the tool loop ends or there is none. `before` is the
    number of earlier rounds.
    """
    loop = request.tool_loop
    return RunTools(loop, tools) if loop is not None and tools and before + 1 < loop.max_rounds else None


def next_round(
    request: Request,
    response: BaseCallResponse[Any, Any],
    results: Sequence[tools_room.ToolResultEvent[Any]],
    provider: Provider[Any, Any, Any],
) -> Request:
    """Return the request of the next round: the messages so far, the response, and the results of its tools. The
    last round that the tool loop allows offers no tools.
    """
    assert request.tool_loop is not None
    following = replace(request, messages=[*request.messages, *tool_round_messages(response, results)])
    last = len(response.rounds) + 1 == request.tool_loop.max_rounds
    return provider.untooled(following) if last else following


def rounds(
    request: Request, provider: Provider[ResponseT, Any, Any]
) -> Generator[Request | RunTools, Any, tuple[Request, ResponseT]]:
    """Flow (a generator that yields requests): send requests and run tools until the model calls no more tools.

    Returns the last request and its response; `response.rounds` has the responses of the earlier rounds.
    """
    before: list[ResponseT] = []
    while True:
        response: ResponseT = yield request
        set_earlier_rounds(response, before)
        command = calls(request, response.tools, len(before))
        if command is None:
            return request, response
        results = yield command
        request = next_round(request, response, results, provider)
        before = [*before, response]
