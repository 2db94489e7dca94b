"""The base class of what observers receive: when it began and ended, and how."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ..runtime import CLOCK

CallState: TypeAlias = Literal["open", "done", "closed", "failed"]
"""The state of a call, request or tool. "closed": it was left early, by closing its stream or by a cancellation."""


class Observed:
    """Base class of what observers receive: when it began and ended, and how."""

    def __init__(self) -> None:
        self.start_time: float = CLOCK.timestamp()
        """When it began, in milliseconds since 1970."""
        self.started: float = CLOCK.monotonic()
        """When it began, in seconds of the monotonic clock."""
        self.ended: float | None = None
        """When it ended, in seconds of the monotonic clock; None before."""
        self.state: CallState = "open"
        self.error: BaseException | None = None
        """The error that ended it; None if there is none."""

    @property
    def duration(self) -> float | None:
        """The seconds from begin to end; None before the end."""
        return self.ended - self.started if self.ended is not None else None

    def _end(self, state: CallState, error: BaseException | None) -> bool:
        """Set how it ended. Returns False if it has already ended."""
        if self.ended is not None:
            return False
        self.ended, self.state, self.error = CLOCK.monotonic(), state, error
        return True
