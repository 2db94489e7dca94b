"""The channels of grpc, as far as Google's retired SDK sends requests for a model through them."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from importlib import import_module
from typing import Any

from ...core.base.parsing import as_object
from .body import Failures, Line, begin, sent
from .observing import sending
from .registry import Observer, check, exchange
from .reply import HTTPReply

_METHODS = {"GenerateContent": "generateContent", "StreamGenerateContent": "streamGenerateContent"}
_CODES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""Source: `google.rpc.Code`, its HTTP mapping."""


def unary(channel: Any, send: Any) -> Any:
    """Return the method that sends a request and returns its response."""

    def call(self: Any, request: Any, timeout: float | None = None, *more: Any, **options: Any) -> Any:
        reply = _reply(channel, self, request)
        if isinstance(reply, HTTPReply):
            return _whole(self, reply, timeout)
        if reply is None:
            return send(self, request, timeout, *more, **options)
        with _sending(reply):
            response = send(self, request, timeout, *more, **options)
        _received(reply, response)
        return response

    return call


def unary_with_call(channel: Any, send: Any) -> Any:
    """Return the method that sends a request and returns its response and its call."""

    def call(self: Any, request: Any, timeout: float | None = None, *more: Any, **options: Any) -> Any:
        reply = _reply(channel, self, request)
        if isinstance(reply, HTTPReply):
            return _whole(self, reply, timeout), _ended(200, "")
        if reply is None:
            return send(self, request, timeout, *more, **options)
        with _sending(reply):
            response, outcome = send(self, request, timeout, *more, **options)
        _received(reply, response)
        return response, outcome

    return call


def stream(channel: Any, send: Any) -> Any:
    """Return the method that sends a request and returns the iterator of its stream."""

    def call(self: Any, request: Any, timeout: float | None = None, *more: Any, **options: Any) -> Any:
        reply = _reply(channel, self, request)
        if isinstance(reply, HTTPReply):
            return _streaming_call(self, reply, timeout)
        call = send(self, request, timeout, *more, **options)
        return call if reply is None else _ObservedCall(call, reply)

    return call


def _reply(channel: Any, sender: Any, request: Any) -> HTTPReply | Observer | None:
    named: Any = sender._method
    name = (named.decode() if isinstance(named, bytes) else named).rpartition("/")[2]
    target: Any = getattr(sender, "_target", b"")
    host = (target.decode() if isinstance(target, bytes) else target).rpartition("/")[2].rpartition(":")[0]
    kind: Any = request.__class__
    if name not in _METHODS or not hasattr(kind, "pb"):
        check("POST", f"https://{host}/{name}")
        return None
    payload = _encoded(request)
    model = payload.get("model", "")
    url = f"https://{host}/v1beta/{model}:{_METHODS[name]}?$alt=grpc"
    found = exchange("POST", url, {})
    body = {**payload, "model": model.removeprefix("models/")}
    return found.reply(json.dumps(body).encode()) if found is not None else None


def _encoded(message: Any) -> Any:
    return import_module("google.protobuf.json_format").MessageToDict(message.__class__.pb(message))


def _decoded(sender: Any, event: Any) -> Any:
    kind = sender._response_deserializer.__self__
    message = import_module("google.protobuf.json_format").Parse(
        json.dumps(event), kind.pb(kind()), ignore_unknown_fields=True
    )
    return sender._response_deserializer(message.SerializeToString())


def _whole(sender: Any, reply: HTTPReply, timeout: float | None) -> Any:
    line = Line()
    begin(reply, _FAILURES, timeout, line)
    body = b"".join(sent(reply.steps, _FAILURES, timeout, line))
    return _decoded(sender, _checked(reply, body))


def _checked(reply: HTTPReply, body: bytes) -> Any:
    content: Any = json.loads(body or b"null")
    if reply.status >= 400:
        error = as_object(as_object(content).get("error", content))
        raise _ended(reply.status, error.get("message", ""))
    return content


def _streaming_call(sender: Any, reply: HTTPReply, timeout: float | None) -> Any:
    line = Line()
    begin(reply, _FAILURES, timeout, line)
    if reply.status >= 400:
        _checked(reply, b"".join(one for one in reply.steps if isinstance(one, bytes)))
    return _call_type()(_events(sender, reply, timeout, line), line)


