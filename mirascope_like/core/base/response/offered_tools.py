"""Finds the tools that a response calls among the offered types. Pickles and dumps save the paths of the tools'
functions and classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from .. import tools as tools_room
from ..parsing import as_object, is_mapping
from ..tools import BaseTool, ToolReference, find_tool, offered_at, source_of, tool_name, tool_type
from .meant_calls import MeantCalls

ToolT = TypeVar("ToolT", bound=BaseTool)

TOOL_CLASSES = "tool_classes"
"""The key in a dump that maps each tool name to the path of its function or class ("module:qualified.name"), or to
None.
"""


class OfferedTools(MeantCalls, Generic[ToolT]):
    """Base class of responses that knows the types of the offered tools.

    `BaseCallResponse` declares the private attributes that are used here.
    """

    if TYPE_CHECKING:
        _tool_base: ClassVar[type[BaseTool]]
        _tool_types: Sequence[type[BaseTool]]
        _tool_paths: Mapping[str, str | None] | None
        _tools: list[Any] | None
        _executed: Sequence[tools_room.ToolResultEvent[Any]]
        __pydantic_private__: dict[str, Any] | None

    @property
    def tool_types(self) -> list[type[BaseTool]] | None:
        """The tool types that were offered to the model; None if there were none. For a response loaded from a dump
        or pickle, only those that were found.
        """
        return list(self._tool_types) or None

    @property
    def tools(self) -> list[ToolT] | None:
        """The tools that the model called; None if it called none. A tool that cannot run has an `error`.

        For a response loaded from a dump or pickle, a tool whose class was not found is an `UnresolvedTool`. A dump of
        an early release does not name the offered tools: pass them when you load it, or `tools` is None.
        """
        private = self.__pydantic_private__ or {}  # read faster than the attributes
        if private["_tools"] is None:
            if not (private["_tool_types"] or private["_tool_paths"]):
                return None
            calls = self._calls
            cut = self._cut_call(calls)
            self._tools = [
                find_tool(self._tool_types, call, self._tool_base, self._tool_paths, cut=call is cut)
                for call in calls
                if call.name != self.answer_name
            ]
        return list(self._tools or ()) or None

    @property
    def tool(self) -> ToolT | None:
        """The first of `tools`; None if the model called no tool."""
        tools = self.tools
        return tools[0] if tools else None

    @property
    def common_tools(self) -> list[ToolT] | None:
        """The same as `tools`, which are in one form for all providers. Named as in Mirascope v1."""
        return self.tools

    def _attach_tools(self, tools: list[Any]) -> None:
        self._tools = list(tools)

    def _paths(self) -> dict[str, str | None] | None:
        private = self.__pydantic_private__ or {}  # read faster than the attributes
        known: Mapping[str, str | None] | None = private["_tool_paths"]
        found = {one.name: one.path for one in map(ToolReference.of, private["_tool_types"])}
        return {**found, **known} if known is not None else found or None

    def _find_tools(self, dump: Mapping[str, Any], context: Any) -> None:
        """Find the types of the tools that a dump names: first in `context["tools"]`, then in imported modules. Sets
        `tool_types`.

        Raises `ValueError` if the dump's entry of tool paths is invalid.
        """
        paths: Any = dump.get(TOOL_CLASSES)
        if not _is_paths(paths):
            raise ValueError(f"invalid dump of a response: {TOOL_CLASSES} is {paths!r}")
        given: Any = as_object(context).get("tools") or []
        several: list[Any] = [*given] if isinstance(given, list | tuple) else [given]
        kinds = [tool_type(one, self._tool_base) for one in several if not is_mapping(one)]
        known = {tool_name(kind): kind for kind in kinds}
        for name, path in as_object(paths).items():
            if name not in known:
                kind = offered_at(name, path, self._tool_base)
                known |= {name: kind} if kind is not None else {}
        self._tool_types = [kind for name, kind in known.items() if paths is None or name in paths]
        self._tool_paths = paths
        self._tools = None

    def __getstate__(self) -> dict[Any, Any]:
        # pickle cannot find the class of a tool that was made from a function, so the tool's path is pickled.
        state = cast("Any", super()).__getstate__()
        own = {
            "_tool_types": tuple(map(ToolReference.of, self._tool_types)),
            "_tool_paths": self._paths(),
            "_tools": None if self._tools is None else [tools_room.portable(tool) for tool in self._tools],
            "_executed": tuple(replace(one, tool=tools_room.portable(one.tool)) for one in self._executed),
        }
        return {**state, "__pydantic_private__": {**(state["__pydantic_private__"] or {}), **own}}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        private: dict[str, Any] = state["__pydantic_private__"] or {}
        kept: Sequence[Any] = private.get("_tool_types") or ()
        # Pickles of earlier versions have the types themselves.
        kinds = [one.resolved() if isinstance(one, ToolReference) else one for one in kept]
        unknown: dict[str, Any] | None = {} if kept else None
        own: dict[str, Any] = {
            "_tool_paths": unknown,
            **private,
            "_tool_types": [one for one in kinds if one is not None],
        }
        cast("Any", super()).__setstate__({**state, "__pydantic_private__": own})


# Functions and not methods, so that editors do not complete them after a response.


def attach_tools(response: OfferedTools[Any], tools: list[Any]) -> None:
    """Set the tools that a stream has already parsed, including tools with an `error`."""
    own: Any = response
    own._attach_tools(tools)


def tool_paths(response: OfferedTools[Any]) -> dict[str, str | None] | None:
    """Return the path of each offered tool ("module:qualified.name", or None), by tool name.

    Returns None for a response of an early release, which did not save the names.
    """
    own: Any = response
    return cast("dict[str, str | None] | None", own._paths())


def set_tool_base(response: OfferedTools[Any], base: type[BaseTool]) -> None:
    """Generate the tool types again from the same functions and classes, so that they are also subclasses of `base`."""
    own: Any = response
    own._tool_types = [tool_type(tool_type(source_of(kind).owner, base), own._tool_base) for kind in own._tool_types]


def _is_paths(value: Any) -> bool:
    if value is None:
        return True
    return is_mapping(value) and all(one is None or isinstance(one, str) for one in value.values())
