"""Events of an SDK: objects of a union whose types are told apart by their `type`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, get_args

import jiter

from .construct import construct


def construct_event(union: Any, raw: bytes) -> Any:
    """Make the SDK's object of an event; one of a type that the SDK does not know becomes the first of the union."""
    kinds = _kinds(union)
    return construct(kinds.get(jiter.from_json(raw).get("type")) or next(iter(kinds.values())), raw)


@lru_cache
def _kinds(union: Any) -> dict[str, Any]:
    return {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(get_args(union)[0])}
