"""Base class of providers whose SDK has no async methods: each async call runs the sync SDK in a thread.

A thread that waits for the network cannot be cancelled. If its connection was reported (see `Opening.connected`), a
cancelled call shuts it and the thread ends at once; otherwise the thread continues and its result is dropped. If a
stream is closed, its connection is aborted and its thread ends at once.
"""

from __future__ import annotations

import asyncio
import threading
from abc import abstractmethod
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import suppress
from contextvars import copy_context
from inspect import iscoroutinefunction
from itertools import chain
from typing import Any, Protocol, Self, TypeVar

from ...base.errors import ConfigurationError
from ...base.provider import AsyncSource, Opening, Source
from ...base.request import Request
from ...base.response import BaseCallResponse, BaseCallResponseChunk
from ...base.tools import BaseTool
from .client_provider import check_asyncio, method_of
from .error_mapping import FailingProvider
from .sources import DRAIN_SECONDS

T = TypeVar("T")
ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)

AHEAD = 64
"""The maximum number of events that a thread reads before its reader has processed them."""


class BreakableSource(Source, Protocol):
    """A source whose read can be ended from another thread."""

    def interrupt(self) -> None:
        """End a read that is in progress in another thread. The read raises an error, or finds the end of the
        stream.
        """


class ThreadedProvider(FailingProvider[ResponseT, ChunkT, ToolT]):
    """A provider whose SDK has no async methods, and no timeout for a single call."""

    @abstractmethod
    def begin(self, request: Request, payload: dict[str, Any]) -> BreakableSource:
        """Send a request; return the source as soon as the response begins. There is no time limit."""

    async def aclient_for(self, request: Request) -> Any:
        return self.client_for(request)  # async calls run in threads, and use the sync client

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        check_asyncio(self.name)
        return await in_thread(lambda: self.send(request, payload))

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        return self.begin(request, payload)

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        check_asyncio(self.name)
        return await AsyncThreadSource(lambda: self.begin(request, payload)).begin()


def sync_method(client: Any, path: str, expected: str) -> Any:
    """Return the method of a client (see `method_of`). Raises `ConfigurationError` for an async client."""
    method = method_of(client, path, expected)
    if async_method(client, path) is not None:
        raise ConfigurationError(f"{type(client).__name__} is an async client: pass client={expected}")
    return method


def async_method(client: Any, name: str) -> Any:
    """Return the method of an async client; None for a sync client, and for None."""
    method = getattr(client, name, None)
    # aiobotocore's methods are plain functions that return the coroutine of `_make_api_call`.
    makes = (method, getattr(client, "_make_api_call", None))
    return method if any(map(iscoroutinefunction, makes)) else None


async def in_thread(call: Callable[[], T]) -> T:
    """Return the result of a call that runs in a new thread, in the caller's context.

    If the task is cancelled, the connection on which the call waits is shut, if it is known.
    """
    opening = Opening()
    opening.begin(call, _start)
    result: T = await opening.aresult()
    return result


class AsyncThreadSource:
    """An async source that opens, reads and closes a sync source in a thread."""

    typed = True
    response = None

    def __init__(self, open: Callable[[], BreakableSource]) -> None:
        self._open = open
        self._loop = asyncio.get_running_loop()
        self._read: deque[Sequence[Any]] = deque()
        self._slots = threading.Semaphore(AHEAD)
        self._waiting: asyncio.Future[None] | None = None
        self._source: BreakableSource | None = None
        self._error: BaseException | None = None
        self._opening = Opening()
        self._closed = False
        self._done = False
        self._events = self._take()

    async def begin(self) -> Self:
        """Open the source; return this object as soon as the response begins. Raises the error of opening the
        source.
        """
        _start(self._run)
        try:
            while self._source is None and not self._done:
                await self._wait_for(lambda: self._source is not None or self._done)
        except BaseException:
            await self.close()
            raise
        if self._source is None:
            self._raise()
        return self

    @property
    def headers(self) -> Any:
        """The headers of the HTTP response, if the SDK shows them; None otherwise."""
        return getattr(self._source, "headers", None)

    def __aiter__(self) -> AsyncIterator[Sequence[Any]]:
        return self._events

    async def _take(self) -> AsyncGenerator[Sequence[Any]]:
        while True:
            while self._read:
                events = self._read.popleft()
                self._slots.release()
                yield events
            if self._done and not self._read:
                self._raise()
                return
            await self._wait_for(lambda: bool(self._read) or self._done)

    async def drain(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self._done:
                    self._read.clear()
                    self._slots.release()
                    await self._wait_for(lambda: bool(self._read) or self._done)

    async def close(self) -> None:
        # Awaits nothing, so that it cannot be cancelled. The thread closes the source when its current read ends.
        self._closed = True
        self._slots.release()
        self._opening.cut()
        self.interrupt()

    def interrupt(self) -> None:
        """End a read that is in progress in the thread. The read raises an error, or finds the end of the stream."""
        if self._source is not None and not self._done:
            self._source.interrupt()

    async def _wait_for(self, is_ready: Callable[[], bool]) -> None:
        self._waiting = self._loop.create_future()
        # Check first for events that arrived before this wait: the thread reads `_waiting` after adding an event.
        if not is_ready():
            await self._waiting
        self._waiting = None

    def _raise(self) -> None:
        if self._error is not None and not self._closed:
            raise self._error

    # The methods below run in the thread.

    def _run(self) -> None:
        try:
            self._opening.begin(self._open, lambda run: run())
            source: Any = self._opening.result(None)
            try:
                self._source = source
                self._notify()
                if not self._closed:
                    for event in chain.from_iterable(source):
                        self._slots.acquire()
                        if self._closed:
                            break
                        self._read.append((event,))
                        self._notify()
            finally:
                source.close()
        except BaseException as error:
            self._error = error
        finally:
            self._done = True
            self._notify()

    def _notify(self) -> None:
        if (waiting := self._waiting) is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                self._loop.call_soon_threadsafe(_wake, waiting)


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


def _start(run: Callable[[], None]) -> None:
    threading.Thread(target=copy_context().run, args=(run,), name="mirascope-like", daemon=True).start()
