"""A cache for functions of types."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, get_args

T = TypeVar("T")


def cached_by_type(make: Callable[[Any], T]) -> Callable[[Any], T]:
    """Decorator: keep the results of a function of one type, for hashable types.

    Unions are equal in every order, and so are types with such arguments; but validation tries a union from left to
    right. So types with arguments are the same only if they are written in the same way.
    """

    @lru_cache(maxsize=512)
    def kept(kind: Any, written: str) -> T:
        return make(kind)

    @wraps(make)
    def cached(kind: Any) -> T:
        try:
            hash(kind)
        except TypeError:  # an annotation with a list, for example
            return make(kind)
        return kept(kind, repr(kind) if get_args(kind) else "")

    return cached
