"""Find out that a stream is being read already: by another thread or task, or by a tool or callback of its own.

Python raises the same errors for this as user code may raise itself, so these functions look at where one was raised.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Generic, Literal, TypeVar

from ..errors import StreamError

T = TypeVar("T")


def is_running(error: BaseException) -> bool:
    """Return True if `generator.close()` or `aclose()` raised `error` because the generator is running.

    Python raises that error itself, so it was raised by no code of the generator.
    """
    return _raised_here(error)


def was_thrown_in(error: BaseException) -> bool:
    """Return True if `error`, caught within a generator, was thrown in at its own `yield`.

    Other errors are raised by what the generator calls or awaits.
    """
    return _raised_here(error)


def _raised_here(error: BaseException) -> bool:
    """Return True if an error was raised in the frame that catches it, not by Python code that the frame called."""
    trace = error.__traceback__
    return trace is not None and trace.tb_next is None


def converted(error: Exception) -> Exception:
    """Return a `StreamError` if `error` means that another thread is running the loop; else return `error`.

    That error is raised where code of this package calls `next` for the loop.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    raised_in: str = trace.tb_frame.f_globals.get("__name__", "") if trace is not None else ""
    if str(error) != "generator already executing" or raised_in.rpartition(".")[0] != __package__:
        return error
    return error_for("thread")


def error_for(reader: Literal["thread", "task"]) -> StreamError:
    """Return the error to raise for a stream that another thread or task is reading."""
    return StreamError(f"another {reader} is reading this stream: read it in one {reader}, or give each its own stream")


class View(Generic[T]):
    """The iterator of a view. If a second thread steps it meanwhile, that raises `StreamError`."""

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
        """End the view. The stream stays open."""
        self._steps.close()
