"""Values that are written as JSON are not read to their end: a file, a generator or a database's cursor may be one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, cast

from pydantic import BaseModel

_ATOMS = frozenset({str, int, float, bool, bytes, type(None)})
_DEPTH = 100
"""Values that are nested more deeply are left as they are."""


def without_iterators(value: Any) -> Any:
    """Return a value in which the name of its class stands for each iterator, such as "<generator>".

    Pydantic's JSON functions read iterators: the program would not get what they yield, and an endless one would never
    end. Returns `value` itself if it has none.
    """
    return _without(value, {}, 0)


def _without(value: Any, known: dict[int, Any], depth: int) -> Any:
    kind: Any = cast("Any", type(value))
    if kind in _ATOMS or depth > _DEPTH or isinstance(value, type):
        return value
    if kind is dict and _ATOMS.issuperset(map(type, value.values())):  # most: found without a loop of Python
        return value
    if hasattr(kind, "__next__"):
        return f"<{kind.__qualname__}>"
    if id(value) in known:  # also in itself
        return known[id(value)]
    known[id(value)] = value
    if (fields := _fields(value)) is not None:
        new = {name: after for name, one in fields.items() if (after := _without(one, known, depth + 1)) is not one}
        if new:
            known[id(value)] = {**fields, **new}
    elif issubclass(kind, list | tuple | set | frozenset):
        items = list[Any](value)
        after = [_without(one, known, depth + 1) for one in items]
        if any(one is not other for one, other in zip(after, items, strict=True)):
            known[id(value)] = after
    return known[id(value)]


def _fields(value: Any) -> Mapping[Any, Any] | None:
    if issubclass(type(value), dict):
        fields: Mapping[Any, Any] = value
        return fields
    return vars(value) if isinstance(value, BaseModel) or (is_dataclass(value) and hasattr(value, "__dict__")) else None
