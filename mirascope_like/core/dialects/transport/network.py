"""A network backend below the connection pool of an HTTP client: it limits how many connections are opened at once, and
reports the network stream on which a sync response is awaited, so that another thread can end the wait.

Serves both HTTP libraries of the SDKs: `core` is httpcore2 (of httpx2) or httpcore (of httpx), which accept any object
with these methods as `network_backend`.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ...base.provider import PRESENT, Places
from ...base.runtime import on_asyncio

OPENING = 100
"""How many connections one client opens at the same time; further ones wait. Servers queue about as many."""


class Abandoned(BaseException):
    """Nobody waits for this response any more: nothing must be sent for it.

    Not an `Exception`, so that SDKs do not retry it. It ends in the worker thread that opens the response.
    """


def check_abandoned() -> None:
    """Raise `Abandoned` in a worker thread whose caller has stopped waiting."""
    if (opening := PRESENT.get()) is not None and opening.abandoned:
        raise Abandoned


class WatchedStream:
    """A network stream that reports itself before each request that is written to it, on kept connections too."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        # Not wrapped in methods of our own: they are called for each read of a response.
        self.read = stream.read
        self.close = stream.close
        self.get_extra_info = stream.get_extra_info

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write, after reporting the stream to the opening that this code runs for."""
        if (opening := PRESENT.get()) is not None:
            opening.connected(self)
            check_abandoned()
        self._stream.write(buffer, timeout)

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        """Return the stream with TLS."""
        return WatchedStream(self._stream.start_tls(ssl_context, server_hostname, timeout))


class WatchedBackend:
    """Opens watched streams with the HTTP library's own backend."""

    def __init__(self, core: ModuleType, places: Places) -> None:
        self._backend = core.SyncBackend()
        self._places = places
        self.sleep = self._backend.sleep

    def connect_tcp(self, host: str, port: int, **options: Any) -> WatchedStream:
        """Connect once there is a place; the timeout in `options` counts from then on."""
        with self._places.threads:
            check_abandoned()
            return WatchedStream(self._backend.connect_tcp(host, port, **options))

    def connect_unix_socket(self, path: str, **options: Any) -> WatchedStream:
        """Connect to a socket of this machine."""
        return WatchedStream(self._backend.connect_unix_socket(path, **options))


class AsyncBackend:
    """The async form of `WatchedBackend`. Its streams need no watching: a task that waits can be cancelled."""

    def __init__(self, core: ModuleType, places: Places) -> None:
        self._core = core
        self._places = places

    @property
    def _backend(self) -> Any:
        return self._core.AnyIOBackend() if on_asyncio() else self._core.TrioBackend()

    async def connect_tcp(self, host: str, port: int, **options: Any) -> Any:
        """Connect once there is a place; the timeout in `options` counts from then on."""
        place = self._places.tasks()
        await place.acquire()
        try:
            return await self._backend.connect_tcp(host, port, **options)
        finally:
            place.release()

    async def connect_unix_socket(self, path: str, **options: Any) -> Any:
        """Connect to a socket of this machine."""
        return await self._backend.connect_unix_socket(path, **options)

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        await self._backend.sleep(seconds)
