"""Opening an answer that somebody may stop waiting for. Used by sync streams; a provider's transport may look at it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from ..runtime import run_in_worker
from .provider import Source


class Opening:
    """One request on its way: a worker thread sends it, and whoever waits for its answer can stop waiting.

    The answer, or `cut`, settles the wait, whichever comes first. An answer that comes after that is closed.
    """

    def __init__(self) -> None:
        self._answer: Future[Source] = Future()
        self._network: Any = None
        """The network stream on which the answer is awaited, where the transport reports it."""

    def begin(self, send: Callable[[], Source]) -> None:
        """Send the request, in a worker."""
        run_in_worker(lambda: self._run(send))

    def _run(self, send: Callable[[], Source]) -> None:
        PRESENT.set(self)  # in the worker's own context
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
        """Return the open answer, or raise the error of sending.

        Raises `TimeoutError` if it does not come within the seconds; it is then cut. Raises the `CancelledError` of
        `concurrent.futures` if it was cut from elsewhere.
        """
        try:
            return self._answer.result(seconds)
        except TimeoutError:
            if self._answer.done() or not self.cut():
                return self._answer.result()  # it came at the last moment, or the error is that of sending
            raise

    def cut(self) -> bool:
        """Stop waiting for the answer, from any thread. Return False if it has come."""
        if not self._answer.cancel():
            return False
        shut(self._network)
        return True

    @property
    def abandoned(self) -> bool:
        """True once nobody waits for the answer: nothing is then sent again."""
        return self._answer.cancelled()

    def connected(self, network: Any) -> None:
        """Report the network stream on which the answer is awaited; it is shut once nobody waits."""
        self._network = network
        if self.abandoned:
            shut(network)


PRESENT: ContextVar[Opening | None] = ContextVar("the opening that this code runs for", default=None)
"""What a transport reports its network stream to; None where nobody can stop waiting."""


def shut(network: Any) -> bool:
    """Shut the socket of a network stream of httpcore, where it can be reached: a read that waits on it ends."""
    with suppress(Exception):
        network.get_extra_info("socket").shutdown(2)
        return True
    return False
