"""`context` and the settings that it, `override` and `retries.fallback` change."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from typing_extensions import TypedDict, Unpack

from ..core.base.errors import ConfigurationError
from ..core.base.request import OVERRIDES
from .providers import named


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
    settings = checked(settings)
    token = OVERRIDES.set(merged(OVERRIDES.get(), settings))
    try:
        yield
    finally:
        OVERRIDES.reset(token)


def merged(outer: Mapping[str, Any], settings: Settings) -> Settings:
    """Return the settings of an outer block together with those of an inner block, which take precedence."""
    if settings.get("provider", outer.get("provider")) != outer.get("provider"):
        outer = {name: one for name, one in outer.items() if name != "client"}  # the client belongs to the old provider
    params = {**outer.get("call_params", {}), **settings.get("call_params", {})}
    return cast("Settings", {**outer, **settings, **({"call_params": params} if params else {})})


def checked(settings: Settings) -> Settings:
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
