"""Parses JSON incrementally into partial values that can be shown at any time.

If the text has several objects, the last one with a known key is shown, as in `json_extraction`. Complete parts are
validated once and kept; only the path from the root to the open part changes. So the cost of a piece of text does not
depend on how much text precedes it. Does no I/O. Knows the `Shape`s of types, and not what the value is used for.
"""

from __future__ import annotations

from collections import deque
from dataclasses import is_dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from ..errors import parse_error
from .field_validators import TOKEN
from .json_tokenizer import JSONReader, TooDeepError
from .type_structure import Record, Shape, Unchecked

NOTHING: Any = object()
"""Marks a value that has not arrived or is not shown."""


class _Node:
    """An object or array that is still open. If its shape is None, it is parsed but not shown."""

    __slots__ = (
        "form", "is_object", "item", "key", "keys", "loose", "mark", "name", "raw", "record", "shape", "shown", "sound",
        "watched",
    )  # fmt: skip

    def __init__(self, shape: Shape | None, *, is_object: bool, loose: bool) -> None:
        self.shape = shape
        self.is_object = is_object
        self.record = shape.record if shape is not None and is_object else None
        self.item = shape.item if shape is not None and not is_object else None
        self.raw: Any = {} if is_object else []
        self.form: Any = {} if is_object else []
        """`raw` with placeholders for the parts that are validated: see `field_validators.TOKEN`."""
        self.shown: Any = {} if is_object else []
        self.sound = True
        """True if every part so far was validated or needs no validation."""
        self.loose = loose
        """True if its parts can only be validated together with the object or array around it."""
        self.key = ""
        self.keys: dict[str, str] = {}
        """Maps the name of each received field to its JSON key."""
        self.mark = 0
        """The number of validated parts when the current field began."""
        self.name: str | None = None
        self.watched = False

    @property
    def visible(self) -> bool:
        """True if this object or array appears in snapshots while it is open."""
        return self.record is not None or self.item is not None

    def show(self, inner: Any) -> Any:
        """Return a snapshot. `inner` is the snapshot of the open part inside this object or array."""
        if self.item is not None:
            return [*self.shown] if inner is NOTHING else [*self.shown, inner]
        if self.record is None:
            return NOTHING
        values = dict(self.shown)
        if inner is not NOTHING and self.name is not None:
            values[self.name] = inner
        return self.record.show(values)

    def path(self) -> int | str:
        """Return the key or index of the part inside that is open."""
        return self.key if self.is_object else len(self.raw)


