"""Provider, model and parameters, chosen around calls made with `llm.call`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar, cast
from weakref import WeakSet

from typing_extensions import TypedDict, Unpack

from ..core.base.errors import ConfigurationError
from ..core.base.request import OVERRIDES
from .providers import named

P = ParamSpec("P")
R = TypeVar("R")


class Settings(TypedDict, total=False):
    """What can be decided around a call. What is not given stays as it is."""

    provider: str
    model: str
    """Its name, or "anthropic:claude-sonnet-5" for both."""
    call_params: Mapping[str, Any]
    """Added to those of the call."""
    tools: Sequence[Any]
    """Instead of those of the call."""
    json_mode: bool
    client: Any
    """Instead of the call's own, which is not used with another provider."""


@contextmanager
def context(**settings: Unpack[Settings]) -> Generator[None]:
    """Decide for all calls made with `llm.call` in a `with` block, in this thread or task alone.

    Blocks may be nested: an inner one adds to the outer ones. A stream made in the block keeps its settings after it.

    Raises `ConfigurationError` for an unknown setting.
    """
    settings = _read(settings)
    token = OVERRIDES.set(_merged(OVERRIDES.get(), settings))
    try:
        yield
    finally:
        OVERRIDES.reset(token)


def override(function: Callable[P, R], **settings: Unpack[Settings]) -> Callable[P, R]:
    """Return a function made with `llm.call` with other settings; the function given stays as it is.

    They go before those that it was overridden with already.

    Raises `ConfigurationError` for an unknown setting.
    """
    settings = _read(settings)
    within = next((one for one in _layers(function) if one in _MADE), None)

    @contextmanager
    def decided() -> Generator[None]:
        around, outer = _AROUND.get()
        told = _merged(settings, outer) if around is made else settings
        token = _AROUND.set((within, told))
        try:
            with context(**told):
                yield
        finally:
            _AROUND.reset(token)

    def overridden(*args: P.args, **kwargs: P.kwargs) -> Any:
        with decided():
            return function(*args, **kwargs)

    async def aoverridden(*args: P.args, **kwargs: P.kwargs) -> Any:
        with decided():
            return await cast("Any", function)(*args, **kwargs)

    made = cast("Callable[P, R]", wraps(function)(aoverridden if iscoroutinefunction(function) else overridden))
    _MADE.add(made)
    return made


_MADE: WeakSet[Callable[..., Any]] = WeakSet()
"""The functions that `override` gave."""
_AROUND: ContextVar[tuple[Callable[..., Any] | None, Settings]] = ContextVar("around", default=(None, Settings()))
"""The function of these that is called through another of them, and what that one decides."""


def _layers(function: Callable[..., Any] | None) -> Iterator[Callable[..., Any]]:
    """Yield a function, and those that it stands around."""
    while function is not None:
        yield getattr(function, "__func__", function)
        function = getattr(function, "__wrapped__", None)


def _merged(outer: Mapping[str, Any], settings: Settings) -> Settings:
    if settings.get("provider", outer.get("provider")) != outer.get("provider"):
        outer = {name: one for name, one in outer.items() if name != "client"}  # it was for the other provider
    params = {**outer.get("call_params", {}), **settings.get("call_params", {})}
    return cast("Settings", {**outer, **settings, **({"call_params": params} if params else {})})


def _read(settings: Settings) -> Settings:
    """Return settings with the provider that the model may be named with."""
    if unknown := set(settings) - set(Settings.__annotations__):
        known = ", ".join(Settings.__annotations__)
        raise ConfigurationError(f"{', '.join(sorted(unknown))}: only {known} can be decided around a call")
    if settings.get("provider"):
        return settings
    provider, model = named(settings.get("model") or "")
    return {**settings, "provider": provider, "model": model} if provider is not None else settings
