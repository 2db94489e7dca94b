"""The provider of a cached call: answers from a cache, or sends the request and stores the response."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..core.base.errors import StoreError
from ..core.base.parsing import encode_json
from ..core.base.provider import AsyncHeldSource, AsyncSource, HeldSource, Provider, ProviderWrapper, Source
from ..core.base.request import Request
from ..core.base.response import Accumulator, set_from_cache
from .cache_keys import KeyFunction, cache_key
from .entries import AsyncReplay, Entry, Replay
from .flights import aflight, flight

log: logging.Logger = logging.getLogger(__name__)


class Cache(Protocol):
    """Stores responses by key. Implement these methods for a store of your own. They may be called by any thread."""

    def get(self, key: str, max_age: float | None = None) -> bytes | None:
        """Return the value of a key; None if there is none, or if it is older than `max_age` seconds."""
        ...

    def set(self, key: str, value: bytes) -> None:
        """Store a value, in place of an older one."""
        ...

    def delete(self, key: str) -> None:
        """Delete the value of a key, if there is one."""
        ...


@dataclass(slots=True, eq=False)
class CacheLayer:
    """The cache of one call."""

    store: Cache
    ttl: float | None
    key: KeyFunction | None
    used: list[str] = field(default_factory=list[str])
    """The keys of the requests of the call, in order."""

    def wrap(self, provider: Provider[Any, Any, Any]) -> Any:
        """Return the provider of the call, wrapped so that it uses the cache."""
        return CachingProvider(provider, self)

    def get(self, key: str) -> Entry | None:
        """Return the stored response of a key. If the store fails, this is logged, and there is none."""
        try:
            value = self.store.get(key, self.ttl)
        except StoreError:
            log.warning("the cache cannot be read; the request is sent", exc_info=True)
            return None
        return Entry.decode(value) if value is not None else None

    def set(self, key: str, value: bytes) -> None:
        """Store a response. If the store fails, this is logged: the response is not lost."""
        try:
            self.store.set(key, value)
        except StoreError:
            log.warning("the response cannot be written to the cache", exc_info=True)

    def forget_last(self) -> None:
        """Delete the last response of the call, which does not fit the requested type."""
        with suppress(StoreError):
            for key in self.used[-1:]:
                self.store.delete(key)


class CachingProvider(ProviderWrapper):
    """Wraps the provider of one call. Each request of the call is answered from the cache, if it has the response."""

    def __init__(self, provider: Provider[Any, Any, Any], layer: CacheLayer) -> None:
        super().__init__(provider)
        self._layer = layer
        self._accumulator: Any = None
        """The accumulator of the newest attempt of a stream."""
        self._from_cache = False
        """True if the newest response was read from the cache."""

    def around(self, provider: Provider[Any, Any, Any]) -> Any:
        return CachingProvider(provider, self._layer)

    def opens_here(self, request: Request) -> bool:
        try:
            return self._provider.opens_here(request)
        except Exception:  # without a key there is no client; a response from the cache needs none
            return False

    def accumulator(self, request: Request) -> Accumulator[Any, Any]:
        self._accumulator = made = self._provider.accumulator(request)
        return made

    def respond(self, *answer: Any) -> Any:
        response = self._provider.respond(*answer)
        if self._from_cache:
            set_from_cache(response)
        return response

    def _key(self, request: Request, payload: dict[str, Any]) -> str:
        self._from_cache = False
        key = cache_key(self._provider, request, payload, self._layer.key)
        self._layer.used.append(key)
        return key

    # Whole responses

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        layer, key = self._layer, self._key(request, payload)
        if (entry := layer.get(key)) is not None:
            return self._replayed(entry)
        with flight((id(layer.store), key)) as (current, leads):
            if not leads and current.value is not None:
                return self._replayed(Entry.decode(current.value))
            if (entry := layer.get(key)) is not None:  # stored by a flight that has just ended
                return self._replayed(entry)
            raw = self._provider.send(request, payload)
            current.value = self._stored(key, request, payload, raw) if leads else None
            return raw

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        layer, key = self._layer, self._key(request, payload)
        if (entry := layer.get(key)) is not None:
            return self._replayed(entry)
        async with aflight((id(layer.store), key)) as (current, leads):
            if not leads and current.value is not None:
                return self._replayed(Entry.decode(current.value))
            if (entry := layer.get(key)) is not None:  # stored by a flight that has just ended
                return self._replayed(entry)
            raw = await self._provider.asend(request, payload)
            current.value = self._stored(key, request, payload, raw) if leads else None
            return raw

    def _replayed(self, entry: Entry | None) -> Any:
        assert entry is not None
        raw = self._provider.parse(entry.raw)
        if entry.request_id is not None:
            with suppress(AttributeError, ValueError):
                raw._request_id = entry.request_id
        self._from_cache = True
        return raw

    def _stored(self, key: str, request: Request, payload: dict[str, Any], raw: Any) -> bytes | None:
        """Store a response, and return it as bytes; None if it is not stored, because it reports an error."""
        try:
            self._provider.check(request, raw)
            response = self._provider.respond(request, payload, raw, 0.0, 0.0)
            if "error" in (response.common_finish_reasons or ()):
                return None
            request_id = getattr(raw, "_request_id", None)
            value = Entry(response.raw, request_id=request_id if isinstance(request_id, str) else None).encode()
        except Exception:  # raised by the sender, which checks the response again
            log.debug("a response is not stored in the cache", exc_info=True)
            return None
        self._layer.set(key, value)
        return value

    # Streams

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        key = self._key(request, payload)
        if (entry := self._layer.get(key)) is not None:
            self._from_cache = True
            return Replay(entry.events or ())
        recorded = _Recorded(self._provider.open(request, payload), self._accumulator)
        return HeldSource(recorded, lambda: self._store_stream(key, recorded))

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        key = self._key(request, payload)
        if (entry := self._layer.get(key)) is not None:
            self._from_cache = True
            return AsyncReplay(entry.events or ())
        recorded = _AsyncRecorded(await self._provider.aopen(request, payload), self._accumulator)
        return AsyncHeldSource(recorded, lambda: self._store_stream(key, recorded))

    def _store_stream(self, key: str, recorded: _BaseRecorded) -> None:
        if (events := recorded.events()) is not None:
            self._layer.set(key, Entry(events=events).encode())


class _BaseRecorded:
    """An open response whose events are recorded, as bytes.

    If they are objects of the SDK, the accumulator has decoded them, so its `read_objects` is replaced until the
    response is closed.
    """

    def __init__(self, source: Any, accumulator: Any) -> None:
        self._source = source
        self._accumulator = accumulator
        self._events: list[bytes] = []
        self._exhausted = False
        self.typed: bool = source.typed
        if self.typed:
            accumulator.read_objects = _noting(accumulator.read_objects, self._events)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def events(self) -> list[bytes] | None:
        """Return the events, if the response has arrived completely and reports no error; otherwise None. Called once,
        when the response has been closed.
        """
        read: Any = self._accumulator
        if self.typed:
            del read.read_objects
        return self._events if (self._exhausted or read.ended) and read.complete and not read.failed else None


class _Recorded(_BaseRecorded):
    response: Any

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for events in self._source:
            if not self.typed:
                self._events += events
            yield events
        self._exhausted = True

    def drain(self) -> None:
        self._source.drain()

    def close(self) -> None:
        self._source.close()


class _AsyncRecorded(_BaseRecorded):
    response: Any

    async def __aiter__(self) -> AsyncIterator[Sequence[Any]]:
        async for events in self._source:
            if not self.typed:
                self._events += events
            yield events
        self._exhausted = True

    async def drain(self) -> None:
        await self._source.drain()

    async def close(self) -> None:
        await self._source.close()


def _noting(read: Any, events: list[bytes]) -> Any:
    """Return a version of `Accumulator.read_objects` that adds each event to `events`, as JSON."""

    def read_objects(objects: Any) -> Iterator[Any]:
        last: Any = None
        for chunk, tool in read(objects):
            if chunk is not last:
                last = chunk
                events.append(encode_json(chunk.data))
            yield chunk, tool

    return read_objects
