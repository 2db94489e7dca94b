"""The sessions of aiohttp."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from importlib import import_module
from inspect import signature
from types import SimpleNamespace
from typing import Any, cast

from pydantic_core import to_json

from .body import AsyncLine, Failures, abegin, asent
from .observing import sending
from .registry import Observer, exchange
from .reply import HTTPReply


def request(client: Any, send: Any) -> Any:
    """Return the method of `aiohttp.ClientSession` that sends a request."""

    async def request(self: Any, method: str, url: Any, **options: Any) -> Any:
        where = self._build_url(url)
        if params := options.get("params"):
            where = where.update_query(params)
        headers = self._prepare_headers(options.get("headers"))
        if (form := _form(options.get("data"))) is not None:
            options["data"] = form
            headers.setdefault("Content-Type", form.headers["Content-Type"])
        found = exchange(method, str(where), {str(name): str(value) for name, value in headers.items()})
        reply = found.reply(await _body(options)) if found is not None else None
        if not isinstance(reply, HTTPReply):
            sent = send(self, method, url, **options)
            given = options.get("auto_decompress")
            decoded = self.auto_decompress if given is None else given
            return await (sent if reply is None else _observed(sent, reply, decoded=decoded))
        errors = import_module("aiohttp.client_exceptions")
        failures = Failures(
            timeout=partial(errors.SocketTimeoutError, "Timeout on reading data from socket"),
            lost=errors.ServerDisconnectedError,
            cut=partial(errors.ClientPayloadError, "Response payload is not completed"),
        )
        timeout = getattr(options.get("timeout"), "sock_read", None)
        await abegin(reply, failures, timeout, AsyncLine())
        return await _response(self, method, where, headers, reply, failures, timeout)

    return request


def _form(data: Any) -> Any:
    """Return the payload of a form or of a multipart body, as aiohttp makes it; None for other bodies. The payload has
    the header with the random boundary. The contents of its files are not read.
    """
    aiohttp = import_module("aiohttp")
    if isinstance(data, aiohttp.FormData):
        return data()
    if isinstance(data, aiohttp.MultipartWriter):
        return data
    return aiohttp.FormData(data)() if isinstance(data, Mapping | list | tuple) and data else None


class _Collector:
    """Stands for the connection to which aiohttp writes a body."""

    def __init__(self) -> None:
        self.body = bytearray()

    async def write(self, data: bytes) -> None:
        """Append data to the body."""
        self.body += data


async def _body(options: Any) -> bytes:
    if options.get("json") is not None:
        return to_json(options["json"])
    data = options.get("data")
    payload = import_module("aiohttp.payload")
    if isinstance(data, payload.Payload):  # its files can be read once
        form, collector = data, _Collector()
        await form.write(collector)
        options["data"] = payload.BytesPayload(bytes(collector.body), content_type=form.headers["Content-Type"])
        return bytes(collector.body)
    if isinstance(data, str):
        return data.encode()
    if hasattr(data, "__aiter__") or hasattr(data, "read"):  # it can be read once
        read = data.read() if hasattr(data, "read") else b"".join([piece async for piece in data])
        options["data"] = data = read.encode() if isinstance(read, str) else read
    return bytes(data) if isinstance(data, bytes | bytearray) else b""


async def _response(
    session: Any, method: str, url: Any, headers: Any, reply: HTTPReply, failures: Failures, patience: float | None
) -> Any:
    reqrep, multidict = import_module("aiohttp.client_reqrep"), import_module("multidict")
    loop = asyncio.get_running_loop()

    base: Any = reqrep.ClientResponse

    class Scripted(base):  # type: ignore[misc]
        """A response whose body is fed piece by piece."""

        def close(self) -> None:
            feeding.cancel()
            base.close(self)

        def release(self) -> Any:
            feeding.cancel()
            return base.release(self)

    given: dict[str, Any] = {"writer": None, "continue100": None, "timer": None, "traces": [], "loop": loop}
    if "stream_writer" in signature(reqrep.ClientResponse.__init__).parameters:
        given["stream_writer"] = SimpleNamespace(output_size=0)
    info = reqrep.RequestInfo(url, method, headers, url)
    response: Any = Scripted(method, url, request_info=info, session=session, **given)
    named = multidict.CIMultiDict(reply.headers)
    response._headers = multidict.CIMultiDictProxy(named)
    response._raw_headers = tuple((name.encode(), value.encode()) for name, value in named.items())
    response.status, response.reason, response._closed = reply.status, "", False
    protocol = import_module("aiohttp.client_proto").ResponseHandler(loop)
    protocol.transport = asyncio.Transport()  # a protocol without one counts as closed
    response.content = content = import_module("aiohttp.streams").StreamReader(protocol, 2**20, loop=loop)
    content.on_eof(response._response_eof)
    feeding = loop.create_task(_feed(content, reply, failures, patience))
    return response


async def _feed(content: Any, reply: HTTPReply, failures: Failures, patience: float | None) -> None:
    try:
        async for piece in asent(reply.steps, failures, patience, AsyncLine()):
            content.feed_data(piece)
            await asyncio.sleep(0)  # a piece is read before the next one is there
        content.feed_eof()
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # the reader gets it
        content.set_exception(error)


async def _observed(sent: Awaitable[Any], observer: Observer, *, decoded: bool) -> Any:
    """Report the response of the network, from the place in which its bytes arrive. `decoded` means that they do
    without their compression.
    """
    with sending(observer):
        response = await sent
    names = [
        (name, value) for name, value in response.headers.items() if not decoded or name.lower() != "content-encoding"
    ]
    observer.began(response.status, names)
    content = response.content
    for piece in list(getattr(content, "_buffer", ())):
        observer.received(piece)
    if content.is_eof():
        observer.ended()
    elif (error := content.exception()) is not None:
        observer.failed(error)
    else:
        _report(content, feed_data=observer.received, feed_eof=observer.ended, set_exception=observer.failed)
        _report(response, close=observer.left, release=observer.left)
    return response


def _report(holder: Any, **reports: Callable[..., None]) -> None:
    """Report the calls of methods of one object, with the first argument, before they are made. Its class is replaced,
    because it may have no place for a method of its own.
    """
    kind: Any = cast("Any", type(holder))
    methods = {name: _reporting(getattr(kind, name), report) for name, report in reports.items()}
    holder.__class__ = type(kind.__name__, (kind,), {"__slots__": (), **methods})


def _reporting(method: Any, report: Callable[..., None]) -> Any:
    def reported(self: Any, *args: Any, **options: Any) -> Any:
        report(*args[:1])
        return method(self, *args, **options)

    return reported
