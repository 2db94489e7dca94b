"""Views of a stream: the values that `text`, `items` and `events` yield. Do no I/O; sync and async streams share them.

A view is a generator that yields commands to the stream: `Show` yields a value to the reader; `Next` returns the next
event, or None at the end; `Run` runs a tool and returns its result. Before `text_view` shows a text, it puts the text
that it still holds back into `unread`, so that the next reader misses nothing after a `break`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar, cast

from ..errors import ConfigurationError
from ..response import (
    BaseCallResponseChunk,
    ErrorEvent,
    FinishEvent,
    StreamEvent,
    TextEvent,
    ThinkingEvent,
    ToolDeltaEvent,
    ToolReadyEvent,
    ToolStartEvent,
    UsageEvent,
)
from ..runtime import CLOCK
from ..tools import BaseTool, ToolResultEvent, is_partial

ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)

TextUnit = Literal["word", "line", "sentence"]
"""The units in which a text can be yielded."""

_ENDS: dict[TextUnit, tuple[re.Pattern[str], Callable[[str], int]]] = {
    "word": (re.compile(r"\S\s++(?=\S)"), lambda text: len(text.rstrip()) - 1),
    "line": (re.compile(r"\n"), len),
    "sentence": (
        re.compile(r"(?<![.!?…])[.!?…]++[\"')\]\u201d\u2019]*+\s++(?=\S)|[\u3002\uff01\uff1f]++"),
        lambda text: len(text.rstrip().rstrip("\"')]\u201d\u2019").rstrip(".!?…")),
    ),
}
"""For each unit: a pattern that matches its end, and a function. If a text has no end of a unit, the function
returns the index from which to search again when more text has arrived.
"""


@dataclass(frozen=True, slots=True)
class Next:
    """Command: return the next event, or `TIMED_OUT` if none arrives `within` seconds."""

    within: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Command: run a tool and return its `ToolResultEvent`."""

    tool: Any


@dataclass(frozen=True, slots=True)
class Show:
    """Command: yield a value to the reader."""

    value: Any


NEXT = Next()
TIMED_OUT: Any = object()
"""The value that a view receives in place of an event that did not arrive in time."""

View: TypeAlias = Generator[Next | Run | Show, Any, None]
Unread: TypeAlias = deque[StreamEvent[ToolT]]


def events_of(chunk: BaseCallResponseChunk[Any, Any, Any], tool: ToolT | None) -> Iterator[StreamEvent[ToolT]]:
    """Yield the events of one pair. For a partial tool, yields only its deltas."""
    if thinking := chunk.thinking:
        yield ThinkingEvent(thinking)
    if chunk.content:
        yield TextEvent(chunk.content)
    for delta in chunk.tool_deltas:
        if delta.name:
            yield ToolStartEvent(delta.index, delta.id, delta.name)
        if delta.arguments:
            yield ToolDeltaEvent(delta.index, delta.arguments)
    if tool is not None and not is_partial(tool):
        yield ToolReadyEvent(tool)
    if (usage := chunk.common_usage) is not None:
        yield UsageEvent(usage)
    if reasons := chunk.finish_reasons:
        yield FinishEvent(reasons)


def text_view(
    unread: Unread[Any],
    buffer: int = 1,
    min_chars: int = 0,
    max_delay: float | None = None,
    by: TextUnit | None = None,
) -> View:
    """Show text: in pieces as they arrive, or in units; at least `buffer` of them and `min_chars` characters at a time.

    Less is shown after `max_delay` seconds, before a tool, before an error, and at the end. Raises `ConfigurationError`
    for an unknown unit.
    """
    if by is not None and by not in _ENDS:
        raise ConfigurationError(f"unknown text unit {by!r}: use {', '.join(map(repr, _ENDS))}")
    return _texts(unread, HeldPieces() if by is None else HeldUnits(by), buffer, min_chars, max_delay)


def _texts(unread: Unread[Any], held: Held, buffer: int, min_chars: int, max_delay: float | None) -> View:
    while True:
        event = yield Next(held.due(max_delay))
        # First hold back the text of the event. Then show enough of it, or all of it if the event or the time demands
        # this. Text that is still held back, and an event that ends the text, are put back into `unread` before the
        # reader continues.
        if isinstance(event, TextEvent):
            first, *rest = held.parts(event.text)
            unread.extendleft(TextEvent(part) for part in reversed(rest))
            held.add(first)
        overdue = event is TIMED_OUT or held.due(max_delay) == 0
        ends = event is None or isinstance(event, ErrorEvent | ToolStartEvent | ToolReadyEvent)
        if not held:
            if event is None:
                return
            if isinstance(event, ErrorEvent):
                raise event.error
            continue
        if (text := held.take(buffer, min_chars)) is None and (ends or overdue):
            text = held.take_all()
        if text is None:
            continue
        if ends and event is not None:
            unread.appendleft(cast("Any", event))
        unread.extendleft(TextEvent(piece) for piece in reversed(held.clear()))
        yield Show(text)


