"""Runs the steps of an awaitable by a given function; runs sync and async code in a given `contextvars` context."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from contextvars import Context
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_NOTHING: Any = object()
NO_EFFECT: AbstractContextManager[None] = nullcontext()
"""A context manager that does nothing. It may be entered any number of times."""


class Steps(Generic[T]):
    """Wraps an awaitable so that `run` calls each of its steps, from one wait to the next. Works on any event loop.

    To run them in a context, `run` is `context.run`.
    """

    def __init__(self, awaitable: Awaitable[T], run: Callable[..., Any]) -> None:
        self._awaitable = awaitable
        self._run = run

    def __await__(self) -> Generator[Any, Any, T]:
        steps, run = self._awaitable.__await__(), self._run
        step: Callable[[], Any] = steps.__next__
        while True:
            try:
                waited_for = run(step)
            except StopIteration as stop:
                found: T = stop.value
                return found
            try:
                sent = yield waited_for
            except GeneratorExit:
                run(_close, steps)
                raise
            except BaseException as error:
                step = _throw(steps, error)
            else:
                step = _send(steps, sent)


def _send(steps: Any, value: Any) -> Callable[[], Any]:
    return lambda: next(steps) if value is None else steps.send(value)


def _throw(steps: Any, error: BaseException) -> Callable[[], Any]:
    def throw() -> Any:
        if not hasattr(steps, "throw"):
            raise error
        return steps.throw(error)

    return throw


def _close(steps: Any) -> None:
    if (close := getattr(steps, "close", None)) is not None:
        close()


def run_and_carry(context: Context, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call a function in `context`; then copy the context variables that it changed into the current context.

    Variables that the function did not change keep their values in the current context.
    """
    before = context.copy()
    try:
        return context.run(function, *args, **kwargs)
    finally:
        for variable, value in context.items():
            if before.get(variable, _NOTHING) is not value:
                variable.set(value)
