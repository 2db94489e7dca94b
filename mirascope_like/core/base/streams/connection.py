"""The connection of one attempt: opens and reads a response within the deadlines; another thread or task can cut it.

The loop makes one for each attempt, reads it, and closes it. No deadline is active between two reads.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from typing import Any

from ..errors import ConnectionFailedError, RequestTimeoutError, StreamClosedError, StreamTimeoutError
from ..provider import AsyncSource, Opening, Source, shut
from ..runtime import CLOCK, cancel_scope
from .attempt import Attempt
from .deadlines import Deadline, Deadlines, Watchdog
from .transcript import CloseRequest


class _Connection:
    """What sync and async connections share."""

    _read: Any
    """The function that decodes the events of one read into pairs; see `Attempt.reader`."""
    _events: Any
    """The iterator of the open source."""

    def __init__(self, attempt: Attempt, deadlines: Deadlines) -> None:
        self._attempt = attempt
        self._deadlines = deadlines

    def pairs(self, events: Any) -> Iterator[tuple[Any, Any]]:
        """Return the pairs of the events of one read."""
        pairs: Iterator[tuple[Any, Any]] = self._read(events)
        return self._deadlines.noting_output(pairs) if self._deadlines.watches_output else pairs

    def _upcoming(self) -> tuple[float | None, Deadline]:
        """Return how many seconds the next wait may take (None for no limit), and the deadline that then passes.

        Raises `StreamTimeoutError` if a deadline has passed already.
        """
        seconds, deadline = self._deadlines.next() or (None, "total")
        if seconds is not None and seconds <= 0:
            raise self._deadlines.passed(deadline)
        return seconds, deadline

    def _ends_complete(self, error: Exception) -> bool:
        """Return True if an error is of the connection alone, and the answer has arrived: no more is needed of it."""
        attempt = self._attempt
        if isinstance(error, StreamTimeoutError) or not attempt.accumulator.complete:
            return False
        return isinstance(attempt.provider.failure(error, attempt.request), ConnectionFailedError | RequestTimeoutError)

    def _begin(self, source: Source | AsyncSource) -> None:
        self._read = self._attempt.reader(typed=source.typed)
        self._deadlines.answer_begun()


class Connection(_Connection):
    """A sync connection. Another thread can cut it."""

    source: Source | None = None
    """The open response."""
    _opening: Opening | None = None
    """The request being opened; None before that, and once the connection is closed."""
    _watchdog: Watchdog | None = None
    """Ends reads that take too long; None until a read has a deadline."""

    def open(self, closing: CloseRequest) -> None:
        """Send the request; return once the answer begins. Raises `StreamClosedError` if the stream is closing."""
        seconds, deadline = self._upcoming()
        attempt = self._attempt
        request = attempt.request if seconds is None else replace(attempt.request, deadline=seconds)
        self._opening = opening = Opening()
        if not closing.interrupt_with(self.cut):
            raise StreamClosedError("the stream was closed")
        begun = CLOCK.monotonic()
        try:
            opening.begin(lambda: attempt.provider.open(request, attempt.sent))
            self.source = opening.result(seconds)
        except CancelledError:
            raise StreamClosedError("the stream was closed") from None
        except Exception as error:
            if seconds is not None and self._timed_out(error):
                raise self._deadlines.passed(deadline) from error
            raise
        finally:
            self._deadlines.waited(CLOCK.monotonic() - begun)
        if not closing.interrupt_with(self.cut):
            raise StreamClosedError("the stream was closed")
        self._begin(self.source)
        self._events = iter(self.source)

    def _timed_out(self, error: Exception) -> bool:
        """Return True for a timeout of the opening, of `max_concurrent` or of the SDK: all have the same deadline."""
        if type(error) is TimeoutError:
            return True
        return isinstance(self._attempt.provider.failure(error, self._attempt.request), RequestTimeoutError)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return self._timed() if self._deadlines.given else next(self._events)
        except StopIteration:
            raise
        except Exception as error:
            if self._ends_complete(error):
                raise StopIteration from error
            raise

    def _timed(self) -> Any:
        seconds, deadline = self._upcoming()
        if seconds is None:
            events = next(self._events)
        else:
            if self._watchdog is None:
                self._watchdog = Watchdog(self.cut)
            begun = CLOCK.monotonic()
            try:
                with self._watchdog.watching(seconds):
                    events = next(self._events)
            except Exception as error:
                if self._watchdog.barked:
                    raise self._deadlines.passed(deadline) from error
                raise
            finally:
                self._deadlines.waited(CLOCK.monotonic() - begun)
        self._deadlines.received()
        return events

    def cut(self) -> bool:
        """End the present wait, from another thread. Return False if there is none."""
        if (source := self.source) is not None:
            return _cut(source)
        return self._opening is not None and self._opening.cut()

    def drain(self) -> None:
        """Read briefly what follows the final event, so that the HTTP client can reuse the connection."""
        if self.source is not None:
            self.source.drain()

    def close(self) -> None:
        """Release the connection."""
        if self._watchdog is not None:
            self._watchdog.close()
        if (source := self.source) is not None:
            self.source = None
            source.close()
        elif self._opening is not None:
            self._opening.cut()
        self._opening = None


class AsyncConnection(_Connection):
    """An async connection. Another task can cut it."""

    source: AsyncSource | None = None

    async def open(self, closing: CloseRequest) -> None:
        """Send the request; return once the answer begins. Raises `StreamClosedError` if the stream is closing."""
        seconds, deadline = self._upcoming()
        begun = CLOCK.monotonic()
        scope = cancel_scope(seconds)
        cause: Exception | None = None
        try:
            async with scope:
                if closing.interrupt_with(scope.cancel):
                    self.source = await self._attempt.provider.aopen(self._attempt.request, self._attempt.sent)
        except Exception as error:
            if not scope.cancelled:
                raise
            cause = error  # the SDK turned the cancellation into an error of its own
        finally:
            self._deadlines.waited(CLOCK.monotonic() - begun)
        if not closing.interrupt_with(self.cut):
            raise StreamClosedError("the stream was closed")
        if scope.cancelled or self.source is None:
            raise self._deadlines.passed(deadline) from cause
        self._begin(self.source)
        self._events = aiter(self.source)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        try:
            return await (self._timed() if self._deadlines.given else anext(self._events))
        except StopAsyncIteration:
            raise
        except Exception as error:
            if self._ends_complete(error):
                raise StopAsyncIteration from error
            raise

    async def _timed(self) -> Any:
        seconds, deadline = self._upcoming()
        events: Any = None
        if seconds is None:
            events = await anext(self._events)
        else:
            begun = CLOCK.monotonic()
            scope = cancel_scope(seconds)
            cause: Exception | None = None
            try:
                async with scope:
                    events = await anext(self._events)
            except Exception as error:
                if not scope.cancelled:
                    raise
                cause = error
            finally:
                self._deadlines.waited(CLOCK.monotonic() - begun)
            if scope.cancelled:
                raise self._deadlines.passed(deadline) from cause
        self._deadlines.received()
        return events

    def cut(self) -> bool:
        """End the present read, from another task. Return False if there is none."""
        return self.source is not None and _cut(self.source)

    async def drain(self) -> None:
        """Read briefly what follows the final event, so that the HTTP client can reuse the connection."""
        if self.source is not None:
            await self.source.drain()

    async def close(self) -> None:
        """Release the connection."""
        if (source := self.source) is not None:
            self.source = None
            await source.close()


def _cut(source: Any) -> bool:
    """End a read of an open response by shutting its socket, if that is reachable. Return True in any case."""
    if (interrupt := getattr(source, "interrupt", None)) is not None:
        interrupt()
    elif (extensions := getattr(source.response, "extensions", None)) is not None:
        shut(extensions.get("network_stream"))
    return True
