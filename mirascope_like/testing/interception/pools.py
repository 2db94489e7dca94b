"""The connection pools of httpcore2 (of httpx2) and httpcore (of httpx)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from functools import partial
from typing import Any

from .body import AsyncLine, Failures, Line, abegin, asent, begin, sent
from .observing import AsyncObservedBody, ObservedBody, ObservedNetwork, sending
from .registry import Exchange, Observer, exchange
from .reply import HTTPReply

_CUT = "peer closed connection without sending complete message body (incomplete chunked read)"
_LOST = "Server disconnected without sending a response."


def handle_request(core: Any, send: Any) -> Any:
    """Return the method of `ConnectionPool` that sends a request."""

    def handle_request(self: Any, request: Any) -> Any:
        found = _exchange(request)
        if found is None:
            return send(self, request)
        body = b"".join(request.stream)
        reply = found.reply(body)
        if not isinstance(reply, HTTPReply):
            request.stream = _Bytes(body)  # it may be readable once
            return send(self, request) if reply is None else _observed(self, request, send, reply)
        failures, timeout = _failures(core), _timeout(request)
        line = Line()
        begin(reply, failures, timeout, line)
        return _response(core, reply, _Body(reply, failures, timeout, line), network_stream=line)

    return handle_request


def handle_async_request(core: Any, send: Any) -> Any:
    """Return the method of `AsyncConnectionPool` that sends a request."""

    async def handle_async_request(self: Any, request: Any) -> Any:
        found = _exchange(request)
        if found is None:
            return await send(self, request)
        body = b"".join([piece async for piece in request.stream])
        reply = found.reply(body)
        if not isinstance(reply, HTTPReply):
            request.stream = _Bytes(body)
            return await (send(self, request) if reply is None else _aobserved(self, request, send, reply))
        failures, timeout = _failures(core), _timeout(request)
        line = AsyncLine()
        await abegin(reply, failures, timeout, line)
        return _response(core, reply, _AsyncBody(reply, failures, timeout, line), network_stream=line)

    return handle_async_request


def _observed(pool: Any, request: Any, send: Any, observer: Observer) -> Any:
    with sending(observer):
        response = send(pool, request)
    response.stream = ObservedBody(response.stream, observer)
    return _begun(response, observer)


async def _aobserved(pool: Any, request: Any, send: Any, observer: Observer) -> Any:
    with sending(observer):
        response = await send(pool, request)
    response.stream = AsyncObservedBody(response.stream, observer)
    return _begun(response, observer)


def _begun(response: Any, observer: Observer) -> Any:
    if (network := response.extensions.get("network_stream")) is not None:
        response.extensions = {**response.extensions, "network_stream": ObservedNetwork(network, observer)}
    observer.began(
        response.status, [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers]
    )
    return response


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


class _Bytes:
    """The body of a request that was read, to be sent."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Generator[bytes]:
        yield self._body

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        yield self._body


class _Body:
    def __init__(self, reply: HTTPReply, failures: Failures, timeout: float | None, line: Line) -> None:
        self._line = line
        self._pieces = sent(reply.steps, failures, timeout, line)

    def __iter__(self) -> Generator[bytes]:
        return self._pieces

    def close(self) -> None:
        self._line.close()


class _AsyncBody:
    def __init__(self, reply: HTTPReply, failures: Failures, timeout: float | None, line: AsyncLine) -> None:
        self._pieces = asent(reply.steps, failures, timeout, line)

    def __aiter__(self) -> AsyncGenerator[bytes]:
        return self._pieces

    async def aclose(self) -> None:
        await self._pieces.aclose()
