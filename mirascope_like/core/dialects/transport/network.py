"""A network backend for the connection pool of an HTTP client. It limits how many connections are opened at the same
time, and reports the network stream of a sync response, so that another thread can end a wait for it.

Works with both HTTP libraries of the SDKs: `core` is httpcore2 (of httpx2) or httpcore (of httpx). They accept any
object with these methods as `network_backend`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from ...base.provider import PRESENT, Places
from ...base.runtime import on_asyncio

OPENING = 100
"""The maximum number of connections that one client opens at the same time; further ones wait. Servers queue about
as many.
"""


POOL_GRACE = 5.0
"""How much longer than its deadline a request waits for a place in the pool of its client, in seconds.

If a wait ends at the moment at which its place becomes free, httpcore (of httpx) gives the place to it for ever, and a
pool with one place is blocked; httpcore2 does not. A caller that has just seen its deadline pass may close a stream at
that moment, so the wait ends later. Its caller does not wait for that.
"""


class Abandoned(BaseException):
    """Raised in a worker thread whose caller has stopped waiting for the response. Nothing may then be sent.

    It is not an `Exception`, so that SDKs do not retry it.
    """


def check_abandoned() -> None:
    """Raise `Abandoned` in a worker thread whose caller has stopped waiting."""
    if (opening := PRESENT.get()) is not None and opening.abandoned:
        raise Abandoned


def pool_seconds(timeouts: Mapping[str, float | None]) -> float | None:
    """Return the time for which a request waits for a place in the pool, in seconds. It is longer in a worker thread,
    where the given one may be a deadline; None means no limit.
    """
    pool = timeouts.get("pool")
    return pool if pool is None or PRESENT.get() is None else pool + POOL_GRACE


class WatchedStream:
    """A network stream that reports itself to the `Opening` before each request is written to it, also on reused
    connections.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        # Not wrapped in methods, because they are called for each read of a response.
        self.read: Any = stream.read
        self.close: Any = stream.close
        self.get_extra_info: Any = stream.get_extra_info

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Report the stream to the `Opening` of the current request, then write the bytes."""
        if (opening := PRESENT.get()) is not None:
            opening.connected(self)
            check_abandoned()
        self._stream.write(buffer, timeout)

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        """Return the stream with TLS started."""
        return WatchedStream(self._stream.start_tls(ssl_context, server_hostname, timeout))


class WatchedBackend:
    """Opens network streams as `WatchedStream`s, with the HTTP library's own backend."""

    def __init__(self, core: ModuleType, places: Places) -> None:
        self._backend = core.SyncBackend()
        self._places = places
        self.sleep: Any = self._backend.sleep

    def connect_tcp(self, host: str, port: int, **options: Any) -> WatchedStream:
        """Wait until fewer than `OPENING` connections are being opened, then connect. The timeout in `options`
        begins after the wait.
        """
        with self._places.threads:
            check_abandoned()
            return WatchedStream(self._backend.connect_tcp(host, port, **options))

    def connect_unix_socket(self, path: str, **options: Any) -> WatchedStream:
        """Connect to a Unix socket."""
        return WatchedStream(self._backend.connect_unix_socket(path, **options))


class AsyncBackend:
    """Async version of `WatchedBackend`. Its streams are not watched, because a waiting task can be cancelled."""

    def __init__(self, core: ModuleType, places: Places) -> None:
        self._core = core
        self._places = places

    @property
    def _backend(self) -> Any:
        return self._core.AnyIOBackend() if on_asyncio() else self._core.TrioBackend()

    async def connect_tcp(self, host: str, port: int, **options: Any) -> Any:
        """Wait until fewer than `OPENING` connections are being opened, then connect. The timeout in `options`
        begins after the wait.
        """
        place = self._places.tasks()
        await place.acquire()
        try:
            return await self._backend.connect_tcp(host, port, **options)
        finally:
            place.release()

    async def connect_unix_socket(self, path: str, **options: Any) -> Any:
        """Connect to a Unix socket."""
        return await self._backend.connect_unix_socket(path, **options)

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        await self._backend.sleep(seconds)
