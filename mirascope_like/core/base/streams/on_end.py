"""Runs on-end callbacks, and decides which of their errors are raised.

Every callback runs, even if another one raises an error. If the stream that a callback receives ended with an error,
which may be a cancellation, an error of the callback is logged. Otherwise the first such error is raised after all
callbacks have run, and later ones are logged. A cancellation or `KeyboardInterrupt` is always raised, after all
callbacks have run.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager, suppress
from inspect import isawaitable, iscoroutine

from .transcript import Transcript

log: logging.Logger = logging.getLogger(__name__)


class CallbackErrors:
    """Collects the errors of callbacks that are run together."""

    def __init__(self) -> None:
        self._raised: BaseException | None = None
        """The error to raise after all callbacks have run; None if there is none."""

    @contextmanager
    def collected(self, transcript: Transcript) -> Generator[None]:
        """Context manager that keeps or logs an error of its block, which runs a callback for a transcript."""
        try:
            yield
        except Exception as error:
            if transcript.error is None and self._raised is None:
                self._raised = error
            else:
                log.exception("an on-end callback raised an error, which is only logged")
        except GeneratorExit:  # the coroutine that awaits the callback is being closed, and cannot await others
            raise
        except BaseException as error:
            if (replaced := self._raised) is not None:
                log.error("an on-end callback raised an error, which is only logged", exc_info=replaced)
            self._raised = error

    def raise_first(self) -> None:
        """Raise the error that was kept, if there is one."""
        raised, self._raised = self._raised, None
        if raised is not None:
            try:
                raise raised
            finally:
                del raised  # the traceback of the error refers to this frame


def run_on_end(transcript: Transcript, *, abandoned: bool = False) -> None:
    """Run the on-end callbacks of a stream that has ended. With `abandoned`, run only those of failed fallbacks: the
    stream has not ended, and tries its next fallback.
    """
    errors = CallbackErrors()
    for on_end, ended in transcript.take_on_end(abandoned=abandoned):
        with errors.collected(ended):
            on_end(ended)
    errors.raise_first()


async def arun_on_end(transcript: Transcript, *, abandoned: bool = False) -> None:
    """Async version of `run_on_end`. If a callback returns an awaitable, that is awaited."""
    errors = CallbackErrors()
    for on_end, ended in transcript.take_on_end(abandoned=abandoned):
        with errors.collected(ended):
            if isawaitable(running := on_end(ended)):
                await running
    errors.raise_first()


def run_on_end_now(transcript: Transcript) -> None:
    """Version of `run_on_end` for an async stream that was dropped without a running event loop of asyncio (also on
    trio). A callback that has to wait is stopped at its first wait.
    """
    errors = CallbackErrors()
    for on_end, ended in transcript.take_on_end():
        with errors.collected(ended):
            if iscoroutine(running := on_end(ended)):
                with suppress(StopIteration):
                    running.send(None)
                running.close()
    errors.raise_first()
