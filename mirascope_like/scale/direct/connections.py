"""The HTTP connections of a run, with aiohttp."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import is_
from types import ModuleType
from typing import Any, NamedTuple

from ...core.base.errors import load_sdk
from ...core.base.runtime import stagger
from ...core.dialects.transport import connect_seconds, made_by
from .read_timeouts import ReadTimeouts, Waiting

KEPT_SECONDS = 5.0
"""The seconds for which an idle connection is kept, as in the SDKs."""
_OF_CONNECTION = frozenset({"content-length", "transfer-encoding", "host"})
"""The headers that belong to one request or connection."""
_OF_AIOHTTP = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
"""The headers that aiohttp adds to a request without them. The SDK's user may have removed one."""


class Head:
    """What many requests have in common: their URL, and a session of aiohttp with all other settings.

    aiohttp copies the headers of a session at once, and those that are passed with a request one by one.
    """

    __slots__ = ("read_seconds", "session", "tls", "url")

    def __init__(self, url: Any, session: Any, tls: ssl.SSLContext, read_seconds: float | None) -> None:
        self.url: Any = url
        self.session: Any = session
        self.tls: ssl.SSLContext = tls
        self.read_seconds: float | None = read_seconds
        """The seconds for which the server may send nothing; None means for ever."""

    def __del__(self) -> None:
        self.session.detach()  # aiohttp warns of a session that was left; the connections stay open


class Received(NamedTuple):
    """An HTTP response, with its body as it arrived."""

    status: int
    headers: Mapping[str, str]
    raw_headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    @property
    def compressed(self) -> bool:
        """True if the body is compressed."""
        return "content-encoding" in self.headers

    @property
    def redirects(self) -> bool:
        """True if the SDK would send the request to another URL."""
        return self.status in (301, 302, 303, 307, 308) and "location" in self.headers

    def converted(self, library: ModuleType) -> Any:
        """Return the response as an object of the SDK's HTTP library, or its error for a body that cannot be
        decompressed.
        """
        try:
            return library.Response(self.status, headers=list(self.raw_headers), content=self.body)
        except library.DecodingError as error:
            return error


class Connections:
    """The connections of a run, which belong to the event loop of the first `head`. They are not limited, because the
    run limits its requests.

    Raises `MissingSDKError` if aiohttp is not installed.
    """

    def __init__(self) -> None:
        self._aiohttp: Any = load_sdk("aiohttp", extra="aiohttp")
        self._connector: Any = None
        self._timeouts: Any = None
        self._body = _body_type(self._aiohttp.payload.Payload)
        self._own: tuple[Any, Any] = (None, None)
        """The methods of aiohttp that were found to be its own."""

    @property
    def intercepted(self) -> bool:
        """True while a test, or a tracer, sees the requests of aiohttp: its methods are patched."""
        kind = self._aiohttp.ClientSession
        methods = kind._request, kind.__init__
        if all(map(is_, methods, self._own)):  # a tracer's wrapper may be equal to what it wraps
            return False
        if not all(made_by(self._aiohttp, one) for one in methods):
            return True
        self._own = methods
        return False

    def head(self, request: Any, tls: ssl.SSLContext) -> Head:
        """Return what is sent with all requests that are like an HTTP request of the SDK's HTTP library."""
        from multidict import CIMultiDict
        from yarl import URL

        url, timeouts = URL(str(request.url), encoded=True), request.extensions.get("timeout", {})
        default = request.url.netloc.decode("ascii")
        headers = CIMultiDict(
            (name, value)
            for name, value in request.headers.multi_items()
            if name.lower() not in _OF_CONNECTION or (name.lower() == "host" and value != default)
        )
        aiohttp = self._aiohttp
        if self._connector is None:
            self._connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_SECONDS)
            self._timeouts = ReadTimeouts(aiohttp.SocketTimeoutError)
        session = aiohttp.ClientSession(
            connector=self._connector,
            connector_owner=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers=headers,
            skip_auto_headers=[name for name in _OF_AIOHTTP if name not in headers],
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_seconds(timeouts)),
        )
        return Head(url, session, tls, timeouts.get("read"))

    async def post(self, head: Head, body: bytes) -> Received:
        """Send a request; return its response. Redirects are not followed. Raises the errors of aiohttp.

        Returns after `stagger`. Until then, the response of aiohttp is kept, which has more objects than what is
        returned: they are freed when the task makes those of its next request.
        """
        with Waiting(self._timeouts, head.read_seconds) as waiting:
            sent = self._body(body, waiting)
            response = await head.session.post(head.url, data=sent, ssl=head.tls, allow_redirects=False)
            waiting.restart()
            content = await _read(response, waiting)
        await stagger()
        return Received(response.status, response.headers, response.raw_headers, content)

    def converted(self, error: Exception, library: ModuleType, *, sync: bool) -> Exception | None:
        """Return the error that the SDK's HTTP library would raise in place of an error of aiohttp, in a sync or an
        async call; None for any other error.
        """
        aiohttp = self._aiohttp
        late, lost = ("timed out", _of_system(error)) if sync else ("", "")
        kinds = (
            (aiohttp.ConnectionTimeoutError, library.ConnectTimeout, late),
            (TimeoutError, library.ReadTimeout, late),  # aiohttp's timeouts are its subclasses
            (aiohttp.ClientConnectorError, library.ConnectError, _unconnected(error, lost)),
            (aiohttp.ServerDisconnectedError, library.RemoteProtocolError, _DISCONNECTED),
            (aiohttp.ClientPayloadError, *_cut(str(error), library, lost)),
            (aiohttp.ClientResponseError, library.RemoteProtocolError, str(error)),
            (aiohttp.ClientError, library.ReadError, lost),
            (OSError, library.ReadError, lost),
        )
        for theirs, kind, text in kinds:
            if isinstance(error, theirs):
                found: Exception = kind(text)
                found.__cause__ = error
                return found
        return None

    async def close(self) -> None:
        """Close the connections."""
        if self._connector is not None:
            self._timeouts.close()
            await self._connector.close()