def _events(sender: Any, reply: HTTPReply, timeout: float | None, line: Line) -> Generator[Any]:
    for piece in sent(reply.steps, _FAILURES, timeout, line):
        text = piece.decode().strip().strip("[],")  # each piece is an event of a JSON array
        if text:
            yield _decoded(sender, json.loads(text))


@contextmanager
def _sending(observer: Observer) -> Generator[None]:
    """Context manager: receive the first message in its block. An error is reported as a response with its status."""
    try:
        yield
    except Exception as error:
        outcome: Any = error
        name: str = outcome.code().name if isinstance(error, import_module("grpc").Call) else ""
        if name == "CANCELLED":
            observer.left()
        elif name:
            status = _STATUSES.get(name, 500)
            found: Any = {"error": {"code": status, "message": outcome.details() or "", "status": name}}
            observer.began(status, _JSON)
            observer.received(json.dumps(found).encode())
            observer.ended()
        observer.failed(error)
        raise


def _received(observer: Observer, response: Any) -> None:
    observer.began(200, _JSON)
    observer.received(json.dumps(_encoded(response)).encode())
    observer.ended()


class _ObservedCall:
    """The call of a stream whose messages are reported."""

    def __init__(self, call: Any, observer: Observer) -> None:
        self._call, self._observer = call, observer
        self._begun = False

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        observer = self._observer
        with sending(observer) if self._begun else _sending(observer):
            event = next(self._call, _END)
        if not self._begun:
            observer.began(200, _JSON)
        self._begun = True
        if event is _END:
            observer.ended()
            raise StopIteration
        observer.received(json.dumps(_encoded(event)).encode() + b"\n")
        return event

    def cancel(self) -> bool:
        self._observer.left()
        cancelled: bool = self._call.cancel()
        return cancelled

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)


_END: Any = object()
_JSON = (("content-type", "application/json"),)
_STATUSES = {name: status for status, name in _CODES.items()}


class _Outcome:
    """How a call ended: the methods of `grpc.Call`, whose subclasses are made when grpc is loaded."""

    def __init__(self, name: str = "OK", message: str = "") -> None:
        self._name, self._message = name, message

    def cancel(self) -> bool:
        return False

    def is_active(self) -> bool:
        return False

    def time_remaining(self) -> float | None:
        return None

    def add_callback(self, callback: Any) -> bool:
        return False

    def initial_metadata(self) -> Any:
        return ()

    def trailing_metadata(self) -> Any:
        return ()

    def code(self) -> Any:
        return getattr(import_module("grpc").StatusCode, self._name)

    def details(self) -> str:
        return self._message


def _call_type() -> Any:
    grpc = import_module("grpc")

    class ScriptedCall(_Outcome, grpc.Call):  # type: ignore[misc, name-defined]
        """The call of a stream."""

        def __init__(self, events: Iterator[Any], line: Line) -> None:
            super().__init__()
            self._events, self._line = events, line

        def __iter__(self) -> Iterator[Any]:
            return self

        def __next__(self) -> Any:
            return next(self._events)

        def cancel(self) -> bool:
            self._line.close()
            return True

        def is_active(self) -> bool:
            return True

    return ScriptedCall


def _ended(status: int, message: str) -> Any:
    grpc = import_module("grpc")

    class ScriptedError(_Outcome, grpc.RpcError, grpc.Call):  # type: ignore[misc, name-defined]
        """How a call ended, as an error."""

        def result(self, timeout: float | None = None) -> Any:
            raise self  # an interceptor of the channel returns the error as the outcome of the call

        def exception(self, timeout: float | None = None) -> Any:
            return self

        def __str__(self) -> str:
            return f"{self._name}: {self._message}"

    name = "OK" if status < 400 else _CODES.get(status, "UNKNOWN" if status < 500 else "INTERNAL")
    return ScriptedError(name, message)


_FAILURES = Failures(
    timeout=lambda: _ended(HTTPStatus.GATEWAY_TIMEOUT, "Deadline Exceeded"),
    lost=lambda: _ended(HTTPStatus.SERVICE_UNAVAILABLE, "Socket closed"),
    cut=lambda: _ended(HTTPStatus.SERVICE_UNAVAILABLE, "Socket closed"),
)
