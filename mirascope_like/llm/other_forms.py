"""Makes a function of `llm.call` again so that it returns something else: a stream, a parsed value or a response."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from types import MethodType
from typing import Any

from ..core.base.errors import ConfigurationError
from ..core.base.runtime import alike, within_descriptor

Form = Mapping[str, Any]
"""Options of a call that define what it returns: `stream`, `response_model` and `output_parser`."""
_MARK = "__llm_made__"
_REPLACED: ContextVar[tuple[Callable[..., Any], Callable[..., Any]] | None] = ContextVar("replaced", default=None)
"""A function of `llm.call`, and the function that is called instead."""
_OF_STREAMS = ("fail_fast", "retry", "fallback", "resume")


@dataclass(frozen=True, eq=False)
class Made:
    """Marks a function that `llm.call` or `llm.override` returned: as its attribute, so that it is pickled with it."""

    function: Callable[..., Any]
    """The function. Another one that has the mark, too, is a decorator around it."""
    remake: Callable[[Form], Callable[..., Any]]
    """Makes the function again in another form."""
    overrides: bool = False
    """True for a function of `llm.override`."""

    def put(self) -> None:
        """Mark the function."""
        setattr(self.function, _MARK, self)


def made_by_llm(function: Callable[..., Any]) -> Made | None:
    """Return the mark of a function that `llm` has made; None for any other."""
    mark = getattr(function, "__dict__", {}).get(_MARK)
    return mark if isinstance(mark, Made) and mark.function is function else None


class FormDecorator:
    """The decorator that `llm.call` returns. It remembers how to make its functions again in another form."""

    def __init__(self, decorate: Callable[[Any], Any], remake: Callable[[Form], Callable[[Any], Any]]) -> None:
        self._decorate = decorate
        self._remake = remake

    def __call__(self, fn: Any) -> Any:
        made: Any = within_descriptor(fn, self)
        if made is not None:
            return made
        made = self._decorate(fn)

        def call(*args: Any, **kwargs: Any) -> Any:
            return _instead_of(function, made)(*args, **kwargs)

        function = wraps(made)(alike(call, made))
        remake = self._remake
        Made(function, lambda form: remake(form)(fn)).put()
        return function


def with_form(options: Mapping[str, Any], form: Form) -> dict[str, Any]:
    """Return the options of a call in another form, without the options that this form cannot have."""
    changed = {**options, **form}
    dropped = ("max_retries",) if changed.get("stream") else _OF_STREAMS
    if form.get("response_model") is not None:
        dropped += ("resume", *(() if "output_parser" in form else ("output_parser",)))
    return {name: one for name, one in changed.items() if name not in dropped}


def reformed(function: Callable[..., Any], form: Form) -> Callable[..., Any]:
    """Return a function of `llm.call` in another form. It may be a bound method, and other decorators may be around it.

    Raises `ConfigurationError` for a function that is not made with `llm.call`, and for a form that it cannot have.
    """
    bound_to = getattr(function, "__self__", None)
    own = getattr(function, "__func__", function)
    if (mark := made_by_llm(own)) is not None:
        made = mark.remake(form)
        return made if bound_to is None else MethodType(made, bound_to)
    found = [mark for one in layers(function) if (mark := made_by_llm(one)) is not None]
    if not found:
        raise ConfigurationError(
            f"{' and '.join(form)} cannot be changed: llm.override needs a function that is made with llm.call"
        )
    inner, other = found[-1].function, found[-1].remake(form)

    def call(*args: Any, **kwargs: Any) -> Any:
        with _replaced(inner, other):
            return function(*args, **kwargs)

    async def acall(*args: Any, **kwargs: Any) -> Any:
        with _replaced(inner, other):
            return await function(*args, **kwargs)

    return wraps(function)(acall if alike(call, function) is not call else call)


# cloudpickle pickles the functions above with the globals that they use, and cannot pickle the context variable.
def _instead_of(function: Callable[..., Any], made: Callable[..., Any]) -> Callable[..., Any]:
    replaced = _REPLACED.get()
    return made if replaced is None or replaced[0] is not function else replaced[1]


@contextmanager
def _replaced(function: Callable[..., Any], other: Callable[..., Any]) -> Generator[None]:
    token = _REPLACED.set((function, other))
    try:
        yield
    finally:
        _REPLACED.reset(token)


def layers(function: Callable[..., Any] | None) -> Iterator[Callable[..., Any]]:
    """Yield a function, and then each function inside it that it wraps (`__wrapped__`)."""
    while function is not None:
        yield getattr(function, "__func__", function)
        function = getattr(function, "__wrapped__", None)
