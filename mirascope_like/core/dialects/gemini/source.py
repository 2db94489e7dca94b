"""A Gemini stream, read as bytes or with the SDK's iterator."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from itertools import chain
from typing import Any

import anyio

from ...base.parsing import Events
from ...base.provider import AsyncSource, Source
from ..transport import AsyncByteSource, AsyncObjectSource, ByteSource, ObjectSource, catching


class GeminiEvents(Events):
    """Splits bytes into events. Also accepts bare JSON, the form in which an error can arrive."""

    __slots__ = ()

    @staticmethod
    def data_of(block: bytes) -> bytes | None:
        data = Events.data_of(block)
        return block if data is None and block.lstrip().startswith((b"{", b"[")) else data


class GeminiSource(ByteSource):
    """A stream read as bytes."""

    cutter: type[Events] = GeminiEvents


class AsyncGeminiSource(AsyncByteSource):
    """The async form of `GeminiSource`."""

    cutter: type[Events] = GeminiEvents


class StartedSource(ObjectSource):
    """The objects of an SDK's generator, whose first event was already read to send the request; it is None if there is
    none.
    """

    def __init__(self, first: Any, rest: Any) -> None:
        super().__init__(rest)
        self._rest = chain([] if first is None else [first], self._rest)


class AsyncStartedSource(AsyncObjectSource):
    """The async form of `StartedSource`. Its `close` cancels a read, because closing the generator does not close the
    connection.
    """

    def __init__(self, first: Any, rest: AsyncIterator[Any]) -> None:
        super().__init__(_chained(first, rest))
        self._generator = rest

    async def _release(self) -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            async for _ in self._generator:
                pass


async def _chained(first: Any, rest: AsyncIterator[Any]) -> AsyncGenerator[Any]:
    if first is not None:
        yield first
    async for event in rest:
        yield event


def open_stream(method: Callable[..., Any], arguments: Mapping[str, Any]) -> Source:
    """Send a request with an SDK whose streams are generators; return a source once the response begins.

    The source reads bytes if the HTTP response could be captured, otherwise the objects of the generator.
    """
    with catching() as caught:
        stream = method(**arguments)
        first = next(stream, None)
    return GeminiSource(caught[0]) if caught else StartedSource(first, stream)


async def aopen_stream(method: Callable[..., Any], arguments: Mapping[str, Any]) -> AsyncSource:
    """The async form of `open_stream`."""
    with catching() as caught:
        stream = await method(**arguments)
        first = await anext(stream, None)
    return AsyncGeminiSource(caught[0]) if caught else AsyncStartedSource(first, stream)
