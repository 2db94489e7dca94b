"""Calls the methods that the observers of a call define."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

T = TypeVar("T", bound=Callable[..., Any])

log: logging.Logger = logging.getLogger(__name__)


class BaseObserver:
    """The base class of `Observer`, which has the methods."""

    keeps_calls: ClassVar[bool] = True
    """False for an observer that does not read `request.call` after `call_ended`. If all observers of a call are such,
    the call has no reference cycle then, and does not wait for a garbage collection.
    """


def unused(method: T) -> T:
    """Mark a method of `Observer` that does nothing, so that it is not called."""
    vars(method)["unused"] = True
    return method


class Hooks:
    """The methods that the observers of a call define: functions that call all of them."""

    def __init__(self, observers: Sequence[BaseObserver]) -> None:
        self._observers = observers
        self.keep_calls: bool = any(one.keeps_calls for one in observers)

    def __getattr__(self, name: str) -> tuple[tuple[BaseObserver, Callable[..., Any]], ...]:
        if name.startswith("_"):  # of a copy that is being made, which has no observers yet
            raise AttributeError(name)
        # Computed when it is first used, because most observers define few methods.
        defined = [one for one in self._observers if not hasattr(getattr(one, name), "unused")]
        found = tuple((one, getattr(one, name)) for one in defined)
        setattr(self, name, found)
        return found


class Known(dict[tuple[BaseObserver, ...], Hooks]):
    """The methods for each combination with other observers. A copy, and one that is loaded from a pickle, is empty."""

    def __reduce__(self) -> Any:
        return Known, ()


def hooks_of(observers: tuple[BaseObserver, ...]) -> Hooks:
    """Return the methods that these observers define. The first observer keeps them, so that nothing else keeps the
    observers.
    """
    known: Known | None = vars(observers[0]).get(_HOOKS)
    if known is None:
        known = vars(observers[0])[_HOOKS] = Known()
    found = known.get(observers)
    if found is None:
        if len(known) >= _MANY:
            known.clear()
        found = known[observers] = Hooks(observers)
    return found


_HOOKS = "_mirascope_like_hooks"
_MANY = 16
"""The number of combinations with other observers for which an observer keeps the methods."""


def notify(hooks: tuple[tuple[BaseObserver, Callable[..., Any]], ...], *args: Any) -> None:
    """Call methods of observers. Errors are logged, and not raised."""
    for observer, method in hooks:
        try:
            method(*args)
        except Exception:
            warn_once(observer, method.__name__)


_WARNED = "_mirascope_like_warned"


def warn_once(observer: BaseObserver, method: str) -> None:
    """Log the error that is being handled, once for each observer and method."""
    warned: set[str] = vars(observer).setdefault(_WARNED, set())
    if method not in warned:
        warned.add(method)
        log.warning("%s.%s of an observer failed; the call continues", type(observer).__name__, method, exc_info=True)
