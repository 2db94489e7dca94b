"""Requests for a response through each HTTP library that is intercepted, whose bytes are read as they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing, closing
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from mirascope_like.testing import ReplayError

BODY = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
PATH = "/v1/chat/completions"

Got = Callable[[bytes], bool]
"""Is called with each piece; reading ends where it returns True."""


def with_httpx(library: Any) -> Callable[..., None]:
    def send(url: str, got: Got, *, timeout: float | None = None) -> int:
        read = library.Timeout(None, read=timeout)
        with library.Client(timeout=read) as client, client.stream("POST", url, json=BODY) as response:
            for piece in response.iter_raw():
                if got(piece):
                    break
            return response.status_code

    return send


def with_async_httpx(library: Any) -> Callable[..., None]:
    async def send(url: str, got: Got, options: Any) -> int:
        async with (
            library.AsyncClient(**options) as client,
            client.stream("POST", url, json=BODY) as response,
        ):
            async with aclosing(response.aiter_raw()) as pieces:
                async for piece in pieces:
                    if got(piece):
                        break
            return response.status_code

    return lambda url, got, timeout=None: asyncio.run(send(url, got, {"timeout": library.Timeout(None, read=timeout)}))


def with_aiohttp(url: str, got: Got, *, timeout: float | None = None) -> int:
    async def send() -> int:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(sock_read=timeout)) as session,
            session.post(url, json=BODY) as response,
        ):
            async for piece in response.content.iter_any():
                if got(piece):
                    response.close()
                    break
            return response.status

    return asyncio.run(send())


def with_requests(url: str, got: Got, *, timeout: float | None = None) -> int:
    with requests.post(url, json=BODY, stream=True, timeout=(60, timeout)) as response:
        for piece in response.raw.stream(2**16, decode_content=True):
            if got(piece):
                break
        return response.status_code


def with_botocore(url: str, got: Got, *, timeout: float | None = None) -> int:
    session = URLLib3Session(timeout=(60, timeout or 60))
    request = AWSRequest(
        "POST", url, {"content-type": "application/json"}, httpx.Request("POST", url, json=BODY).content
    )
    prepared: Any = request.prepare()
    prepared.stream_output = True
    with closing(session), closing(session.send(prepared).raw) as raw:
        for piece in raw.stream():
            if got(piece):
                break
        return raw.status


SENDERS: dict[str, Callable[..., Any]] = {
    "httpx": with_httpx(httpx),
    "httpx2": with_httpx(httpx2),
    "async httpx": with_async_httpx(httpx),
    "async httpx2": with_async_httpx(httpx2),
    "aiohttp": with_aiohttp,
    "requests": with_requests,
    "botocore": with_botocore,
}


async def _with_aiohttp(url: str) -> Any:
    async with aiohttp.ClientSession() as session, session.post(url, json=BODY) as response:
        return await response.json()


WHOLE: dict[str, Callable[[str], Any]] = {
    "httpx2": lambda url: httpx2.post(url, json=BODY).json(),
    "aiohttp": lambda url: asyncio.run(_with_aiohttp(url)),
    "requests": lambda url: requests.post(url, json=BODY, timeout=60).json(),
}
"""Requests for a response that is read whole, as JSON."""

each_sender = pytest.mark.parametrize("send", SENDERS.values(), ids=SENDERS)


class Received:
    """What a sender has received: its pieces, its status, and its error."""

    def __init__(self, send: Callable[..., Any], url: str, *, most: int = 10**6, **options: Any) -> None:
        self.pieces: list[bytes] = []
        self.status: int | None = None
        self.error: BaseException | None = None
        try:
            self.status = send(f"{url}{PATH}", lambda piece: self.got(piece, most), **options)
        except (Exception, ReplayError) as error:
            self.error = error

    def got(self, piece: bytes, most: int) -> bool:
        self.pieces.append(piece)
        return len(self.pieces) >= most

    @property
    def ended(self) -> Any:
        """How it ended: the class of its error, or its status."""
        return type(self.error) if self.error is not None else self.status

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)
