"""Detects that a stream is already being read: by another thread or task, or by one of its own tools or callbacks.

Python reports this by errors that user code may raise too, so these functions examine where an error was raised.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import Any, Generic, Literal, TypeVar

from ..errors import StreamError

T = TypeVar("T")


def closed(generator: Generator[Any]) -> bool:
    """Close a generator. Return False, and do not close it, if it is running: in another thread, or in this one, below
    this call.

    `generator.close()` would raise `ValueError` then, but CPython 3.11 and 3.12 look for a `yield from` in its frame
    before that, and may crash. No other thread can run between the question and `close`: CPython switches threads at
    the start of a function, after a call, and at the end of a loop's body.
    """
    one: Any = generator
    if one.gi_running:
        return False
    one.close()
    return True


def close(generator: Generator[Any]) -> None:
    """Close a generator. Raises `InUseError` if it is running."""
    if not closed(generator):
        raise error_for("thread")


async def aclose(generator: AsyncGenerator[Any]) -> None:
    """Async version of `close`. Raises Python's own `RuntimeError`, which a reader converts: see `converted`."""
    await generator.aclose()


def is_running(error: BaseException) -> bool:
    """Return True if `aclose()` of an asynchronous generator raised `error` because the generator is running.

    Python itself raises that error, and not the code of the generator.
    """
    return _raised_here(error)


def was_thrown_in(error: BaseException) -> bool:
    """Return True if `error`, which a generator has caught, was thrown into it at its own `yield`.

    Other errors are raised by code that the generator calls or awaits.
    """
    return _raised_here(error)


def _raised_here(error: BaseException) -> bool:
    """Return True if an error was raised in the same frame that caught it, and not by Python code that the frame
    called.
    """
    trace = error.__traceback__
    return trace is not None and trace.tb_next is None


READERS: dict[str, Literal["thread", "task"]] = {
    "generator already executing": "thread",
    "anext(): asynchronous generator is already running": "task",
    "aclose(): asynchronous generator is already running": "task",
}
"""Maps the message of an error of Python to what is running the loop or a view of the stream at the same time."""


def converted(error: Exception) -> Exception:
    """Return an `InUseError` if `error` means that another thread or task is running the loop; else return `error`.

    Python raises `error` at the call of `next` or `anext` in this package.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    raised_in: str = trace.tb_frame.f_globals.get("__name__", "") if trace is not None else ""
    reader = READERS.get(str(error))
    return error if reader is None or raised_in.rpartition(".")[0] != __package__ else error_for(reader)


class InUseError(StreamError):
    """Another thread or task is reading the stream. The stream itself has not failed."""


def error_for(reader: Literal["thread", "task"]) -> InUseError:
    """Return the error to raise for a stream that another thread or task is reading."""
    return InUseError(f"another {reader} is reading this stream: read it in one {reader}, or give each its own stream")


class ViewIterator(Generic[T]):
    """The iterator of a view. Raises `InUseError` if a second thread advances the iterator at the same time."""

    __slots__ = ("_steps",)

    def __init__(self, steps: Generator[T]) -> None:
        self._steps = steps

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        try:
            return next(self._steps)
        except ValueError as error:
            raise converted(error)

    def close(self) -> None:
        """End the view. The stream stays open. Raises `InUseError` while another thread reads the view."""
        close(self._steps)


class AsyncViewIterator(Generic[T]):
    """Async version of `ViewIterator`. Raises `InUseError` if a second task advances the iterator at the same time."""

    __slots__ = ("_steps",)

    def __init__(self, steps: AsyncGenerator[T]) -> None:
        self._steps = steps

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        try:
            return await anext(self._steps)
        except RuntimeError as error:
            raise converted(error)

    async def aclose(self) -> None:
        """End the view. The stream stays open."""
        await self._steps.aclose()
