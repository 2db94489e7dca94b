"""The deadlines of a stream: the time that is left, and the thread that enforces them for sync reads.

`Deadlines` does no I/O. `connection` calls `next` before each read, to learn how long the read may take, and calls
`waited`, `received` and `output` after it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Any, Literal

from ..errors import StreamTimeoutError
from ..runtime import CLOCK

Deadline = Literal["total", "first", "idle", "stall"]


class Phase(Enum):
    """Which deadlines count now, besides `total`. It follows what has arrived of the present attempt.

    Exception: an attempt that resumes a text, and a later round without `first`, start as WRITING (see `attempt_sent`).
    """

    WAITING = auto()
    """Nothing: `first` counts."""
    ANSWERING = auto()
    """Bytes, such as keep-alives, and no output: `first` and `idle` count."""
    WRITING = auto()
    """Output, which is text, thinking or a piece of a tool call: `stall` and `idle` count."""


class Deadlines:
    """How long a stream may take, in seconds; None where there is no such deadline.

    Only the time spent waiting for the provider counts for `first`, `idle` and `stall`: not the reader's own time
    between two steps, nor the time that tools of a tool loop run. All time counts for `total`.
    """

    def __init__(self) -> None:
        self.given: bool = False
        """True while any deadline is set."""
        self.watches_output: bool = False
        """True while a deadline that depends on output is set (`first`, `stall`): chunks are inspected for output."""
        self._total: float | None = None
        self._first: float | None = None
        self._idle: float | None = None
        self._stall: float | None = None
        self._phase = Phase.WAITING
        self._started: float | None = None
        """When the first attempt was sent, in seconds of the monotonic clock."""
        self._waited: float = 0.0
        """Seconds spent waiting for the provider since the last output, or before any, since the attempt was sent."""

    def set(self, *, total: float | None, first: float | None, idle: float | None, stall: float | None) -> None:
        """Replace the deadlines. `total` is for the whole stream, `first` from each request to its first output, `idle`
        between two reads that gave any byte, `stall` between two outputs.
        """
        # No thread can wait for longer than TIMEOUT_MAX, which is centuries: such a deadline never passes.
        self._total, self._first, self._idle, self._stall = (
            one if one is None or one < threading.TIMEOUT_MAX else None for one in (total, first, idle, stall)
        )
        self.watches_output = not (self._first is None and self._stall is None)
        self.given = self.watches_output or not (self._total is None and self._idle is None)

    # Called by the transcript and the connection when something has happened

    def attempt_sent(self, *, resumed: bool, later_round: bool) -> None:
        """Start the deadlines of an attempt.

        `first` does not count again for an attempt that resumes a text. Without `first`, `idle` and `stall` also cover
        the beginning of the later rounds of a tool loop.
        """
        self._started = CLOCK.monotonic() if self._started is None else self._started
        self._phase = Phase.WRITING if resumed or (later_round and self._first is None) else Phase.WAITING
        self._waited = 0.0

    def answer_begun(self) -> None:
        """Record that the response has begun. `idle` counts from here on, or with `first`, only from the first byte."""
        if self._first is None:
            self.received()

    def received(self) -> None:
        """Record that a read returned: at least one byte has arrived."""
        if self._phase is Phase.WAITING:
            self._phase = Phase.ANSWERING

    def output(self) -> None:
        """Record that output arrived."""
        self._phase, self._waited = Phase.WRITING, 0.0

    def waited(self, seconds: float) -> None:
        """Record the seconds of a wait for the provider."""
        self._waited += seconds

    def noting_output(self, pairs: Iterator[Any]) -> Iterator[Any]:
        """Yield the pairs of one read; call `output` when the first pair with output is reached.

        Once per read is enough, as no time is counted between the pairs of one read.
        """
        for pair in pairs:
            chunk = pair[0]
            if chunk.content or chunk.thinking or chunk.tool_deltas:
                self.output()
                yield pair
                yield from pairs
                return
            yield pair

    # Called by the connection before a wait

    def remaining(self) -> float | None:
        """Return the seconds until `total` passes; None where there is no such deadline."""
        if self._total is None or self._started is None:
            return self._total
        return self._total - (CLOCK.monotonic() - self._started)

    def next(self) -> tuple[float, Deadline] | None:
        """Return the seconds until the next deadline passes, and its name; None where none counts now."""
        waits: list[tuple[float | None, Deadline]] = [(self.remaining(), "total")]
        if self._phase is Phase.WRITING:
            waits.append((_less(self._stall, self._waited), "stall"))
        else:
            waits.append((_less(self._first, self._waited), "first"))
        if self._phase is not Phase.WAITING:
            waits.append((self._idle, "idle"))
        return min(((seconds, name) for seconds, name in waits if seconds is not None), default=None)

    def passed(self, which: Deadline) -> StreamTimeoutError:
        """Return the error of a deadline that has passed."""
        seconds: float = getattr(self, f"_{which}")
        return StreamTimeoutError(f"the stream passed its {which} deadline of {seconds:g} seconds", deadline=which)


def _less(seconds: float | None, waited: float) -> float | None:
    return seconds - waited if seconds is not None else None


class Watchdog:
    """Calls `bark` from its own thread when a watched read takes too long. The thread runs until `close`.

    `bark` ends the read, and returns True if there was one.
    """

    def __init__(self, bark: Callable[[], bool]) -> None:
        self.barked: bool = False
        """True once `bark` returned True: an error of a read is then reported as a passed deadline."""
        self._bark: Callable[[], bool] | None = bark
        self._changed = threading.Condition()
        self._due: float | None = None
        """When to call `bark`, in seconds of the monotonic clock; None while no read is watched."""
        self._closed = False
        threading.Thread(target=self._watch, name="stream-watchdog", daemon=True).start()

    @contextmanager
    def watching(self, seconds: float) -> Generator[None]:
        """Watch the block, which reads and may take `seconds`."""
        with self._changed:
            self._due = CLOCK.monotonic() + seconds
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._due = None

    def close(self) -> None:
        """End the thread and drop the reference to `bark`, and so to the connection."""
        with self._changed:
            self._closed, self._bark = True, None
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                if self._due is None:
                    self._changed.wait()
                elif (remaining := self._due - CLOCK.monotonic()) > 0:
                    self._changed.wait(remaining)
                else:
                    self._due = None
                    if (bark := self._bark) is not None:
                        self.barked = bark()
