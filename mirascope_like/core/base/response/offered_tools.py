"""The tools that a response calls, found by the types that were offered; pickles and dumps keep where these are."""

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
"""The key of a dump that holds where the tools are: for each name "module:qualified.name", or None."""


class OfferedTools(MeantCalls, Generic[ToolT]):
    """Base class of responses: knows the types of the tools that were offered.

    `BaseCallResponse` declares the private attributes that are used here.
    """

    if TYPE_CHECKING:
        tool_base: ClassVar[type[BaseTool]]
        _tool_types: Sequence[type[BaseTool]]
        _tool_paths: Mapping[str, str | None] | None
        _tools: list[Any] | None
        _executed: Sequence[tools_room.ToolResultEvent[Any]]

    @property
    def tool_types(self) -> list[type[BaseTool]] | None:
        """The tool types that were offered to the model, or None. After a dump or pickle was read, those that were
        found.
        """
        return list(self._tool_types) or None

    @property
    def tools(self) -> list[ToolT] | None:
        """The tools that the model called, or None. A tool that cannot be run has an `error`.

        After a dump or pickle was read, a tool whose class was not found is an `UnresolvedTool`. None for a dump of an
        earlier version, which does not say which tools were offered, unless it is given them.
        """
        if self._tools is None:
            offered = self._tool_types or self._tool_paths
            calls = [call for call in self._calls if call.name != self.answer_name] if offered else []
            self._tools = [find_tool(self._tool_types, call, self.tool_base, self._tool_paths) for call in calls]
        return list(self._tools) or None

    @property
    def tool(self) -> ToolT | None:
        """The first of `tools`, or None."""
        tools = self.tools
        return tools[0] if tools else None

    @property
    def common_tools(self) -> list[ToolT] | None:
        """The same as `tools`."""
        return self.tools

    def attach_tools(self, tools: list[Any]) -> None:
        """Set the tools that a stream has already parsed, including those with an `error`."""
        self._tools = list(tools)

    def tool_paths(self) -> dict[str, str | None] | None:
        """Return where each offered tool is ("module:qualified.name", or None), by name.

        None for a response that a version wrote which did not keep the names.
        """
        found = {one.name: one.path for one in map(ToolReference.of, self._tool_types)}
        return {**found, **self._tool_paths} if self._tool_paths is not None else found or None

    def find_tools(self, dump: Mapping[str, Any], context: Any) -> None:
        """Find the types of the tools that a dump names: among `context["tools"]`, else in modules that are loaded.

        Raises `ValueError` for a dump that names them in another form.
        """
        paths: Any = dump.get(TOOL_CLASSES)
        if not _is_paths(paths):
            raise ValueError(f"invalid dump of a response: {TOOL_CLASSES} is {paths!r}")
        given: Any = as_object(context).get("tools") or []
        several: list[Any] = [*given] if isinstance(given, list | tuple) else [given]
        kinds = [tool_type(one, self.tool_base) for one in several if not is_mapping(one)]
        known = {tool_name(kind): kind for kind in kinds}
        for name, path in as_object(paths).items():
            if name not in known:
                kind = offered_at(name, path, self.tool_base)
                known |= {name: kind} if kind is not None else {}
        self._tool_types = [kind for name, kind in known.items() if paths is None or name in paths]
        self._tool_paths = paths
        self._tools = None

    def set_tool_base(self, base: type[BaseTool]) -> None:
        """Make the tool types again, from the functions and classes that they were made from, as subclasses of
        `base` too.
        """
        self._tool_types = [
            tool_type(tool_type(source_of(kind).owner, base), self.tool_base) for kind in self._tool_types
        ]

    def __getstate__(self) -> dict[Any, Any]:
        # The class of a tool made from a function has no name that pickle could find it by.
        state = cast("Any", super()).__getstate__()
        own = {
            "_tool_types": tuple(map(ToolReference.of, self._tool_types)),
            "_tool_paths": self.tool_paths(),
            "_tools": None if self._tools is None else [tools_room.portable(tool) for tool in self._tools],
            "_executed": tuple(replace(one, tool=tools_room.portable(one.tool)) for one in self._executed),
        }
        return {**state, "__pydantic_private__": {**(state["__pydantic_private__"] or {}), **own}}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        private: dict[str, Any] = state["__pydantic_private__"] or {}
        kept: Sequence[Any] = private.get("_tool_types") or ()
        # In pickles of earlier versions these are the types themselves.
        kinds = [one.resolved() if isinstance(one, ToolReference) else one for one in kept]
        unknown: dict[str, Any] | None = {} if kept else None
        own: dict[str, Any] = {
            "_tool_paths": unknown,
            **private,
            "_tool_types": [one for one in kinds if one is not None],
        }
        cast("Any", super()).__setstate__({**state, "__pydantic_private__": own})


def _is_paths(value: Any) -> bool:
    if value is None:
        return True
    return is_mapping(value) and all(one is None or isinstance(one, str) for one in value.values())
