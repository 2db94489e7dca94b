"""Views of a stream: other ways to read it. They do no I/O and know nothing of `async`.

A view is a generator. It yields what it shows, or a wish: `NEXT` for the next event (it is sent None at the end of the
stream), `Run` to have a tool run. What it holds back stands in `unread` whenever it shows something, so that whoever
reads on, in whatever way, goes on exactly there.
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
from ..tools import BaseTool, ToolResultEvent

ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)

TextUnit = Literal["word", "line", "sentence"]
"""What a text can be cut into."""

_ENDS: dict[TextUnit, tuple[re.Pattern[str], Callable[[str], int]]] = {
    "word": (re.compile(r"\S\s++(?=\S)"), lambda text: len(text.rstrip()) - 1),
    "line": (re.compile(r"\n"), len),
    "sentence": (
        re.compile(r"(?<![.!?…])[.!?…]++[\"')\]\u201d\u2019]*+\s++(?=\S)|[\u3002\uff01\uff1f]++"),
        lambda text: len(text.rstrip().rstrip("\"')]\u201d\u2019").rstrip(".!?…")),
    ),
}
"""What a unit ends with, and from where on a text in which no end was found may still get one."""


@dataclass(frozen=True, slots=True)
class Next:
    """A wish for the next event, at the latest after so many seconds."""

    within: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A wish to have a tool run; what is sent back is a `ToolResultEvent`."""

    tool: Any


@dataclass(frozen=True, slots=True)
class Show:
    """Something for the reader."""

    value: Any


NEXT = Next()
TIMED_OUT: Any = object()
"""Sent to a view whose event did not come within the time it gave."""

View: TypeAlias = Generator[Next | Run | Show, Any, None]
Unread: TypeAlias = deque[StreamEvent[ToolT]]


def events_of(
    chunk: BaseCallResponseChunk[Any, Any, Any], tool: ToolT | None, *, growing: bool
) -> Iterator[StreamEvent[ToolT]]:
    """Yield what a pair of a stream says; a tool that is still `growing` is told by its deltas alone."""
    if thinking := chunk.thinking:
        yield ThinkingEvent(thinking)
    if chunk.content:
        yield TextEvent(chunk.content)
    for delta in chunk.tool_deltas:
        if delta.name:
            yield ToolStartEvent(delta.index, delta.id, delta.name)
        if delta.arguments:
            yield ToolDeltaEvent(delta.index, delta.arguments)
    if tool is not None and not growing:
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
    """Show text: pieces as they come, or units, at least `buffer` of them and `min_chars` characters at a time.

    What is held is shown all the same after `max_delay` seconds, before a tool, before an error, and at the end.

    Raises `ConfigurationError` for a unit that there is not.
    """
    if by is not None and by not in _ENDS:
        raise ConfigurationError(f"text is given by {', '.join(map(repr, _ENDS))}, not by {by!r}")
    return _texts(unread, HeldPieces() if by is None else HeldUnits(by), buffer, min_chars, max_delay)


def _texts(unread: Unread[Any], held: Held, buffer: int, min_chars: int, max_delay: float | None) -> View:
    while True:
        event = yield Next(held.due(max_delay))
        if isinstance(event, TextEvent):
            held.add(event.text)
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
    """Text that is held back."""

    _since: float | None = None

    def add(self, text: str) -> None:
        """Hold a piece of text."""
        self._since = CLOCK.monotonic() if self._since is None else self._since
        self._add(text)

    def clear(self) -> list[str]:
        """Hold nothing; return what was held."""
        self._since = None
        return self._clear()

    def due(self, max_delay: float | None) -> float | None:
        """Return in how many seconds what is held must be shown; None where nothing presses."""
        if max_delay is None or self._since is None:
            return None
        return max(0.0, self._since + max_delay - CLOCK.monotonic())

    def take_all(self) -> str:
        """Return all that is held."""
        return "".join(self.clear())

    @abstractmethod
    def take(self, count: int, chars: int) -> str | None:
        """Return the shortest text of so many pieces or units and characters, or None where there is none yet."""

    @abstractmethod
    def _add(self, text: str) -> None: ...

    @abstractmethod
    def _clear(self) -> list[str]: ...

    @abstractmethod
    def __bool__(self) -> bool: ...


class HeldPieces(Held):
    """Pieces, as they came."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def take(self, count: int, chars: int) -> str | None:
        length = 0
        for taken, piece in enumerate(self._pieces, 1):
            length += len(piece)
            if taken >= count and length >= chars:
                text = "".join(self._pieces[:taken])
                del self._pieces[:taken]
                return text
        return None

    def _add(self, text: str) -> None:
        self._pieces.append(text)

    def _clear(self) -> list[str]:
        pieces, self._pieces = self._pieces, []
        return pieces

    def __bool__(self) -> bool:
        return bool(self._pieces)


class HeldUnits(Held):
    """Whole units, and the beginning of the next. No part of the text is searched twice for a unit's end."""

    _text: str = ""
    _at: int = 0
    _end: int = 0
    _count: int = 0

    def __init__(self, by: TextUnit) -> None:
        self._pattern, self._resume = _ENDS[by]
        self._clear()

    def take(self, count: int, chars: int) -> str | None:
        while self._count < max(count, 1) or self._end < chars:
            found = self._pattern.search(self._text, self._at)
            if found is None:
                self._at = max(self._end, self._resume(self._text))
                return None
            self._end = self._at = found.end()
            self._count += 1
        text, rest = self._text[: self._end], self._text[self._end :]
        self._clear()
        self._text = rest
        return text

    def _add(self, text: str) -> None:
        self._text += text

    def _clear(self) -> list[str]:
        text = self._text
        self._text = ""
        self._count = self._end = self._at = 0
        return [text] if text else []

    def __bool__(self) -> bool:
        return bool(self._text)


def items_view(response: Callable[[], Any], looped: Callable[[], bool]) -> View:
    """Show text, tools that have been run, and the response last. Where a tool loop runs the tools, it alone does."""
    while (event := (yield NEXT)) is not None:
        if isinstance(event, TextEvent):
            yield Show(event.text)
        elif isinstance(event, ToolResultEvent):
            yield Show(cast("Any", event))
        elif isinstance(event, ToolReadyEvent) and not looped():
            yield Show((yield Run(cast("Any", event).tool)))
        elif isinstance(event, ErrorEvent):
            raise event.error
    yield Show(response())


def events_view() -> View:
    """Show every event; an error is raised after it has been shown."""
    while (event := (yield NEXT)) is not None:
        yield Show(event)
        if isinstance(event, ErrorEvent):
            raise event.error


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A stream as it stood after one of its events."""

    delta: str
    """The text that the event added."""
    raw_response: dict[str, Any]
    """The event as the provider sent it."""
    _stream: Any
    _length: int

    @property
    def response(self) -> str:
        """All the text up to here."""
        return cast("str", self._stream.content[: self._length])

    def __str__(self) -> str:
        return self.response


def pair_of(unread: Unread[ToolT], spent: ChunkT) -> tuple[ChunkT, ToolT | None]:
    """Take what a view has left unread, up to a tool, as a pair; `spent` is the event it came from, emptied."""
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
