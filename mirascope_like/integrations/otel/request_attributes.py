"""The attributes of a span that are known before the request is sent, read from its payload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from ...core.base.parsing import as_list, as_object, at, is_mapping
from ...core.base.request import Request
from .conventions import CONTAINERS, FORMATS, MODALITIES, OUTPUT_TYPES, REQUEST, Conventions
from .server import provider_name, server_of

Attributes = dict[str, Any]

_FORMAT, _MODALITIES = "format", "modalities"
_BY_KEY: dict[str, list[tuple[str, str]]] = {}
"""Maps the first key of each parameter's path to the names of attributes and the paths."""
for _name, _paths in {**REQUEST, _FORMAT: FORMATS, _MODALITIES: MODALITIES}.items():
    for _path in _paths:
        _BY_KEY.setdefault(_path.partition(".")[0], []).append((_name, _path))

_TEXTS = ("gen_ai.request.reasoning.level", "gen_ai.request.previous_response.id", "gen_ai.conversation.id")
_WHOLE = ("gen_ai.request.max_tokens", "gen_ai.request.seed", "gen_ai.request.choice.count")


def request_attributes(request: Request, payload: Mapping[str, Any], client: Any, table: Conventions) -> Attributes:
    """Return the attributes of the span of a request. `client` is the SDK's client that sends it; None if it is not
    known.
    """
    attributes: Attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider_name(request.provider, client),
        "gen_ai.request.model": request.model,
        **server_attributes(client, request.provider),
    }
    if request.stream:
        attributes["gen_ai.request.stream"] = True
    found = _parameters(payload)
    for name in REQUEST:
        if (value := _value(name, found.get(name), table)) is not None:
            attributes[name] = value
    if (kind := _output_type(request, found)) is not None:
        attributes["gen_ai.output.type"] = kind
    return attributes


def server_attributes(client: Any, provider: str) -> Attributes:
    """Return the attributes of the server's address; none if it is not known."""
    server = server_of(client, provider)
    return {"server.address": server[0], "server.port": server[1]} if server is not None else {}


def _settings(payload: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the objects that contain parameters: the payload, and its parts that contain further ones."""
    yield payload
    for name in CONTAINERS:
        if (part := payload.get(name)) is not None and not isinstance(part, str):
            yield part
            if name == "extra_body" and is_mapping(part):
                yield from _settings(cast("Mapping[str, Any]", part))


def _parameters(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters in a payload by the names of their attributes; "format" and "modalities" are the others.

    Looks only at the keys that the payload has, because most requests have few parameters.
    """
    found: dict[str, Any] = {}
    for part in _settings(payload):
        fields: dict[str, Any] = dict(part)
        for key in fields:
            for name, path in _BY_KEY.get(key, ()):
                if name not in found and (value := at(fields, path)) is not None:
                    found[name] = value
    return found


def _value(name: str, value: Any, table: Conventions) -> Any:
    """Return a parameter in the type of its attribute; None for a value that the attribute cannot have."""
    if value is None:
        return None
    value = getattr(value, "value", value)
    if name == "gen_ai.request.stop_sequences":
        texts = [value] if isinstance(value, str) else value
        return [str(one) for one in cast("Sequence[Any]", texts)] if isinstance(texts, list | tuple) and texts else None
    if name in _TEXTS:
        return value if isinstance(value, str) and value else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if name == "gen_ai.request.choice.count":
        return int(value) if value != 1 else None
    kind = table.top_k if name == "gen_ai.request.top_k" else int if name in _WHOLE else float
    return kind(value)


def _output_type(request: Request, found: Mapping[str, Any]) -> str | None:
    """Return the type of output that is asked for: "json", "text", "image" or "speech"; None if the request names
    none.
    """
    if request.structure is not None or request.json_mode:
        return "json"
    names = [str(getattr(one, "value", one)).lower() for one in as_list(found.get(_MODALITIES))]
    if (kind := next((OUTPUT_TYPES[name] for name in ("audio", "image") if name in names), None)) is not None:
        return kind
    form = found.get(_FORMAT)
    if isinstance(form, dict):  # Ollama's `format` is a JSON schema
        return "json"
    name = str(getattr(form, "value", form)).lower() if form is not None else ""
    return "json" if "json" in name else "text" if name.startswith("text") or "text" in names else None


def tool_definitions(request: Request, payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the definitions of the offered tools in the form of the conventions."""
    from ...core.base.tools import arguments_schema, tool_description, tool_name

    own = [
        {
            "type": "function",
            "name": tool_name(kind),
            "description": tool_description(kind),
            "parameters": arguments_schema(kind),
        }
        for kind in request.tools
    ]
    return [*own, *map(_native_tool, request.native_tools)]


def _native_tool(tool: Any) -> dict[str, Any]:
    fields = as_object(tool)
    function = as_object(fields.get("function"))
    kind = fields.get("type")
    name = function.get("name") or fields.get("name") or kind or next(iter(fields), "tool")
    return {"type": kind if isinstance(kind, str) else "function", "name": str(name), **_described(function)}


def _described(function: Mapping[str, Any]) -> dict[str, Any]:
    return {key: function[key] for key in ("description", "parameters") if key in function}
