"""The sessions of aiohttp."""

from __future__ import annotations

import asyncio
from functools import partial
from importlib import import_module
from inspect import signature
from types import SimpleNamespace
from typing import Any

from pydantic_core import to_json

from ..writing import HTTPReply
from .body import Failures, abegin, asent
from .registry import exchange


def request(client: Any, send: Any) -> Any:
    """Return the method of `aiohttp.ClientSession` that sends a request."""

    async def request(self: Any, method: str, url: Any, **options: Any) -> Any:
        where = self._build_url(url)
        if params := options.get("params"):
            where = where.update_query(params)
        headers = self._prepare_headers(options.get("headers"))
        found = exchange(method, str(where), {str(name): str(value) for name, value in headers.items()})
        reply = found.reply(await _body(options)) if found is not None else None
        if reply is None:
            return await send(self, method, url, **options)
        errors = import_module("aiohttp.client_exceptions")
        failures = Failures(
            timeout=partial(errors.SocketTimeoutError, "Timeout on reading data from socket"),
            lost=errors.ServerDisconnectedError,
            cut=partial(errors.ClientPayloadError, "Response payload is not completed"),
        )
        timeout = getattr(options.get("timeout"), "sock_read", None)
        await abegin(reply, failures, timeout)
        return await _response(self, method, where, headers, reply, failures, timeout)

    return request


async def _body(options: Any) -> bytes:
    if options.get("json") is not None:
        return to_json(options["json"])
    data = options.get("data")
    if isinstance(data, str):
        return data.encode()
    if hasattr(data, "__aiter__"):
        return b"".join([piece async for piece in data])
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
        async for piece in asent(reply.steps, failures, patience):
            content.feed_data(piece)
            await asyncio.sleep(0)  # a piece is read before the next one is there
        content.feed_eof()
    except Exception as error:
        content.set_exception(error)
