"""Merges the fields of chat completion chunks. Does no I/O."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, cast

from ...base.parsing import Text, as_list, as_object
from .chunk import content_text

_TEXTS = frozenset({"content", "refusal", "arguments", "transcript", "text", "summary", "data", "input", "thinking"})
"""Strings that arrive in pieces, like those whose name begins with "reasoning". All other strings arrive whole."""


def merge(known: dict[str, Any], new: Mapping[str, Any]) -> None:
    """Add an event's fields to `known`: text is appended, lists are appended or merged by index, other values replaced.

    `None` never replaces a value, nor does an empty string or list.
    """
    for key, value in new.items():
        old = known.get(key)
        if value is None:
            known.setdefault(key, None)
        elif isinstance(value, str):
            if _grows(key):
                known[key] = old if isinstance(old, Text) else Text([old] if old else [])
                known[key].append(value)
            elif value or old is None:
                known[key] = value
        elif isinstance(value, dict):
            if not isinstance(old, dict):
                old = known[key] = {}
            merge(cast("dict[str, Any]", old), cast("dict[str, Any]", value))
        elif isinstance(value, list):
            known[key] = _merged(as_list(old), as_list(cast("Any", value)), restated=key == "executed_tools")
        else:
            known[key] = value


def merge_head(known: dict[str, Any], new: Mapping[str, Any]) -> None:
    """Merge the fields beside the choices, with lists replaced instead of appended: Perplexity repeats its sources."""
    merge(known, {key: value for key, value in new.items() if not isinstance(value, list)})
    for key, value in new.items():
        if isinstance(value, list) and (value or key not in known):
            known[key] = value


def restates(key: str, value: Any) -> bool:
    """Return whether merging a field a second time changes nothing."""
    if isinstance(value, dict):
        return all(restates(inner, one) for inner, one in cast("dict[str, Any]", value).items())
    return not (value and (isinstance(value, list) or (isinstance(value, str) and _grows(key))))


def _grows(key: str) -> bool:
    return key in _TEXTS or key.startswith("reasoning")


def _merged(known: list[Any], new: list[Any], *, restated: bool) -> list[Any]:
    # Groq sends each tool that it ran twice, complete: at its start, and with its result.
    for one in new:
        same = next((as_object(old) for old in known if _same(as_object(old), as_object(one))), None)
        if same is not None:
            said = {key: value for key, value in as_object(one).items() if value is not None}
            same.update(said) if restated else merge(same, as_object(one))
        elif isinstance(one, dict):
            fresh: dict[str, Any] = {}
            merge(fresh, cast("dict[str, Any]", one))
            known.append(fresh)
        else:
            known.append(one)
    return known


def _same(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    # OpenRouter numbers the reasoning details of each type separately.
    index, kind = new.get("index"), new.get("type")
    return index is not None and old.get("index") == index and (kind is None or old.get("type") in (None, kind))


def joined_base64(pieces: str) -> str:
    """Return the base64 of all pieces, each of which has its own padding."""
    if "=" not in pieces.rstrip("="):
        return pieces
    try:
        return b64encode(b"".join(b64decode(piece) for piece in re.findall("[^=]+=*", pieces))).decode()
    except ValueError:
        return pieces


def add_parts(parts: list[dict[str, Any]], content: Any) -> str:
    """Add content, as parts or plain text, to the parts known so far; return its text.

    Source: Mistral's documentation of reasoning. Its streams send thinking as parts, and text as parts or plain. An
    unstreamed response has one part where adjacent pieces have the same type.
    """
    new = [{"type": "text", "text": content}] if isinstance(content, str) else as_list(content)
    for part in map(as_object, new):
        last = parts[-1] if parts else {}
        if part.get("type") not in ("text", "thinking"):
            parts.append(part)
            continue
        if last.get("type") != part["type"]:
            parts.append(last := dict[str, Any]())
        thinking = part.get("thinking")
        merge(last, {key: value for key, value in part.items() if key != "thinking"})
        if isinstance(thinking, list):
            add_parts(last.setdefault("thinking", []), thinking)
    return content_text(new)
