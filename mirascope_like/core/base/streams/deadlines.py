"""Deadlines of a stream, and the watchdog that keeps them where a read cannot be told to give up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Literal

Deadline = Literal["total", "first", "idle"]


@dataclass(slots=True)
class Deadlines:
    """How long a stream may take, in seconds.

    Time that the reader takes between two steps, or that tools of a loop take, counts for `total` alone.
    """

    total: float | None = None
    """From the request to the end."""
    first: float | None = None
    """From the request to the first event; a request that is sent again has as long."""
    idle: float | None = None
    """From one event to the next."""
    started: float | None = None
    asked: float | None = None
    seen: bool = False

    def start(self, *, seen: bool = False) -> None:
        """Note that a request is sent now; where it goes on from what came, an event has been `seen`."""
        self.asked = monotonic()
        self.started = self.asked if self.started is None else self.started
        self.seen = seen

    def again(self) -> None:
        """Note that the next step sends another request, of a tool loop; without `first`, `idle` goes on."""
        self.asked, self.seen = None, self.first is None

    def remaining(self) -> float | None:
        """Return the seconds until the end of it all; None where there is no such deadline."""
        if self.total is None or self.started is None:
            return self.total
        return self.total - (monotonic() - self.started)

    def left(self, *, running: bool) -> tuple[float, Deadline] | None:
        """Return the seconds until the next deadline, and which it is; None where there is none.

        `running` is whether what is to come is that tools run.
        """
        waits: list[tuple[float, Deadline]] = []
        if (remaining := self.remaining()) is not None:
            waits.append((remaining, "total"))
        if self.first is not None and not self.seen and not running:
            waits.append((self.first - (monotonic() - self.asked if self.asked is not None else 0.0), "first"))
        if self.idle is not None and self.seen and not running:
            waits.append((self.idle, "idle"))
        # No thread can wait for longer, and nobody does: such a deadline is none.
        return min((one for one in waits if one[0] < threading.TIMEOUT_MAX), default=None)


class Watchdog:
    """Calls `bark`, which tells if it ends the read, when one takes too long. Its thread runs while there is one."""

    def __init__(self, bark: Callable[[], bool]) -> None:
        self._bark = bark
        self._changed = threading.Condition()
        self._at: float | None = None
        self._closed = False
        self._thread: threading.Thread | None = None
        self.barked: bool = False

    @contextmanager
    def watching(self, seconds: float) -> Generator[None]:
        """Watch a read."""
        with self._changed:
            self._at = monotonic() + seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="stream-watchdog", daemon=True)
                self._thread.start()
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._at = None

    def close(self) -> None:
        """Let the thread end."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                if self._at is None:
                    self._changed.wait()
                elif (left := self._at - monotonic()) > 0:
                    self._changed.wait(left)
                else:
                    self._at = None
                    self.barked = self._bark()
