"""JSON that grows: read once, as it comes, into values that can be shown at any moment.

What is closed is kept, and validated once; what is open is a short path from the root. So a piece of text costs what
the piece costs, however much has come before. Does no I/O; knows `Shape`s, and not what the answer is for.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable
from typing import Any

import jiter
from pydantic import ValidationError

from .fold import Text
from .invalid import parse_error
from .shape import Record, Shape, Unchecked

_RUN = re.compile(r'[^"\\]*')
_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r"[-+.\w]*")
_ESCAPE = re.compile(r'\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|["\\/bfnrt])')
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_LONGEST_ESCAPE = len(r"\ud83d\ude00")

NOTHING: Any = object()
"""What is not to be shown, or not there yet."""


class _BrokenError(ValueError):
    """This is no JSON after all."""


class _Node:
    """An object or array that is open; without a shape it is read and not shown."""

    __slots__ = ("is_object", "item", "key", "name", "raw", "record", "shape", "shown", "sound", "watched")

    def __init__(self, shape: Shape | None, *, is_object: bool) -> None:
        self.shape = shape
        self.is_object = is_object
        self.record = shape.record if shape is not None and is_object else None
        self.item = shape.item if shape is not None and not is_object else None
        self.raw: Any = {} if is_object else []
        self.shown: Any = {} if is_object else []
        self.sound = True
        """Whether all parts so far have been validated."""
        self.key = ""
        self.name: str | None = None
        self.watched = False

    @property
    def visible(self) -> bool:
        """Whether it is shown while it is open."""
        return self.record is not None or self.item is not None

    def show(self, inner: Any) -> Any:
        """Return a snapshot; `inner` is the part that is open."""
        if self.item is not None:
            return [*self.shown] if inner is NOTHING else [*self.shown, inner]
        if self.record is None:
            return NOTHING
        values = dict(self.shown)
        if inner is not NOTHING and self.name is not None:
            values[self.name] = inner
        return self.record.show(values)

    def path(self) -> int | str:
        """Return where the part that is open stands."""
        return self.key if self.is_object else len(self.raw)


class Growth:
    """An object that grows out of pieces of text, with whatever stands before it.

    `given` are fields of the root that do not come from the text. Closed items of the root's array `watch` are put into
    `items`. With `fail_fast`, a closed part that does not fit raises.
    """

    def __init__(
        self, root: Record, given: dict[str, Any] | None = None, *, watch: str | None = None, fail_fast: bool = False
    ) -> None:
        self._root = Shape(None, record=root)
        self._given = given or {}
        self._watch = watch
        self._fail_fast = fail_fast
        self._changed = False
        self.items: deque[tuple[Any, Any]] = deque()
        """Closed items: as they came, and validated, or `NOTHING` where they are not validated by themselves."""
        self._reset()

    def _reset(self) -> None:
        self._read: Callable[[Growth, str, int], int] = Growth._seek
        self._stack: list[_Node] = []
        self._shape: Shape | None = None  # of the value that comes next, or is open
        self._fresh = False  # nothing has come in the innermost object or array
        self._text = Text()  # of the string or number that is open
        self._carry = ""  # an escape that is cut in two
        self._last: Any = NOTHING  # what is closed now, as it was shown last
        self._final: Any = NOTHING
        self.value: Any = NOTHING
        """The whole, once it is closed and each of its parts has been validated."""
        self.items.clear()

    def feed(self, text: str) -> bool:
        """Read on; return whether anything that is shown has changed; not at the end, when it is whole.

        Raises `ResponseParseError` for a closed part that does not fit, with `fail_fast`.
        """
        self._changed = False
        text, self._carry = self._carry + text, ""
        at = 0
        while at < len(text):
            try:
                at = self._read(self, text, at)
            except _BrokenError:
                self._reset()  # and look for another beginning
                at += 1
        return self._changed

    def show(self) -> Any:
        """Return a snapshot of what has come, or `NOTHING`."""
        if not self._stack:
            return self._final
        inner = NOTHING
        if self._read is Growth._in_string and self._shape is not None and self._shape.text:
            inner = self._last = str(self._text)
        for node in reversed(self._stack):
            inner = node.show(inner)
        return inner

    # What is read next: each of these reads on from a place, and returns how far it came.

    def _seek(self, text: str, at: int) -> int:
        start = text.find("{", at)
        if start < 0:
            return len(text)
        self._shape = self._root
        self._open(is_object=True)
        for name, value in self._given.items():
            self._stack[0].name = name
            self._take(value, value, sound=True)
        self._read, self._fresh = Growth._key, True
        return start + 1

    def _over(self, text: str, at: int) -> int:
        return len(text)

    def _value(self, text: str, at: int) -> int:
        at, mark = _next_mark(text, at)
        if mark in ("{", "["):
            self._open(is_object=mark == "{")
        elif mark == '"':
            self._begin(Growth._in_string)
        elif mark == "]" and self._fresh and not self._stack[-1].is_object:
            self._close()
        elif mark:
            self._begin(Growth._in_token)
            return at
        return at + 1

    def _key(self, text: str, at: int) -> int:
        at, mark = _next_mark(text, at)
        if mark == '"':
            self._begin(Growth._in_key)
        elif mark == "}" and self._fresh:
            self._close()
        elif mark:
            raise _BrokenError
        return at + 1

    def _colon(self, text: str, at: int) -> int:
        at, mark = _next_mark(text, at)
        if mark == ":":
            self._read = Growth._value
        elif mark:
            raise _BrokenError
        return at + 1

    def _comma(self, text: str, at: int) -> int:
        at, mark = _next_mark(text, at)
        node = self._stack[-1]
        if mark == ",":
            self._next_part(node)
        elif mark and mark == ("}" if node.is_object else "]"):
            self._close()
        elif mark:
            raise _BrokenError
        return at + 1

    def _in_key(self, text: str, at: int) -> int:
        at, closed = self._run(text, at)
        if closed:
            node = self._stack[-1]
            node.key = str(self._text)
            known = node.record.field(node.key) if node.record is not None else None
            node.name, self._shape = known if known is not None else (None, None)
            self._read, self._fresh = Growth._colon, False
        return at

    def _in_string(self, text: str, at: int) -> int:
        at, closed = self._run(text, at)
        if closed:
            value = str(self._text)
            self._attach(value, value, sound=True)
        elif self._shape is not None and self._shape.text:
            self._changed = True
        return at

    def _in_token(self, text: str, at: int) -> int:
        end = _end(_TOKEN, text, at)
        self._text.append(text[at:end])
        if end < len(text):
            try:
                value = jiter.from_json(str(self._text).encode())
            except ValueError:
                raise _BrokenError from None
            self._attach(value, value, sound=True)
        return end

    def _begin(self, read: Callable[[Growth, str, int], int]) -> None:
        self._text = Text()
        self._last = NOTHING
        self._read = read

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
        lone = escape is not None and _SURROGATE.fullmatch(escape[0]) is not None
        if escape is not None and not lone:
            self._text.append(json.loads(f'"{escape[0]}"'))
            return escape.end(), False
        if len(text) - end >= _LONGEST_ESCAPE:
            raise _BrokenError
        self._carry = text[end:]
        return len(text), False

    # What becomes of the parts

    def _next_part(self, node: _Node) -> None:
        self._read = Growth._key if node.is_object else Growth._value
        if not node.is_object:
            self._shape = node.item

    def _open(self, *, is_object: bool) -> None:
        node = _Node(self._shape, is_object=is_object)
        node.watched = len(self._stack) == 1 and self._watch is not None and self._stack[0].name == self._watch
        self._stack.append(node)
        self._changed = self._changed or node.visible
        self._fresh = True
        self._next_part(node)

    def _close(self) -> None:
        node = self._stack.pop()
        shown, sound = self._whole(node)
        if self._stack:
            self._last = node.shown
            self._attach(node.raw, shown, sound=sound)
            return
        self._read = Growth._over
        self._final = shown
        self._changed = False
        if sound:
            self.value = shown

    def _whole(self, node: _Node) -> tuple[Any, bool]:
        """Return a closed object or array, and whether it has been validated."""
        record, shape = node.record, node.shape
        if shape is None:
            return node.raw, True
        if node.item is not None or (record is not None and not record.whole):
            return node.shown, node.sound  # validated with the model that it is a part of
        try:
            if record is not None and node.sound:
                return record.close(node.shown), True
        except Unchecked:
            pass
        except Exception as error:
            self._misfit(error, len(self._stack))
            return None, False
        if self._stack:
            try:
                return shape.validated(node.raw), True
            except Exception as error:
                self._misfit(error, len(self._stack))
        return (record.show(node.shown) if record is not None else None), False

    def _attach(self, raw: Any, shown: Any, *, sound: bool) -> None:
        """Add a closed value to the object or array that it is a part of."""
        node = self._stack[-1]
        is_object, is_leaf = isinstance(raw, dict), not isinstance(raw, dict | list)
        if node.is_object:
            node.raw[node.key] = raw
            if node.name is not None:
                shown = self._take(raw, shown, sound=sound)
        else:
            item = node.item
            if self._fail_fast and item is not None and is_leaf:
                sound = self._fits(item, raw)
            node.raw.append(raw)
            node.shown.append(shown)
            node.sound = node.sound and sound
            if node.watched:
                alone = is_object and (item is None or item.record is None or item.record.whole)
                self.items.append((raw, shown if sound and alone else NOTHING))
        if node.visible and (node.name is not None or not node.is_object):
            self._changed = self._changed or (shown is not None if self._last is NOTHING else shown != self._last)
        self._read, self._fresh = Growth._comma, False

    def _take(self, raw: Any, shown: Any, *, sound: bool) -> Any:
        """Add a closed field to the innermost object; return what it is shown as."""
        node = self._stack[-1]
        assert node.record is not None
        assert node.name is not None
        if node.record.checks:
            try:
                shown = node.record.check(node.shown, node.name, shown if sound else raw)
            except Unchecked:
                node.sound = False
            except Exception as error:
                node.sound = False
                self._misfit(error, len(self._stack) - 1)
                shown = shown if isinstance(raw, dict | list) else None
        else:
            node.sound = node.sound and sound
        node.shown[node.name] = shown
        return shown

    def _fits(self, shape: Shape, raw: Any) -> bool:
        try:
            shape.validated(raw)
        except Exception as error:
            self._misfit(error, len(self._stack))
            return False
        return True

    def _misfit(self, error: Exception, depth: int) -> None:
        """Raise for a closed part that does not fit, where that ends the generation."""
        if self._fail_fast and isinstance(error, ValidationError):
            raise parse_error(error, prefix=[node.path() for node in self._stack[:depth]])


def _next_mark(text: str, at: int) -> tuple[int, str]:
    at = _end(_SPACE, text, at)
    return at, text[at : at + 1]


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found is not None else at
