"""Layers: wrappers of the provider of all calls in a `with` block, such as a budget, or of one call, such as a cache.

They are among the settings of `OVERRIDES`, so they apply in the current thread or task. A call keeps the layers with
which it was made, also for a request that it sends later, to a fallback or from another thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from ..request import CALL_LAYERS, OVERRIDES, overridden
from .provider import Provider, Target


class Layer(Protocol):
    """What wraps the provider of a call."""

    def wrap(self, provider: Provider[Any, Any, Any]) -> Any:
        """Return the provider of one call, wrapped. Called once for each call and each of its fallbacks."""
        ...


LAYERS = "layers"
"""The name of the setting in `OVERRIDES` with the layers of all calls."""


def active_layers(overrides: Mapping[str, Any]) -> Sequence[Layer]:
    """Return the layers of all calls among settings, the outermost first."""
    found: Sequence[Layer] = overrides.get(LAYERS, ())
    return found


def call_layer(layer: Layer) -> AbstractContextManager[None]:
    """Return a context manager: the calls that are made inside have this layer, but not calls that their prompt
    functions and tools make.
    """
    settings = OVERRIDES.get()
    return overridden({**settings, CALL_LAYERS: (*settings.get(CALL_LAYERS, ()), layer)})


def add_layer(layer: Layer) -> None:
    """Add a layer to the calls that are made from now on, in the current thread or task."""
    settings = OVERRIDES.get()
    OVERRIDES.set({**settings, LAYERS: (*active_layers(settings), layer)})


def remove_layer(layer: Layer) -> None:
    """Undo the last `add_layer` of this layer. Other settings that were changed since then stay."""
    settings = OVERRIDES.get()
    kept = list(active_layers(settings))
    for number in reversed(range(len(kept))):
        if kept[number] is layer:
            del kept[number]
            break
    others = {name: one for name, one in settings.items() if name != LAYERS}
    OVERRIDES.set({**others, LAYERS: tuple(kept)} if kept else others)


def with_layers(target: Target, overrides: Mapping[str, Any]) -> Target:
    """Return the target of a call with the layers of its settings around the provider, those of the call outside of
    those of all calls. A layer that was added twice wraps it once.
    """
    if LAYERS not in overrides and CALL_LAYERS not in overrides:
        return target
    found = (*overrides.get(CALL_LAYERS, ()), *active_layers(overrides))
    provider: Any = target.provider
    for layer in reversed(dict.fromkeys(found)):
        provider = layer.wrap(provider)
    return Target(provider, target.model, target.settings)
