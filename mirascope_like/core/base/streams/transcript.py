"""The state of a stream."""

from __future__ import annotations

from enum import StrEnum


class StreamState(StrEnum):
    """Where a stream stands."""

    NEW = "new"
    """Nothing has been sent."""
    OPEN = "open"
    """The answer is arriving."""
    DONE = "done"
    """The whole answer has been read."""
    CLOSED = "closed"
    """Left before its end."""
    FAILED = "failed"
    """Broken off by an error."""
