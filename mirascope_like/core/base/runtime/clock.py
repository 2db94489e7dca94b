"""The clock that deadlines, waits and timestamps read: one object, so that tests can replace what it returns."""

from __future__ import annotations

import threading
import time


class Clock:
    """Reads the time. Tests replace its methods."""

    def monotonic(self) -> float:
        """Return the monotonic time in seconds; only differences are meaningful."""
        return time.monotonic()

    def timestamp(self) -> float:
        """Return the time of day, in milliseconds since 1970."""
        return time.time() * 1000

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait until a condition, which the caller holds, is notified, or at most some seconds of `monotonic`."""
        condition.wait(seconds)


CLOCK = Clock()
