"""Decodes large JSON with few copies of its long texts. Knows JSON, and no provider.

While Python decodes a text outside ASCII, it reserves one, two or four bytes for each byte of the text, and keeps the
part before: six times the size of the text in all. Here long texts are decoded piece by piece, and a text that an
earlier event has had already is used again, without a copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, cast
from uuid import uuid4

import jiter

from .json_access import is_list
from .text_buffer import Text

LARGE = 256 * 1024
"""The number of bytes from which an event or the arguments of a tool call are decoded in this way."""
_PIECE = 64 * 1024
"""The number of bytes of a text that are decoded at once."""
_MOST_STRINGS = 1000
"""How many strings of an event are looked at. An event with more of them has many short texts."""
_STRING = re.compile(rb'"((?:[^"\\]++|\\.)*+)"\s*+(:?)', re.DOTALL)
_FIRST_HALF = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}")


def decode_large(raw: bytes, known: Any = None) -> Any:
    """Return decoded JSON. A long text that is equal to a text in the JSON value `known` is that same object.

    Raises `ValueError` for bytes that are not JSON, and for halves of a character.
    """
    again = list(_long_texts(known))
    places = _long_strings(raw) if again or not raw.isascii() else []
    if not places:
        return jiter.from_json(raw, cache_mode="keys")
    texts = [_text(raw, start, end, again) for start, end in places]
    mark = uuid4().hex  # no text of the event can be equal to it
    rest, position = list[bytes](), 0
    for number, (start, end) in enumerate(places):
        rest += (raw[position:start], b"%b%d" % (mark.encode(), number))
        position = end
    rest.append(raw[position:])
    outline = jiter.from_json(b"".join(rest), cache_mode="keys")
    return _filled(outline, {f"{mark}{number}": text for number, text in enumerate(texts)})


def decode_text(raw: bytes) -> str:
    """Return UTF-8 bytes as text. A long text outside ASCII is decoded piece by piece."""
    if len(raw) <= LARGE or raw.isascii():
        return raw.decode()
    pieces, position = list[str](), 0
    while position < len(raw):
        end = _whole_characters(raw, position + _PIECE)
        pieces.append(raw[position:end].decode())
        position = end
    return "".join(pieces)


def _long_strings(raw: bytes) -> list[tuple[int, int]]:
    """Return where the long strings of a JSON text begin and end; an empty list if it has too many strings, or if
    they are not most of it.
    """
    places, covered, position = list[tuple[int, int]](), 0, 0
    for _ in range(_MOST_STRINGS):
        if (quote := raw.find(b'"', position)) < 0:
            break
        if (found := _STRING.match(raw, quote)) is None:  # it has no end: the bytes are no JSON
            return []
        start, end = found.span(1)
        position = found.end()
        if end - start > _PIECE and not found[2]:
            places.append((start, end))
            covered += end - start
    else:
        return []
    return places if covered > len(raw) // 2 else []


def _text(raw: bytes, start: int, end: int, known: Sequence[str]) -> str:
    """Return the text of a JSON string, without the quotes, that is at this place."""
    same: list[str] = list(known)
    pieces: list[str] = []
    length = 0
    while start < end:
        cut = _cut(raw, start, min(start + _PIECE, end), end)
        piece = cast("str", jiter.from_json(b'"%b"' % raw[start:cut]))
        if same:
            still = [one for one in same if one.startswith(piece, length)]
            if not still:
                pieces = [same[0][:length]]
            same = still
        if not same:
            pieces.append(piece)
        length += len(piece)
        start = cut
    if same:
        whole = next((one for one in same if len(one) == length), None)
        return same[0][:length] if whole is None else whole
    return "".join(pieces)


def _cut(raw: bytes, start: int, cut: int, end: int) -> int:
    """Return the last place up to `cut` that is not inside a character, an escape or two escapes of one character."""
    if cut == end:
        return end
    cut = _whole_characters(raw, cut)
    for _ in range(2):  # an escape that was cut, and the first half before it
        escape = raw.rfind(b"\\", max(start, cut - 6), cut)
        if escape < 0:
            break
        before = raw[start : escape + 1]
        if (len(before) - len(before.rstrip(b"\\"))) % 2 == 0:  # an escaped backslash
            break
        after = escape + (6 if raw[escape + 1 : escape + 2] == b"u" else 2)
        if after < cut or (after == cut and _FIRST_HALF.match(raw, escape) is None):
            break
        cut = escape
    return cut


def _whole_characters(raw: bytes, cut: int) -> int:
    """Return the last place up to `cut` at which a UTF-8 character begins; `cut` itself in bytes that are not UTF-8."""
    found = (at for at in range(cut, cut - 4, -1) if at >= len(raw) or raw[at] & 0xC0 != 0x80)
    return next(found, cut)


def _long_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str | Text):
        if sum(map(len, value if isinstance(value, Text) else (value,))) > _PIECE // 4:
            yield str(value)
    elif isinstance(value, dict):
        for one in cast("dict[str, Any]", value).values():
            yield from _long_texts(one)
    elif is_list(value):
        for one in value:
            yield from _long_texts(one)


def _filled(value: Any, texts: dict[str, str]) -> Any:
    if isinstance(value, str):
        return texts.get(value, value)
    if isinstance(value, dict):
        return {key: _filled(one, texts) for key, one in cast("dict[str, Any]", value).items()}
    return [_filled(one, texts) for one in value] if is_list(value) else value
