"""Reads a Gemini stream, as bytes or with the SDK's iterator."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from itertools import chain
from typing import Any

import anyio

from ...base.parsing import Events, at
from ...base.provider import AsyncSource, Source
from ...base.runtime import AsyncGenerators
from ..transport import AsyncByteSource, AsyncObjectSource, ByteSource, ObjectSource, catching, closed_on_error, noting


class GeminiEvents(Events):
    """Splits bytes into events. Accepts plain JSON too, because an error may arrive in that form."""

    __slots__ = ()

    @staticmethod
    def data_of(block: bytes) -> bytes | None:
        data = Events.data_of(block)
        return block if data is None and block.lstrip().startswith((b"{", b"[")) else data


class GeminiSource(ByteSource):
    """A Gemini stream that is read as bytes."""

    cutter: type[Events] = GeminiEvents


class AsyncGeminiSource(AsyncByteSource):
    """Async version of `GeminiSource`."""

    cutter: type[Events] = GeminiEvents


class StartedSource(ObjectSource):
    """The events of an SDK's generator whose first event was already read, because reading it sends the request.
    `first` is that event, or None. `response` is the HTTP response, or None if it is not known.
    """

    def __init__(self, first: Any, rest: Any, response: Any = None) -> None:
        super().__init__(rest)
        self.response = response
        self.headers: Any = at(first, "sdk_http_response.headers")
        self._rest = chain([] if first is None else [first], self._rest)


class AsyncStartedSource(AsyncObjectSource):
    """Async version of `StartedSource`. `close` and `interrupt` cancel a read, because closing the generator does not
    close the connection.
    """

    _reading: anyio.CancelScope | None = None

    def __init__(self, first: Any, rest: AsyncIterator[Any], generators: AsyncGenerators | None = None) -> None:
        super().__init__(self._chained(first, rest), generators)
        self.headers: Any = at(first, "sdk_http_response.headers")
        self._generator = rest

    async def _chained(self, first: Any, rest: AsyncIterator[Any]) -> AsyncGenerator[Any]:
        if first is not None:
            yield first
        while True:
            event = None
            with anyio.CancelScope() as self._reading:
                event = await anext(rest, None)
            self._reading = None
            if event is None:
                return
            yield event

    def interrupt(self) -> None:
        """End a read of another task: it finds the end of the stream."""
        if self._reading is not None:
            self._reading.cancel()

    async def _release(self) -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            async for _ in self._generator:
                pass


def open_stream(method: Callable[..., Any], arguments: Mapping[str, Any]) -> Source:
    """Send a request with an SDK whose streams are generators. Return an open source as soon as the response begins.

    If the HTTP response could be captured, the source reads its bytes; otherwise it reads the events of the generator.
    """
    with catching() as caught, noting() as noted:
        stream = method(**arguments)
        first = next(stream, None)
    return GeminiSource(caught[0]) if caught else StartedSource(first, stream, noted[-1] if noted else None)


async def aopen_stream(method: Callable[..., Any], arguments: Mapping[str, Any]) -> AsyncSource:
    """Async version of `open_stream`."""
    generators = AsyncGenerators()
    with catching() as caught:
        async with closed_on_error(caught):
            stream = await method(**arguments)
            first = await generators.first(anext, stream, None)
    return AsyncGeminiSource(caught[0]) if caught else AsyncStartedSource(first, stream, generators)
