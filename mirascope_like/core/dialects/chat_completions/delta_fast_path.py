"""Events that say the same as one before but for a piece of text, told by their bytes.

Most events of a long answer are of this kind. To compare bytes and to decode one string costs a third of what it costs
to decode the event and to compare what it says.
"""

from __future__ import annotations

import re
from typing import Self, cast

import jiter

_STRING = re.compile(rb'\s*"(?:[^"\\]|\\.)*"', re.DOTALL)
_LETTERS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class DeltaFastPath:
    """An event's bytes but for the string of one key, and for the letters of another that pad its end."""

    __slots__ = ("_begin", "_close", "_end", "_length", "_start")

    def __init__(self, begin: bytes, close: bytes, end: bytes) -> None:
        self._begin = begin  # up to the text's opening quote, with it
        self._start = len(begin)
        self._close = close  # from its closing quote up to the padding
        self._length = len(close)
        self._end = end  # what follows the padding

    @classmethod
    def of(cls, event: bytes, key: str, text: str, padding: str) -> Self | None:
        """Return the fast path for events like this one, with `text` under `key` and random letters under `padding`.

        None where the text's place is not certain: the key stands in the event twice, or the string is another.
        """
        before, mark, rest = event.partition(b'"%b":' % key.encode())
        string = _STRING.match(rest)
        if string is None or mark in rest or _decoded(string[0]) != text:
            return None
        begin = before + mark + string[0][: string[0].index(b'"') + 1]
        rest = rest[string.end() - 1 :]
        close, field, letters = rest.partition(b'"%b":"' % padding.encode())
        return cls(begin, close + field, letters.lstrip(_LETTERS)) if field else cls(begin, rest, b"")

    def text(self, event: bytes) -> str | None:
        """Return the text of an event of this fast_path, or None for any other event."""
        if not event.startswith(self._begin):
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
