"""Opens a response in a thread, so that the caller can stop waiting for it. Used by sync streams, and by async calls
that run in threads.

Transports may read `PRESENT`.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from ..runtime import outcome, run_in_worker
from .provider import Source


class Opening:
    """One request that is being sent, usually in a worker thread. The caller can stop waiting for the response.

    The wait ends when the response arrives or when `cut()` is called. A response that arrives after `cut()` is closed.
    Where the caller itself sends, `cut()` ends the wait only if the transport has reported its network stream.
    """

    def __init__(self) -> None:
        self._answer: Future[Source] = Future()
        self._network: Any = None
        """The network stream from which the response is read; None until the transport has reported it."""

    def begin(self, send: Callable[[], Any], run: Callable[[Callable[[], None]], None] = run_in_worker) -> None:
        """Send the request in the thread in which `run` runs a function: by default, a worker thread."""
        run(lambda: self._run(send))

    def _run(self, send: Callable[[], Any]) -> None:
        PRESENT.set(self)
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
        """Wait for the response and return it, or raise the error of `send`.

        Raises `TimeoutError` if the response does not arrive within `seconds`; the request is then aborted. Raises
        `concurrent.futures.CancelledError` if another thread called `cut()`.
        """
        try:
            return self._answer.result(seconds)
        except TimeoutError:
            if self._answer.done() or not self.cut():
                return self._answer.result()  # arrived at the last moment, or `send` itself raised TimeoutError
            raise

    async def aresult(self) -> Any:
        """Return what `send` returned, or raise its error. If the task is cancelled, the request is cut."""
        try:
            return await outcome(self._answer)
        finally:
            self.cut()

    def cut(self) -> bool:
        """Stop waiting for the response, and shut its connection down. Returns False if the response has already
        arrived.

        Can be called from any thread.
        """
        if not self._answer.cancel():
            return False
        shut(self._network)
        return True

    def when_over(self, wake: Callable[[], object]) -> None:
        """Call `wake` once the response has arrived, the request has failed or `cut()` was called; at once if that has
        already happened. It may be called from any thread.
        """
        self._answer.add_done_callback(lambda _: wake())

    @property
    def abandoned(self) -> bool:
        """True once `cut()` was called. The transport must then not send the request again."""
        return self._answer.cancelled()

    def connected(self, network: Any) -> None:
        """Record the network stream from which the response is read. `cut()` shuts it down."""
        self._network = network
        if self.abandoned:
            shut(network)


PRESENT: ContextVar[Opening | None] = ContextVar("the opening that this code runs for", default=None)
"""The opening to which a transport reports its network stream; None if the caller waits without an `Opening`."""


def run_here(job: Callable[[], None]) -> None:
    """Run an opening in the thread and the context of the caller."""
    before = PRESENT.get()
    job()
    PRESENT.set(before)


def shut(network: Any) -> bool:
    """Shut down the socket of an httpcore network stream, so that a blocked read ends. Returns False if the socket
    cannot be found.
    """
    with suppress(Exception):
        network.get_extra_info("socket").shutdown(2)
        return True
    return False
