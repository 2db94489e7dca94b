"""Reads JSON objects from pieces of a text, and reports each key and value to a subclass as soon as it arrives.

There may be other text around the objects. Each character is read once, wherever the text is split into pieces. Does no
I/O and builds no values.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import jiter

from .json_extraction import CLOSED_THINKING, OPEN_THINKING
from .surrogates import REPLACEMENT
from .text_buffer import Text

_RUN = re.compile(r'[^"\\]*')
_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r"[-+.\w]*")
_ESCAPE = re.compile(r'\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|["\\/bfnrt])')
_LONGEST_LEAD = 80
MAX_DEPTH = 200
"""The maximum nesting of objects and arrays. jiter and pydantic also reject JSON that is nested more deeply."""
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_LONGEST_ESCAPE = len(r"\ud83d\ude00")
_MARK = re.compile(rf"(?P<closed>{CLOSED_THINKING})|(?P<open>{OPEN_THINKING})|[{{\[]")
_CLOSED = re.compile(CLOSED_THINKING)
_CUT = re.compile(r"[<\[][/a-zA-Z]{0,10}\Z")
"""Matches the possible beginning of a thinking tag at the end of a piece."""
_LEAD = re.compile(r"\s*(```\w*\s*)?")
"""Matches what may precede the JSON in a text that contains nothing else: white space and a code fence."""


class InvalidJSONError(ValueError):
    """The characters read are not valid JSON."""


class TooDeepError(ValueError):
    """The JSON is nested more deeply than `MAX_DEPTH`."""


class JSONReader(ABC):
    """Reads the JSON objects in a text that arrives in pieces, one object after another. Calls its abstract methods for
    each part.

    Arrays at the top level are ignored. A value that turns out to be invalid JSON is dropped. The model's thinking,
    marked by tags, is ignored.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything that was read, and start with a new text."""
        self._base = 0  # the offset, in the whole text, of the current piece
        self._carry = ""  # the beginning of an escape or tag that continues in the next piece
        self._lead = ""  # the beginning of the text before the current or next value
        self._closed()
        self.restart()

    def _closed(self) -> None:
        """Start to search for the next value at the top level."""
        self._read: Callable[[JSONReader, str, int], int] = JSONReader._seek
        self._open: list[bool] = []  # one item per open object (True) and array (False)
        self._fresh = False  # True if the innermost open object or array is still empty
        self._ending = False
        self._text = Text()  # the characters of the open string or number

    @property
    def leads(self) -> bool:
        """True if only white space, a code fence, and thinking in tags precede the value that was read last."""
        return _LEAD.fullmatch(self._lead.removesuffix("value")) is not None

    @abstractmethod
    def restart(self) -> None:
        """Called when everything that was reported so far belongs to the model's thinking and is not the output."""

    @abstractmethod
    def drop(self) -> None:
        """Called when the open value at the top level turns out to be invalid JSON."""

    @abstractmethod
    def opened(self, start: int) -> None:
        """Called when a value at the top level begins. `start` is its offset in the text."""

    @abstractmethod
    def closed(self, end: int) -> None:
        """Called when the value at the top level ends. `end` is the offset after its last character."""

    @abstractmethod
    def begin(self, *, is_object: bool) -> None:
        """Called when an object or array begins."""

    @abstractmethod
    def key(self, key: str) -> None:
        """Called with each key of the innermost object."""

    @abstractmethod
    def leaf(self, value: Any) -> None:
        """Called with each complete string, number, true, false or null."""

    @abstractmethod
    def grown(self) -> None:
        """Called when `open_string` has become longer."""

    @abstractmethod
    def end(self) -> None:
        """Called when the innermost object or array ends."""

    @property
    def open_string(self) -> str | None:
        """The received characters of a string value that is still incomplete; None if the reader is not inside a
        string value.
        """
        return str(self._text) if self._read is JSONReader._in_string else None

    def read(self, text: str) -> None:
        """Read the next piece of the text."""
        self._base -= len(self._carry)
        text, self._carry = self._carry + text, ""
        at = 0
        while at < len(text):
            try:
                at = self._read(self, text, at)
                if self._ending:
                    self._ending = False
                    self._lead += "value"
                    self.closed(self._base + at)
            except InvalidJSONError:
                self._closed()
                self.drop()
                self._lead = "broken"
                at += 1
        self._base += len(text)

    # The states. Each method reads from an offset, and returns the offset that it reached.

    def _seek(self, text: str, at: int) -> int:
        mark = _MARK.search(text, at)
        cut = _CUT.search(text, at)
        if cut is not None and (mark is None or mark.start() >= cut.start()) and (mark is None or mark[0] == "["):
            self._lead = (self._lead + text[at : cut.start()])[:_LONGEST_LEAD]
            self._carry = text[cut.start() :]
            return len(text)
        self._lead = (self._lead + text[at : mark.start() if mark is not None else len(text)])[:_LONGEST_LEAD]
        if mark is None:
            return len(text)
        if mark["closed"]:
            self._lead = ""
            self.restart()
        elif mark["open"]:
            if self._lead.strip():
                self._lead += mark[0]
            else:
                self._read = JSONReader._thinking
        else:
            self.opened(self._base + mark.start())
            self._started(is_object=mark[0] == "{")
        return mark.end()

    def _thinking(self, text: str, at: int) -> int:
        closed = _CLOSED.search(text, at)
        if closed is not None:
            self._closed()
            self._lead = ""
            return closed.end()
        cut = _CUT.search(text, at)
        if cut is not None:
            self._carry = text[cut.start() :]
        return len(text)

    def _value(self, text: str, at: int) -> int:
        at, mark = _next_mark(text, at)
        if mark in ("{", "["):
            self._started(is_object=mark == "{")
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

    def _started(self, *, is_object: bool) -> None:
        if len(self._open) == MAX_DEPTH:
            if self._open[0]:
                raise TooDeepError(f"the JSON nests more than {MAX_DEPTH} objects and arrays")
            raise InvalidJSONError  # brackets in a text that is not JSON
        self._open.append(is_object)
        self._read, self._fresh = (JSONReader._key if is_object else JSONReader._value), True
        self.begin(is_object=is_object)

    def _leaf(self, value: Any) -> None:
        self._read, self._fresh = JSONReader._comma, False
        self.leaf(value)

    def _ended(self) -> None:
        self._open.pop()
        self._read, self._fresh = (JSONReader._comma if self._open else JSONReader._seek), False
        self._ending = not self._open
        self.end()

    def _run(self, text: str, at: int) -> tuple[int, bool]:
        """Read characters of a string. Return the offset that was reached, and True if the string ended there."""
        end = _end(_RUN, text, at)
        if end > at:
            self._text.append(text[at:end])
        if end == len(text):
            return end, False
        if text[end] == '"':
            return end + 1, True
        escape = _ESCAPE.match(text, end)
        half = escape is not None and _SURROGATE.fullmatch(escape[0]) is not None
        lone = half and (len(text) - end >= _LONGEST_ESCAPE or text[end + 6 : end + 8] not in ("", "\\", "\\u"))
        if escape is not None and (lone or not half):
            self._text.append(REPLACEMENT if half else json.loads(f'"{escape[0]}"'))
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
