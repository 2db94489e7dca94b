"""The active handlers of requests, and which of them a request belongs to."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Protocol

from ...core.dialects.transport import check_abandoned
from .patching import patched
from .reply import HTTPReply


class Observer(Protocol):
    """Sees the response to a request that is sent. Its methods may be called from any thread, also after the end."""

    def began(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """The headers have arrived. `content-encoding` is among them if the bytes are compressed."""
        ...

    def received(self, data: bytes) -> None:
        """A piece of the body has arrived."""
        ...

    def ended(self) -> None:
        """The response has arrived to its end."""
        ...

    def failed(self, error: BaseException) -> None:
        """Sending or reading has raised an error. It is not an `Exception` if the program has left."""
        ...

    def left(self) -> None:
        """The program has closed the response."""
        ...


class Exchange(Protocol):
    """A request that a handler answers or observes, before its body was read."""

    def reply(self, body: bytes) -> HTTPReply | Observer | None:
        """Return the response; or what observes the response of the network; None to send the request unobserved."""
        ...


class Handler(Protocol):
    """Answers or refuses requests."""

    answers: bool
    """True if it answers requests. False if it only refuses them, which it does last."""

    def exchange(self, method: str, url: str, headers: Mapping[str, str]) -> Exchange | None:
        """Return the exchange of a request, or None if the handler does not answer it. May raise an error."""
        ...


_CURRENT: ContextVar[Handler | None] = ContextVar("mirascope_like_testing_handler", default=None)
_lock = Lock()
_active: list[Handler] = []


@contextmanager
def handling(handler: Handler) -> Generator[None]:
    """Context manager: let a handler see all requests of the process.

    A request that is sent in the context of the block belongs to its handler, also if another one was entered later in
    another task.
    """
    with patched():
        with _lock:
            _active.append(handler)
        token = _CURRENT.set(handler) if handler.answers else None
        try:
            yield
        finally:
            with _lock:
                _active.remove(handler)
            if token is not None:
                try:
                    _CURRENT.reset(token)
                except ValueError:  # a fixture that ends in another context than it began in
                    _CURRENT.set(None)


def exchange(method: str, url: str, headers: Mapping[str, str]) -> Exchange | None:
    """Return the exchange of a request; None if the request must be sent. Raises an error for a refused request."""
    check_abandoned()  # the caller may have stopped waiting, and another test may have begun
    own = _CURRENT.get()
    answering = [one for one in reversed(_active) if one.answers]
    if own is not None and own in answering:
        answering.remove(own)
        answering.insert(0, own)
    for handler in answering:
        if (found := handler.exchange(method, url, headers)) is not None:
            return found
    check(method, url)
    return None


def check(method: str, url: str) -> None:
    """Raise the error of a handler that refuses a request."""
    for handler in _active:
        if not handler.answers:
            handler.exchange(method, url, {})
