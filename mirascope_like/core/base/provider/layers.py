"""Layers: wrappers of the provider of all calls in a `with` block, such as a budget.

They are among the settings of `OVERRIDES`, so they apply in the current thread or task. A call keeps the layers with
which it was made, also for a request that it sends later, to a fallback or from another thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ..request import OVERRIDES
from .provider import Provider, Target


class Layer(Protocol):
    """What wraps the provider of a call."""

    def wrap(self, provider: Provider[Any, Any, Any]) -> Any:
        """Return the provider of one call, wrapped. Called once for each call and each of its fallbacks."""
        ...


LAYERS = "layers"
"""The name of the setting in `OVERRIDES`."""


def active_layers(overrides: Mapping[str, Any]) -> Sequence[Layer]:
    """Return the layers among settings, the outermost first."""
    found: Sequence[Layer] = overrides.get(LAYERS, ())
    return found


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
    """Return the target of a call with the layers of its settings around the provider. A layer that was added twice
    wraps it once.
    """
    if not (found := active_layers(overrides)):
        return target
    provider: Any = target.provider
    for layer in reversed(dict.fromkeys(found)):
        provider = layer.wrap(provider)
    return target._replace(provider=provider)
