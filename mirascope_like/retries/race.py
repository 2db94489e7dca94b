"""`race`: if a call does not answer in time, other candidates are started, and the first that answers wins."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial, wraps
from inspect import iscoroutine
from typing import Any, ParamSpec, TypeVar, cast

from ..core.base.errors import ConfigurationError
from ..core.base.request import CALL_MODEL, OVERRIDES, RACE, Race, overridden, without_call_settings
from ..core.base.runtime import alike, is_async, over_descriptors
from ..core.base.streams import BaseStream, BaseStructuredStream, afirst_of, first_of

P = ParamSpec("P")
R = TypeVar("R")


def race(*, after: float, others: Sequence[str | Callable[..., Any]]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator for a call of any provider. If the call has no output after `after` seconds, the first of
    `others` is started too, after as many seconds more the second, and so on. The first that has output wins; the
    connections of the others are closed.

    Each of `others` is the name of a model (for `llm.call` also "provider:model"), or a call function with the same
    parameters and the same kind of result. A call that does not stream has output when it returns. A stream has output
    with its first text, thinking or piece of a tool call; it races when it is opened, and then continues with the
    response that has won.

    If a candidate fails, the next is started at once. If all fail, `FallbackError` has their errors. An error that is
    not of this library is raised at once. Raises `ConfigurationError` for a negative `after`, and for others
    that are neither names nor calls.
    """
    if not isinstance(cast("Any", after), int | float) or isinstance(after, bool) or not after >= 0:
        raise ConfigurationError(f"after must be a number of seconds, 0 or more, not {after!r}")
    if isinstance(others, str) or not others:
        raise ConfigurationError("others must be a list of models or calls that race, with at least one")
    if wrong := [one for one in cast("Any", others) if not isinstance(one, str) and not callable(one)]:
        raise ConfigurationError(f"others must be names of models or calls, not {wrong[0]!r}")
    spec = Race(after, tuple(others))

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            candidates = _candidates(cast("Callable[..., Any]", function), spec, args, kwargs)
            if _streams(function):
                return candidates[0]()
            return first_of(candidates, spec.after)

        def acall(*args: P.args, **kwargs: P.kwargs) -> Any:
            first, *rest = _candidates(cast("Callable[..., Any]", function), spec, args, kwargs)
            made = first()
            if isinstance(made, BaseStream | BaseStructuredStream):
                return cast("Any", made)
            return afirst_of([partial(_same, made), *rest], spec.after)

        return cast("Callable[P, R]", wraps(function)(alike(acall, function) if is_async(function) else call))

    return over_descriptors(decorate)


def _candidates(
    function: Callable[..., Any], spec: Race, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> list[Callable[[], Any]]:
    """Return a function for each candidate that calls it. A stream of the first one races against the others."""
    settings = without_call_settings(OVERRIDES.get(), CALL_MODEL, RACE)
    made: list[Callable[[], Any]] = [partial(_called, {**settings, RACE: spec}, function, args, kwargs)]
    for one in spec.others:
        own = {**settings, CALL_MODEL: one} if isinstance(one, str) else settings
        made.append(partial(_called, own, function if isinstance(one, str) else one, args, kwargs))
    return made


def _called(
    settings: Mapping[str, Any], function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    with overridden(settings):
        made = function(*args, **kwargs)
    return _awaited(settings, made) if iscoroutine(made) else made


async def _awaited(settings: Mapping[str, Any], made: Coroutine[Any, Any, Any]) -> Any:
    with overridden(settings):  # decorators inside the race may call the function again
        return await made


async def _same(made: Coroutine[Any, Any, Any]) -> Any:
    return await made


def _streams(function: Callable[..., Any]) -> bool:
    """Return True if a call returns a stream, by its annotations; False if they do not show it."""
    kind = getattr(function, "__annotations__", {}).get("return")
    kind = getattr(kind, "__origin__", kind)
    return isinstance(kind, type) and issubclass(kind, BaseStream | BaseStructuredStream)
