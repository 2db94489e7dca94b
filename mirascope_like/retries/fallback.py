"""`fallback`: after an error, calls a function again with another provider, model or other parameters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial, wraps
from typing import Any, ParamSpec, Protocol, Required, TypeVar, cast

from ..core.base.errors import UNSENT, Caught, ConfigurationError, FallbackError
from ..core.base.request import OVERRIDES, overridden
from ..core.base.runtime import alike, is_async, within_descriptor
from ..core.base.streams import BaseStream, BaseStructuredStream
from ..llm import override
from ..llm.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")


class Fallback(Settings, total=False):
    """The settings of one fallback (such as its provider and model), and the errors after which the next fallback is
    called.
    """

    catch: Required[Caught]
    """The errors of this fallback after which the next fallback is called."""


class FallbackDecorator(Protocol):
    """The decorator that `fallback` returns."""

    def __call__(self, fn: Callable[P, R], /) -> Callable[P, R]:
        """Return a function that calls `fn`, and the fallbacks after its errors."""
        ...


def fallback(catch: Caught, fallbacks: Sequence[Fallback]) -> FallbackDecorator:
    """Return a decorator for a function made with `llm.call`. If the function raises an error of `catch`, the fallbacks
    are called instead, one after another.

    A stream falls back only before its first event; later errors are raised. The caught errors are in the attribute
    `_caught` of the response or stream. For a structured stream, use the call's option `fallback=`; this decorator
    raises `ConfigurationError` for it.

    Raises `FallbackError` if the last fallback fails with one of its own `catch` errors or cannot be sent
    (`PromptError`, `ConfigurationError`). Other errors are raised unchanged. Raises `ConfigurationError` for a fallback
    without `catch`.
    """
    if not all("catch" in one for one in fallbacks):
        raise ConfigurationError('a fallback has no "catch": add the errors to catch, {"catch": ..., "model": ...}')

    def decorate(function: Callable[P, R], /) -> Callable[P, R]:
        if (made := within_descriptor(function, decorate)) is not None:
            return cast("Callable[P, R]", made)
        first = cast("Callable[..., Any]", function)
        candidates: list[tuple[Callable[..., Any], Caught]] = [(first, catch)]
        asynchronous = is_async(first)
        candidates += [(override(first, **_settings(one)), one["catch"]) for one in fallbacks]

        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            caught: list[Exception] = []
            for number, (candidate, errors) in enumerate(candidates):
                try:
                    made = candidate(*args, **kwargs)
                except errors as error:
                    caught.append(error)
                    continue
                except UNSENT as error:
                    if not caught:
                        raise
                    caught.append(error)
                    continue
                if asynchronous and not isinstance(made, BaseStream | BaseStructuredStream):
                    return awaited(made, args, kwargs)
                return _noted(made, caught, candidates[number:], args, kwargs)
            raise FallbackError(caught) from caught[-1]

        async def awaited(made: Awaitable[Any], args: Any, kwargs: Any) -> Any:
            caught: list[Exception] = []
            for candidate, errors in candidates:
                try:
                    return _noted(await made if not caught else await candidate(*args, **kwargs), caught)
                except errors as error:
                    caught.append(error)
                except UNSENT as error:
                    if not caught:
                        raise
                    caught.append(error)
            raise FallbackError(caught) from caught[-1]

        return cast("Callable[P, R]", wraps(first)(alike(call, first)))

    return decorate


def _settings(one: Fallback) -> Settings:
    return cast("Settings", {key: value for key, value in one.items() if key != "catch"})


def _noted(
    made: Any,
    caught: list[Exception],
    candidates: Sequence[tuple[Callable[..., Any], Caught]] = (),
    args: Any = (),
    kwargs: Any = None,
) -> Any:
    """Set the errors that were caught so far on a result, as `_caught`. On a stream, also set the remaining
    fallbacks, which the stream calls if it fails while it is read.
    """
    given = made
    if isinstance(made, BaseStructuredStream):
        raise ConfigurationError(
            "retries.fallback does not support structured streams: use the call's option fallback=['provider:model']"
        )
    if isinstance(made, BaseStream):
        # The fallbacks run while the stream is read, maybe in another context: apply the settings active now.
        makers = [partial(_under, OVERRIDES.get(), candidate, *args, **kwargs) for candidate, _ in candidates[1:]]
        made.otherwise([errors for _, errors in candidates], makers, caught)
    elif caught:
        with suppress(AttributeError, TypeError, ValueError):  # a str or an int has no attribute `_caught`
            object.__setattr__(made, "_caught", caught)
    return given


def _under(settings: Mapping[str, Any], function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    with overridden(settings):
        return function(*args, **kwargs)
