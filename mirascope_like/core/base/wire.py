"""Objects of an SDK, as they came over the wire."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def dumped(value: Any) -> dict[str, Any]:
    """Return an object of an SDK as the JSON object that it was made of; what was not sent is left out."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
    return dict(value)
