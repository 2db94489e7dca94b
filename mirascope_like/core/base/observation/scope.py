"""Which observers see a call: those of the process, of the context, and of the call itself."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager, suppress
from contextvars import Token
from functools import wraps
from inspect import iscoroutine
from threading import Lock
from typing import Any, ParamSpec, TypeVar, cast

from ..runtime import alike, over_descriptors
from .hooks import BaseObserver
from .observed_call import EMPTY, SCOPE, Group, ObservedCall, Scope

P = ParamSpec("P")
R = TypeVar("R")


_process: tuple[BaseObserver, ...] = ()
_lock = Lock()


def current_observers() -> tuple[BaseObserver, ...]:
    """Return the observers of a call that is made now, each once; empty if nothing observes it."""
    scope = SCOPE.get()
    if scope is EMPTY:
        return _process
    if not (_process or scope.shared or scope.joins):
        return scope.own if len(scope.own) < 2 else tuple(dict.fromkeys(scope.own))
    every = (*_process, *scope.shared, *scope.own, *(one for call in scope.joins for one in call.observers))
    return tuple(dict.fromkeys(every))


def parent_of_new_call() -> tuple[ObservedCall | None, tuple[ObservedCall, ...]]:
    """Return the parent of a call that is made now, and the calls that it is a part of."""
    scope = SCOPE.get()
    return scope.parent, scope.joins


@contextmanager
def observe(observer: BaseObserver) -> Generator[None]:
    """Context manager: all calls that are made inside the `with` block have this observer, also those of tasks that
    are started inside, and of the tools of these calls. A stream that is made inside is observed to its end.
    """
    scope = SCOPE.get()
    with entered(scope._replace(shared=(*scope.shared, observer))):
        yield


def observe_process(observer: BaseObserver) -> Callable[[], None]:
    """Make an observer observe all calls of the process, in all threads. Returns a function that ends this."""
    global _process
    with _lock:
        _process = (*_process, observer)

    def stop() -> None:
        global _process
        with _lock:
            _process = tuple(one for one in _process if one is not observer)

    return stop


def observe_call(observer: BaseObserver) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator: the calls of the decorated function have this observer. Calls that its prompt function or
    its tools make do not have it.
    """

    alone = Scope(own=(observer,))

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            token = _enter_own(alone)
            try:
                made = function(*args, **kwargs)
            finally:
                _leave(token)
            return awaited(made) if iscoroutine(made) else made

        async def awaited(made: Coroutine[Any, Any, Any]) -> Any:
            token = _enter_own(alone)
            try:
                return await made
            finally:
                with suppress(ValueError):  # the coroutine was dropped, and is closed in another context
                    _leave(token)

        return cast("Callable[P, R]", wraps(function)(alike(call, function)))

    return over_descriptors(decorate)


@contextmanager
def grouped(kind: str, name: str) -> Generator[None]:
    """Context manager: calls that are made inside the `with` block belong to this group. Does nothing if nothing
    observes calls.
    """
    if not current_observers():
        yield
        return
    with entered(SCOPE.get()._replace(group=Group(kind, name))):
        yield


@contextmanager
def entered(scope: Scope) -> Generator[None]:
    """Context manager: replace the scope inside a `with` block."""
    token = SCOPE.set(scope)
    try:
        yield
    finally:
        SCOPE.reset(token)


def _enter_own(alone: Scope) -> Token[Scope]:
    scope = SCOPE.get()
    return SCOPE.set(alone if scope is EMPTY else scope._replace(own=(*scope.own, *alone.own)))


def _leave(token: Token[Scope]) -> None:
    # A function of its own: cloudpickle pickles decorated functions with their globals, and cannot pickle the variable.
    SCOPE.reset(token)
