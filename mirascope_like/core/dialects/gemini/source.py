"""A streamed answer of Gemini: as bytes, or as the SDK's iterator gives it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import anyio

from ...base.parsing import Events
from ...base.provider import AsyncSource, Source
from ..transport import AsyncByteSource, AsyncObjectSource, ByteSource, ObjectSource, catching


class GeminiEvents(Events):
    """Cuts events from buffers. Bare JSON among them, which is how an error can come, is given like the data of one."""

    __slots__ = ()

    @staticmethod
    def data_of(block: bytes) -> bytes | None:
        data = Events.data_of(block)
        return block if data is None and block.lstrip().startswith((b"{", b"[")) else data


class GeminiSource(ByteSource):
    """A response read as bytes."""

    cutter: type[Events] = GeminiEvents


class AsyncGeminiSource(AsyncByteSource):
    """A response read as bytes, asynchronously."""

    cutter: type[Events] = GeminiEvents


class BegunSource(ObjectSource):
    """An SDK's generator, whose first event has been read; it is None where there was none."""

    def __init__(self, first: Any, rest: Any) -> None:
        super().__init__(rest)
        self._all = chain([] if first is None else [first], rest)

    def __iter__(self) -> Iterator[tuple[Any]]:
        for event in self._all:
            yield (event,)


class AsyncBegunSource(AsyncObjectSource):
    """`BegunSource`, asynchronously. Closing the SDK's generator closes nothing below it; a cancelled read does."""

    def __init__(self, first: Any, rest: AsyncIterator[Any]) -> None:
        self._first = first
        super().__init__(rest)

    async def _read(self) -> AsyncGenerator[Sequence[Any]]:
        if self._first is not None:
            yield (self._first,)
        async for event in self._stream:
            yield (event,)

    async def close(self) -> None:
        await self._events.aclose()
        with anyio.CancelScope() as scope:
            scope.cancel()
            async for _ in self._stream:
                pass


def begun(ask: Callable[..., Any], arguments: Mapping[str, Any]) -> Source:
    """Send through an SDK whose streams are generators; return once the answer begins, as bytes where it is caught."""
    with catching() as caught:
        stream = ask(**arguments)
        first = next(stream, None)
    return GeminiSource(caught[0]) if caught else BegunSource(first, stream)


async def abegun(ask: Callable[..., Any], arguments: Mapping[str, Any]) -> AsyncSource:
    """`begun`, awaited."""
    with catching() as caught:
        stream = await ask(**arguments)
        first = await anext(stream, None)
    return AsyncGeminiSource(caught[0]) if caught else AsyncBegunSource(first, stream)
