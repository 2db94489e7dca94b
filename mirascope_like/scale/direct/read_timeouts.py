"""`ReadTimeouts`: ends the requests whose server sends nothing for too long, with one timer for all of them.

aiohttp makes and cancels two timers for each request, and a cancelled timer stays in the event loop for a while.
CPython starts a garbage collection whenever some hundred more objects were made than freed, so that a map with
thousands of requests per second would have more of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf
from types import TracebackType
from typing import Any, Self


class ReadTimeouts:
    """The requests of one event loop that wait for their servers. Made in the loop."""

    def __init__(self, error: type[Exception]) -> None:
        """`error` is the class of the error that a request raises if it has waited for too long."""
        self.error: type[Exception] = error
        self.waiting: set[Waiting] = set()
        self._loop = asyncio.get_running_loop()
        self.now: Callable[[], float] = self._loop.time
        """Returns the time by the clock of the event loop, in seconds."""
        self.next: float = inf
        """The time at which the timer looks for requests that have waited for too long."""
        self._timer: asyncio.Handle | None = None

    def look_at(self, when: float) -> None:
        """Look for requests that have waited for too long at a time that is earlier than `next`."""
        self.close()
        self.next = when
        self._timer = self._loop.call_at(when, self._look)

    def close(self) -> None:
        """Stop the timer."""
        self.next = inf
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        # What has arrived while the event loop was busy is noticed in this iteration, and read by the tasks of the
        # requests in the next: they continue before `_end_late`.
        self._timer = self._loop.call_soon(self._end_late)

    def _end_late(self) -> None:
        self.next, now, ends = inf, self.now(), list[float]()
        for one in list(self.waiting):
            if (end := one.end(now)) <= now:
                one.cancel()
            else:
                ends.append(end)
        if ends and (first := min(ends)) < inf:
            self.look_at(first)


class Waiting:
    """Context manager of one request, in its task: its server may send nothing for `seconds`; None means for ever.

    The time begins with the first `restart`: when the request is sent. Raises the `error` of its `ReadTimeouts`.
    """

    __slots__ = ("_cancelling", "_late", "_seconds", "_since", "_task", "_timeouts")

    def __init__(self, timeouts: ReadTimeouts, seconds: float | None) -> None:
        self._timeouts = timeouts
        self._seconds: float = inf if seconds is None else seconds
        self._since: float | None = None
        self._late = False

    def restart(self) -> None:
        """Begin the time again: the request is sent, or a part of the response has arrived."""
        self._since = self._timeouts.now()

    def end(self, now: float) -> float:
        """Return when the time ends, if nothing more arrives. Before the request is sent, the time begins at `now`."""
        return self._seconds + (now if self._since is None else self._since)

    def cancel(self) -> None:
        """Let the request fail."""
        self._timeouts.waiting.discard(self)
        self._late = True
        self._task.cancel()

    def __enter__(self) -> Self:
        task, timeouts = asyncio.current_task(), self._timeouts
        assert task is not None
        self._task: asyncio.Task[Any] = task
        self._cancelling = task.cancelling()
        timeouts.waiting.add(self)
        if (end := self.end(timeouts.now())) < timeouts.next:
            timeouts.look_at(end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timeouts.waiting.discard(self)  # the timer stays: the next request needs it, too
        # As in `asyncio.timeout`: a task that somebody else has cancelled too stays cancelled.
        if self._late and self._task.uncancel() <= self._cancelling and isinstance(error, asyncio.CancelledError):
            raise self._timeouts.error("Timeout on reading data from socket") from error
