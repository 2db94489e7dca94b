"""A limit to how many answers of a provider are being made at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from threading import BoundedSemaphore
from typing import Any, cast
from weakref import WeakKeyDictionary

from ..errors import ConfigurationError, StreamClosedError
from ..request import Request
from .opening import PRESENT
from .provider import AsyncSource, Provider, Source


def limited(provider: Provider[Any, Any, Any], limit: int) -> Any:
    """Return a provider that has at most so many answers made at once, and is the given one in all else.

    A stream holds its place until its connection is let go. Sync calls share one limit; async ones share one for each
    event loop. Raises `ConfigurationError` for a limit below 1.
    """
    if limit < 1:
        raise ConfigurationError("max_concurrent must be at least 1")
    return cast("Any", _Limited(provider, limit))


class _Limited:
    def __init__(self, provider: Provider[Any, Any, Any], limit: int) -> None:
        self._provider = provider
        self._limit = limit
        self._places = BoundedSemaphore(limit)
        self._aplaces: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def _aplace(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        return self._aplaces.setdefault(loop, asyncio.Semaphore(self._limit))

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        with self._places:
            return self._provider.send(request, payload)

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        async with self._aplace():
            return await self._provider.asend(request, payload)

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        if not self._places.acquire(timeout=request.deadline):
            raise TimeoutError("no place for the stream became free in time")
        try:
            if (opening := PRESENT.get()) is not None and opening.abandoned:
                raise StreamClosedError("the stream was closed while it waited for a place")
            return _Held(self._provider.open(request, payload), self._places.release)
        except BaseException:
            self._places.release()
            raise

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        place = self._aplace()
        await place.acquire()
        try:
            return _AHeld(await self._provider.aopen(request, payload), place.release)
        except BaseException:
            place.release()
            raise


class _Held:
    """An open answer that holds a place."""

    typed: bool
    response: Any

    def __init__(self, source: Source, release: Callable[[], None]) -> None:
        self._source = source
        self._release = [release]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return iter(self._source)

    def drain(self) -> None:
        self._source.drain()

    def close(self) -> None:
        try:
            self._source.close()
        finally:
            if self._release:
                self._release.pop()()


class _AHeld:
    """`_Held`, async."""

    typed: bool
    response: Any

    def __init__(self, source: AsyncSource, release: Callable[[], None]) -> None:
        self._source = source
        self._release = [release]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __aiter__(self) -> AsyncIterator[Sequence[Any]]:
        return aiter(self._source)

    async def drain(self) -> None:
        await self._source.drain()

    async def close(self) -> None:
        try:
            await self._source.close()
        finally:
            if self._release:
                self._release.pop()()
