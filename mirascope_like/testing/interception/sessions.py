"""The sessions that send with urllib3: those of requests and of botocore."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from http.client import responses
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast

from ..writing import HTTPReply
from .body import Failures, Line, begin, sent
from .registry import Exchange, exchange


def send_requests(adapters: Any, send: Any) -> Any:
    """Return the method of `requests.adapters.HTTPAdapter` that sends a request."""

    def send_request(
        self: Any, request: Any, stream: bool = False, timeout: Any = None, *more: Any, **options: Any
    ) -> Any:
        found = _exchange(request.method, request.url, request.headers)
        reply = found.reply(_bytes(request.body)) if found is not None else None
        if reply is None:
            return send(self, request, stream, timeout, *more, **options)
        errors = import_module("requests.exceptions")
        failures = Failures(
            timeout=partial(errors.ReadTimeout, "Read timed out.", request=request),
            lost=partial(errors.ConnectionError, _lost(), request=request),
            cut=_broken,
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
        reply = found.reply(_bytes(request.body)) if found is not None else None
        if reply is None:
            return send(self, request)
        given = getattr(self, "_timeout", None)
        read = getattr(given, "read_timeout", None) if given is not None else None
        timeout = read if isinstance(read, int | float) else None
        url = request.url
        failures = Failures(
            timeout=partial(session.ReadTimeoutError, endpoint_url=url),
            lost=partial(session.ConnectionClosedError, error=_lost(), request=request, endpoint_url=url),
            cut=_broken,
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
        return response

    return send_request


def _exchange(method: str, url: str, headers: Any) -> Exchange | None:
    named = {_text(name): _text(value) for name, value in headers.items()}
    return exchange(method, url, named)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def _lost() -> Exception:
    disconnected = import_module("http.client").RemoteDisconnected("Remote end closed connection without response")
    error: Exception = import_module("urllib3.exceptions").ProtocolError("Connection aborted.", disconnected)
    return error


def _broken() -> Exception:
    cause = import_module("http.client").IncompleteRead(b"")
    error: Exception = import_module("urllib3.exceptions").ProtocolError(f"Connection broken: {cause!r}", cause)
    return error


def _raw(reply: HTTPReply, failures: Failures, timeout: float | None, line: Line) -> Any:
    urllib3 = import_module("urllib3")

    class Raw(urllib3.HTTPResponse):  # type: ignore[misc, name-defined]
        """A response whose pieces are read one by one."""

        def read(self, amt: int | None = None, *_: Any, **__: Any) -> bytes:
            if amt is None:
                return b"".join(pieces)
            while len(buffer) < amt and (piece := next(pieces, None)) is not None:
                buffer.extend(piece)
            found = bytes(buffer[:amt])
            del buffer[:amt]
            return found

        def stream(self, *_: Any, **__: Any) -> Generator[bytes]:
            yield from pieces

        @property
        def connection(self) -> Any:
            return SimpleNamespace(sock=line)

        def shutdown(self) -> None:
            line.close()

        def close(self) -> None:
            line.close()

        def release_conn(self) -> None:
            line.close()

    buffer = bytearray()
    pieces = sent(reply.steps, failures, timeout, line)
    reason = responses.get(reply.status, "")
    return Raw(body=b"", headers=dict(reply.headers), status=reply.status, reason=reason, preload_content=False)
