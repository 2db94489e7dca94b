"""Converts the pairs of a stream to events, for its views. Created when the first view of a stream is used.

A view may leave events unread, for example after a `break`. The next reader of the stream (another view, or a loop over
its pairs) receives those events first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from typing import Any

from ..response import ErrorEvent, StreamEvent, without_content
from ..runtime import on_asyncio
from . import in_use, views
from .observers import Pair
from .stream_state import CloseRequest
from .transcript import Transcript


class BaseEventReader:
    """Base class of `EventReader` and `AsyncEventReader`."""

    def __init__(self, pairs: Any, transcript: Transcript) -> None:
        self.pairs = pairs
        self.unread: deque[StreamEvent[Any]] = deque()
        """Events that have arrived and that no view has yielded. `text_view` puts back text that it has not yielded."""
        self._transcript = transcript
        self._last: Any = None
        """The last chunk that was converted to events."""

    def _unread_pair(self) -> Pair:
        return views.pair_of(self.unread, without_content(self._last))

    def _add(self, chunk: Any, tool: Any) -> None:
        self._last = chunk
        self.unread.extend(self._transcript.tool_results)
        self.unread.extend(views.events_of(chunk, tool))


class EventReader(BaseEventReader):
    """Returns events to views. Iterating over it yields pairs: first those made of unread events, then those of
    `pairs`.
    """

    def __iter__(self) -> Iterator[Pair]:
        return self

    def __next__(self) -> Pair:
        return self._unread_pair() if self.unread else next(self.pairs)

    def event(self) -> StreamEvent[Any] | None:
        """Return the next event: an `ErrorEvent` if reading fails, None at the end.

        Raises `InUseError` while another thread is reading.
        """
        while not self.unread:
            try:
                pair = next(self.pairs)
            except StopIteration:
                return None
            except Exception as error:
                if isinstance(converted := in_use.converted(error), in_use.InUseError):
                    raise converted
                return ErrorEvent(error)
            self._add(*pair)
        return self.unread.popleft()


class AsyncEventReader(BaseEventReader):
    """Async version of `EventReader`.

    A view may limit how long it waits for an event. The read then runs in a task, which continues after the limit has
    passed; the next read awaits the same task.
    """

    _step: asyncio.Task[Pair] | None = None
    """The task in which a read runs; None if there is none. The task refers neither to this reader nor to the
    stream.
    """
    _reading = False
    """True while a task awaits a pair. Another task must not read then."""

    def __aiter__(self) -> AsyncIterator[Pair]:
        return self

    async def __anext__(self) -> Pair:
        return self._unread_pair() if self.unread else await self._next(None)

    async def aevent(self, within: float | None) -> StreamEvent[Any] | None:
        """Return the next event. Returns `views.TIMED_OUT` if no event arrives within `within` seconds, an `ErrorEvent`
        if reading fails, and None at the end.

        On trio `within` is ignored. Raises `InUseError` while another task is reading.
        """
        while not self.unread:
            try:
                pair = await self._next(within)
            except StopAsyncIteration:
                return None
            except EventTimeout:
                timed_out: StreamEvent[Any] = views.TIMED_OUT
                return timed_out
            except in_use.InUseError:
                raise
            except Exception as error:
                return ErrorEvent(error)
            self._add(*pair)
        return self.unread.popleft()

    async def _next(self, within: float | None) -> Pair:
        if self._reading:
            raise in_use.error_for("task")
        self._reading = True
        try:
            if self._step is None and (within is None or not on_asyncio()):
                pair: Pair = await anext(self.pairs)
                return pair
            return await self._in_task(within)
        except RuntimeError as error:
            raise in_use.converted(error)
        finally:
            self._reading = False

    async def _in_task(self, within: float | None) -> Pair:
        """Return the pair of the read that runs in a task, after starting one if necessary.

        Raises `EventTimeout`, and leaves the read running, if it takes longer than `within` seconds.
        """
        if self._step is None:
            self._step = asyncio.ensure_future(_step_of(self.pairs, self._transcript.closing))
        step = self._step
        try:
            await asyncio.wait({step}, timeout=within)
        except asyncio.CancelledError:
            if not step.done():  # else a later read returns its pair
                await self.cancel()
            raise
        if not step.done():
            raise EventTimeout
        self._step = None
        if self._transcript.closing.requested and step.cancelled():
            raise StopAsyncIteration
        return step.result()

    async def cancel(self) -> None:
        """Cancel the read that runs in a task, if there is one, and wait until the task has ended.

        Does nothing if the caller is a tool or callback that this read runs, because it would wait for itself.

        Raises the error of an on-end callback that the read has run, unless the stream ended with an error.
        """
        if (step := self._step) is None or RUNNING_STEP.get() is self._transcript.closing:
            return
        self._step = None
        step.cancel()
        await asyncio.wait({step})
        if step.cancelled() or (error := step.exception()) is None or isinstance(error, StopAsyncIteration):
            return
        if self._transcript.error is None:
            raise error

    def __del__(self) -> None:
        if (step := self._step) is not None and not step.done() and not step.get_loop().is_closed():
            step.get_loop().call_soon_threadsafe(_abandon, step, self._transcript.closing)


class EventTimeout(Exception):
    """No event arrived within the time limit. The read continues."""


def _abandon(step: asyncio.Task[Any], closing: CloseRequest) -> None:
    """Cancel the read of a dropped reader or stream. Closing is requested first, so the read ends without an error.

    Runs in the event loop of the read, because another thread may have dropped the stream.
    """
    closing.request()
    step.cancel()


RUNNING_STEP: ContextVar[CloseRequest | None] = ContextVar("the stream whose read runs in a task", default=None)
"""Set for what a read that runs in a task calls: tools, prompt functions, on-end callbacks. A stream is known by its
`CloseRequest`, of which it has one.
"""


async def _step_of(pairs: AsyncIterator[Pair], closing: CloseRequest) -> Pair:
    RUNNING_STEP.set(closing)  # for this task alone
    return await anext(pairs)
