"""Stops a run: after an error of all items, or when the user presses Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from .outgoing import Answer, Answerer, Outgoing


class UntilStopped:
    """Passes requests on until the run stops; then it cancels their calls."""

    def __init__(self, inner: Answerer) -> None:
        self._inner = inner
        self.stopped: bool = False
        """True once no further request may be sent."""

    def answer(self, outgoing: Outgoing) -> Coroutine[Any, Any, Answer]:
        """Return the answer to a request. Raises `CancelledError` if the run stops."""
        if self.stopped:
            raise asyncio.CancelledError
        return self._inner.answer(outgoing)


@contextmanager
def on_interrupt(handle: Callable[[], object]) -> Generator[None]:
    """Context manager: call a function in the running event loop when the user presses Ctrl-C, in place of what Python
    and asyncio do.

    Only if it is entered in the main thread, and if the program has no handler of its own for SIGINT. If it is left in
    another thread, which cannot set handlers, the earlier handler is restored when Ctrl-C is pressed. On Windows
    asyncio cancels the task.
    """
    before = signal.getsignal(signal.SIGINT)
    if not _in_main_thread() or not _is_default(before) or os.name == "nt":
        yield
        return
    loop = asyncio.get_running_loop()
    ended = False

    def restore() -> Any:
        earlier = signal.default_int_handler if _is_over(before) else before
        if signal.getsignal(signal.SIGINT) is interrupt:
            signal.signal(signal.SIGINT, earlier)
        return earlier

    def interrupt(number: int, frame: FrameType | None) -> None:
        if ended:
            restore()(number, frame)
        else:
            loop.call_soon_threadsafe(handle)

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        ended = True
        if _in_main_thread():
            restore()


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _is_over(handler: Any) -> bool:
    """Return True for the handler of an `asyncio.Runner` that has returned since: it has not removed its handler."""
    task = getattr(handler, "keywords", {}).get("main_task")
    return isinstance(task, asyncio.Task) and task.done()


def _is_default(handler: Any) -> bool:
    """Return True for the handlers of Python and of `asyncio.run`."""
    function = getattr(handler, "func", handler)
    of_asyncio = isinstance(getattr(function, "__self__", None), asyncio.Runner)
    return handler is signal.default_int_handler or of_asyncio
