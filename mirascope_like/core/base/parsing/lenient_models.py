"""Models made of JSON that has not arrived whole, or that does not fit.

Knows pydantic and jiter; it must not know what the models are for.
"""

import copy
import functools
from collections.abc import Callable, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

import jiter
from pydantic import BaseModel, TypeAdapter
from pydantic_core import PydanticUndefined

ModelT = TypeVar("ModelT", bound=BaseModel)


def object_so_far(text: str) -> dict[str, Any]:
    """Return the object in JSON text that may be broken off; nothing of text that is not an object."""
    try:
        found = jiter.from_json(text.encode(), partial_mode="trailing-strings")
    except ValueError:  # not JSON, or a lone surrogate
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def incomplete(model: type[ModelT], given: Mapping[str, Any]) -> ModelT:
    """Return a model with the fields that `given` fills; a field that is missing or does not fit is None.

    Runs no validator of the whole model. Models within it are made in the same way.
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
    """Return a model with these values as they are; the other fields are None. No validator runs."""
    made = model.__new__(model)
    object.__setattr__(made, "__dict__", {**dict.fromkeys(model.model_fields), **values})
    object.__setattr__(made, "__pydantic_fields_set__", set(values))
    object.__setattr__(made, "__pydantic_extra__", extras)
    object.__setattr__(made, "__pydantic_private__", _private(model) or None)
    return made


def _private(model: type[BaseModel]) -> dict[str, Any]:
    """Return the private attributes that a model starts with, but for those that need the rest of it."""
    values: dict[str, Any] = {}
    for name, attribute in model.__private_attributes__.items():
        factory = cast("Callable[[], Any] | None", attribute.default_factory)
        try:
            value = copy.deepcopy(attribute.default) if factory is None else factory()
        except Exception:  # a factory of the user's may raise anything
            continue
        if value is not PydanticUndefined:
            values[name] = value
    return values


def _fitted(kind: Any, value: Any) -> Any:
    """Return a value as the type that was asked for, as far as it goes; None where it does not fit."""
    try:
        return adapter_of(kind).validate_python(value)
    except Exception:  # a validator of the user's may raise anything for half a value
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


def adapter_of(kind: Any) -> TypeAdapter[Any]:
    """Return the adapter of a type, kept where the type can be a key."""
    try:
        return _kept_adapter(kind)
    except TypeError:  # an annotation that cannot be a key
        return TypeAdapter(kind)


@functools.lru_cache(maxsize=512)
def _kept_adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
