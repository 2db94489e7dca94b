"""Iterators around the pairs of a stream, for `on` and `until`.

Made only for streams that use these, so that others cost nothing. They are iterator objects, not generators: an error
of a listener would end a generator, but after it these can be read further.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from typing import Any, NamedTuple, TypeAlias

from ..tools import is_partial
from .stream_state import StreamState
from .transcript import Transcript

Pair: TypeAlias = tuple[Any, Any]


class Listener(NamedTuple):
    """The functions that one call of `on` registered; None for those that it did not give."""

    text: Callable[[str], object] | None
    tool: Callable[[Any], object] | None
    done: Callable[[Any], object] | None

    def pair(self, chunk: Any, tool: Any) -> None:
        """Call `text` and `tool` for a pair. `tool` is not called for partial tools."""
        if self.text is not None and chunk.content:
            self.text(chunk.content)
        if self.tool is not None and tool is not None and not is_partial(tool):
            self.tool(tool)

    def end(self, transcript: Transcript) -> None:
        """Call `done` with the response, if the stream was read to its end.

        The loop has ended by then, so its on-end callbacks have run already.
        """
        if self.done is not None and transcript.state is StreamState.DONE:
            self.done(transcript.response())


class BaseObserved:
    """What `Observed` and `AsyncObserved` share."""

    def __init__(self, loop: Any, transcript: Transcript) -> None:
        self._loop = loop
        self._transcript = transcript
        self.listeners: list[Listener] = []
        self.stop: Callable[[str], bool] | None = None
        """Takes the text so far; returns True to close the stream. None without `until`."""

    def _observe(self, chunk: Any, tool: Any) -> bool:
        for listener in self.listeners:
            listener.pair(chunk, tool)
        return self.stop is not None and self.stop(self._transcript.content)

    def _end(self) -> None:
        listeners, self.listeners = self.listeners, []
        for listener in listeners:
            listener.end(self._transcript)


class Observed(BaseObserved):
    """Iterates over the pairs of a stream, calls the listeners for each, and closes the stream when `stop` is true."""

    def __iter__(self) -> Iterator[Pair]:
        return self

    def __next__(self) -> Pair:
        try:
            pair: Pair = next(self._loop)
        except StopIteration:
            self._end()
            raise
        if self._observe(*pair):
            self._loop.close()
        return pair


class AsyncObserved(BaseObserved):
    """`Observed`, async."""

    def __aiter__(self) -> AsyncIterator[Pair]:
        return self

    async def __anext__(self) -> Pair:
        try:
            pair: Pair = await anext(self._loop)
        except StopAsyncIteration:
            self._end()
            raise
        if self._observe(*pair):
            await self._loop.aclose()
        return pair


def closed(loop: Generator[Pair]) -> Generator[Pair]:
    """Close the loop at the next step of the stream, and yield nothing.

    It replaces the pairs of a stream that was closed while the loop ran elsewhere and so could not be closed. The loop
    looks at `closing` only between reads; so without this, the reader would get the rest of the pairs of one read.
    """
    loop.close()
    yield from ()


async def aclosed(loop: AsyncGenerator[Pair]) -> AsyncGenerator[Pair]:
    """`closed`, async."""
    await loop.aclose()
    nothing: tuple[Pair, ...] = ()
    for pair in nothing:
        yield pair
