"""Iterators around the pairs of a stream, for `on` and `until`.

Made only where they are used, so that other streams pay nothing. They are iterator objects and not generators: a
callback that raises leaves the stream open.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from typing import Any, NamedTuple, TypeAlias

from ..tools import delta_of
from .transcript import StreamState, Transcript

Pair: TypeAlias = tuple[Any, Any]


class Listener(NamedTuple):
    """Functions to call while a stream is read."""

    text: Callable[[str], object] | None
    tool: Callable[[Any], object] | None
    done: Callable[[Any], object] | None

    def pair(self, chunk: Any, tool: Any) -> None:
        """Call them for a pair. A partial tool is no tool yet."""
        if self.text is not None and chunk.content:
            self.text(chunk.content)
        if self.tool is not None and tool is not None and delta_of(tool) is None:
            self.tool(tool)

    def end(self, transcript: Transcript) -> None:
        """Call them for the end of a stream."""
        if self.done is not None and transcript.state is StreamState.DONE:
            self.done(transcript.response())


class Observed:
    """The pairs of a stream, with the functions to call for each, and what stops the stream."""

    def __init__(self, loop: Any, transcript: Transcript) -> None:
        self._loop = loop
        self._transcript = transcript
        self.listeners: list[Listener] = []
        self.stop: Callable[[str], bool] | None = None
        """Returns True for a text after which the stream is closed."""

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

    def _observe(self, chunk: Any, tool: Any) -> bool:
        for listener in self.listeners:
            listener.pair(chunk, tool)
        return self.stop is not None and self.stop(self._transcript.content)

    def _end(self) -> None:
        listeners, self.listeners = self.listeners, []
        for listener in listeners:
            listener.end(self._transcript)


class AsyncObserved(Observed):
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


class Ended:
    """The pairs of a stream that reads nothing: of a copy that is given to on-end callbacks."""

    def __iter__(self) -> Iterator[Pair]:
        return self

    def __next__(self) -> Pair:
        raise StopIteration

    def __aiter__(self) -> AsyncIterator[Pair]:
        return self

    async def __anext__(self) -> Pair:
        raise StopAsyncIteration

    def close(self) -> None:
        """Do nothing."""

    async def aclose(self) -> None:
        """Do nothing."""


def closed(loop: Generator[Pair]) -> Generator[Pair]:
    """Close a loop, which ran elsewhere when the stream was closed, with the next step. Yield nothing."""
    loop.close()
    yield from ()


async def aclosed(loop: AsyncGenerator[Pair]) -> AsyncGenerator[Pair]:
    """`closed`, async."""
    await loop.aclose()
    nothing: tuple[Pair, ...] = ()
    for pair in nothing:
        yield pair
