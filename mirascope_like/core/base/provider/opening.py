"""Open a response that the caller may stop waiting for. Used by sync streams; transports may read `PRESENT`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from ..runtime import run_in_worker
from .provider import Source


class Opening:
    """One request being opened: a worker thread sends it, and the caller can stop waiting at any time.

    The wait ends with the response or with `cut()`, whichever is first. A response that arrives after `cut()` is
    closed.
    """

    def __init__(self) -> None:
        self._answer: Future[Source] = Future()
        self._network: Any = None
        """The network stream on which the response is awaited, once the transport has reported it."""

    def begin(self, send: Callable[[], Source]) -> None:
        """Send the request in a worker thread."""
        run_in_worker(lambda: self._run(send))

    def _run(self, send: Callable[[], Source]) -> None:
        PRESENT.set(self)  # the worker runs in its own context
        if self.abandoned:
            return
        try:
            source = send()
        except BaseException as error:
            with suppress(InvalidStateError):
                self._answer.set_exception(error)
            return
        try:
            self._answer.set_result(source)
        except InvalidStateError:
            with suppress(Exception):
                source.close()

    def result(self, seconds: float | None) -> Source:
        """Return the open response, or raise the error of `send`.

        Raises `TimeoutError` if it does not arrive within `seconds`; the request is then cut. Raises
        `concurrent.futures.CancelledError` if another thread called `cut()`.
        """
        try:
            return self._answer.result(seconds)
        except TimeoutError:
            if self._answer.done() or not self.cut():
                return self._answer.result()  # it arrived at the last moment, or `send` itself raised TimeoutError
            raise

    def cut(self) -> bool:
        """Stop waiting for the response; callable from any thread. Returns False if it has already arrived."""
        if not self._answer.cancel():
            return False
        shut(self._network)
        return True

    @property
    def abandoned(self) -> bool:
        """True once the request was cut: the transport must not send it again."""
        return self._answer.cancelled()

    def connected(self, network: Any) -> None:
        """Record the network stream on which the response is awaited; it is shut down when the wait is cut."""
        self._network = network
        if self.abandoned:
            shut(network)


PRESENT: ContextVar[Opening | None] = ContextVar("the opening that this code runs for", default=None)
"""The opening that a transport reports its network stream to; None if the caller cannot stop waiting."""


def shut(network: Any) -> bool:
    """Shut down the socket of an httpcore network stream, so that a blocked read ends. Returns False if it is not
    reachable.
    """
    with suppress(Exception):
        network.get_extra_info("socket").shutdown(2)
        return True
    return False
