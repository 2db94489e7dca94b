"""The clocks that deadlines, waits and timestamps read: one place, so that tests can replace them.

Call them through this module (`clock.monotonic()`), not as imported names.
"""

from __future__ import annotations

import time


def monotonic() -> float:
    """Return seconds of a clock that never goes back; only differences mean something."""
    return time.monotonic()


def timestamp() -> float:
    """Return milliseconds since 1970."""
    return time.time() * 1000
