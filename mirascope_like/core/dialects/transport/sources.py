"""Sources, which read the events of a stream: from the bytes of an HTTP response, or with the iterator of a client."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, closing, suppress
from contextvars import copy_context
from functools import partial
from threading import Thread, Timer
from typing import Any
from weakref import finalize

import anyio

from ...base.parsing import Events
from ...base.provider import shut
from ...base.runtime import AsyncGenerators

CRASHES_LATE = (3, 13) <= sys.version_info < (3, 13, 4)
"""True on versions of Python that crash if datetime is used while the interpreter ends. HTTP libraries use it to close
a response.
"""
DRAIN_SECONDS = 0.1
"""The maximum time in seconds to wait for the end of a response after its final event. OpenAI's SDK has the same
value.
"""


def read_out(rest: Iterable[Any], interrupt: Callable[[], object] = bool) -> None:
    """Read the data after the final event. A sync read has no deadline, so `interrupt` ends it if the server does
    not end the response.
    """
    stop = Timer(DRAIN_SECONDS, interrupt)
    stop.daemon = True
    stop.start()
    try:
        with suppress(Exception):
            for _ in rest:
                pass
    finally:
        stop.cancel()


def _close_at_exit(source: Any, close: Callable[[], Any]) -> None:
    """Close a source that is still open when the program ends, before the interpreter ends, where that would crash."""
    if CRASHES_LATE:
        finalize(source, _close_quietly, close)


def _close_quietly(close: Callable[[], Any]) -> None:
    with suppress(Exception):
        close()


class ByteSource:
    """Reads an HTTP response as bytes; yields the undecoded data of its server-sent events."""

    typed = False
    cutter: type[Events] = Events

    def __init__(self, response: Any) -> None:
        self.response = response
        self._buffers: Iterator[bytes] = _buffers(response, "iter_raw", "iter_bytes")
        _close_at_exit(self, response.close)

    def __iter__(self) -> Iterator[Sequence[bytes]]:
        cut = self.cutter()
        feed = cut.feed
        for buffer in self._buffers:
            yield feed(buffer)
        yield cut.end()

    def drain(self) -> None:
        read_out(self._buffers, self._shut)

    def _shut(self) -> None:
        shut(self.response.extensions.get("network_stream"))

    def close(self) -> None:
        self.response.close()


class AsyncByteSource:
    """Async version of `ByteSource`. Closes the response, and leaves its generators to `AsyncGenerators`."""

    typed = False
    cutter: type[Events] = Events

    def __init__(self, response: Any) -> None:
        self.response = response
        self._buffers: Any = _buffers(response, "aiter_raw", "aiter_bytes")

    async def __aiter__(self) -> AsyncGenerator[Sequence[bytes]]:
        cut = self.cutter()
        feed = cut.feed
        async for buffer in self._buffers:
            yield feed(buffer)
        yield cut.end()

    async def drain(self) -> None:
        with suppress(Exception), anyio.move_on_after(DRAIN_SECONDS):
            async for _ in self._buffers:
                pass

    async def close(self) -> None:
        with anyio.CancelScope(shield=True):
            try:
                await self.response.aclose()
            except GeneratorExit:
                # When a loop ends, Python 3.11 cancels a close that waits (as httpx's does), and then calls it again.
                with suppress(Exception):
                    await self.response.extensions["network_stream"].aclose()
                raise


def _buffers(response: Any, raw: str, decoded: str) -> Any:
    # Without content encoding there is nothing to decompress: raw reads are faster.
    # A response that was made with its complete body, by a mock or cache, has no raw bytes.
    packed = response.headers.get("content-encoding") or response.is_stream_consumed
    return getattr(response, decoded if packed else raw)()


class ObjectSource:
    """Reads a stream through the interface of the client that made it.

    A tracer that wraps the client finishes its record when the stream is exhausted, so `drain` reads to the end.
    """

    typed = True

    def __init__(self, stream: Any) -> None:
        self._rest: Iterator[Any] = iter(stream)
        self._close: Callable[[], Any] | None = getattr(stream, "close", None)
        self.response: Any = getattr(stream, "response", None)
        if self._close is not None:
            _close_at_exit(self, self._close)

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for event in self._rest:
            yield (event,)
        self._finish()

    def drain(self) -> None:
        network = getattr(self.response, "extensions", {}).get("network_stream")
        if network is not None:
            read_out(self._rest, partial(shut, network))
        else:  # nothing can interrupt the read, so it is left to a thread if it takes too long
            rest = Thread(target=copy_context().run, args=(read_out, self._rest), daemon=True)
            rest.start()
            rest.join(DRAIN_SECONDS)
        self._finish()

    def _finish(self) -> None:
        with suppress(Exception):  # everything was received, so errors of closing do not matter
            self.close()

    def close(self) -> None:
        close, self._close = self._close, None
        if close is not None:
            close()


class AsyncObjectSource:
    """Async version of `ObjectSource`. `generators` are those in which the stream has begun, if it has begun."""

    typed = True

    def __init__(self, stream: Any, generators: AsyncGenerators | None = None) -> None:
        self._generators = generators or AsyncGenerators()
        self._rest: AsyncIterator[Any] = aiter(stream)
        # Tracers patch `close` of the SDK's streams. Async generators have only `aclose`.
        self._close: Callable[[], Any] | None = getattr(stream, "close", None) or getattr(stream, "aclose", None)
        self.response: Any = getattr(stream, "response", None)
        self._events: AsyncGenerator[Sequence[Any]] | None = None
        """None before the first read: closing a generator that has not begun would begin it."""

    def __aiter__(self) -> AsyncIterator[Sequence[Any]]:
        self._events = self._read()
        return self._events

    async def _read(self) -> AsyncGenerator[Sequence[Any]]:
        async for event in self._rest:
            yield (event,)
        await self._finish()

    async def drain(self) -> None:
        with suppress(Exception), anyio.move_on_after(DRAIN_SECONDS):
            async for _ in self._rest:
                pass
        await self._finish()

    async def _finish(self) -> None:
        with suppress(Exception):  # everything was received, so errors of closing do not matter
            await self._release()

    async def close(self) -> None:
        try:
            if self._events is not None:
                await self._events.aclose()
            await self._release()
        finally:
            await self._generators.close()

    async def _release(self) -> None:
        close, self._close = self._close, None
        if close is None:
            return
        if self._events is not None and (end := getattr(self._rest, "aclose", None)) is not None:
            await end()
        closing = close()
        if hasattr(closing, "__await__"):
            await closing


def with_start(stream: Any) -> Iterator[Any]:
    """Yield None as soon as the request was sent, which happens at the first step of the SDK's generator; then yield
    the events.
    """
    with closing(stream):
        for first in stream:
            yield None
            yield first
            break
        else:
            yield None
        yield from stream


async def awith_start(stream: Any) -> AsyncIterator[Any]:
    """Async version of `with_start`."""
    async with aclosing(stream):
        async for first in stream:
            yield None
            yield first
            break
        else:
            yield None
        async for event in stream:
            yield event
