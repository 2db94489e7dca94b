"""Objects of an SDK, made of what came over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import jiter
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

ModelT = TypeVar("ModelT", bound=BaseModel)


def construct(kind: type[ModelT], raw: bytes | Mapping[str, Any]) -> ModelT:
    """Make an SDK's object: validated where it fits, else built field by field, as the SDK itself does."""
    body = raw if isinstance(raw, bytes) else to_json(raw)
    try:
        return kind.model_validate_json(body, strict=True)
    except ValidationError:
        return cast("ModelT", cast("Any", kind).construct(**jiter.from_json(body)))
