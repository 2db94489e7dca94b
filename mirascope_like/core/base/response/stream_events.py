"""The events that `stream.events()` yields: one class for each kind, and the union `StreamEvent` for `match`
statements.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from ..tools import BaseTool, ToolResultEvent
from .usage import CommonUsage

ToolT = TypeVar("ToolT", bound=BaseTool)


@dataclass(frozen=True, slots=True)
class TextEvent:
    """A piece of the response's text."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingEvent:
    """A piece of the model's thinking, if the provider returns it."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolStartEvent:
    """The model began a tool call."""

    index: int
    id: str | None
    name: str


@dataclass(frozen=True, slots=True)
class ToolDeltaEvent:
    """A piece of the JSON text of a tool call's arguments."""

    index: int
    delta: str


@dataclass(frozen=True, slots=True)
class ToolReadyEvent(Generic[ToolT]):
    """A tool call is complete."""

    tool: ToolT


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """The provider reported the tokens used so far."""

    usage: CommonUsage


@dataclass(frozen=True, slots=True)
class FinishEvent:
    """The generation ended. `reasons` are the finish reasons in the provider's own terms."""

    reasons: list[Any] = field(default_factory=list[Any])


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """The stream failed or was interrupted. The error is raised after this event."""

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
"""The union of all events of a stream."""
