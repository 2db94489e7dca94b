"""Checks and mends the structure of chat completion chunks. Does no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...base.parsing import as_list, as_object
from .chunk import message_object


def is_well_formed(data: Mapping[str, Any]) -> bool:
    """Return True if an event has the structure that the code below expects. A field that is empty may have any
    type.
    """
    choices: list[Any] = [*as_list(data.get("choices"))]
    deltas: list[Any] = [as_object(choice).get("delta") or as_object(choice).get("message") for choice in choices]
    calls: list[Any] = [call for delta in deltas for call in as_list(as_object(delta).get("tool_calls"))]
    functions = [as_object(call).get(kind) for call in calls for kind in ("function", "custom")]
    numbers = [as_object(one).get("index") for one in (*choices, *calls)]
    return (
        all(isinstance(one, dict) for one in (*choices, *calls))
        and all(isinstance(one, dict) for one in (data.get("usage"), *deltas, *functions) if one)
        and all(isinstance(number, int) for number in numbers if number is not None)
        and isinstance(data.get("choices") or [], list)
    )


def mended(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event with indexes that are texts as numbers, with deltas that are texts as objects, and without calls
    that are null.
    """
    choices: list[Any] = []
    for one in as_list(data.get("choices")):
        choice = _with_number(as_object(one))
        for key in ("delta", "message"):
            if isinstance(choice.get(key), str):
                choice = {**choice, key: message_object(choice[key])}
            if calls := as_list(as_object(choice.get(key)).get("tool_calls")):
                kept = [_with_number(as_object(call)) for call in calls if call is not None]
                choice = {**choice, key: {**choice[key], "tool_calls": kept}}
        choices.append(choice)
    return {**data, "choices": choices} if isinstance(data.get("choices"), list) else {**data}


def _with_number(fields: dict[str, Any]) -> dict[str, Any]:
    index = fields.get("index")
    return {**fields, "index": int(index)} if isinstance(index, str) and index.isdecimal() else fields
