"""The bodies of HTTP responses, and when connections that nobody needs are closed. A body keeps its transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from types import ModuleType
from typing import Any
from weakref import finalize


def close_after(owner: Any, close: Callable[..., object], *arguments: Any) -> finalize[..., Any]:
    """Call `close(*arguments)` when nobody has `owner` any more. It is not called as the interpreter exits."""
    finalizer = finalize(owner, close, *arguments)
    finalizer.atexit = False
    return finalizer


def close_in(loop: asyncio.AbstractEventLoop, close: Callable[[], Awaitable[None]]) -> None:
    """Let an event loop await `close()`, if it is still open. Can be called from any thread."""
    with suppress(RuntimeError):  # the loop is closed, and its connections with it
        loop.call_soon_threadsafe(_start, loop, close)


def _start(loop: asyncio.AbstractEventLoop, close: Callable[[], Awaitable[None]]) -> None:
    loop.create_task(_awaited(close))


async def _awaited(close: Callable[[], Awaitable[None]]) -> None:
    await close()


class Body:
    """The body of a response, which is read from the connection."""

    def __init__(self, stream: Any, mapped: Callable[[], Any]) -> None:
        self._stream = stream
        self._mapped = mapped

    def __iter__(self) -> Iterator[bytes]:
        with self._mapped():
            yield from self._stream

    def close(self) -> None:
        """Release the connection."""
        self._stream.close()


class AsyncBody:
    """Async version of `Body`."""

    def __init__(self, stream: Any, mapped: Callable[[], Any]) -> None:
        self._stream = stream
        self._mapped = mapped

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self._mapped():
            async for piece in self._stream:
                yield piece

    async def aclose(self) -> None:
        """Release the connection."""
        await self._stream.aclose()


@lru_cache(maxsize=4)
def body_type(library: ModuleType, *, asynchronous: bool) -> Any:
    """Return the class of bodies for an HTTP library, which checks that a body is an instance of its own class."""
    ours, theirs = (AsyncBody, library.AsyncByteStream) if asynchronous else (Body, library.SyncByteStream)
    return type(ours.__name__, (ours, theirs), {})
