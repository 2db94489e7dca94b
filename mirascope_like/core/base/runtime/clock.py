"""The clock for deadlines, waits and timestamps. It is a single object, so that tests can replace it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING


class Clock:
    """Returns the time. Tests replace its methods."""

    if TYPE_CHECKING:

        @staticmethod
        def monotonic() -> float:
            """Return the monotonic time in seconds. Only differences between two values are meaningful."""
            ...
    else:
        monotonic = staticmethod(time.monotonic)

    def timestamp(self) -> float:
        """Return the time of day, in milliseconds since 1970."""
        return time.time() * 1000

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait until a condition is notified, but at most `seconds`. The caller must hold the condition."""
        condition.wait(seconds)


CLOCK = Clock()
