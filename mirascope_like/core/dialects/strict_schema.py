"""JSON schemas as OpenAI's strict mode takes them. Source: OpenAI's guide to structured outputs, supported schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema that says the same in the words of the strict mode; the one given stays as it is.

    An object has all of its properties and no others; there are no defaults, and choices are `anyOf`.
    """
    if "$ref" in schema and "$defs" in schema:  # a recursive type; the whole may not be a reference
        schema = {**schema["$defs"][schema["$ref"].rpartition("/")[2]], "$defs": schema["$defs"]}
    strict = {key: _strict(key, value) for key, value in schema.items() if key not in ("default", "discriminator")}
    if "oneOf" in strict:
        strict["anyOf"] = strict.pop("oneOf")
    if "properties" in strict:
        strict["required"] = list(strict["properties"])
    if strict.get("type") == "object" or "properties" in strict:
        strict.setdefault("additionalProperties", False)
    if "$ref" in strict and len(strict) > 1:
        # Nothing may stand beside a reference.
        strict["anyOf"] = [{"$ref": strict.pop("$ref")}]
    return strict


def _strict(key: str, value: Any) -> Any:
    if key in ("properties", "$defs"):
        return {name: strict_schema(one) for name, one in cast("Mapping[str, Any]", value).items()}
    if key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        return [strict_schema(one) for one in value]
    if key in ("items", "additionalProperties", "not") and isinstance(value, Mapping):
        return strict_schema(cast("Mapping[str, Any]", value))
    return value
