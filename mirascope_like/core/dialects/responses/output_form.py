"""The output of a response: its texts, and its structure where a gateway sends another one than the reference. Does no
I/O.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...base.parsing import as_list, as_object, at, is_list

TEXT_PARTS = ("output_text", "text")
"""The types of parts that are text; the second one is that of some gateways."""

_TEXTS = {"message": {"content": "output_text"}, "reasoning": {"content": "reasoning_text", "summary": "summary_text"}}
"""Maps the type of an item to its lists of parts, and these to the type of a part that is a text."""


def output_in_form(response: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the output of a response as a list of items in the structure of the reference.

    Some gateways send one item alone, or the text only in `output_text`, which OpenAI's SDK computes from the output.
    """
    output = response.get("output")
    items: list[Any] = [output] if isinstance(output, dict) else as_list(output)
    if not items and isinstance(text := response.get("output_text"), str) and text:
        items = [{"content": [{"type": "output_text", "text": text, "annotations": []}]}]
    known = [item_in_form(item) for item in map(as_object, items) if item]
    return [item for item in known if isinstance(item.get("type") or "", str)]


def item_in_form(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item with a type, and with a list of objects as its parts. Some gateways leave out the type of a
    message, or send texts as parts, or one text as the summary of the reasoning.
    """
    if not isinstance(item.get("type"), str) and item.get("content"):
        item = {**item, "type": "message", "role": item.get("role") or "assistant"}
    texts = _TEXTS.get(str(item.get("type")), {})
    odd = [name for name in texts if _has_text(item.get(name), alone=item.get("type") == "reasoning")]
    return {**item, **{name: _parts(item[name], texts[name]) for name in odd}} if odd else item


def is_in_form(output: Any) -> bool:
    """Return True if the output, of an SDK's object, is a list of items in the structure of the reference."""
    return is_list(output) and bool(output) and all(map(_is_item, output))


def _is_item(item: Any) -> bool:
    kind = at(item, "type")
    texts = _TEXTS.get(kind, {}) if isinstance(kind, str) else {}
    return isinstance(kind, str) and not any(_has_text(at(item, name), alone=kind == "reasoning") for name in texts)


def _has_text(parts: Any, *, alone: bool) -> bool:
    """Return True if a part is a text in place of an object, or, with `alone`, if a text is in place of the parts."""
    return (alone and isinstance(parts, str)) or any(isinstance(part, str) for part in as_list(parts))


def _parts(parts: Any, kind: str) -> list[Any]:
    return [{"type": kind, "text": one} if isinstance(one, str) else one for one in as_list(parts) or [parts]]


def output_text(output: Sequence[Any]) -> str:
    """Return the text of all messages in the output of a response."""
    messages = [item for one in output if (item := as_object(one)).get("type") == "message"]
    contents = [item.get("content") for item in messages]
    texts: list[Any] = [{"type": "output_text", "text": one} if isinstance(one, str) else one for one in contents]
    whole: list[list[Any]] = [[one] if isinstance(one, dict) else as_list(one) for one in texts]
    parts = [as_object(part) for content in whole for part in content]
    return "".join(str(part.get("text") or "") for part in parts if part.get("type") in TEXT_PARTS)


def thinking_parts(item: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """Return the parts of a reasoning item that have text, each as (list of parts, position, text): the parts of the
    reasoning text, or else those of its summary. Empty for any other item.
    """
    if item.get("type") != "reasoning":
        return []
    for name in ("content", "summary"):
        texts = [str(as_object(part).get("text") or "") for part in as_list(item.get(name))]
        if any(texts):
            return [(name, at, text) for at, text in enumerate(texts) if text]
    return []
