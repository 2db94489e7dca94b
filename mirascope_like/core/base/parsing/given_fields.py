"""Validates objects of which some fields are Python values (arguments of a call) and all others JSON.

Used by `request`, for models with fields marked `FromCallArgs`. The JSON fields are validated in JSON mode: see
`field_validators`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from pydantic_core import SchemaValidator

from .field_validators import HELD, TOKEN, exchange, instance_of, is_informed, opened, resolved, validated_json
from .json_access import as_list, as_object


class GivenFields:
    """Validates objects of one type. The fields in `names` are Python values (arguments of a call); all other fields
    are JSON.
    """

    def __init__(self, kind: Any, schema: Any, names: Sequence[str]) -> None:
        """Store the type, its core schema (of a model, a dataclass or a TypedDict), and the names of the fields that
        are Python values.
        """
        self._kind = kind
        self._names = tuple(names)
        self._schema = schema

    @cached_property
    def _validator(self) -> SchemaValidator | None:
        """Validates JSON with placeholders for the Python values. None if a validator function of the user would
        receive the JSON with placeholders.
        """
        schema, definitions = opened(self._schema)
        try:
            patched = _with_given(schema, definitions, self._names)
        except LookupError:
            return None
        settings = resolved(schema, definitions)
        while settings["type"] == "function-after":
            settings = resolved(settings["schema"], definitions)
        whole: Any = {"type": "definitions", "schema": patched, "definitions": definitions}
        return SchemaValidator(whole, settings.get("config"))

    def validated(self, fields: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
        """Validate an object and return it. `fields` has its JSON values and `given` its Python values, both by key.

        Raises `ValidationError`, or `LookupError` if the type can only be validated in Python mode.
        """
        if self._validator is None:
            raise LookupError(self._kind)
        tokens = {key: {TOKEN: index} for index, key in enumerate(given)}
        return validated_json(self._validator, {**fields, **tokens}, list(given.values()), {})


def _with_given(schema: Any, definitions: list[Any], names: Sequence[str]) -> Any:
    """Return a core schema that accepts placeholders in the fields `names`. Supports models, dataclasses and
    TypedDicts.

    Raises `LookupError` for any other schema, and if a validator function would receive the JSON with placeholders.
    """
    schema = {key: one for key, one in resolved(schema, definitions).items() if key != "ref"}
    if schema["type"] == "function-after" or (schema["type"] == "dataclass" and not _is_built(schema["cls"])):
        return {**schema, "schema": _with_given(schema["schema"], definitions, names)}
    if schema["type"] == "model" and not schema.get("custom_init"):
        fields = _with_given(schema["schema"], definitions, names)
        made: Any = {"type": "no-info", "function": partial(instance_of, schema["cls"])}
        return {"type": "function-after", "function": made, "schema": fields}
    fields = schema.get("fields")
    if by_name := as_object(fields):
        return {**schema, "fields": {name: _given(name, one, definitions, names) for name, one in by_name.items()}}
    if schema["type"] == "dataclass-args":
        return {**schema, "fields": [_given(one["name"], one, definitions, names) for one in as_list(fields)]}
    raise LookupError(schema["type"])


def _is_built(kind: type[Any]) -> bool:
    """Return True if pydantic has already built a validator for a class. Pydantic then uses that validator and
    ignores a changed schema.
    """
    return "__pydantic_validator__" in vars(kind)


def _given_value(value: Any, validate: Callable[[Any], Any]) -> Any:
    return validate(HELD.get()[value[TOKEN]])


def _given(name: str, field: Any, definitions: list[Any], names: Sequence[str]) -> Any:
    if name not in names:
        return field
    own: Any = {"type": "definitions", "schema": field["schema"], "definitions": definitions}
    if is_informed(field["schema"]):
        node: Any = {
            "type": "function-wrap",
            "function": {"type": "no-info", "function": _given_value},
            "schema": field["schema"],
        }
        return {**field, "schema": node}
    validator = SchemaValidator(own)
    return {
        **field,
        "schema": exchange(lambda value: validator.validate_python(HELD.get()[value[TOKEN]], strict=False), {}),
    }
