"""Recognizes events that differ from an earlier event in only one string, by comparing their bytes.

Most events of a long response are of this kind. Comparing the bytes and decoding one string takes a third of the time
of decoding the whole event.
"""

from __future__ import annotations

import re
from typing import Self, cast

import jiter

_STRING = re.compile(rb'\s*+"(?:[^"\\]++|\\.)*+"', re.DOTALL)
MAX_BYTES = 64 * 1024
"""The longest event from which a fast path is made: comparing makes copies of the event, and long events are rare."""
_LETTERS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class DeltaFastPath:
    """The bytes of an event except for the string under one key and the random padding under another key."""

    __slots__ = ("_begin", "_close", "_end", "_length", "_start")

    def __init__(self, begin: bytes, close: bytes, end: bytes) -> None:
        self._begin = begin  # up to and including the opening quote of the string
        self._start = len(begin)
        self._close = close  # from the closing quote to the padding
        self._length = len(close)
        self._end = end  # after the padding

    @classmethod
    def of(cls, event: bytes, key: str, text: str, padding: str) -> Self | None:
        """Return a fast path that recognizes events like `event`, with any text under `key`.

        `text` is the text of `event`. `padding` is the key of a field with random letters, which may differ too.
        Returns None if the event has more than `MAX_BYTES`, or if the position of the text is not certain: `key` occurs
        twice, or the string after it is not `text`.
        """
        if len(event) > MAX_BYTES:
            return None
        before, mark, rest = event.partition(b'"%b":' % key.encode())
        string = _STRING.match(rest)
        if string is None or mark in rest or _decoded(string[0]) != text:
            return None
        begin = before + mark + string[0][: string[0].index(b'"') + 1]
        rest = rest[string.end() - 1 :]
        close, field, letters = rest.partition(b'"%b":"' % padding.encode())
        return cls(begin, close + field, letters.lstrip(_LETTERS)) if field else cls(begin, rest, b"")

    def text(self, event: bytes) -> str | None:
        """Return the text of an event if this fast path recognizes the event; else None."""
        if len(event) > MAX_BYTES or not event.startswith(self._begin):
            return None
        close = event.rfind(self._close, self._start)
        if close < 0 or event[close + self._length :].lstrip(_LETTERS) != self._end:
            return None
        return _decoded(event[self._start - 1 : close + 1])


def _decoded(string: bytes) -> str | None:
    try:
        return cast("str", jiter.from_json(string))
    except ValueError:
        return None
