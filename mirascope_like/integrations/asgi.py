"""Streams as server-sent events, for any ASGI framework: Starlette, FastAPI, or none.

from mirascope_like.integrations.asgi import EventStreamResponse

@app.get("/write")
async def write(topic: str):
    return EventStreamResponse(write_essay(topic))

A browser's `EventSource` receives `text` events, then `done` or `error`. The provider's connection is closed as soon as
the browser disconnects.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from ..core import AsyncStream, ConfigurationError

if TYPE_CHECKING:
    Response = object
else:
    try:
        from starlette.responses import Response  # FastAPI returns a result unchanged only if it is a `Response`
    except ImportError:
        Response = object

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

log: logging.Logger = logging.getLogger(__name__)

HEADERS = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", "x-accel-buffering": "no"}


def sse(event: str, data: object) -> bytes:
    """Return the bytes of a server-sent event whose data is JSON. Raises `ConfigurationError` if the event's name
    has a line break.
    """
    if any(mark in event for mark in "\r\n\0"):
        raise ConfigurationError(f"the name of an event has a line break or a NUL: {event!r}")
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


async def server_sent_events(stream: AsyncStream[Any, Any, Any], **text: Any) -> AsyncIterator[bytes]:
    """Yield a stream as server-sent events. `text` are the arguments of `stream.text()`.

    The data of a `text` event is a piece of the response's text. The data of the `done` event are the finish reasons
    and the number of output tokens. The data of an `error` event is only the name of the error class, because the
    message may contain private details; the error is logged. Closing the generator early closes the stream.
    """
    try:
        try:
            async for piece in stream.text(**text):
                yield sse("text", piece)
        except Exception as error:
            log.exception("a stream failed while it was sent as server-sent events")
            yield sse("error", type(error).__name__)
            return
        yield sse("done", {"finish_reasons": stream.finish_reasons, "output_tokens": stream.output_tokens})
    finally:
        await stream.close()


class EventStreamResponse(Response):
    """An ASGI response that sends a stream as server-sent events. If Starlette is installed, it is a Starlette
    response.

    Keyword arguments are passed to `stream.text()`. When the browser disconnects, the stream is closed at once. Raises
    `ConfigurationError` if `stream` is not the stream of an async call, and for a header with a line break.
    """

    status_code: int = 200
    background: Callable[[], Awaitable[None]] | None = None
    """An async function that is called after the stream was sent or the browser has disconnected; or None."""

    def __init__(
        self, stream: AsyncStream[Any, Any, Any], *, headers: Mapping[str, str] | None = None, **text: Any
    ) -> None:
        if not isinstance(cast("Any", stream), AsyncStream):
            raise ConfigurationError(
                f"a {type(stream).__name__} cannot be sent: pass the stream of an async call without a response_model"
            )
        stream.text(**text)  # raises now if the arguments are invalid
        self.stream = stream
        named = {name.lower(): value for name, value in {**HEADERS, **(headers or {})}.items()}
        for name, value in named.items():
            if any(mark in name + value for mark in "\r\n\0"):
                raise ConfigurationError(f"the header {name!r} has a line break or a NUL: it would end the header")
        self.raw_headers: list[tuple[bytes, bytes]] = [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in named.items()
        ]
        self._text = text

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send(send))
        leaving = asyncio.ensure_future(_disconnected(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            was_sent = sending.done()
            for task in (sending, leaving):
                task.cancel()
            await asyncio.wait({sending, leaving})
            await self.stream.close()
        if self.background is not None:
            await self.background()
        if was_sent:
            sending.result()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        events = cast("Any", server_sent_events(self.stream, **self._text))
        async with aclosing(events):
            async for event in events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
