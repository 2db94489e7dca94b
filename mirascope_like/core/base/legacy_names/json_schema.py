"""The generator of JSON schemas that Mirascope v1 used for tools."""

from __future__ import annotations

from typing import Any, cast

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema

from ..parsing import is_list, is_mapping


class GenerateJsonSchemaNoTitles(GenerateJsonSchema):
    """Generates JSON schemas without the title and description of the model, and without titles that repeat a name.

    Use it as `Model.model_json_schema(schema_generator=GenerateJsonSchemaNoTitles)`.
    """

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        """Return the JSON schema of a pydantic core schema."""
        made = super().generate(schema, mode=mode)
        return {key: _untitled(key, one) for key, one in made.items() if key not in ("title", "description")}


def _untitled(name: str, value: Any) -> Any:
    if is_list(value):
        return [_untitled("", one) for one in value]
    if not is_mapping(value):
        return value
    fields = cast("dict[str, Any]", value)
    is_schema = any(key in fields for key in ("type", "$ref", "properties"))
    drops = is_schema and (not name or str(fields.get("title", "")).lower() == name.lower())
    return {key: _untitled(key, one) for key, one in fields.items() if not (drops and key == "title")}
