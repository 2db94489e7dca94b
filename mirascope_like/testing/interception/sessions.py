"""The sessions that send with urllib3: those of requests and of botocore."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial
from http.client import responses
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast

from .body import Failures, Line, begin, sent
from .observing import ObservedBody, ObservedSocket, sending
from .registry import Exchange, Observer, exchange
from .reply import HTTPReply

_MOST = 2**16
"""How many bytes are read at most at a time."""


def send_requests(adapters: Any, send: Any) -> Any:
    """Return the method of `requests.adapters.HTTPAdapter` that sends a request."""

    def send_request(
        self: Any, request: Any, stream: bool = False, timeout: Any = None, *more: Any, **options: Any
    ) -> Any:
        found = _exchange(request.method, request.url, request.headers)
        if found is None:
            return send(self, request, stream, timeout, *more, **options)
        reply = found.reply(_read(request))
        if reply is None:
            return send(self, request, stream, timeout, *more, **options)
        if not isinstance(reply, HTTPReply):
            with sending(reply):
                response = send(self, request, stream, timeout, *more, **options)
            response.raw = _observed(response.raw, reply, decoded=True)
            return response
        errors = import_module("requests.exceptions")
        failures = Failures(
            timeout=partial(errors.ReadTimeout, "Read timed out.", request=request),
            lost=partial(errors.ConnectionError, _lost(), request=request),
            cut=_broken,
            stalled=_stalled,
        )
        read: float | None = cast("Any", timeout)[1] if isinstance(timeout, tuple) else timeout
        line = Line()
        begin(reply, failures, read, line)
        return self.build_response(request, _raw(reply, failures, read, line))

    return send_request


def send_botocore(session: Any, send: Any) -> Any:
    """Return the method of `botocore.httpsession.URLLib3Session` that sends a request."""

    def send_request(self: Any, request: Any) -> Any:
        found = _exchange(request.method, request.url, request.headers)
        if found is None:
            return send(self, request)
        reply = found.reply(_read(request))
        if reply is None:
            return send(self, request)
        if not isinstance(reply, HTTPReply):
            return _observed_answer(self, request, send, reply)
        given = getattr(self, "_timeout", None)
        read = getattr(given, "read_timeout", None) if given is not None else None
        timeout = read if isinstance(read, int | float) else None
        url = request.url
        failures = Failures(
            timeout=partial(session.ReadTimeoutError, endpoint_url=url),
            lost=partial(session.ConnectionClosedError, error=_lost(), request=request, endpoint_url=url),
            cut=_broken,
            stalled=_stalled,
        )
        line = Line()
        begin(reply, failures, timeout, line)
        raw = _raw(reply, failures, timeout, line)
        response = import_module("botocore.awsrequest").AWSResponse(url, raw.status, raw.headers, raw)
        if not request.stream_output:
            try:
                _ = response.content
            except import_module("urllib3.exceptions").ProtocolError as error:
                raise session.ConnectionClosedError(error=error, request=request, endpoint_url=url)
            except import_module("urllib3.exceptions").ReadTimeoutError as error:
                raise session.ReadTimeoutError(endpoint_url=url, error=error)
        return response

    return send_request


def _exchange(method: str, url: str, headers: Any) -> Exchange | None:
    named = {_text(name): _text(value) for name, value in headers.items()}
    return exchange(method, url, named)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _read(request: Any) -> bytes:
    """Return the body of a request. One that can be read only once is replaced by its bytes."""
    body = request.body
    if isinstance(body, str):
        return body.encode()
    if not isinstance(body, bytes):
        request.body = body = body.read() if hasattr(body, "read") else b"".join(body or ())
    return cast("bytes", body)


def _observed_answer(session: Any, request: Any, send: Any, observer: Observer) -> Any:
    with sending(observer):
        response = send(session, request)
    if request.stream_output:
        response.raw = _observed(response.raw, observer, decoded=False)
        return response
    observer.began(response.status_code, response.headers.items())
    observer.received(response.content)
    observer.ended()
    return response


def _observed(raw: Any, observer: Observer, *, decoded: bool) -> Any:
    """Return a response of urllib3 that reports what is read from `raw`. `decoded` means that the program reads it
    without its compression.
    """
    decoded = decoded and "content-encoding" in raw.headers
    headers = [
        (name, value) for name, value in raw.headers.items() if not decoded or name.lower() != "content-encoding"
    ]
    observer.began(raw.status, headers)
    body = ObservedBody(_Arriving(raw, decoded), observer)

    class Observed(_pieces_response(body)):  # type: ignore[misc]
        """The response of the network, read piece by piece."""

        @property
        def connection(self) -> Any:
            found = raw.connection
            socket = getattr(found, "sock", None)
            return found if socket is None else SimpleNamespace(sock=ObservedSocket(socket, observer))

        @property
        def closed(self) -> bool:
            """True once nothing is left to read. Else a response that is dropped closes its connection."""
            return bool(raw.closed)

        def shutdown(self) -> None:
            observer.left()
            raw.shutdown()

        def close(self) -> None:
            body.close()

        def release_conn(self) -> None:
            raw.release_conn()

    given = {"status": raw.status, "reason": raw.reason, "version": raw.version}
    original = getattr(raw, "_original_response", None)  # from which a session of requests reads cookies
    return Observed(body=b"", headers=raw.headers, original_response=original, preload_content=False, **given)


class _Arriving:
    """The pieces of a response of urllib3, as they arrive. Its `read` waits for as much as is asked for."""

    def __init__(self, raw: Any, decoded: bool) -> None:
        self._raw, self._decoded = raw, decoded
        self.close: Any = raw.close

    def __iter__(self) -> Iterator[bytes]:
        raw = self._raw
        if self._decoded or raw.chunked or not hasattr(raw, "read1"):
            return iter(raw.stream(_MOST, decode_content=self._decoded))
        return iter(lambda: raw.read1(_MOST, decode_content=False), b"")


def _lost() -> Exception:
    disconnected = import_module("http.client").RemoteDisconnected("Remote end closed connection without response")
    error: Exception = import_module("urllib3.exceptions").ProtocolError("Connection aborted.", disconnected)
    return error


def _broken() -> Exception:
    cause = import_module("http.client").IncompleteRead(b"")
    error: Exception = import_module("urllib3.exceptions").ProtocolError(f"Connection broken: {cause!r}", cause)
    return error


def _stalled() -> Exception:
    error: Exception = import_module("urllib3.exceptions").ReadTimeoutError(None, None, "Read timed out.")
    return error


def _raw(reply: HTTPReply, failures: Failures, timeout: float | None, line: Line) -> Any:
    class Raw(_pieces_response(sent(reply.steps, failures, timeout, line))):  # type: ignore[misc]
        """A response that was not sent."""

        @property
        def connection(self) -> Any:
            return SimpleNamespace(sock=line)

        def shutdown(self) -> None:
            line.close()

        def close(self) -> None:
            line.close()

        def release_conn(self) -> None:
            line.close()

    reason = responses.get(reply.status, "")
    return Raw(body=b"", headers=dict(reply.headers), status=reply.status, reason=reason, preload_content=False)


def _pieces_response(pieces: Iterator[bytes]) -> Any:
    """Return a class of urllib3's responses of which one instance can be made, whose pieces are read one by one."""
    urllib3 = import_module("urllib3")
    buffer = bytearray()

    class PiecesResponse(urllib3.HTTPResponse):  # type: ignore[misc, name-defined]
        def read(self, amt: int | None = None, *_: Any, **__: Any) -> bytes:
            while (amt is None or len(buffer) < amt) and (piece := next(pieces, None)) is not None:
                buffer.extend(piece)
            found = bytes(buffer[:amt])
            del buffer[:amt]
            return found

        def stream(self, *_: Any, **__: Any) -> Generator[bytes]:
            yield from pieces

    return PiecesResponse
