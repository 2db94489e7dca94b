"""Validating a pydantic model field by field, each with its own validators, and once.

Reads the core schema that pydantic makes for every model (`__pydantic_core_schema__`, documented among its attributes)
and validates with `SchemaValidator.validate_assignment`. It keeps off models whose schema is not of the simple kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Self, cast

from pydantic import BaseModel
from pydantic_core import SchemaValidator

from .json_access import as_list, as_object


class ModelParts:
    """The fields of one model, as validators."""

    def __init__(
        self, model: type[BaseModel], fields: SchemaValidator, after: SchemaValidator | None, *, dependent: bool
    ) -> None:
        self._model = model
        self._fields = fields
        self._after = after
        self._dependent = dependent

    @classmethod
    def of(cls, model: type[BaseModel]) -> Self | None:
        """Return a model's parts, or None where only the whole can be validated."""
        config = model.model_config
        extra = config.get("extra") in (None, "ignore")
        if not extra or any(config.get(name) for name in _TELLING) or model.__init__ is not BaseModel.__init__:
            return None
        if any(field.validate_default for field in model.model_fields.values()):
            return None
        try:
            schema, definitions = _opened(cast("Any", model.__pydantic_core_schema__))
            chain: list[Any] = []
            while schema["type"] == "function-after":
                chain.append(schema)
                schema = _resolved(schema["schema"], definitions)
            if schema["type"] != "model" or schema.get("root_model") or schema.get("custom_init"):
                return None
            fields, settings = schema["schema"], schema.get("config")
            if fields["type"] != "model-fields":
                return None
            after: Any = {"type": "is-instance", "cls": model}
            for one in reversed(chain):
                after = {"type": "function-after", "function": one["function"], "schema": after}
            parts: Any = {
                "type": "definitions",
                "schema": _once(fields, definitions),
                "definitions": _once(definitions, definitions),
            }
            return cls(
                model,
                SchemaValidator(parts, settings),
                SchemaValidator(after, settings) if chain else None,
                dependent=_informed(fields),
            )
        except Exception:  # a schema of a kind that we do not know
            return None

    @cached_property
    def _names(self) -> list[str]:
        return list(self._model.model_fields)

    def in_order(self, values: Mapping[str, Any], name: str) -> bool:
        """Whether a field may be validated now: its validators see those before it, if they look."""
        if not self._dependent:
            return True
        return all(before in values for before in self._names[: self._names.index(name)])

    def check(self, values: Mapping[str, Any], name: str, value: Any) -> Any:
        """Return a field, validated."""
        checked: Any = self._fields.validate_assignment(dict(values), name, value)
        return checked[0][name]

    def complete(self, values: Mapping[str, Any]) -> bool:
        """Whether no field is missing."""
        return all(name in values or not field.is_required() for name, field in self._model.model_fields.items())

    def assemble(self, values: Mapping[str, Any]) -> Any:
        """Return the model made of validated fields, after its own validators."""
        filled: dict[str, Any] = {}
        for name, field in self._model.model_fields.items():
            filled[name] = (
                values[name] if name in values else field.get_default(call_default_factory=True, validated_data=filled)
            )
        made = self._model.__new__(self._model)
        object.__setattr__(made, "__dict__", filled)
        object.__setattr__(made, "__pydantic_fields_set__", {name for name in filled if name in values})
        object.__setattr__(made, "__pydantic_extra__", None)
        object.__setattr__(made, "__pydantic_private__", None)
        if self._model.__pydantic_post_init__:
            made.model_post_init(None)
        return made if self._after is None else self._after.validate_python(made)


_TELLING = ("strict", "validate_default", "val_json_bytes", "revalidate_instances", "from_attributes")
"""Settings with which a model validated by its fields might differ from one validated as a whole."""


def _opened(schema: Any) -> tuple[Any, list[Any]]:
    if schema["type"] != "definitions":
        return schema, []
    return _resolved(schema["schema"], schema["definitions"]), schema["definitions"]


def _resolved(schema: Any, definitions: list[Any]) -> Any:
    if schema["type"] == "definition-ref":
        return next(one for one in definitions if one["ref"] == schema["schema_ref"])
    return schema


def _below(schema: Any, definitions: list[Any]) -> tuple[int, Any]:
    """Return how many functions stand around a model's schema, and the model; None for a schema of anything else."""
    count = 0
    while str(schema.get("type")).startswith("function-") and "schema" in schema:
        schema = _resolved(schema["schema"], definitions)
        count += 1
    return count, schema.get("cls") if schema.get("type") in ("model", "dataclass") else None


def _once(schema: Any, definitions: list[Any]) -> Any:
    """Return a schema in which instances of models pass by the models' own validators, which they have been through."""
    if isinstance(schema, list):
        return [_once(one, definitions) for one in as_list(schema)]
    if not isinstance(schema, dict):
        return schema
    node = as_object(schema)
    changed = {key: one if key in _OPAQUE else _once(one, definitions) for key, one in node.items()}
    count, model = _below(node, definitions)
    if model is None or count == 0 or count != _below(*_opened(model.__pydantic_core_schema__))[0]:
        return changed
    ref = {"ref": changed.pop("ref")} if "ref" in changed else {}
    return {
        "type": "function-wrap",
        "function": {"type": "no-info", "function": _passing(model)},
        "schema": changed,
        **ref,
    }


def _passing(model: type[Any]) -> Callable[[Any, Callable[[Any], Any]], Any]:
    return lambda value, validate: value if isinstance(value, model) else validate(value)


_OPAQUE = ("function", "cls", "config", "metadata", "serialization", "default", "default_factory")


def _informed(schema: Any) -> bool:
    """Whether a function in a schema is told of other fields; those of models within are told of their own."""
    node = as_object(schema)
    if node.get("type") in ("model", "dataclass", "typed-dict"):
        return False
    return node.get("type") == "with-info" or any(_informed(one) for one in [*node.values(), *as_list(schema)])
