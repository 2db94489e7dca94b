"""Validates a pydantic model field by field, in JSON mode. Each field is validated once, with its own validators.

Reads the core schema that pydantic generates for every model (`__pydantic_core_schema__`, a documented attribute) and
builds a separate JSON validator for each field. JSON mode is necessary because only there pydantic reads a string as a
date or a UUID. Parts of a field that are already validated are replaced by placeholders in that JSON (see `TOKEN`). A
model whose schema has an unusual feature can only be validated as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, cast

from pydantic import AliasChoices, AliasPath, BaseModel
from pydantic_core import SchemaValidator, to_json

from .json_access import as_list, as_object

TOKEN = "\0held"
"""The key of a placeholder: the JSON object `{TOKEN: index}` stands for the already validated value at that index of
`HELD`.
"""
HELD: ContextVar[Sequence[Any]] = ContextVar("held", default=())
_BEFORE: ContextVar[Mapping[str, Any]] = ContextVar("before")


@dataclass(frozen=True, slots=True)
class _Field:
    """The validators of one field of a model. They validate JSON objects that have only this field."""

    raw: SchemaValidator
    """Validates JSON without tokens."""
    held: SchemaValidator
    """Validates JSON in which placeholders stand for validated models."""
    dependent: bool
    """True if a validator of the field may read fields that are declared before it."""
    opaque: bool
    """True if a validator function receives the JSON of the field before the models inside it are validated."""


class ModelParts:
    """Validates the fields of one model, one at a time, and builds the model from the validated fields."""

    def __init__(
        self,
        model: type[BaseModel],
        fields: Mapping[str, Any],
        after: SchemaValidator | None,
        definitions: list[Any],
        settings: Any,
    ) -> None:
        self._model = model
        self._schemas = fields
        self._after = after
        self._definitions = definitions
        self._settings = settings
        self._fields: dict[str, _Field] = {}
        self.forbids: bool = model.model_config.get("extra") == "forbid"
        """True if the model does not allow unknown keys."""

    @classmethod
    def of(cls, model: type[BaseModel]) -> Self | None:
        """Return the field validators of a model; None if the model can only be validated as a whole."""
        config = model.model_config
        extra = config.get("extra") in (None, "ignore", "forbid")
        if not extra or any(config.get(name) for name in _DEVIATING) or model.__init__ is not BaseModel.__init__:
            return None
        if any(field.validate_default or _is_path(field.validation_alias) for field in model.model_fields.values()):
            return None
        try:
            schema, definitions = opened(cast("Any", model.__pydantic_core_schema__))
            chain: list[Any] = []
            while schema["type"] == "function-after":
                chain.append(schema)
                schema = resolved(schema["schema"], definitions)
            if schema["type"] != "model" or schema.get("root_model") or schema.get("custom_init"):
                return None
            fields, settings = schema["schema"], schema.get("config")
            if fields["type"] != "model-fields":
                return None
            after: Any = {"type": "is-instance", "cls": model}
            for one in reversed(chain):
                after = {"type": "function-after", "function": one["function"], "schema": after}
            validator = SchemaValidator(after, settings) if chain else None
            return cls(model, fields["fields"], validator, definitions, settings)
        except Exception:  # an unknown kind of schema
            return None

    def _field(self, name: str) -> _Field:
        known = self._fields.get(name)
        if known is None:
            schema = self._schemas[name]["schema"]
            dependent = is_informed(schema)
            names = list(self._schemas)
            before = names[: names.index(name)] if dependent else []
            held, definitions = (
                _with_tokens(schema, self._definitions),
                _with_tokens(self._definitions, self._definitions),
            )
            known = self._fields[name] = _Field(
                raw=self._alone(name, schema, self._definitions, before),
                held=self._alone(name, held, definitions, before),
                dependent=dependent,
                opaque=_opaque(held) or (_refers(held) and _opaque(definitions)),
            )
        return known

    def _alone(self, name: str, schema: Any, definitions: Any, before: Sequence[str]) -> SchemaValidator:
        """Return a validator of JSON objects that have only this field. `before` are the names of the fields that
        validators of the field may read.
        """
        fields: dict[str, Any] = {
            one: {
                "type": "model-field",
                "schema": {"type": "default", "schema": {"type": "any"}, "default_factory": partial(_earlier, one)},
            }
            for one in before
        }
        fields[name] = {"type": "model-field", "schema": schema}
        alone: Any = {"type": "model-fields", "fields": fields, "model_name": self._model.__name__}
        return SchemaValidator({"type": "definitions", "schema": alone, "definitions": definitions}, self._settings)

    def in_order(self, values: Mapping[str, Any], name: str) -> bool:
        """Return True if a field can be validated now: its validators read no other fields, or all fields declared
        before it are in `values`.
        """
        if not self._field(name).dependent:
            return True
        names = list(self._schemas)
        return all(before in values for before in names[: names.index(name)])

    def opaque(self, name: str) -> bool:
        """Return True if the models inside a field must be validated together with the field, because a validator
        function may change or drop them.
        """
        return self._field(name).opaque

    def check(self, values: Mapping[str, Any], name: str, form: Any, held: Sequence[Any] | None) -> Any:
        """Validate a field from its JSON `form` and return its value. Placeholders in the JSON stand for the items
        of `held`.
        """
        one = self._field(name)
        return validated_json(one.raw if held is None else one.held, {name: form}, held or (), values)[0][name]

    def take(self, values: Mapping[str, Any], name: str, value: Any) -> Any:
        """Validate a field whose value is a Python object (in pydantic's lax mode); return its value."""
        token = _BEFORE.set(values)
        try:
            return self._field(name).raw.validate_python({name: value}, strict=False)[0][name]
        finally:
            _BEFORE.reset(token)

    def complete(self, values: Mapping[str, Any]) -> bool:
        """Return True if `values` has all required fields."""
        return all(name in values or not field.is_required() for name, field in self._model.model_fields.items())

    def assemble(self, values: Mapping[str, Any]) -> Any:
        """Return an instance of the model, made from validated fields. Runs the model's own validators."""
        filled: dict[str, Any] = {}
        for name, field in self._model.model_fields.items():
            filled[name] = (
                values[name] if name in values else field.get_default(call_default_factory=True, validated_data=filled)
            )
        made = instance_of(self._model, (filled, None, {name for name in filled if name in values}))
        return made if self._after is None else self._after.validate_python(made)


def _is_path(alias: Any) -> bool:
    return isinstance(alias, AliasPath) or (isinstance(alias, AliasChoices) and any(map(_is_path, alias.choices)))


def validated_json(validator: SchemaValidator, value: Any, held: Sequence[Any], before: Mapping[str, Any]) -> Any:
    """Validate a value as JSON and return the result.

    `held` are the validated objects that placeholders in the value stand for. `before` are the fields that validator
    functions may read.
    """
    tokens = HELD.set(held), _BEFORE.set(before)
    try:
        return validator.validate_json(to_json(value))
    finally:
        HELD.reset(tokens[0])
        _BEFORE.reset(tokens[1])


def _earlier(name: str) -> Any:
    return _BEFORE.get()[name]


_DEVIATING = ("validate_default", "revalidate_instances", "from_attributes")
"""Settings of a model with which validating field by field may give another result than validating the whole model."""


def opened(schema: Any) -> tuple[Any, list[Any]]:
    """Return (schema, definitions): a core schema without its definitions, and the list of these definitions."""
    if schema["type"] != "definitions":
        return schema, []
    return resolved(schema["schema"], schema["definitions"]), schema["definitions"]


def resolved(schema: Any, definitions: list[Any]) -> Any:
    """Return the schema that a reference points to. Any other schema is returned unchanged."""
    if schema["type"] == "definition-ref":
        return next(one for one in definitions if one["ref"] == schema["schema_ref"])
    return schema


def _below(schema: Any, definitions: list[Any]) -> tuple[int, Any]:
    """Return the number of validator functions around a model's schema, and the model class.

    The class is None if the innermost schema is not that of a model or dataclass.
    """
    count = 0
    while str(schema.get("type")).startswith("function-") and "schema" in schema:
        schema = resolved(schema["schema"], definitions)
        count += 1
    return count, schema.get("cls") if schema.get("type") in ("model", "dataclass") else None


def _with_tokens(schema: Any, definitions: list[Any]) -> Any:
    """Return a core schema in which each model is replaced by a function. The function receives a placeholder
    (`TOKEN`) and returns the validated instance that the placeholder stands for.
    """
    if isinstance(schema, list):
        return [_with_tokens(one, definitions) for one in as_list(schema)]
    if not isinstance(schema, dict):
        return schema
    node = as_object(schema)
    count, model = _below(node, definitions)
    if model is not None and node.get("type") != "definition-ref":
        own = getattr(model, "__pydantic_core_schema__", None)  # a dataclass of the standard library has none
        if count == (_below(*opened(own))[0] if own is not None else 0):
            return exchange(partial(_held, model), node)
    return {key: one if key in _OPAQUE else _with_tokens(one, definitions) for key, one in node.items()}


def exchange(function: Callable[[Any], Any], node: Mapping[str, Any]) -> Any:
    """Return a core schema that replaces `node`: it calls `function` with the placeholder."""
    ref = {"ref": node["ref"]} if "ref" in node else {}
    return {"type": "function-plain", "function": {"type": "no-info", "function": function}, **_MARK, **ref}


_MARK: Mapping[str, Any] = {"metadata": {"token": True}}


def _held(model: type[Any], value: Any) -> Any:
    found = HELD.get()[value[TOKEN]] if isinstance(value, dict) and TOKEN in value else None
    if not isinstance(found, model):
        raise ValueError(f"not a {model.__name__}")
    return found


def instance_of(model: type[BaseModel], found: tuple[dict[str, Any], dict[str, Any] | None, set[str]]) -> BaseModel:
    """Return an instance of a model, made from the (fields, extra fields, names of set fields) that the model's
    fields schema returned.
    """
    made = model.__new__(model)
    object.__setattr__(made, "__dict__", found[0])
    object.__setattr__(made, "__pydantic_extra__", found[1])
    object.__setattr__(made, "__pydantic_fields_set__", found[2])
    object.__setattr__(made, "__pydantic_private__", None)
    if model.__pydantic_post_init__:
        made.model_post_init(None)
    return made


_OPAQUE = ("function", "cls", "config", "metadata", "serialization", "default", "default_factory")
_FUNCTIONS = frozenset(
    {"function-before", "function-wrap", "function-plain", "chain", "json", "json-or-python", "lax-or-strict", "call"}
    | {"custom-error", "generator"}
)
"""Types of core schemas that may accept other JSON than the schemas inside them."""


def _opaque(schema: Any) -> bool:
    """Return True if a schema may accept other JSON than the types inside it. Placeholders, which replace models,
    are not searched.
    """
    node = as_object(schema)
    if node.get("metadata") == _MARK["metadata"]:
        return False
    if node.get("type") in _FUNCTIONS or node.get("on_error", "raise") != "raise":
        return True
    parts = [one for key, one in node.items() if key not in _OPAQUE]
    return any(_opaque(one) for one in [*parts, *as_list(schema)])


def _refers(schema: Any) -> bool:
    return any(one.get("type") == "definition-ref" for one in _nodes(schema))


def _nodes(schema: Any) -> Iterator[Mapping[str, Any]]:
    node = as_object(schema)
    if node:
        yield node
    for one in [*(value for key, value in node.items() if key not in _OPAQUE), *as_list(schema)]:
        yield from _nodes(one)


def is_informed(schema: Any) -> bool:
    """Return True if a validator function in the schema reads other fields. Nested models are not searched."""
    node = as_object(schema)
    if node.get("type") in ("model", "dataclass", "typed-dict"):
        return False
    return node.get("type") == "with-info" or any(is_informed(one) for one in [*node.values(), *as_list(schema)])
