"""Objects of an SDK, as they came over the wire."""

from __future__ import annotations

from typing import Any, cast

from pydantic import BaseModel


def dumped(value: Any) -> dict[str, Any]:
    """Return an object of an SDK as the JSON object that it was made of; what was not sent is left out."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
    return dict(value)


def as_object(value: Any) -> dict[str, Any]:
    """Return a decoded value if it is a JSON object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return a decoded value if it is a JSON array, else an empty one."""
    items: list[Any] = value if isinstance(value, list) else []
    return items
