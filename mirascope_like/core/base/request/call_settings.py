"""Settings in `OVERRIDES` of the call that is being made. Calls that its prompt function or its tools make do not have
them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from ..runtime import NO_EFFECT
from .context_overrides import OVERRIDES, overridden

CALL_LAYERS = "call_layers"
"""The name of the setting with the wrappers of the provider of one call: see `provider.layers`."""
CALL_MODEL = "call_model"
"""The name of the setting with the name of a model that replaces the call's own, as in its option `fallback`."""
RACE = "race"
"""The name of the setting with the `Race` of a call that streams."""

_ALL = frozenset({CALL_LAYERS, CALL_MODEL, RACE})


class Race(NamedTuple):
    """The other candidates of a call, which are started while it has not answered."""

    after: float
    """The seconds after which the next candidate is started."""
    others: Sequence[str | Callable[..., Any]]
    """Names of models, or call functions with the same parameters."""


def without_call_settings(settings: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return settings without those of one call; with `names`, without these only."""
    left = names or _ALL
    return {name: one for name, one in settings.items() if name not in left}


def other_calls() -> AbstractContextManager[None]:
    """Return the context manager to enter while a prompt function or tools run: the calls that they make do not have
    the settings of the call for which they run.
    """
    settings = OVERRIDES.get()
    if _ALL.isdisjoint(settings):
        return NO_EFFECT
    return overridden(without_call_settings(settings))
