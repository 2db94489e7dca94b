"""What a model's call means where the wire distorted it: the name of its tool, and the arguments that count.

Knows no provider: every accumulator and every response reads calls through `repaired`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import jiter

from ..messages import valid_name
from ..parsing import as_object, object_so_far
from .base_tool import ToolCall

_DECORATED = re.compile(r"\s*(?:(?:functions?|default_api|tools?)[.:])*([a-zA-Z0-9_-]+)(?::\d+)?\s*", re.IGNORECASE)
"""A name as hosts decorate it: `functions.add:0` (Kimi), `default_api:add` (Gemini)."""
_JSON = json.JSONDecoder()


def repaired(call: ToolCall, names: Collection[str]) -> ToolCall:
    """Return a call by the name that its tool was offered under, with the arguments that count."""
    name, arguments = offered_name(call.name, names), effective_arguments(call.arguments)
    if name == call.name and arguments == call.arguments:
        return call
    return replace(call, name=name, arguments=arguments)


def offered_name(name: str, names: Collection[str]) -> str:
    """Return the offered name that a decorated one means, or one that was made valid; a name that means none stays."""
    if name in names:
        return name
    found = _DECORATED.fullmatch(name)
    meant = found[1] if found is not None else valid_name(name)
    return meant if meant in names else name


def effective_arguments(text: str) -> str:
    """Return the arguments of a call, of which a host may have sent more than one text.

    An empty object before other arguments is ignored, an object that is restated counts once, and a JSON string that
    holds an object is that object. Anything else stays as it is: a tool never runs with a guess.
    """
    try:
        value = jiter.from_json(text.encode())
    except ValueError:
        return _one_of_several(text)
    if not isinstance(value, str):
        return text
    inner = effective_arguments(value)
    return inner if not inner.strip() or _is_object(inner) else text


def is_settled(text: str) -> bool:
    """Return True if arguments are a whole object with something in it, so that no more is to be expected."""
    text = effective_arguments(text)
    return text.rstrip().endswith("}") and _is_object(text) and text.strip("{} \n\r\t") != ""


def valid_arguments(text: str) -> str:
    """Return arguments as JSON that can be sent back; of text that is none, the object that can be read of it."""
    text = effective_arguments(text)
    try:
        jiter.from_json(text.encode())
    except ValueError:
        return json.dumps(object_so_far(text)) if text.strip() else text
    return text


def _is_object(text: str) -> bool:
    try:
        return isinstance(jiter.from_json(text.encode()), dict)
    except ValueError:
        return False


def _one_of_several(text: str) -> str:
    """Return the one of several JSON objects in a row that says something; the text itself where that is not one."""
    found_calls: list[tuple[Any, str]] = []
    position, found = 0, 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        try:
            decoded: tuple[Any, int] = _JSON.raw_decode(text, position)
        except ValueError:
            rest = text[position:]
            return rest if found and not found_calls and rest.startswith("{") else text
        value, end = decoded
        if not isinstance(value, dict):
            return text
        found += 1
        fields = as_object(value)
        if fields and all(fields != one for one, _ in found_calls):
            found_calls.append((fields, text[position:end]))
        position = end
    if not found:
        return text
    return found_calls[0][1] if len(found_calls) == 1 else "{}" if not found_calls else text
