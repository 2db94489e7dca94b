"""Loads pickles of dataclasses that an older version wrote, which has fewer fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

ClassT = TypeVar("ClassT")


def loads_older_pickles(cls: type[ClassT]) -> type[ClassT]:
    """Let a frozen dataclass with slots load pickles that have fewer fields: the others have their defaults. Fields may
    only be added at the end.

    Goes above `@dataclass`, which replaces a `__setstate__` of the class before Python 3.11.4.
    """
    cls.__setstate__ = _set_fields  # type: ignore[attr-defined]
    return cls


def _set_fields(self: Any, state: Sequence[Any]) -> None:
    for place, field in enumerate(fields(self)):
        object.__setattr__(self, field.name, state[place] if place < len(state) else field.default)
