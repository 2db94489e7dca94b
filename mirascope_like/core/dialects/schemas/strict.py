"""Limits JSON schemas to the keywords that OpenAI, Anthropic and Bedrock accept for structured output.

A keyword that is not accepted is moved into the description, so that the model still reads it. Sources: OpenAI's guide
to structured outputs ("Supported schemas"), and the equivalents of Anthropic and Bedrock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from pydantic_core import to_json

from ...base.parsing import as_object
from ...base.tools import BaseTool

_DROPPED = frozenset({"default", "discriminator", "title"})
"""Keywords that are removed because they do not restrict the value."""

_WORDS = frozenset(
    {"$defs", "$ref", "additionalProperties", "anyOf", "const", "description", "enum", "items", "properties"}
    | {"required", "type"}
)
"""The keywords that the structured output of every provider accepts."""

OPENAI_WORDS = _WORDS | frozenset(
    {"exclusiveMaximum", "exclusiveMinimum", "format", "maxItems", "maximum", "minItems", "minimum", "multipleOf"}
    | {"pattern"}
)
"""The keywords that OpenAI's strict mode accepts."""

ANTHROPIC_WORDS = _WORDS | {"format"}
"""The keywords that the structured output of Anthropic and Bedrock accepts."""

_FORMS = {
    "format": re.compile("date-time|time|date|duration|email|hostname|ipv4|ipv6|uuid"),
    "pattern": re.compile(r"(?:(?!\(\?).)*", re.DOTALL),
}
"""Keywords of which only some values are accepted, with a pattern of these values: names of formats, and patterns
without `(?...)`.
"""


def strict_schema(
    schema: Mapping[str, Any], words: frozenset[str] = OPENAI_WORDS, *, all_required: bool = True
) -> dict[str, Any]:
    """Return a copy of a JSON schema that has only the keywords in `words`. Other keywords, such as `minLength`, are
    written into the description, so that the model reads them but the provider does not enforce them.

    Objects allow no additional properties. Every property is required, unless `all_required` is False. `oneOf` and a
    tuple's `prefixItems` become `anyOf`.
    """
    source = {key: value for key, value in schema.items() if key not in _DROPPED}
    if "oneOf" in source:
        source["anyOf"] = source.pop("oneOf")
    if "allOf" in source and len(source["allOf"]) == 1:
        source = {**source.pop("allOf")[0], **source}
    if "prefixItems" in source:
        source["items"] = {"anyOf": source.pop("prefixItems")}
    strict: dict[str, Any] = {}
    unsupported: dict[str, Any] = {}
    for key, value in source.items():
        if key in words and (key not in _FORMS or _FORMS[key].fullmatch(str(value))):
            strict[key] = _strict(key, value, words, all_required=all_required)
        else:
            unsupported[key] = value
    if "properties" in strict:
        strict["additionalProperties"] = False
        if all_required:
            strict["required"] = list(strict["properties"])
    if unsupported:
        constraints = "; ".join(f"{key}: {to_json(value).decode()}" for key, value in unsupported.items())
        strict["description"] = f"{strict.get('description', '')} ({constraints})".strip()
    if "$ref" in strict and len(strict) > 1:
        # OpenAI accepts no other keyword together with `$ref`.
        strict["anyOf"] = [{"$ref": strict.pop("$ref")}]
    return strict


def tool_arguments(
    tool: type[BaseTool], words: frozenset[str] = OPENAI_WORDS, *, all_required: bool = True
) -> dict[str, Any]:
    """Return the JSON schema of a tool's arguments; if the tool is configured as strict, the strict form of the schema.

    A schema that allows objects with arbitrary keys has no strict form. It is returned unchanged, and the provider
    rejects it.
    """
    schema = tool.tool_json_schema()
    if not cast("Mapping[str, Any]", tool.tool_config).get("strict") or not is_closed(schema):
        return schema
    return strict_schema(schema, words, all_required=all_required)


def _strict(key: str, value: Any, words: frozenset[str], *, all_required: bool) -> Any:
    def inner(one: Any) -> Any:
        return strict_schema(as_object(one), words, all_required=all_required) if isinstance(one, dict) else one

    if key in ("properties", "$defs"):
        return {name: inner(one) for name, one in cast("Mapping[str, Any]", value).items()}
    if key == "anyOf":
        return [inner(one) for one in value]
    return inner(value) if key in ("items", "additionalProperties") else value


def is_closed(node: Mapping[str, Any]) -> bool:
    """Return True if a schema restricts every value in it: it has no objects with arbitrary keys, and no part that
    accepts any value.
    """
    if not node.keys() & {"type", "anyOf", "oneOf", "allOf", "enum", "const", "$ref"}:
        return False
    if node.get("type") == "object" and ("properties" not in node or node.get("additionalProperties")):
        return False
    if node.get("type") == "array" and not node.keys() & {"items", "prefixItems"}:
        return False
    parts = [*node.get("properties", {}).values(), *node.get("$defs", {}).values(), *node.get("prefixItems", ())]
    parts += [*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())]
    return all(is_closed(part) for part in [*parts, *([node["items"]] if "items" in node else [])])
