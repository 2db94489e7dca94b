"""Types that Mirascope v1 exports: base classes of call parameters, the usage, and values that have a JSON form."""

from __future__ import annotations

from typing import Generic, TypeAlias, TypeVar

from pydantic import BaseModel
from typing_extensions import TypedDict

from ..prompts import BaseDynamicConfig
from ..response import CommonUsage

ToolSchemaT = TypeVar("ToolSchemaT")


class BaseCallParams(TypedDict, total=False):
    """Base class of call parameters. It has no parameters of its own."""


class BaseCallKwargs(BaseCallParams, Generic[ToolSchemaT], total=False):
    """The keyword arguments of an SDK's method."""

    tools: list[ToolSchemaT]
    """The schemas of the tools."""


DynamicConfigBase = DynamicConfigCallParams = DynamicConfigClient = DynamicConfigMessages = BaseDynamicConfig
"""The same as `BaseDynamicConfig`: each of its keys may be absent."""
DynamicConfigCallParamsClient = DynamicConfigMessagesCallParams = DynamicConfigMessagesClient = BaseDynamicConfig
"""The same as `BaseDynamicConfig`."""
DynamicConfigFull = BaseDynamicConfig
"""The same as `BaseDynamicConfig`."""
Usage: TypeAlias = CommonUsage
"""The same as `CommonUsage`."""

JsonableType: TypeAlias = (
    str
    | int
    | float
    | bool
    | bytes
    | list["JsonableType"]
    | set["JsonableType"]
    | tuple["JsonableType", ...]
    | dict[str, "JsonableType"]
    | BaseModel
)
"""A value that a tool may return, which is sent as text or JSON."""
