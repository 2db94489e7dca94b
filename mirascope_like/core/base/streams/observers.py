"""Iterators around the pairs of a stream: for `on`, for `until`, and for a stream closed by another thread or task.

They are made only for streams that use these methods, so other streams have no cost. They are iterator objects and not
generators, because an error of a listener would end a generator. These can be read further after the error, beginning
with the pair for which the listener raised it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from ..tools import is_partial
from . import in_use
from .stream_state import StreamState
from .transcript import Transcript

Pair: TypeAlias = tuple[Any, Any]


class Listener(NamedTuple):
    """The functions that one call of `on` registered. None for a function that was not passed."""

    text: Callable[[str], object] | None
    tool: Callable[[Any], object] | None
    done: Callable[[Any], object] | None

    def pair(self, chunk: Any, tool: Any) -> None:
        """Call `text` and `tool` for a (chunk, tool) pair. `tool` is not called for partial tools."""
        if self.text is not None and chunk.content:
            self.text(chunk.content)
        if self.tool is not None and tool is not None and not is_partial(tool):
            self.tool(tool)

    def end(self, transcript: Transcript) -> None:
        """Call `done` with the response, if the stream was read to its end. The on-end callbacks have already run
        then.
        """
        if self.done is not None and transcript.state is StreamState.DONE:
            self.done(transcript.response())


class BaseObserved:
    """Base class of `Observed` and `AsyncObserved`."""

    def __init__(self, loop: Any, transcript: Transcript) -> None:
        self._loop = loop
        self._transcript = transcript
        self.listeners: list[Listener] = []
        self.stop: Callable[[str], bool] | None = None
        """A function that receives the text so far and returns True to close the stream. None without `until`."""
        self._unread: Pair | None = None
        """The pair for which a listener or `stop` raised an error. The next read returns it without calling them."""
        self._late: Exception | None = None
        """The error of an on-end callback that ran when `stop` closed the stream: the reader first receives the pair.
        The next read, or closing the stream, raises it.
        """

    def _observe(self, pair: Pair) -> bool:
        try:
            for listener in self.listeners:
                listener.pair(*pair)
            return self.stop is not None and self.stop(self._transcript.content)
        except BaseException:
            self._unread = pair
            raise

    def _take_unread(self) -> Pair | None:
        """Return the unread pair; None if the stream was closed after the error."""
        pair, self._unread = self._unread, None
        return pair if self._transcript.state is StreamState.OPEN else None

    def raise_late(self) -> None:
        """Raise the error of an on-end callback that was not raised yet, if there is one."""
        error, self._late = self._late, None
        if error is not None:
            try:
                raise error
            finally:
                del error  # the traceback of the error refers to this frame

    def _end(self) -> None:
        listeners, self.listeners = self.listeners, []
        for listener in listeners:
            listener.end(self._transcript)


class Observed(BaseObserved):
    """Yields the pairs of a stream, calls the listeners for each, and closes the stream when `stop` returns True."""

    def __iter__(self) -> Iterator[Pair]:
        return self

    def __next__(self) -> Pair:
        if self._late is not None:
            self.raise_late()
        if self._unread is not None and (unread := self._take_unread()) is not None:
            return unread
        try:
            pair: Pair = next(self._loop)
        except StopIteration:
            self._end()
            raise
        if self._observe(pair):
            try:
                in_use.close(self._loop)
            except Exception as error:
                self._late = error
        return pair


class AsyncObserved(BaseObserved):
    """Async version of `Observed`."""

    def __aiter__(self) -> AsyncIterator[Pair]:
        return self

    async def __anext__(self) -> Pair:
        if self._late is not None:
            self.raise_late()
        if self._unread is not None and (unread := self._take_unread()) is not None:
            return unread
        try:
            pair: Pair = await anext(self._loop)
        except StopAsyncIteration:
            self._end()
            raise
        if self._observe(pair):
            try:
                await in_use.aclose(self._loop)
            except Exception as error:
                self._late = error
        return pair


class Closing:
    """Closes the loop and yields no pair. Replaces the pairs of a stream that was closed while its loop was running.

    The loop could not be closed then, because another thread or task was running it. It checks `closing` only between
    reads, so without this class the reader would still receive the remaining pairs of one read. If the loop is still
    running, the next read raises an error; a later read closes the loop.
    """

    def __init__(self, loop: Any) -> None:
        self._loop = loop

    def __iter__(self) -> Iterator[Pair]:
        return self

    def __next__(self) -> Pair:
        in_use.close(self._loop)
        raise StopIteration

    def __aiter__(self) -> AsyncIterator[Pair]:
        return self

    async def __anext__(self) -> Pair:
        await in_use.aclose(self._loop)
        raise StopAsyncIteration
