"""Stops a run: after an error of all items, or when the user presses Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from .outgoing import Answer, Answerer, Outgoing


class UntilStopped:
    """Passes requests on until the run stops; then it cancels their calls."""

    def __init__(self, inner: Answerer) -> None:
        self._inner = inner
        self.stopped: bool = False
        """True once no further request may be sent."""

    async def answer(self, outgoing: Outgoing) -> Answer:
        """Return the answer to a request. Raises `CancelledError` if the run stops."""
        if self.stopped:
            raise asyncio.CancelledError
        return await self._inner.answer(outgoing)


@contextmanager
def on_interrupt(handle: Callable[[], object]) -> Generator[None]:
    """Context manager: call a function in the running event loop when the user presses Ctrl-C, in place of what Python
    and asyncio do.

    Only in the main thread, and if the program has no handler of its own for SIGINT. Windows has no such handlers for
    event loops; there asyncio cancels the task.
    """
    loop = asyncio.get_running_loop()
    if threading.current_thread() is not threading.main_thread() or not _is_default(signal.getsignal(signal.SIGINT)):
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        loop.add_signal_handler(signal.SIGINT, handle)
    except NotImplementedError:
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.default_int_handler if _is_over(before) else before)


def _is_over(handler: Any) -> bool:
    """Return True for the handler of an `asyncio.Runner` that has returned since: it has not removed its handler."""
    task = getattr(handler, "keywords", {}).get("main_task")
    return isinstance(task, asyncio.Task) and task.done()


def _is_default(handler: Any) -> bool:
    """Return True for the handlers of Python and of `asyncio.run`."""
    function = getattr(handler, "func", handler)
    of_asyncio = isinstance(getattr(function, "__self__", None), asyncio.Runner)
    return handler is signal.default_int_handler or of_asyncio
