"""The deadlines of a stream: the time that is left, and the thread that enforces them for sync reads.

`Deadlines` does no I/O. `connection` calls `upcoming` before each wait, to learn how long it may take, waits within
`waiting`, and calls `received` and `output` after a read.
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
    """Which deadlines count now, besides `total`: those in this table that are set.

    | attempt | while it is opened | response begun, no byte | bytes, no output | output |
    | --- | --- | --- | --- | --- |
    | the first of a call or fallback, and its retries | WAITING | BEGUN, with `first` WAITING | BEGUN | WRITING |
    | of a later round, with `first` | WAITING | WAITING | BEGUN | WRITING |
    | of a later round, without `first` | WRITING | WRITING | WRITING | WRITING |
    | that resumes a text | WRITING | WRITING | WRITING | WRITING |

    Bytes are also keep-alives. Output is text, thinking or a piece of a tool call. Without `first` and `stall` chunks
    are not inspected, so BEGUN is never left; it then means the same as WRITING.
    """

    WAITING = auto()
    """`first` counts."""
    BEGUN = auto()
    """`first` and `idle` count."""
    WRITING = auto()
    """`stall` and `idle` count."""


class Deadlines:
    """How long a stream may take, in seconds; None where there is no such deadline.

    Only the time spent waiting for the provider counts for `first`, `idle` and `stall`: not the reader's own time
    between two steps, nor the time that tools of a tool loop run. All time counts for `total`.
    """

    def __init__(self) -> None:
        self.any_set: bool = False
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
        self._silence: float = 0.0
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
        self.any_set = self.watches_output or not (self._total is None and self._idle is None)

    # Called by the transcript and the connection when something has happened

    def attempt_sent(self, *, resumed: bool, later_round: bool) -> None:
        """Start the deadlines of an attempt, as the table of `Phase` says.

        An attempt that resumes a text has had its first output. Without `first`, `idle` and `stall` cover the beginning
        of later rounds, which no deadline would cover otherwise.
        """
        self._started = CLOCK.monotonic() if self._started is None else self._started
        self._phase = Phase.WRITING if resumed or (later_round and self._first is None) else Phase.WAITING
        self._silence = 0.0

    def response_begun(self) -> None:
        """Record that the response has begun. `idle` counts from here on, or with `first`, only from the first byte: so
        `first=60, idle=10` lets a model think for a minute in silence.
        """
        if self._first is None and self._phase is Phase.WAITING:
            self._phase = Phase.BEGUN

    def received(self) -> None:
        """Record that a read returned: at least one byte has arrived."""
        if self._phase is Phase.WAITING:
            self._phase = Phase.BEGUN

    def output(self) -> None:
        """Record that output arrived."""
        self._phase, self._silence = Phase.WRITING, 0.0

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Count the time of the block, which waits for the provider."""
        started_at = CLOCK.monotonic()
        try:
            yield
        finally:
            self.waited(CLOCK.monotonic() - started_at)

    def waited(self, seconds: float) -> None:
        """Count the seconds of a wait for the provider."""
        self._silence += seconds

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

    def upcoming(self) -> tuple[float, Deadline] | None:
        """Return the seconds until the next deadline passes, and its name; None where none counts now."""
        waits: list[tuple[float | None, Deadline]] = [(self.remaining(), "total")]
        if self._phase is Phase.WRITING:
            waits.append((_less(self._stall, self._silence), "stall"))
        else:
            waits.append((_less(self._first, self._silence), "first"))
        if self._phase is not Phase.WAITING:
            waits.append((self._idle, "idle"))
        return min(((seconds, name) for seconds, name in waits if seconds is not None), default=None)

    def error_of(self, which: Deadline) -> StreamTimeoutError:
        """Return the error of a deadline that has passed."""
        seconds: float = getattr(self, f"_{which}")
        return StreamTimeoutError(f"the stream passed its {which} deadline of {seconds:g} seconds", deadline=which)


def _less(seconds: float | None, waited: float) -> float | None:
    return seconds - waited if seconds is not None else None


class Watchdog:
    """Calls `interrupt`, which ends the read, from its own thread if a watched read takes too long.

    The thread runs until `close`.
    """

    def __init__(self, interrupt: Callable[[], object]) -> None:
        self.interrupted: bool = False
        """True once a read took too long: an error of it is then reported as a passed deadline."""
        self._interrupt: Callable[[], object] | None = interrupt
        self._changed = threading.Condition()
        self._due: float | None = None
        """When to call `interrupt`, in seconds of the monotonic clock; None while no read is watched."""
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
        """End the thread and drop the reference to `interrupt`, and so to the connection."""
        with self._changed:
            self._closed, self._interrupt = True, None
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                if self._due is None:
                    self._changed.wait()
                elif (remaining := self._due - CLOCK.monotonic()) > 0:
                    CLOCK.wait(self._changed, remaining)
                else:
                    self._due = None
                    self.interrupted = True
                    if (interrupt := self._interrupt) is not None:
                        interrupt()
