"""Builds objects of Mistral's SDK that keep all received fields. The SDK itself drops fields that it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from mistralai.client.types import UNSET
from pydantic import BaseModel, ValidationError

from ..base.parsing import as_list, as_object, decode_whole, incomplete

ModelT = TypeVar("ModelT", bound=BaseModel)


def made(kind: type[ModelT], raw: bytes | Mapping[str, Any]) -> ModelT:
    """Return an object of the SDK made from JSON. Missing fields are None; fields that the SDK does not know are
    extra attributes.
    """
    data: Mapping[str, Any] = decode_whole(raw) if isinstance(raw, bytes) else raw
    try:
        found = kind.model_validate(data)
    except ValidationError:  # a response that is incomplete
        found = incomplete(kind, data)
    _keep_unknown(found, data)
    return found


def _keep_unknown(found: Any, raw: Any) -> None:
    if isinstance(found, BaseModel) and isinstance(raw, dict):
        data = as_object(raw)
        names = {field.alias or name: name for name, field in type(found).model_fields.items()}
        if unknown := {key: value for key, value in data.items() if key not in names}:
            object.__setattr__(found, "__pydantic_extra__", unknown)
        for key, name in names.items():
            _keep_unknown(getattr(found, name), data.get(key))
    else:
        for one, its_raw in zip(as_list(found), as_list(raw), strict=False):
            _keep_unknown(one, its_raw)


def as_sent(value: Any) -> Any:
    """Return the JSON from which an object of the SDK was made."""
    if isinstance(value, BaseModel):
        if getattr(value, "is_unknown", False):  # a type of part for which the SDK has no class
            return as_sent(cast("Any", value).raw)
        fields = {name: field.alias or name for name, field in type(value).model_fields.items()}
        known = {alias: getattr(value, name) for name, alias in fields.items() if name in value.model_fields_set}
        set_fields = {**known, **(value.model_extra or {})}
        return {key: as_sent(one) for key, one in set_fields.items() if one is not UNSET}
    if isinstance(value, list):
        return [as_sent(one) for one in as_list(cast("Any", value))]
    if isinstance(value, dict):
        return {key: as_sent(one) for key, one in as_object(value).items()}
    return value
