"""The tool loop of an observed call: runs tools as the loop that it wraps, and records each tool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import tools as tools_room
from ..tools import BaseTool
from .observed_call import ObservedCall


def observed_loop(loop: tools_room.ToolLoop, call: ObservedCall) -> Any:
    """Return a tool loop that records the tools that it runs; in every other respect it is the given loop."""
    return _ObservedLoop(loop, call)


class _ObservedLoop:
    def __init__(self, loop: tools_room.ToolLoop, call: ObservedCall) -> None:
        self._loop = loop
        self._call = call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def run(self, tools: Sequence[BaseTool]) -> list[Any]:
        token = tools_room.CALL_OF.set(self._watched(tools_room.CALL_OF.get()))
        try:
            with self._call.inside():
                return self._loop.run(tools)
        finally:
            tools_room.CALL_OF.reset(token)

    async def arun(self, tools: Sequence[BaseTool]) -> list[Any]:
        token = tools_room.CALL_OF.set(self._watched(tools_room.CALL_OF.get()))
        try:
            with self._call.inside():
                return await self._loop.arun(tools)
        finally:
            tools_room.CALL_OF.reset(token)

    def _watched(self, call_of: Callable[[BaseTool], Callable[[], Any]]) -> Callable[[BaseTool], Callable[[], Any]]:
        return lambda tool: self._call.watched(tool, call_of(tool))
