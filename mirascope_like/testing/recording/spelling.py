"""Bytes as values of JSON that people can read: text where it is text, JSON where it can be spelled again exactly."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from .exchange import parsed

_SPACES: dict[str, dict[str, Any]] = {"compact": {"separators": (",", ":")}, "spaced": {}, "indented": {"indent": 2}}
_STYLES: dict[str, dict[str, Any]] = {
    name + end: {**options, "ensure_ascii": bool(end)} for name, options in _SPACES.items() for end in ("", "-ascii")
}
"""How servers spell JSON."""

_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]"
)
"""Characters that a terminal or an editor obeys in place of showing them, except tabs and ends of lines."""


def shown_json(value: Any, **options: Any) -> str:
    """Return JSON in which all characters that are not visible are escaped."""
    return shown(json.dumps(value, ensure_ascii=False, allow_nan=False, **options))


def shown(text: str) -> str:
    """Return a text with an escape in place of each character that is not visible."""
    return _UNSHOWN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def spelled(data: bytes) -> dict[str, str]:
    """Return bytes as `text`; with parts of characters at the ends as `head` and `tail`; else as `base64`."""
    head = next((at for at, byte in enumerate(data[:3]) if byte & 0xC0 != 0x80), min(len(data), 3))
    for first in {0, head}:
        for last in range(len(data), max(len(data) - 4, first), -1):
            try:
                found = {"text": data[first:last].decode()}
            except UnicodeDecodeError:
                continue
            ends = {"head": data[:first], "tail": data[last:]}
            return found | {name: b64encode(end).decode() for name, end in ends.items() if end}
    return {"base64": b64encode(data).decode()}


def unspelled(fields: Mapping[str, str]) -> bytes:
    """Return the bytes of `spelled`. Raises `ValueError` if they are not valid."""
    if "base64" in fields:
        return b64decode(fields["base64"], validate=True)
    ends = [b64decode(fields.get(name, ""), validate=True) for name in ("head", "tail")]
    return ends[0] + fields["text"].encode() + ends[1]


def spelled_json(content: bytes) -> dict[str, Any] | None:
    """Return JSON as `json` and the `style` in which it is spelled; None if that is not one of those known here."""
    body = content.rstrip(b" \r\n\t")
    try:
        value = parsed(body)
        text = body.decode()
    except ValueError:
        return None
    for style, options in _STYLES.items():
        try:
            equal = json.dumps(value, **options) == text
        except RecursionError:
            return None
        if equal:
            tail = content[len(body) :].decode()
            return {"json": value, "style": style} | ({"tail": tail} if tail else {})
    return None


def unspelled_json(value: Any, style: str, tail: str = "") -> bytes:
    """Return the bytes of `spelled_json`. Raises `ValueError` if the style is unknown."""
    if style not in _STYLES:
        raise ValueError(f"unknown style {style!r}")
    return (json.dumps(value, **_STYLES[style]) + tail).encode()
