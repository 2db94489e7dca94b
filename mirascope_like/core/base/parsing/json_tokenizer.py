"""A JSON object read out of pieces of text, with whatever stands before and after it; told part by part.

Each character is looked at once, wherever the text is cut. Does no I/O, and makes nothing of what it reads.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import jiter

from .text_buffer import Text

_RUN = re.compile(r'[^"\\]*')
_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r"[-+.\w]*")
_ESCAPE = re.compile(r'\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|["\\/bfnrt])')
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_LONGEST_ESCAPE = len(r"\ud83d\ude00")


class InvalidJSONError(ValueError):
    """This is no JSON after all."""


class JSONReader(ABC):
    """Reads pieces of text for the first object in them. What seemed to be one and is none begins again."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Read another object."""
        self._read: Callable[[JSONReader, str, int], int] = JSONReader._seek
        self._open: list[bool] = []  # of the objects (True) and arrays that are open
        self._fresh = False  # nothing has come in the innermost of them
        self._text = Text()  # of the string or number that is open
        self._carry = ""  # an escape that is cut in two
        self.restart()

    @abstractmethod
    def restart(self) -> None:
        """Forget what was told: it was no JSON."""

    @abstractmethod
    def begin(self, *, is_object: bool) -> None:
        """An object or array begins."""

    @abstractmethod
    def key(self, key: str) -> None:
        """A key of the innermost object."""

    @abstractmethod
    def leaf(self, value: Any) -> None:
        """A value that is no object or array, whole."""

    @abstractmethod
    def grown(self) -> None:
        """There is more of `open_string`."""

    @abstractmethod
    def end(self) -> None:
        """The innermost object or array is whole."""

    @property
    def open_string(self) -> str | None:
        """The value that is an open string, so far."""
        return str(self._text) if self._read is JSONReader._in_string else None

    def read(self, text: str) -> None:
        """Read on."""
        text, self._carry = self._carry + text, ""
        at = 0
        while at < len(text):
            try:
                at = self._read(self, text, at)
            except InvalidJSONError:
                self.reset()
                at += 1

    # What is read next: each of these reads on from a place, and returns how far it came.

    def _seek(self, text: str, at: int) -> int:
        start = text.find("{", at)
        if start < 0:
            return len(text)
        self._begun(is_object=True)
        return start + 1

    def _over(self, text: str, at: int) -> int:
        return len(text)

    def _value(self, text: str, at: int) -> int:
        at, mark = _next_mark(text, at)
        if mark in ("{", "["):
            self._begun(is_object=mark == "{")
        elif mark == '"':
            self._text, self._read = Text(), JSONReader._in_string
        elif mark == "]" and self._fresh and not self._open[-1]:
            self._ended()
        elif mark:
            self._text, self._read = Text(), JSONReader._in_token
            return at
        return at + 1

    def _key(self, text: str, at: int) -> int:
        at, mark = _next_mark(text, at)
        if mark == '"':
            self._text, self._read = Text(), JSONReader._in_key
        elif mark == "}" and self._fresh:
            self._ended()
        elif mark:
            raise InvalidJSONError
        return at + 1

    def _colon(self, text: str, at: int) -> int:
        at, mark = _next_mark(text, at)
        if mark == ":":
            self._read = JSONReader._value
        elif mark:
            raise InvalidJSONError
        return at + 1

    def _comma(self, text: str, at: int) -> int:
        at, mark = _next_mark(text, at)
        if mark == ",":
            self._read = JSONReader._key if self._open[-1] else JSONReader._value
        elif mark and mark == ("}" if self._open[-1] else "]"):
            self._ended()
        elif mark:
            raise InvalidJSONError
        return at + 1

    def _in_key(self, text: str, at: int) -> int:
        at, closed = self._run(text, at)
        if closed:
            self._read, self._fresh = JSONReader._colon, False
            self.key(str(self._text))
        return at

    def _in_string(self, text: str, at: int) -> int:
        at, closed = self._run(text, at)
        if closed:
            self._leaf(str(self._text))
        else:
            self.grown()
        return at

    def _in_token(self, text: str, at: int) -> int:
        end = _end(_TOKEN, text, at)
        self._text.append(text[at:end])
        if end < len(text):
            try:
                value = jiter.from_json(str(self._text).encode())
            except ValueError:
                raise InvalidJSONError from None
            self._leaf(value)
        return end

    def _begun(self, *, is_object: bool) -> None:
        self._open.append(is_object)
        self._read, self._fresh = (JSONReader._key if is_object else JSONReader._value), True
        self.begin(is_object=is_object)

    def _leaf(self, value: Any) -> None:
        self._read, self._fresh = JSONReader._comma, False
        self.leaf(value)

    def _ended(self) -> None:
        self._open.pop()
        self._read, self._fresh = (JSONReader._comma if self._open else JSONReader._over), False
        self.end()

    def _run(self, text: str, at: int) -> tuple[int, bool]:
        """Read on in a string; return how far, and whether the string is closed."""
        end = _end(_RUN, text, at)
        if end > at:
            self._text.append(text[at:end])
        if end == len(text):
            return end, False
        if text[end] == '"':
            return end + 1, True
        escape = _ESCAPE.match(text, end)
        if escape is not None and _SURROGATE.fullmatch(escape[0]) is None:
            self._text.append(json.loads(f'"{escape[0]}"'))
            return escape.end(), False
        if len(text) - end >= _LONGEST_ESCAPE:
            raise InvalidJSONError
        self._carry = text[end:]
        return len(text), False


def _next_mark(text: str, at: int) -> tuple[int, str]:
    at = _end(_SPACE, text, at)
    return at, text[at : at + 1]


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found is not None else at
