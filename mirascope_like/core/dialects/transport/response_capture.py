"""HTTP clients whose streamed answers can be caught before an SDK that sends through them has decoded any.

For SDKs that take an HTTP client of the caller's choice, but show a stream only as objects of their own. The SDK signs,
sends and retries; a streamed answer goes to whoever has asked for it with `catching`, and an empty one to the SDK.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import httpx2

_CAUGHT: ContextVar[list[httpx2.Response] | None] = ContextVar("_CAUGHT", default=None)


@contextmanager
def catching() -> Generator[list[httpx2.Response]]:
    """Collect the streamed answers that come for this thread or task meanwhile."""
    caught: list[httpx2.Response] = []
    token = _CAUGHT.set(caught)
    try:
        yield caught
    finally:
        _CAUGHT.reset(token)


def _kept(request: httpx2.Request, response: httpx2.Response, stream: bool) -> httpx2.Response:
    caught = _CAUGHT.get()
    if caught is None or not stream or response.status_code != 200:
        return response
    caught.append(response)
    return httpx2.Response(200, request=request)


class CatchingClient(httpx2.Client):
    """A client that lets its streamed answers be caught."""

    def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        return _kept(request, super().send(request, stream=stream, **options), stream)


class CatchingAsyncClient(httpx2.AsyncClient):
    """`CatchingClient`, asynchronously. It has connections for every event loop that it is used in."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._made_with = options
        self._of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx2.AsyncClient] = WeakKeyDictionary()

    async def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        loop = asyncio.get_running_loop()
        client = self._of_loops.get(loop) or self._of_loops.setdefault(loop, httpx2.AsyncClient(**self._made_with))
        return _kept(request, await client.send(request, stream=stream, **options), stream)

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        if (client := self._of_loops.pop(asyncio.get_running_loop(), None)) is not None:
            await client.aclose()


def catching_clients() -> tuple[CatchingClient, CatchingAsyncClient]:
    """Make a client of each kind; they wait as long as each request says."""
    trust = _trust(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    options: dict[str, Any] = {"verify": trust, "follow_redirects": True, "timeout": None}
    return CatchingClient(**options), CatchingAsyncClient(**options)


@lru_cache(maxsize=4)
def _trust(file: str | None, folder: str | None) -> ssl.SSLContext:
    # Made once, as it takes longer than all else that a client is made of.
    if file or folder:
        return ssl.create_default_context(cafile=file, capath=folder)
    return httpx2.create_ssl_context()