class PartialParser(JSONReader):
    """Parses one JSON object from pieces of text. Text around the object is ignored.

    `given` are fields of the object that are not in the text. `watch` is the name of an array field: its complete items
    are appended to `items`. With `fail_fast`, a complete part that does not validate raises an error at once.
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
        """A (raw, validated) pair for each complete item of the watched array; `validated` is `NOTHING` if items
        cannot be validated one by one.
        """
        super().__init__()

    def restart(self) -> None:
        self._stack: list[_Node] = []
        self._start = 0
        self._adopted = False  # True if the open object is currently used as the output
        self._reset()
        self._discard()

    def _reset(self) -> None:
        self._stack.clear()
        self._shape: Shape | None = self._root  # the shape of the open or next value
        self._loose = False  # True if that value is only validated with the part around it
        self._held: list[Any] = []

    def _discard(self) -> None:
        self._last: Any = NOTHING  # the last snapshot of the part that is complete now
        self._final: Any = NOTHING
        self.value: Any = NOTHING
        """The validated object; `NOTHING` until it is complete, and if one of its parts could not be validated."""
        self.span: tuple[int, int | None] | None = None
        """The (start, end) offsets of the object in the text; `end` is None while the object is open. None before it
        begins.
        """
        self.alone: bool = False
        """True if no other text precedes the object: then it is certainly the output."""
        self.items.clear()

    def opened(self, start: int) -> None:
        self._start, self._adopted = start, False
        self._reset()

    def closed(self, end: int) -> None:
        if self._adopted:
            self.span = (self._start, end)

    def drop(self) -> None:
        self._reset()
        if self._adopted:
            self._discard()

    def _adopt(self) -> None:
        """Use the open object as the output, and discard an earlier one."""
        if not self._adopted:
            self._discard()
            self._adopted, self.span, self.alone = True, (self._start, None), self.leads

    def feed(self, text: str) -> bool:
        """Parse a piece of text; return True if the snapshot has changed.

        Raises `ResponseParseError` for JSON that is nested too deeply and, with `fail_fast`, for a complete part that
        does not validate.
        """
        self._changed = False
        try:
            self.read(text)
        except TooDeepError as error:
            raise parse_error(error) from None
        return self._changed

    def show(self) -> Any:
        """Return a snapshot of the object received so far; `NOTHING` before it begins."""
        if not self._stack or not self._adopted:
            return self._final
        inner = NOTHING
        if self._shape is not None and self._shape.text and (text := self.open_string) is not None:
            inner = self._last = text
        for node in reversed(self._stack):
            inner = node.show(inner)
        return inner

    def begin(self, *, is_object: bool) -> None:
        loose = self._loose or (self._shape is not None and self._shape.mixed)
        if not self._stack and not is_object:
            self._shape = None  # an array at the top level: the output must be an object
        node = _Node(self._shape, is_object=is_object, loose=loose)
        node.watched = len(self._stack) == 1 and self._watch is not None and self._stack[0].name == self._watch
        self._stack.append(node)
        self._shape, self._loose = node.item, loose
        self._changed = self._changed or node.visible
        if len(self._stack) == 1 and is_object:
            if self.span is None:
                self._adopt()
            for name, value in self._given.items():
                self._give(node, name, value)

    def key(self, key: str) -> None:
        node = self._stack[-1]
        node.key, node.mark = key, len(self._held)
        known = node.record.field(key) if node.record is not None else None
        node.name, self._shape = known if known is not None else (None, None)
        self._loose = node.loose
        if node.name is not None and len(self._stack) == 1:
            self._adopt()
        if node.record is not None and not node.loose:
            if node.name is None:
                node.sound = node.sound and not node.record.forbids
            else:
                self._loose = node.record.opaque(node.name)

    def grown(self) -> None:
        self._changed = self._changed or (self._shape is not None and self._shape.text)

    def leaf(self, value: Any) -> None:
        self._attach(value, value, value, sound=True)

    def end(self) -> None:
        node = self._stack.pop()
        if not self._stack and not self._adopted:
            return
        form, shown, sound = self._whole(node)
        if self._stack:
            self._last = node.shown
            self._attach(node.raw, form, shown, sound=sound)
            return
        self._final = shown
        self._changed = False
        if sound:
            self.value = shown

    def _whole(self, node: _Node) -> tuple[Any, Any, bool]:
        """Return (JSON, value for snapshots, is sound) of a complete object or array. It is sound if it is validated,
        needs no validation, or is validated later with the part around it. Placeholders in the JSON stand for validated
        parts.
        """
        record, shape = node.record, node.shape
        if shape is None:
            return node.raw, node.raw, True
        if node.item is not None or (record is not None and not record.whole):
            return node.form, node.shown, node.sound  # it is validated with the model around it
        shown = record.show(node.shown) if record is not None else None
        if self._stack and node.loose:
            return node.raw, shown, True
        try:
            if record is not None and node.sound:
                return self._token(shape, node, record.close(node.shown))
        except Unchecked:
            pass
        except Exception as error:
            self._misfit(error, len(self._stack))
            return node.raw, None, False
        if self._stack:
            try:
                value = record.validated(shape, node.raw) if record is not None else shape.validated(node.raw)
                return self._token(shape, node, value)
            except Exception as error:
                self._misfit(error, len(self._stack))
        return node.raw, shown, False

    def _token(self, shape: Shape, node: _Node, value: Any) -> tuple[Any, Any, bool]:
        """Return (JSON, value, True) for a validated object. The JSON becomes a placeholder only if no type around
        the object may change it.
        """
        if shape.record is None and not (shape.bare and isinstance(value, BaseModel)):
            return node.raw, value, True
        if not isinstance(value, BaseModel) and not is_dataclass(value):
            return node.raw, value, True
        self._held.append(value)
        marker: dict[str, Any] = (
            node.raw if shape.record is None and node.is_object else {}
        )  # distinguishes the members of a union
        return {**marker, TOKEN: len(self._held) - 1}, value, True

    def _attach(self, raw: Any, form: Any, shown: Any, *, sound: bool) -> None:
        """Add a complete value to the object or array around it."""
        node = self._stack[-1]
        is_object, is_leaf = isinstance(raw, dict), not isinstance(raw, dict | list)
        item = node.item if not node.is_object else self._shape
        alone = not node.loose and not (node.record is not None and node.record.checks)
        if is_leaf and item is not None and alone and (item.from_text or (self._fail_fast and not node.is_object)):
            shown, sound = self._fitting(item, raw)
        if node.is_object:
            node.raw[node.key], node.form[node.key] = raw, form
            if node.name is not None:
                shown = self._take(raw, form, shown, sound=sound)
        else:
            node.raw.append(raw)
            node.form.append(form)
            node.shown.append(shown)
            node.sound = node.sound and sound
            if node.watched:
                alone = is_object and item is not None and item.record is not None and item.record.whole
                alone = alone and item is not None and item.bare and not node.loose
                self.items.append((raw, shown if sound and alone else NOTHING))
        if node.visible and (node.name is not None or not node.is_object):
            self._changed = self._changed or (shown is not None if self._last is NOTHING else shown != self._last)
        self._last = NOTHING
        self._shape, self._loose = node.item, node.loose

    def _take(self, raw: Any, form: Any, shown: Any, *, sound: bool) -> Any:
        """Add a complete field to the innermost object; return the field's value for snapshots."""
        node = self._stack[-1]
        assert node.record is not None
        assert node.name is not None
        if node.keys.setdefault(node.name, node.key) != node.key:
            node.sound = False  # pydantic decides which of two keys fills a field
        if node.record.checks and not node.loose:
            try:
                shown = self._checked(node, raw, form, sound=sound)
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

    def _checked(self, node: _Node, raw: Any, form: Any, *, sound: bool) -> Any:
        """Validate a complete field; return its value. The JSON with placeholders is used if all parts inside the
        field are validated.
        """
        assert node.record is not None
        assert node.name is not None
        if sound and len(self._held) > node.mark:
            try:
                return node.record.check(node.shown, node.name, form, self._held)
            except ValidationError:
                pass
        return node.record.check(node.shown, node.name, raw, None)

    def _give(self, node: _Node, name: str, value: Any) -> None:
        """Add a field of the root whose value is a Python object."""
        assert node.record is not None
        try:
            value = node.record.take(node.shown, name, value)
        except Unchecked:
            node.sound = False
        except Exception as error:
            node.sound = False
            self._misfit(error, 0)
        node.shown[name] = value

    def _fitting(self, shape: Shape, raw: Any) -> tuple[Any, bool]:
        """Return (validated value, True) for a complete scalar, or (raw value, False) if it does not validate."""
        try:
            return shape.validated(raw), True
        except Exception as error:
            self._misfit(error, len(self._stack))
            return raw, False

    def _misfit(self, error: Exception, depth: int) -> None:
        """Called with the error of a complete part that does not validate. With `fail_fast`, raise it as
        `ResponseParseError`.
        """
        if self._fail_fast and isinstance(error, ValidationError):
            raise parse_error(error, prefix=[node.path() for node in self._stack[:depth]])