class Held(ABC):
    """Text that has arrived and was not shown yet."""

    _since: float | None = None
    """When the oldest piece of this text arrived, in seconds of the monotonic clock; None while there is no text. A
    piece that was put back into `unread` counts as arriving again.
    """

    def parts(self, text: str) -> list[str]:
        """Return the parts in which to add a piece of text."""
        return [text]

    def add(self, text: str) -> None:
        """Add a piece of text."""
        self._since = CLOCK.monotonic() if self._since is None else self._since
        self._add(text)

    def clear(self) -> list[str]:
        """Remove all text; return its pieces."""
        self._since = None
        return self._clear()

    def due(self, max_delay: float | None) -> float | None:
        """Return the seconds until the text must be shown; None if there is no text or no `max_delay`."""
        if max_delay is None or self._since is None:
            return None
        return max(0.0, self._since + max_delay - CLOCK.monotonic())

    def take_all(self) -> str:
        """Remove all text and return it."""
        return "".join(self.clear())

    @abstractmethod
    def take(self, count: int, chars: int) -> str | None:
        """Remove and return the shortest text that has at least `count` pieces or units and `chars` characters.

        Returns None if not enough text has arrived yet.
        """

    @abstractmethod
    def _add(self, text: str) -> None: ...

    @abstractmethod
    def _clear(self) -> list[str]: ...

    @abstractmethod
    def __bool__(self) -> bool: ...


class HeldPieces(Held):
    """Held text that is shown in the pieces in which it arrived."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0

    def take(self, count: int, chars: int) -> str | None:
        if len(self._pieces) < count or self._length < chars:
            return None
        length = 0
        for number, piece in enumerate(self._pieces, 1):
            length += len(piece)
            if number >= count and length >= chars:
                text = "".join(self._pieces[:number])
                del self._pieces[:number]
                self._length -= length
                return text
        return None

    def _add(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)

    def _clear(self) -> list[str]:
        pieces, self._pieces, self._length = self._pieces, [], 0
        return pieces

    def __bool__(self) -> bool:
        return bool(self._pieces)


class HeldUnits(Held):
    """Held text that is shown in whole units. No part of it is searched twice or copied often, in the longest piece."""

    def __init__(self, by: TextUnit) -> None:
        self._pattern, self._resume = _ENDS[by]
        self._units: list[str] = []
        """The complete units found so far."""
        self._length = 0
        """The number of characters in `_units`."""
        self._passed: list[str] = []
        """The beginning of the next unit, without its last characters."""
        self._text = ""
        """The text that is searched."""
        self._start = 0
        """The index in `_text` at which the next unit begins, or continues after `_passed`."""
        self._at = 0
        """The index in `_text` from which to search."""

    def parts(self, text: str) -> list[str]:
        # What follows a unit that is shown is copied, so a part is short.
        return [text[at : at + 1024] for at in range(0, len(text), 1024)] or [text]

    def take(self, count: int, chars: int) -> str | None:
        while len(self._units) < max(count, 1) or self._length < chars:
            found = self._pattern.search(self._text, self._at)
            if found is None:
                self._pass(max(self._start, self._resume(self._text)))
                return None
            unit = "".join([*self._passed, self._text[self._start : found.end()]])
            self._units.append(unit)
            self._length += len(unit)
            self._start = self._at = found.end()
            self._passed.clear()
        text, rest = "".join(self._units), self._text[self._start :]
        self._clear()
        self._text = rest
        return text

    def _pass(self, at: int) -> None:
        """Move the text before an index to `_passed`, because no unit ends there. One character before the index is
        kept, for the pattern.
        """
        kept = max(self._start, at - 1)
        if kept > self._start:
            self._passed.append(self._text[self._start : kept])
        self._text, self._start, self._at = self._text[kept:], 0, at - kept

    def _add(self, text: str) -> None:
        self._text += text

    def _clear(self) -> list[str]:
        held = "".join([*self._units, *self._passed, self._text[self._start :]])
        self._units.clear()
        self._passed.clear()
        self._text, self._length, self._start, self._at = "", 0, 0, 0
        return [held] if held else []

    def __bool__(self) -> bool:
        return bool(self._units or self._passed or self._start < len(self._text))


def items_view(response: Callable[[], Any], has_tool_loop: Callable[[], bool]) -> View:
    """Show text, the results of tools, and, last, the response. Runs the tools, unless a tool loop runs them."""
    while (event := (yield NEXT)) is not None:
        if isinstance(event, TextEvent):
            yield Show(event.text)
        elif isinstance(event, ToolResultEvent):
            yield Show(cast("Any", event))
        elif isinstance(event, ToolReadyEvent) and not has_tool_loop():
            yield Show((yield Run(cast("Any", event).tool)))
        elif isinstance(event, ErrorEvent):
            raise event.error
    yield Show(response())


def events_view() -> View:
    """Show every event. After an `ErrorEvent`, raise its error."""
    while (event := (yield NEXT)) is not None:
        yield Show(event)
        if isinstance(event, ErrorEvent):
            raise event.error


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The text of a stream after one of its (chunk, tool) pairs."""

    delta: str
    """The text that the chunk added."""
    raw_response: dict[str, Any]
    """The wire event of the chunk, as the provider sent it."""
    _stream: Any
    _length: int

    @property
    def response(self) -> str:
        """The text received up to this pair."""
        return cast("str", self._stream.content[: self._length])

    def __str__(self) -> str:
        return self.response


def pair_of(unread: Unread[ToolT], spent: ChunkT) -> tuple[ChunkT, ToolT | None]:
    """Remove the unread events up to and including the first tool; return their text and the tool as a (chunk, tool)
    pair.

    `spent` is the chunk that the events came from, without its text; the text is set on it. Other events are dropped,
    because a reader of pairs finds thinking, usage and finish reasons in the chunks, and tool results in the messages.
    An `ErrorEvent` raises its error.
    """
    texts: list[str] = []
    tool: ToolT | None = None
    while unread and tool is None:
        event = unread.popleft()
        if isinstance(event, TextEvent):
            texts.append(event.text)
        elif isinstance(event, ToolReadyEvent):
            tool = cast("Any", event).tool
        elif isinstance(event, ErrorEvent):
            raise event.error
    spent.content = "".join(texts)
    return spent, tool
