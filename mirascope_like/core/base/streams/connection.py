"""The connection of one attempt. It opens and reads a response within the deadlines; another thread or task can end a
wait.

The loop makes one connection per attempt, reads it, and closes it. No deadline is active between two reads.

Another thread or task ends a sync opening by `Opening.cut`, an async opening by its cancel scope, and a read of an open
response by shutting down its socket. Some SDKs give no access to the socket. With those, a sync read lasts until the
provider sends data, whatever its deadline, and so does an async read that another task closes: cancelling the reader's
task instead would need a cancel scope around each read. docs/clients.md names these SDKs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from typing import Any

from ..errors import ConnectionFailedError, RequestTimeoutError, StreamClosedError, StreamTimeoutError
from ..provider import AsyncSource, Opening, Source, run_here, shut
from ..runtime import CLOCK, AsyncGenerators, CancelScope, cancel_scope, run_in_worker
from .attempt import Attempt
from .deadlines import Deadlines, Limit, Watchdog
from .stream_state import CloseRequest


class _Connection:
    """Base class of sync and async connections."""

    decode: Any
    """The function that decodes the events of one read into (chunk, tool or None) pairs: see `Attempt.decoder`."""
    _next: Any
    """A function that returns the events of the next read, or an awaitable of them: a method of the source's
    iterator.
    """

    def __init__(self, attempt: Attempt, deadlines: Deadlines) -> None:
        self._attempt = attempt
        self._deadlines = deadlines

    def _limit(self) -> Limit | None:
        """Return the maximum duration of the next wait; None without a limit.

        Raises `StreamTimeoutError` if a deadline has already passed.
        """
        if not self._attempt.accumulator.no_output:
            self._deadlines.had_output()  # also where no deadline was set as it arrived
        limit = self._deadlines.limit_of_wait()
        if limit is not None and limit.seconds <= 0:
            raise limit.error()
        return limit

    def ends_complete(self, error: Exception) -> bool:
        """Return True if the response was already complete when the connection failed, so that the error can be
        ignored.
        """
        if isinstance(error, StreamTimeoutError) or not self._attempt.accumulator.complete:
            return False
        return isinstance(self._converted(error), ConnectionFailedError | RequestTimeoutError)

    def _converted(self, error: Exception) -> Exception:
        """Return the error of our classes that would be raised for this error."""
        converted: Exception = self._attempt.provider.failure(error, self._attempt.request)
        return converted

    def _begin(self, source: Source | AsyncSource) -> None:
        self.decode = self._attempt.decoder(typed=source.typed)
        self._deadlines.response_begun()


class Connection(_Connection):
    """A sync connection. Another thread can end its waits with `cut`."""

    source: Source | None = None
    """The open response; None before it has begun and after `close`."""
    _opening: Opening | None = None
    """The request that is being opened; None before that and after `close`."""
    _watchdog: Watchdog | None = None
    """Ends reads that take too long; None until a deadline applies to a read."""

    def open(self, closing: CloseRequest) -> None:
        """Send the request; return when the response begins. Raises `StreamClosedError` if closing was requested."""
        limit, attempt, started = self._limit(), self._attempt, CLOCK.monotonic()
        seconds = limit.seconds if limit is not None else None
        # The SDK's own retries would outlast the deadline; in async code the cancel scope ends them.
        request = attempt.request if seconds is None else replace(attempt.request, deadline=seconds)
        self._opening = opening = Opening()
        if not closing.interrupt_with(self.cut):
            raise StreamClosedError("the stream was closed")
        try:
            with self._deadlines.waiting():
                run = run_here if attempt.provider.opens_here(request) else run_in_worker
                opening.begin(lambda: attempt.provider.open(request, attempt.sent), run)
                self.source = opening.result(seconds)
        except CancelledError:
            raise StreamClosedError("the stream was closed") from None
        except Exception as error:
            if limit is not None and self._timed_out(error, passed=CLOCK.monotonic() - started >= limit.seconds):
                raise limit.error() from error
            raise
        if closing.requested:  # requested when the response had just arrived, too late for `cut`
            raise StreamClosedError("the stream was closed")
        self._begin(self.source)
        self._next = iter(self.source).__next__

    def _timed_out(self, error: Exception, *, passed: bool) -> bool:
        """Return True if an error means that the deadline of the opening has passed, in `Opening`, in `max_concurrent`
        or in the SDK. `passed` is True if its time is over.

        The first two raise `TimeoutError` itself. Errors of its subclasses are from the SDK or the operating system;
        before the time is over they mean something else, such as HTTP status 504 or a connection that is not accepted.
        """
        return type(error) is TimeoutError or (passed and isinstance(self._converted(error), RequestTimeoutError))

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._timed() if self._deadlines.any_set else self._next()

    def _timed(self) -> Any:
        limit = self._limit()
        if limit is None:
            events = self._next()
        else:
            if self._watchdog is None:
                self._watchdog = Watchdog(self.cut)
            try:
                with self._deadlines.waiting(), self._watchdog.watching(limit.seconds):
                    events = self._next()
            except Exception as error:  # also StopIteration: a socket that was shut down may look like the end
                if self._watchdog.interrupted:
                    raise limit.error() from error
                raise
        self._deadlines.received()
        return events

    def cut(self) -> None:
        """End the current wait; if there is none, the next read. Called by another thread."""
        if (source := self.source) is not None:
            _cut(source)
        elif (opening := self._opening) is not None:
            opening.cut()

    def drain(self) -> None:
        """Read the few bytes after the final event, so that the HTTP client can reuse the connection."""
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
    """An async connection. Another task can end its waits with `cut`."""

    source: AsyncSource | None = None
    _generators: AsyncGenerators
    """The generators that read the response: those of the source, of the SDK and of its HTTP library."""

    async def open(self, closing: CloseRequest) -> None:
        """Send the request; return when the response begins. Raises `StreamClosedError` if closing was requested."""
        limit, attempt = self._limit(), self._attempt
        scope = cancel_scope(limit.seconds if limit is not None else None)
        if not closing.interrupt_with(scope.cancel):
            raise StreamClosedError("the stream was closed")
        source = await self._within(scope, limit, attempt.provider.aopen(attempt.request, attempt.sent))
        self.source, self._generators = source, AsyncGenerators()
        if not closing.interrupt_with(self.cut):
            raise StreamClosedError("the stream was closed")
        self._begin(source)
        self._next = self._first

    def _first(self) -> Awaitable[Any]:
        """Return the events of the first read. The generators that read the response begin in it."""
        assert self.source is not None
        self._next = aiter(self.source).__anext__
        return self._generators.within(self._next)

    async def _within(self, scope: CancelScope, limit: Limit | None, wait: Awaitable[Any]) -> Any:
        """Await `wait` in a cancel scope that `limit` limits.

        If the scope is cancelled, raises `StreamTimeoutError`, or, without a limit, `StreamClosedError`: then only a
        request to close the stream can have cancelled it.
        """
        cause: Exception | None = None
        try:
            with self._deadlines.waiting():
                async with scope:
                    return await wait
        except Exception as error:
            if not scope.cancelled:
                raise
            cause = error  # the SDK turned the cancellation into an error of its own
        if limit is None:
            raise StreamClosedError("the stream was closed") from cause
        raise limit.error() from cause

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    def __anext__(self) -> Awaitable[Any]:
        return self._timed() if self._deadlines.any_set else self._next()

    async def _timed(self) -> Any:
        limit, read = self._limit(), self._next()
        events = await (read if limit is None else self._within(cancel_scope(limit.seconds), limit, read))
        self._deadlines.received()
        return events

    def cut(self) -> None:
        """End the current read; if there is none, the next read. Called by another task."""
        if self.source is not None:
            _cut(self.source)

    async def drain(self) -> None:
        """Read the few bytes after the final event, so that the HTTP client can reuse the connection."""
        if self.source is not None:
            await self.source.drain()

    async def close(self) -> None:
        """Release the connection."""
        if (source := self.source) is not None:
            self.source = None
            try:
                await source.close()
            finally:
                await self._generators.close()


def _cut(source: Any) -> None:
    """End a read of an open response by shutting down its socket. Does nothing if the socket cannot be reached."""
    if (interrupt := getattr(source, "interrupt", None)) is not None:
        interrupt()
    elif (extensions := getattr(source.response, "extensions", None)) is not None:
        shut(extensions.get("network_stream"))
