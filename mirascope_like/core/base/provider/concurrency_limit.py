"""Limits the number of requests to a provider that are in progress at the same time."""

from __future__ import annotations

from collections.abc import Hashable
from threading import Condition
from typing import Any, Self, cast
from weakref import WeakKeyDictionary

from ..errors import ConfigurationError, StreamClosedError
from ..request import Request
from ..runtime import Semaphore, running_loop, semaphore
from .opening import PRESENT, Opening
from .provider import AsyncSource, Provider, Source
from .wrapper import AsyncHeldSource, HeldSource, ProviderWrapper


def limited(provider: Provider[Any, Any, Any], limit: int) -> Any:
    """Return a provider that sends at most `limit` requests at the same time; in every other respect it is the given
    provider.

    A stream counts until its connection is released. Sync calls share one limit; async calls share one limit per event
    loop. Raises `ConfigurationError` for a limit below 1.
    """
    if limit < 1:
        raise ConfigurationError(f"max_concurrent must be at least 1, not {limit}")
    return cast("Any", _Limited(provider, Places(limit)))


class ThreadPlaces:
    """A semaphore for threads. Cutting an opening ends its wait for a place."""

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._changed = Condition()

    def acquire(self, seconds: float | None = None, opening: Opening | None = None) -> bool:
        """Wait for a place and take it. Returns False if there is none after `seconds`, or if `opening` was cut."""
        if opening is not None:
            opening.when_over(self._wake)
        with self._changed:
            self._changed.wait_for(lambda: self._free > 0 or (opening is not None and opening.abandoned), seconds)
            if self._free == 0 or (opening is not None and opening.abandoned):
                return False
            self._free -= 1
            return True

    def release(self) -> None:
        """Give a place back."""
        with self._changed:
            self._free += 1
            self._changed.notify()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Places:
    """Semaphores that count the requests in progress: one for all threads, and one per event loop."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.threads: ThreadPlaces = ThreadPlaces(limit)
        self._loops: WeakKeyDictionary[Hashable, Semaphore] = WeakKeyDictionary()

    def tasks(self) -> Semaphore:
        """Return the semaphore of the running event loop."""
        loop = running_loop()
        if (places := self._loops.get(loop)) is None:
            places = self._loops[loop] = semaphore(self.limit)
        return places


class _Limited(ProviderWrapper):
    def __init__(self, provider: Provider[Any, Any, Any], places: Places) -> None:
        super().__init__(provider)
        self._places = places

    def around(self, provider: Provider[Any, Any, Any]) -> Any:
        return _Limited(provider, self._places)

    def __reduce__(self) -> tuple[Any, ...]:
        return limited, (self._provider, self._places.limit)

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        with self._places.threads:
            return self._provider.send(request, payload)

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        place = self._places.tasks()
        await place.acquire()
        try:
            return await self._provider.asend(request, payload)
        finally:
            place.release()

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        opening = PRESENT.get()
        if not self._places.threads.acquire(request.deadline, opening):
            if opening is not None and opening.abandoned:
                raise StreamClosedError("the stream was closed while it waited for other requests (max_concurrent)")
            raise TimeoutError("the deadline passed while the stream waited for other requests (max_concurrent)")
        try:
            return HeldSource(self._provider.open(request, payload), self._places.threads.release)
        except BaseException:
            self._places.threads.release()
            raise

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        place = self._places.tasks()
        await place.acquire()
        try:
            return AsyncHeldSource(await self._provider.aopen(request, payload), place.release)
        except BaseException:
            place.release()
            raise
