"""Merges the events of a Gemini stream. Does no I/O and uses no SDK.

Each event is a response with only the new content. Parts are appended. The other fields of a candidate are merged:
objects key by key, and lists by adding items that are new; any other value is replaced.
"""

from __future__ import annotations

import re
from typing import Any

from ...base.parsing import Text, as_list, as_object, as_text

JSON = dict[str, Any]

_ROWS = frozenset({"topCandidates", "chosenCandidates"})
"""Keys of lists with one item per token. Their items are all kept, even equal ones."""
_TEXT = frozenset({"text", "thought"})
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['((?:[^'\\]++|\\.)*+)'\]")


def merged(old: Any, new: Any, key: str = "") -> Any:
    """Return the merged value of a field that two events have. `old` is from the earlier event. `key` is the field's
    name.
    """
    if old is None or new is None:
        return old if new is None else new
    if isinstance(old, dict) and isinstance(new, dict):
        before = as_object(old)
        return {**before, **{name: merged(before.get(name), one, name) for name, one in as_object(new).items()}}
    if isinstance(old, list) and isinstance(new, list):
        return _joined(as_list(old), as_list(new), key)
    return new


def _joined(old: list[Any], new: list[Any], key: str) -> list[Any]:
    if key == "safetyRatings":  # at most one per category
        rated = {str(as_object(one).get("category")): one for one in [*old, *new]}
        return list(rated.values())
    return [*old, *(one for one in new if key in _ROWS or one not in old)]


def add_part(parts: list[JSON], part: JSON) -> JSON | None:
    """Append a part to `parts`, or merge it into the last one. Return the function call that the part begins or
    extends, if any.

    Adjacent texts are joined if both are thinking or both are not. A text with a signature is kept separate, as
    Google's guide to thought signatures requires.
    """
    last = parts[-1] if parts else None
    if "functionCall" in part:
        if part["functionCall"] or as_object(as_object(last).get("functionCall")).get("willContinue"):
            return _add_call(parts, last, part)
        part = {key: value for key, value in part.items() if key != "functionCall"}  # some gateways send each field
    text = part.get("text")
    if isinstance(text, str) and part.keys() <= _TEXT:
        grown = last.get("text") if last is not None else None
        if isinstance(grown, Text) and bool(as_object(last).get("thought")) == bool(part.get("thought")):
            grown.append(text)
        else:
            parts.append({**part, "text": Text([text])})
    else:
        parts.append(dict(part))
    return None


def _add_call(parts: list[JSON], last: JSON | None, part: JSON) -> JSON:
    piece = dict(as_object(part["functionCall"]))
    grown = as_list(piece.pop("partialArgs", None))
    if last is not None and as_object(last.get("functionCall")).get("willContinue"):
        last.update({key: value for key, value in part.items() if key != "functionCall"})
        call = as_object(last["functionCall"])
        del call["willContinue"]
        call.update({key: value for key, value in piece.items() if value})
    else:
        call = piece
        parts.append({**part, "functionCall": call})
    for one in map(as_object, grown):
        call["args"] = _put(call.get("args"), _path(as_text(one.get("jsonPath"))), _value(one))
    return call


def _value(piece: JSON) -> Any:
    # Strings may arrive in pieces; numbers, booleans and null arrive whole.
    if "nullValue" in piece:
        return None
    return next((piece[key] for key in ("stringValue", "numberValue", "boolValue") if key in piece), "")


def _path(path: str) -> list[str | int]:
    """Return the keys and indexes in a JSON path to a single value (RFC 9535, as Vertex writes it)."""
    return [int(index) if index else name or quoted for name, index, quoted in _STEP.findall(path)]


def _put(holder: Any, path: list[str | int], value: Any) -> Any:
    if not path:
        return holder + value if isinstance(holder, str) and isinstance(value, str) else value
    step, *rest = path
    if isinstance(step, int):
        items = as_list(holder)
        items.extend([None] * (step + 1 - len(items)))
        items[step] = _put(items[step], rest, value)
        return items
    fields = as_object(holder)
    fields[step] = _put(fields.get(step), rest, value)
    return fields
