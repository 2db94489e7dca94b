r"""Joins the two halves of a character (UTF-16 surrogates) that arrive separately, and replaces halves that arrive
alone.

A JSON escape such as `\\ud83d` is half a character. JSON allows a lone half (RFC 8259, section 8.2), and Python's
`json`, which the SDKs use, reads it; jiter, pydantic and UTF-8 reject it. This module joins two halves, even from two
events, into one character, and replaces a lone half by U+FFFD. Knows JSON, and not what a text is used for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

import jiter
from pydantic_core import from_json, to_json

from .json_access import is_list, is_mapping
from .large_json import LARGE, decode_large

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_HALF = re.compile("[\ud800-\udfff]")
_ESCAPES = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
_PLACES = frozenset({"index", "output_index", "content_index", "summary_index", "contentBlockIndex", "thought"})
"""Fields that identify a text within the response, together with the path to the text."""
_JOINED = "parts"
"""The key of Gemini's lists whose texts are joined, whatever their position in an event."""
_NAMES = frozenset({"type", "id", "item_id", "object", "model"})
"""Fields that an event needs in addition to its text and its numbers."""
_KEPT = _PLACES | _NAMES
_ARGUMENTS = frozenset({"args", "arguments", "input", "partial_json"})
_GROWING_IN_PARTS = frozenset({"text", "stringValue"})
"""The keys of the texts in Gemini's parts that later events continue. All other texts there are complete."""


_Holders: TypeAlias = tuple[tuple[Mapping[str, Any], str] | None, ...]
"""The objects and lists around a text, from the outermost to the innermost: (object, key of the part inside), or
None for a list.
"""


def has_half(value: Any) -> bool:
    """Return True if any text in a JSON value contains a lone surrogate (half a character)."""
    if isinstance(value, str):
        return not value.isascii() and _HALF.search(value) is not None
    parts = value if is_list(value) else value.values() if is_mapping(value) else ()
    return any(map(has_half, parts))


def paired(text: str) -> str:
    """Return a text in which two adjacent surrogates are joined into one character, and each lone one is replaced by
    U+FFFD.
    """
    if text.isascii() or _HALF.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def all_paired(value: Any) -> Any:
    """Return a copy of a JSON value in which every text is changed by `paired`."""
    if isinstance(value, str):
        return paired(value)
    if isinstance(value, Mapping):
        return {key: all_paired(one) for key, one in cast("Mapping[str, Any]", value).items()}
    return [all_paired(one) for one in value] if is_list(value) else value


def paired_escapes(text: str) -> str:
    """Return JSON text in which each escape of a lone surrogate is replaced by the escape of U+FFFD."""
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return _ESCAPES.sub(lambda found: r"\ufffd" if found["lone"] else found[0], text)


def decode_json(raw: bytes) -> Any:
    """Return decoded JSON. Lone surrogates are kept, and bytes that are not UTF-8 are replaced.

    Raises `ValueError` for bytes that are not JSON.
    """
    try:
        return jiter.from_json(raw, cache_mode="keys")
    except ValueError as error:
        if not any(word in str(error) for word in ("surrogate", "hex escape", "unicode")):
            raise
        try:
            return json.loads(raw.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            raise error from None


def decode_whole(raw: bytes | str) -> Any:
    """Return decoded JSON in which every text is changed by `paired`. Raises `ValueError` if it is not JSON."""
    try:
        if len(raw) > LARGE and not raw.isascii():
            return decode_large(raw.encode() if isinstance(raw, str) else raw)
        return from_json(raw)  # unlike jiter's function, it reads a str without a copy
    except ValueError:
        return all_paired(decode_json(raw.encode() if isinstance(raw, str) else raw))


def encode_json(value: Any) -> bytes:
    """Return a value as JSON bytes, with every text changed by `paired`."""
    try:
        return to_json(value)
    except ValueError:
        return to_json(all_paired(value))


class HalfCharacters:
    """Joins the two halves of a character that arrive in two events of one stream.

    A first half at the end of a text is held back until the next event adds to the same text.
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[tuple[Any, ...], tuple[str, dict[str, Any]]] = {}

    def __bool__(self) -> bool:
        """True while a half is held back."""
        return bool(self._held)

    def joined(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return a decoded event in which halves from this and earlier events are joined."""
        kind = event.get("type")
        grows = not isinstance(kind, str) or "delta" in kind
        joined: dict[str, Any] = self._walk(event, (kind,), () if grows else None)
        return joined

    def rest(self) -> list[dict[str, Any]]:
        """Return one event for each half that is still held back. The event adds U+FFFD, because the other half has
        not arrived.
        """
        held, self._held = self._held, {}
        return [event for _, event in held.values()]

    def _walk(self, value: Any, path: tuple[Any, ...], holders: _Holders | None) -> Any:
        """Return a copy of a value with its halves joined. `path` leads to the value.

        `holders` are the objects and lists around the value; None if no later event can add to its texts.
        """
        if isinstance(value, str):
            return self._text(value, path, holders)
        if isinstance(value, Mapping):
            fields = cast("Mapping[str, Any]", value)
            path += tuple(fields[key] for key in _PLACES if fields.get(key) not in (None, False))
            return {
                key: self._walk(one, (*path, key), None if holders is None else (*holders, (fields, key)))
                for key, one in fields.items()
            }
        if is_list(value):
            inside = None if holders is None else (*holders, None)
            joined = path[-1:] == (_JOINED,)
            places = [path if joined or _numbered(one) else (*path, at) for at, one in enumerate(value)]
            return [self._walk(one, place, inside) for place, one in zip(places, value, strict=True)]
        return value

    def _text(self, text: str, path: tuple[Any, ...], holders: _Holders | None) -> str:
        if text and path in self._held:
            text = self._held.pop(path)[0] + text
        if holders and text and "\ud800" <= text[-1] <= "\udbff" and _can_grow(path):
            self._held[path] = text[-1], _event(holders)
            text = text[:-1]
        return paired(text)


def _can_grow(path: tuple[Any, ...]) -> bool:
    """Return True if a later event can add to the text at a path; False for a text inside an arguments object."""
    return (_JOINED not in path or path[-1] in _GROWING_IN_PARTS) and not _ARGUMENTS.intersection(path[:-1])


def _numbered(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(cast("Mapping[str, Any]", value).get("index"), int)


def _event(holders: _Holders) -> Any:
    """Return an event that adds only U+FFFD to the text that is inside `holders`."""
    inner: Any = REPLACEMENT
    for holder in reversed(holders):
        if holder is None:
            inner = [inner]
        else:
            fields, key = holder
            kept = {name: one for name, one in fields.items() if name in _KEPT or isinstance(one, int | float)}
            inner = {**kept, key: inner}
    return inner
