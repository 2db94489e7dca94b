"""The connection pools of httpcore2 (of httpx2) and httpcore (of httpx)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from functools import partial
from typing import Any

from ..writing import HTTPReply
from .body import Failures, Line, abegin, asent, begin, sent
from .registry import Exchange, exchange

_CUT = "peer closed connection without sending complete message body (incomplete chunked read)"
_LOST = "Server disconnected without sending a response."


def handle_request(core: Any, send: Any) -> Any:
    """Return the method of `ConnectionPool` that sends a request."""

    def handle_request(self: Any, request: Any) -> Any:
        found = _exchange(request)
        reply = found.reply(b"".join(request.stream)) if found is not None else None
        if reply is None:
            return send(self, request)
        failures, timeout = _failures(core), _timeout(request)
        line = Line()
        begin(reply, failures, timeout, line)
        return _response(core, reply, _Body(reply, failures, timeout, line), network_stream=line)

    return handle_request


def handle_async_request(core: Any, send: Any) -> Any:
    """Return the method of `AsyncConnectionPool` that sends a request."""

    async def handle_async_request(self: Any, request: Any) -> Any:
        found = _exchange(request)
        reply = found.reply(b"".join([piece async for piece in request.stream])) if found is not None else None
        if reply is None:
            return await send(self, request)
        failures, timeout = _failures(core), _timeout(request)
        await abegin(reply, failures, timeout)
        return _response(core, reply, _AsyncBody(reply, failures, timeout))

    return handle_async_request


def _exchange(request: Any) -> Exchange | None:
    url = request.url
    port = f":{url.port}" if url.port else ""
    where = f"{url.scheme.decode()}://{url.host.decode()}{port}{url.target.decode()}"
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers}
    return exchange(request.method.decode(), where, headers)


def _timeout(request: Any) -> float | None:
    read: float | None = request.extensions.get("timeout", {}).get("read")
    return read


def _failures(core: Any) -> Failures:
    return Failures(
        timeout=partial(core.ReadTimeout, "The read operation timed out"),
        lost=partial(core.RemoteProtocolError, _LOST),
        cut=partial(core.RemoteProtocolError, _CUT),
    )


def _response(core: Any, reply: HTTPReply, body: Any, **extensions: Any) -> Any:
    headers = [(name.encode(), value.encode()) for name, value in reply.headers.items()]
    extensions.update(http_version=b"HTTP/1.1", reason_phrase=b"")
    return core.Response(reply.status, headers=headers, content=body, extensions=extensions)


class _Body:
    def __init__(self, reply: HTTPReply, failures: Failures, timeout: float | None, line: Line) -> None:
        self._line = line
        self._pieces = sent(reply.steps, failures, timeout, line)

    def __iter__(self) -> Generator[bytes]:
        return self._pieces

    def close(self) -> None:
        self._line.close()


class _AsyncBody:
    def __init__(self, reply: HTTPReply, failures: Failures, timeout: float | None) -> None:
        self._pieces = asent(reply.steps, failures, timeout)

    def __aiter__(self) -> AsyncGenerator[bytes]:
        return self._pieces

    async def aclose(self) -> None:
        await self._pieces.aclose()
