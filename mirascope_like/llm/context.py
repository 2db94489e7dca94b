"""Provider, model and parameters, chosen around calls made with `llm.call`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar, cast

from typing_extensions import TypedDict, Unpack

from ..core.base.errors import ConfigurationError
from ..core.base.overrides import OVERRIDES

P = ParamSpec("P")
R = TypeVar("R")


class Settings(TypedDict, total=False):
    """What can be decided around a call. What is not given stays as it is."""

    provider: str
    model: str
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
    _check(settings)
    outer = OVERRIDES.get()
    if settings.get("provider", outer.get("provider")) != outer.get("provider"):
        outer = {name: one for name, one in outer.items() if name != "client"}  # it was for the other provider
    params = {**outer.get("call_params", {}), **settings.get("call_params", {})}
    token = OVERRIDES.set({**outer, **settings, **({"call_params": params} if params else {})})
    try:
        yield
    finally:
        OVERRIDES.reset(token)


def override(function: Callable[P, R], **settings: Unpack[Settings]) -> Callable[P, R]:
    """Return a function made with `llm.call` with other settings; the function given stays as it is.

    Raises `ConfigurationError` for an unknown setting.
    """
    _check(settings)

    def overridden(*args: P.args, **kwargs: P.kwargs) -> Any:
        with context(**settings):
            return function(*args, **kwargs)

    async def aoverridden(*args: P.args, **kwargs: P.kwargs) -> Any:
        with context(**settings):
            return await cast("Any", function)(*args, **kwargs)

    return cast("Callable[P, R]", wraps(function)(aoverridden if iscoroutinefunction(function) else overridden))


def _check(settings: Mapping[str, Any]) -> None:
    if unknown := set(settings) - set(Settings.__annotations__):
        known = ", ".join(Settings.__annotations__)
        raise ConfigurationError(f"{', '.join(sorted(unknown))}: only {known} can be decided around a call")
