"""Calls a function again and again while a run is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Repeating:
    """Calls a function each so many seconds in the running event loop, from `start` to `stop`."""

    def __init__(self, seconds: float, function: Callable[[], object]) -> None:
        self._seconds = seconds
        self._function = function
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Call the function for the first time after one interval. Needs a running event loop."""
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._tick)

    def stop(self) -> None:
        """Call the function no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _tick(self) -> None:
        self._function()
        self.start()
