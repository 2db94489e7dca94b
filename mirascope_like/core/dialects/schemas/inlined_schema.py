"""Converts JSON schemas for Gemini's API of 2025, which accepts no references, no unions and no objects with
arbitrary keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from ...base.parsing import as_list, as_object

_KEPT = ("description", "nullable", "required", "minItems", "maxItems")
_FORMATS = frozenset({"float", "double", "int32", "int64", "enum", "date-time"})


def open_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON schema converted to OpenAPI's format. Of a union, the first type becomes the schema, and the
    other types are described in its description.
    """
    return _open(schema, as_object(schema.get("$defs")), ())


def _open(schema: Mapping[str, Any], known: Mapping[str, Any], within: tuple[str, ...]) -> dict[str, Any]:
    if isinstance(reference := schema.get("$ref"), str):
        name = reference.rpartition("/")[2]
        if name in within:
            return {"type": "OBJECT", "description": f"{name}, as above"}
        return _open({**as_object(known.get(name)), **_beside(schema, "$ref")}, known, (*within, name))
    if len(arms := as_list(schema.get("allOf"))) == 1:
        return _open({**as_object(arms[0]), **_beside(schema, "allOf")}, known, within)
    for key in ("anyOf", "oneOf"):
        if arms := [as_object(arm) for arm in as_list(schema.get(key))]:
            return _choice(arms, _beside(schema, key), known, within)
    found = {key: schema[key] for key in _KEPT if key in schema}
    values = [schema["const"]] if "const" in schema else as_list(schema.get("enum"))
    found["type"] = str(schema.get("type") or ("string" if values else "object")).upper()
    if values and all(isinstance(value, str) for value in values):
        found |= {"enum": values, "format": "enum"}
    elif values:
        found["description"] = f"{found.get('description', '')} (one of {to_json(values).decode()})".strip()
    elif schema.get("format") in _FORMATS:
        found["format"] = schema["format"]
    if properties := as_object(schema.get("properties")):
        found["properties"] = {name: _open(as_object(one), known, within) for name, one in properties.items()}
    if items := schema.get("items") or next(iter(as_list(schema.get("prefixItems"))), None):
        found["items"] = _open(as_object(items), known, within)
    return found


def _beside(schema: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name in ("description", "nullable") and name != key}


def _choice(
    arms: list[dict[str, Any]], beside: dict[str, Any], known: Mapping[str, Any], within: tuple[str, ...]
) -> dict[str, Any]:
    first, *rest = [arm for arm in arms if arm.get("type") != "null"] or [{"type": "string"}]
    found = {**_open(first, known, within), **beside}
    if any(arm.get("type") == "null" for arm in arms):
        found["nullable"] = True
    if rest:
        alternatives = ", or ".join(to_json(arm).decode() for arm in rest)
        found["description"] = f"{found.get('description', '')} (or {alternatives})".strip()
    return found
