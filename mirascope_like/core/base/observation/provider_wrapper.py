"""The provider of an observed call: sends as the provider that it wraps, and records each request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from ..provider import AsyncSource, Provider, ProviderWrapper, Source
from ..request import Request
from ..response import Accumulator
from ..runtime import CLOCK
from .observed_call import ObservedCall, ObservedRequest


def observed_provider(provider: Provider[Any, Any, Any], call: ObservedCall) -> Any:
    """Return a provider that records the requests of one call; in every other respect it is the given provider."""
    return cast("Any", _ObservedProvider(provider, call))


class _ObservedProvider(ProviderWrapper):
    def __init__(self, provider: Provider[Any, Any, Any], call: ObservedCall) -> None:
        super().__init__(provider)
        self._call = call
        self._accumulator: Accumulator[Any, Any] | None = None
        """The accumulator of the attempt that is sent next; None for a call that does not stream."""
        self._sent: ObservedRequest | None = None
        """The last request; None before the first."""

    def around(self, provider: Provider[Any, Any, Any]) -> Any:
        return _ObservedProvider(provider, self._call)

    def accumulator(self, request: Request) -> Accumulator[Any, Any]:
        self._accumulator = made = self._provider.accumulator(request)
        return made

    def _start(self, request: Request, payload: dict[str, Any], client: Any) -> ObservedRequest:
        self._sent = None  # so that an error of `check_request` is not recorded as one of the request before
        sent = ObservedRequest(self._call, self._provider, request, payload, client)
        sent.accumulator = self._accumulator
        self._sent = sent.start()
        return sent

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        sent = self._start(request, payload, self._provider.client_for(request))
        with self._call.inside(sent):
            return self._provider.send(_marked(request, sent), payload)

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        sent = self._start(request, payload, await self._provider.aclient_for(request))
        with self._call.inside(sent):
            return await self._provider.asend(_marked(request, sent), payload)

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        sent = self._start(request, payload, self._provider.client_for(request))
        with self._call.inside(sent):
            return _ObservedSource(self._provider.open(_marked(request, sent), payload), sent)

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        sent = self._start(request, payload, await self._provider.aclient_for(request))
        with self._call.inside(sent):
            return _AsyncObservedSource(await self._provider.aopen(_marked(request, sent), payload), sent)

    def failure(self, error: Exception, request: Request, source: Any = None) -> Exception:
        failed = self._provider.failure(error, request, source)
        if (sent := self._sent) is not None:
            if sent.open_source:  # a stream ends when its source is closed: the error may not end it
                sent.last_error = failed
            else:
                sent.end(failed)
        return failed

    def respond(self, request: Request, payload: dict[str, Any], raw: Any, start_time: float, end_time: float) -> Any:
        response = self._provider.respond(request, payload, raw, start_time, end_time)
        if (sent := self._sent) is not None:
            sent.respond(response)
        return response


def _marked(request: Request, sent: ObservedRequest) -> Request:
    return replace(request, traced=True) if sent.traced else request


class _ObservedSource:
    """An open response that records its reads, and the end of its request when it is closed."""

    typed: bool
    response: Any

    def __init__(self, source: Source, sent: ObservedRequest) -> None:
        self._source = source
        self._sent = sent
        sent.open_source = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return _Reads(self._sent.reading(iter(self._source).__next__), self._sent)

    def drain(self) -> None:
        self._source.drain()

    def close(self) -> None:
        try:
            self._source.close()
        finally:
            self._sent.end(self._sent.last_error)


class _AsyncObservedSource:
    """Async version of `_ObservedSource`."""

    typed: bool
    response: Any

    def __init__(self, source: AsyncSource, sent: ObservedRequest) -> None:
        self._source = source
        self._sent = sent
        sent.open_source = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __aiter__(self) -> AsyncIterator[Sequence[Any]]:
        return _AsyncReads(self._sent.areading(aiter(self._source).__anext__), self._sent)

    async def drain(self) -> None:
        await self._source.drain()

    async def close(self) -> None:
        try:
            await self._source.close()
        finally:
            self._sent.end(self._sent.last_error)


class _Reads:
    """The reads of an open response, recorded."""

    __slots__ = ("_append", "_next", "_sent")

    def __init__(self, read: Callable[[], Sequence[Any]], sent: ObservedRequest) -> None:
        self._next = read
        self._sent = sent
        self._append: Callable[[tuple[float, int]], None] | None = None
        """Records a read, once that is all there is to do."""

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return self

    def __next__(self) -> Sequence[Any]:
        events = self._next()
        if events:
            if self._append is not None:
                self._append((CLOCK.monotonic(), len(events)))
            elif self._sent.read(events):
                self._append = self._sent.reads.append
        return events


class _AsyncReads:
    """Async version of `_Reads`."""

    __slots__ = ("_append", "_next", "_sent")

    def __init__(self, read: Callable[[], Any], sent: ObservedRequest) -> None:
        self._next = read
        self._sent = sent
        self._append: Callable[[tuple[float, int]], None] | None = None
        """Records a read, once that is all there is to do."""

    def __aiter__(self) -> AsyncIterator[Sequence[Any]]:
        return self

    async def __anext__(self) -> Sequence[Any]:
        events: Sequence[Any] = await self._next()
        if events:
            if self._append is not None:
                self._append((CLOCK.monotonic(), len(events)))
            elif self._sent.read(events):
                self._append = self._sent.reads.append
        return events
