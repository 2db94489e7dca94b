"""JSON that grows: read once, as it comes, into values that can be shown at any moment.

What is closed is kept, and validated once; what is open is a short path from the root. So a piece of text costs what
the piece costs, however much has come before. Does no I/O; knows `Shape`s, and not what the answer is for.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from pydantic import ValidationError

from ..errors import parse_error
from .json_tokenizer import JSONReader
from .type_structure import Record, Shape, Unchecked

NOTHING: Any = object()
"""What is not to be shown, or not there yet."""


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


class PartialParser(JSONReader):
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
        super().__init__()

    def restart(self) -> None:
        self._stack: list[_Node] = []
        self._shape: Shape | None = self._root  # of the value that comes next, or is open
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
        self.read(text)
        return self._changed

    def show(self) -> Any:
        """Return a snapshot of what has come, or `NOTHING`."""
        if not self._stack:
            return self._final
        inner = NOTHING
        if self._shape is not None and self._shape.text and (text := self.open_string) is not None:
            inner = self._last = text
        for node in reversed(self._stack):
            inner = node.show(inner)
        return inner

    def begin(self, *, is_object: bool) -> None:
        node = _Node(self._shape, is_object=is_object)
        node.watched = len(self._stack) == 1 and self._watch is not None and self._stack[0].name == self._watch
        self._stack.append(node)
        self._shape = node.item
        self._changed = self._changed or node.visible
        if len(self._stack) == 1:
            for node.name, value in self._given.items():
                self._take(value, value, sound=True)

    def key(self, key: str) -> None:
        node = self._stack[-1]
        node.key = key
        known = node.record.field(key) if node.record is not None else None
        node.name, self._shape = known if known is not None else (None, None)

    def grown(self) -> None:
        self._changed = self._changed or (self._shape is not None and self._shape.text)

    def leaf(self, value: Any) -> None:
        self._attach(value, value, sound=True)

    def end(self) -> None:
        node = self._stack.pop()
        shown, sound = self._whole(node)
        if self._stack:
            self._last = node.shown
            self._attach(node.raw, shown, sound=sound)
            return
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
        self._last = NOTHING
        self._shape = node.item

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
