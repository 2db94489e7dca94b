"""The deadlines of a stream: calculates the time that is left, and ends sync reads in time by a thread.

`Deadlines` does no I/O and starts no thread; `Watchdog` starts one. These modules call `Deadlines`:

- the transcript: `set` and `received` if they are set late, and `attempt_sent` for each request;
- the connection: `had_output` and `limit_of_wait` before each wait, `waiting` around it, then `response_begun` or
  `received`;
- the loop: `noting_output` around the pairs of a read; in async code `limit("total")` around the tools of a round;
- the policies: `limit("total")` before they decide to wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Any, Literal, NamedTuple

from ..errors import StreamTimeoutError
from ..runtime import CLOCK

Deadline = Literal["total", "first", "idle", "stall"]


class Limit(NamedTuple):
    """The maximum duration of a wait, and the deadline that ends it."""

    seconds: float
    """The seconds until the deadline passes."""
    deadline: Deadline
    set_to: float
    """The whole duration of the deadline in seconds, as the user set it."""

    def error(self) -> StreamTimeoutError:
        """Return the error to raise once the deadline has passed."""
        message = f"the stream passed its {self.deadline} deadline of {self.set_to:g} seconds"
        return StreamTimeoutError(message, deadline=self.deadline)


class Phase(Enum):
    """How far the response of the current attempt has arrived. The phase decides which deadlines apply besides `total`.

    | phase | if `first` is set | if not | if not, in a later round of a tool loop |
    | --- | --- | --- | --- |
    | OPENING | `first` | | `idle`, `stall` |
    | BEGUN | `first` | `idle` | `idle`, `stall` |
    | RECEIVING | `first`, `idle` | `idle` | `idle`, `stall` |
    | OUTPUT | `idle`, `stall` | `idle`, `stall` | `idle`, `stall` |

    Output is text, thinking or a piece of a tool call; keep-alives are only bytes. An attempt that resumes a text has
    had output when it is sent. Without `first` and `stall` chunks are not inspected: OUTPUT begins with the read after.

    With `first`, `idle` starts at the first byte, so that `first=60, idle=10` lets a model think for a minute in
    silence. In later rounds without `first`, `idle` and `stall` limit the opening too, which no other deadline would
    limit; the opening of the first round is left to `first` and `total`.
    """

    OPENING = auto()
    """The request was sent; the response has not begun."""
    BEGUN = auto()
    """The response has begun; no byte of its events has arrived."""
    RECEIVING = auto()
    """Bytes have arrived, and no output."""
    OUTPUT = auto()
    """Output has arrived."""


class Deadlines:
    """The deadlines of one stream, in seconds.

    `first`, `idle` and `stall` count only the time spent waiting for the provider: neither the time that the reader
    needs between two reads, nor the time in which tools of a tool loop run. `total` counts all time.
    """

    def __init__(self) -> None:
        self.any_set: bool = False
        """True while any deadline is set."""
        self.watches_output: bool = False
        """True while a deadline that depends on output is set (`first`, `stall`): chunks are inspected for output."""
        self._seconds: dict[Deadline, float] = {}
        """The deadlines that are set."""
        self._phase = Phase.OPENING
        self._later_round = False
        """True if the current attempt belongs to the second or a later round of a tool loop."""
        self._started: float | None = None
        """When the first attempt was sent, in seconds of the monotonic clock; None before that."""
        self._silence: float = 0.0
        """The seconds spent waiting for the provider since the last output of this attempt, or since it was sent."""

    def set(self, *, total: float | None, first: float | None, idle: float | None, stall: float | None) -> None:
        """Replace the deadlines. `total` limits the whole stream, `first` the time from each request to its first
        output, `idle` the time between two reads that received any byte, `stall` the time between two outputs.
        """
        given: dict[Deadline, float | None] = {"total": total, "first": first, "idle": idle, "stall": stall}
        # A thread cannot wait longer than TIMEOUT_MAX, which is centuries, so a longer deadline never passes.
        self._seconds = {name: one for name, one in given.items() if one is not None and one < threading.TIMEOUT_MAX}
        self.any_set = bool(self._seconds)
        self.watches_output = "first" in self._seconds or "stall" in self._seconds

    # Called after an event

    def attempt_sent(self, *, resumed: bool, later_round: bool) -> None:
        """Record that an attempt is being sent. `resumed` is True if it resumes a text."""
        self._started = CLOCK.monotonic() if self._started is None else self._started
        self._phase = Phase.OUTPUT if resumed else Phase.OPENING
        self._later_round = later_round
        self._silence = 0.0

    def response_begun(self) -> None:
        """Record that the response has begun."""
        if self._phase is Phase.OPENING:
            self._phase = Phase.BEGUN

    def received(self) -> None:
        """Record that a read returned: at least one byte has arrived."""
        if self._phase is not Phase.OUTPUT:
            self._phase = Phase.RECEIVING

    def output(self) -> None:
        """Record that output arrived."""
        self._phase, self._silence = Phase.OUTPUT, 0.0

    def had_output(self) -> None:
        """Record that output has arrived at some time, unless that is known already."""
        if self._phase is not Phase.OUTPUT:
            self.output()

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Context manager that counts the time of its block as waiting for the provider."""
        started_at = CLOCK.monotonic()
        try:
            yield
        finally:
            self.waited(CLOCK.monotonic() - started_at)

    def waited(self, seconds: float) -> None:
        """Count seconds as time spent waiting for the provider: for `first` and `stall`."""
        self._silence += seconds

    def noting_output(self, pairs: Iterator[Any]) -> Iterator[Any]:
        """Yield the pairs of one read, and call `output` once, at the first pair with output.

        Once per read is enough, because no time is counted between the pairs of one read.
        """
        for pair in pairs:
            chunk = pair[0]
            if chunk.content or chunk.thinking or chunk.tool_deltas:
                self.output()
                yield pair
                yield from pairs
                return
            yield pair

    # The maximum duration of the next wait

    def limit(self, deadline: Deadline) -> Limit | None:
        """Return the time that is left until one deadline passes. `deadline` is its name. None if it is not set."""
        seconds = self._seconds.get(deadline)
        if seconds is None:
            return None
        if deadline == "total":
            spent = 0.0 if self._started is None else CLOCK.monotonic() - self._started
        else:
            spent = 0.0 if deadline == "idle" else self._silence
        return Limit(seconds - spent, deadline, seconds)

    def limit_of_wait(self) -> Limit | None:
        """Return the maximum duration of a wait for the provider, until the next deadline; None if none applies."""
        limits = [limit for name in ("total", *self._counting()) if (limit := self.limit(name)) is not None]
        return min(limits, default=None)

    def _counting(self) -> tuple[Deadline, ...]:
        """Return the names of the deadlines that apply in this phase besides `total`: see the table of `Phase`."""
        if self._phase is Phase.OUTPUT:
            return ("idle", "stall")
        if "first" in self._seconds:
            return ("first", "idle") if self._phase is Phase.RECEIVING else ("first",)
        if self._later_round:
            return ("idle", "stall")
        return () if self._phase is Phase.OPENING else ("idle",)


class Watchdog:
    """Ends a sync read that takes too long, by calling `interrupt` from its own thread. The thread runs until
    `close`.
    """

    def __init__(self, interrupt: Callable[[], object]) -> None:
        self.interrupted: bool = False
        """True once a read took too long. An error of the read is then raised as `StreamTimeoutError`."""
        self._interrupt: Callable[[], object] | None = interrupt
        self._changed = threading.Condition()
        self._due: float | None = None
        """When to call `interrupt`, in seconds of the monotonic clock; None while no read is watched."""
        self._closed = False
        threading.Thread(target=self._watch, name="stream-watchdog", daemon=True).start()

    @contextmanager
    def watching(self, seconds: float) -> Generator[None]:
        """Context manager that calls `interrupt` if its block, a read, takes longer than `seconds`."""
        with self._changed:
            self._due = CLOCK.monotonic() + seconds
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._due = None

    def close(self) -> None:
        """End the thread, and drop the reference to `interrupt`, which refers to the connection."""
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
