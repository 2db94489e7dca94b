"""How the pieces of a Gemini answer are put together. Pure; knows the wire and no SDK.

A streamed answer is a row of answers, each with what is new. Parts are appended, what is said about a candidate is
merged: an object key by key, a list by what it does not hold yet, of anything else the last word counts.
"""

from __future__ import annotations

import re
from typing import Any

from ...base.parsing import Text, as_list, as_object

JSON = dict[str, Any]

_ROWS = frozenset({"topCandidates", "chosenCandidates"})
"""Lists with an item for every token: the same item may come twice."""
_TEXT = frozenset({"text", "thought"})
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]")


def merged(old: Any, new: Any, key: str = "") -> Any:
    """Return what two pieces that tell of the same thing say together."""
    if old is None or new is None:
        return old if new is None else new
    if isinstance(old, dict) and isinstance(new, dict):
        before = as_object(old)
        return {**before, **{name: merged(before.get(name), one, name) for name, one in as_object(new).items()}}
    if isinstance(old, list) and isinstance(new, list):
        return _joined(as_list(old), as_list(new), key)
    return new


def _joined(old: list[Any], new: list[Any], key: str) -> list[Any]:
    if key == "safetyRatings":  # at most one for each category
        rated = {as_object(one).get("category"): one for one in [*old, *new]}
        return list(rated.values())
    return [*old, *(one for one in new if key in _ROWS or one not in old)]


def add_part(parts: list[JSON], part: JSON) -> JSON | None:
    """Append a part, or let it go on with the last one; return the function call that it begins or adds to.

    Neighbouring texts are one text if both are thoughts or neither is. A text with a signature stays alone, as Google's
    guide to thought signatures demands.
    """
    last = parts[-1] if parts else None
    if "functionCall" in part:
        return _add_call(parts, last, part)
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
        call["args"] = _put(call.get("args"), _path(one.get("jsonPath") or "$"), _value(one))
    return call


def _value(piece: JSON) -> Any:
    # A text may come in pieces; of numbers, truth values and null each is whole.
    if "nullValue" in piece:
        return None
    return next((piece[key] for key in ("stringValue", "numberValue", "boolValue") if key in piece), "")


def _path(path: str) -> list[str | int]:
    """Return the steps of a JSON path to one value (RFC 9535, as Vertex writes them)."""
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
