"""`context` and `override`: change the provider, model and parameters of calls that are made with `llm.call`."""

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
    """The settings that `context`, `override` and `retries.fallback` can change. If a key is missing, the call's own
    value is used.
    """

    provider: str
    model: str
    """The name of the model. A name such as "anthropic:claude-sonnet-5" also changes the provider."""
    call_params: Mapping[str, Any]
    """Call parameters that are merged into those of the call."""
    tools: Sequence[Any]
    """The tools that replace those of the call."""
    json_mode: bool
    client: Any
    """The client that replaces the one of the call. If the provider changes, the client of the call is never used."""


@contextmanager
def context(**settings: Unpack[Settings]) -> Generator[None]:
    """Context manager that changes settings of all `llm.call` functions that are called inside the `with` block, in the
    current thread or task only.

    Blocks may be nested: an inner block adds to the outer ones. A stream that was made inside a block keeps the block's
    settings. Raises `ConfigurationError` for an unknown setting.
    """
    settings = _read(settings)
    token = OVERRIDES.set(_merged(OVERRIDES.get(), settings))
    try:
        yield
    finally:
        OVERRIDES.reset(token)


def override(function: Callable[P, R], **settings: Unpack[Settings]) -> Callable[P, R]:
    """Return a copy of a function made with `llm.call` that uses other settings. The function itself does not change.

    If the function is already the result of `override`, the new settings take precedence. Raises `ConfigurationError`
    for an unknown setting.
    """
    settings = _read(settings)
    within = next((one for one in _layers(function) if one in _MADE), None)

    @contextmanager
    def decided() -> Generator[None]:
        around, outer = _AROUND.get()
        merged = _merged(settings, outer) if around is made else settings
        token = _AROUND.set((within, merged))
        try:
            with context(**merged):
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
"""All functions that `override` has returned."""
_AROUND: ContextVar[tuple[Callable[..., Any] | None, Settings]] = ContextVar("around", default=(None, Settings()))
"""The overridden function that is being called, and the settings that it applies."""


def _layers(function: Callable[..., Any] | None) -> Iterator[Callable[..., Any]]:
    """Yield a function, and then each function inside it that it wraps (`__wrapped__`)."""
    while function is not None:
        yield getattr(function, "__func__", function)
        function = getattr(function, "__wrapped__", None)


def _merged(outer: Mapping[str, Any], settings: Settings) -> Settings:
    if settings.get("provider", outer.get("provider")) != outer.get("provider"):
        outer = {name: one for name, one in outer.items() if name != "client"}  # the client belongs to the old provider
    params = {**outer.get("call_params", {}), **settings.get("call_params", {})}
    return cast("Settings", {**outer, **settings, **({"call_params": params} if params else {})})


def _read(settings: Settings) -> Settings:
    """Check the names of settings, and return the settings. A model such as "openai:gpt-4o-mini" is split into the
    settings `provider` and `model`.

    Raises `ConfigurationError` for an unknown name.
    """
    if unknown := set(settings) - set(Settings.__annotations__):
        known = ", ".join(Settings.__annotations__)
        raise ConfigurationError(f"unknown setting {', '.join(sorted(unknown))}: known settings are {known}")
    if settings.get("provider"):
        return settings
    provider, model = named(settings.get("model") or "")
    return {**settings, "provider": provider, "model": model} if provider is not None else settings
