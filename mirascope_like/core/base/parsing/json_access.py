"""Access to decoded JSON and to objects of an SDK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard, cast

from pydantic import BaseModel


def dumped(value: Any) -> dict[str, Any]:
    """Return an SDK object as the JSON object it was made from, without fields that were not sent."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
    return dict(value)


def as_object(value: Any) -> dict[str, Any]:
    """Return the value if it is a JSON object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def at(value: Any, path: str) -> Any:
    """Return the value at a dotted path in JSON or an SDK object; None if it is missing."""
    for key in path.split("."):
        value = as_object(value).get(key) if isinstance(value, dict) else getattr(value, key, None)
    return value


def as_list(value: Any) -> list[Any]:
    """Return the value if it is a JSON array, else an empty one."""
    return value if is_list(value) else []


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Return True if the value is a list."""
    return isinstance(value, list)


def is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    """Return True if the value is a mapping."""
    return isinstance(value, Mapping)


def is_end(value: Any) -> bool:
    """Whether an event is the word that ends a stream of OpenAI's format, as bytes or decoded: `[DONE]`."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else value
    return isinstance(text, str) and text.strip().strip('"') == "[DONE]"
