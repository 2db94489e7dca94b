"""The clock that deadlines, waits and timestamps read: one object, so that tests can replace what it returns."""

from __future__ import annotations

import time


class Clock:
    """The time."""

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back; only differences mean something."""
        return time.monotonic()

    def timestamp(self) -> float:
        """Return milliseconds since 1970."""
        return time.time() * 1000


CLOCK = Clock()
