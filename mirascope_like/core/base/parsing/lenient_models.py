"""Builds models from JSON that is incomplete or invalid.

Knows pydantic and jiter. Must not know what the models are used for.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

import jiter
from pydantic import BaseModel, TypeAdapter
from pydantic_core import PydanticUndefined

from .surrogates import paired_escapes
from .type_cache import cached_by_type

ModelT = TypeVar("ModelT", bound=BaseModel)


def object_so_far(text: str) -> dict[str, Any]:
    """Return the fields of a JSON object whose text may be incomplete; an empty dict if the text is not an object."""
    try:
        found = jiter.from_json(paired_escapes(text).encode(), partial_mode="trailing-strings")
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def incomplete(model: type[ModelT], given: Mapping[str, Any]) -> ModelT:
    """Return an instance of a model with the fields in `given`. A field that is missing or does not validate is None.

    Validators of the whole model are not run. Nested models are built in the same manner.
    """
    values: dict[str, Any] = {}
    rest = dict(given)
    for name, info in model.model_fields.items():
        alias = info.validation_alias if isinstance(info.validation_alias, str) else info.alias
        key = alias if alias in rest else name
        if key in rest:
            values[name] = _fitted(info.annotation, rest.pop(key))
    return bare(model, values, rest if model.model_config.get("extra") == "allow" else None)


def bare(model: type[ModelT], values: Mapping[str, Any], extras: Mapping[str, Any] | None = None) -> ModelT:
    """Return an instance of a model with these values, which are not validated. All other fields are None."""
    made = model.__new__(model)
    object.__setattr__(made, "__dict__", {**dict.fromkeys(model.model_fields), **values})
    object.__setattr__(made, "__pydantic_fields_set__", set(values))
    object.__setattr__(made, "__pydantic_extra__", extras)
    object.__setattr__(made, "__pydantic_private__", _private(model) or None)
    return made


def _private(model: type[BaseModel]) -> dict[str, Any]:
    """Return the initial private attributes of a model. Those whose factory needs the complete model are left out."""
    values: dict[str, Any] = {}
    for name, attribute in model.__private_attributes__.items():
        factory = cast("Callable[[], Any] | None", attribute.default_factory)
        try:
            value = copy.deepcopy(attribute.default) if factory is None else factory()
        except Exception:  # a user's factory may raise any exception
            continue
        if value is not PydanticUndefined:
            values[name] = value
    return values


def _fitted(kind: Any, value: Any) -> Any:
    """Return a value converted to a type, with the parts that do not validate set to None; None if nothing of it
    validates.
    """
    try:
        return adapter_of(kind).validate_python(value)
    except Exception:  # a user's validator may raise any exception for a partial value
        pass
    origin, arms = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _fitted(arms[0], value)
    if isinstance(kind, type) and issubclass(kind, BaseModel) and isinstance(value, Mapping):
        return incomplete(kind, cast("Mapping[str, Any]", value))
    if origin is list and isinstance(value, list):
        return [_fitted(arms[0], one) for one in cast("Sequence[Any]", value)]
    if origin is dict and isinstance(value, dict):
        return {key: _fitted(arms[1], one) for key, one in cast("dict[str, Any]", value).items()}
    if origin in (Union, UnionType):
        return next((one for one in (_fitted(arm, value) for arm in arms) if one is not None), None)
    return None


@cached_by_type
def adapter_of(kind: Any) -> TypeAdapter[Any]:
    """Return the `TypeAdapter` of a type. Adapters of hashable types are cached."""
    return TypeAdapter(kind)