async def _read(response: Any, waiting: Waiting) -> bytes:
    """Return the body of a response of aiohttp, and release its connection, or close it if that fails."""
    parts: list[bytes] = []
    try:
        async for part in response.content.iter_any():
            waiting.restart()
            parts.append(part)
    except BaseException:
        response.close()
        raise
    return parts[0] if len(parts) == 1 else b"".join(parts)


@lru_cache(maxsize=1)
def _body_type(base: Any) -> Any:
    """Return the class of the bodies of requests, which is a `Payload` of aiohttp.

    For bytes, aiohttp has a class that warns of bodies of more than a megabyte.
    """

    class Body(base):  # type: ignore[misc]  # known at run time only
        _autoclose = True

        def __init__(self, value: bytes, waiting: Waiting) -> None:
            base.__init__(self, value, content_type="application/json")
            self._size = len(value)
            self._waiting = waiting

        def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
            text: str = self._value.decode(encoding, errors)
            return text

        async def write(self, writer: Any) -> None:
            """Write the body; the server is waited for from now on."""
            await writer.write(self._value)
            self._waiting.restart()

        async def write_with_length(self, writer: Any, content_length: int | None) -> None:
            """As `write`: the length is that of the body."""
            await self.write(writer)

    return Body


_DISCONNECTED = "Server disconnected without sending a response."
_NUMBER = re.compile(r"Error\((\d+), ")
"""The number of an error of the operating system in a text of aiohttp."""
_RECEIVED = re.compile(r"received (\d+) of (\d+) bytes")


def _of_system(error: Exception) -> str:
    """Return the text of the operating system for an error of aiohttp; empty if it has not caused the error."""
    found = _NUMBER.search(str(error))
    number = getattr(error, "errno", None) or (int(found[1]) if found else 0)
    return f"[Errno {number}] {os.strerror(number)}" if number else ""


def _unconnected(error: Any, text: str) -> str:
    """Return the text of the HTTP libraries for aiohttp's error of a connection that could not be opened. `text` is
    that of the operating system, in a sync call.
    """
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None)
    if isinstance(cause, ssl.SSLError | socket.gaierror):
        return str(cause)
    return text or "All connection attempts failed"


def _cut(text: str, library: ModuleType, lost: str) -> tuple[Any, str]:
    """Return the class and the text of the HTTP libraries for aiohttp's error, with this text, of a response that was
    cut: by an error of the connection, whose text is `lost`, or without one.
    """
    if not text.endswith(">"):  # aiohttp adds the error of the connection to that of the parser
        return library.ReadError, lost
    received = _RECEIVED.search(text)
    missing = "received {} bytes, expected {}".format(*received.groups()) if received else "incomplete chunked read"
    return library.RemoteProtocolError, f"peer closed connection without sending complete message body ({missing})"
