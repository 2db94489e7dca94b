"""What can happen in a stream: one class for each, and `StreamEvent`, the closed union of them, to match on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from ..tools import BaseTool, ToolResultEvent
from .usage import CommonUsage

ToolT = TypeVar("ToolT", bound=BaseTool)


@dataclass(frozen=True, slots=True)
class TextEvent:
    """A piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingEvent:
    """A piece of the model's thinking, where it is shown."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolStartEvent:
    """The model begins to call a tool."""

    index: int
    id: str | None
    name: str


@dataclass(frozen=True, slots=True)
class ToolDeltaEvent:
    """A piece of the arguments of a call, as JSON text."""

    index: int
    delta: str


@dataclass(frozen=True, slots=True)
class ToolReadyEvent(Generic[ToolT]):
    """A tool call is whole."""

    tool: ToolT


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """The tokens spent so far."""

    usage: CommonUsage


@dataclass(frozen=True, slots=True)
class FinishEvent:
    """The provider says why the generation ended, in its own words."""

    reasons: list[Any] = field(default_factory=list[Any])


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """The stream broke off; the error is raised after this event."""

    error: Exception


StreamEvent: TypeAlias = (
    TextEvent
    | ThinkingEvent
    | ToolStartEvent
    | ToolDeltaEvent
    | ToolReadyEvent[ToolT]
    | ToolResultEvent[ToolT]
    | UsageEvent
    | FinishEvent
    | ErrorEvent
)
"""Anything that can happen in a stream."""
