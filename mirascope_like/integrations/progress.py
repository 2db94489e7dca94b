"""`progress`: show the progress of streams live in a terminal, with rich (the extra `chat`).

from mirascope_like.integrations.progress import progress

for chunk, tool in progress(write_book("the sea")):
    ...
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from threading import Event, RLock, Thread
from time import time
from typing import Any, TypeVar, cast
from weakref import finalize, ref

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from ..core import BaseStream
from ..core.base.streams import BaseStructuredStream

StreamT = TypeVar("StreamT", bound=BaseStream[Any, Any, Any] | BaseStructuredStream[Any, Any])

CHARACTERS = 4
"""The approximate number of characters per token of English text."""
CONTROLS = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)])
"""Control characters, except tab and line feed. They could move the cursor, so they are removed from the output."""


def progress(stream: StreamT, *, console: Console | None = None, text: bool = False) -> StreamT:
    """Show the progress of a stream in a terminal while the stream is read. Return the stream itself.

    One line shows tokens, tokens per second, seconds, and, if it is known, the cost in US dollars. Until the provider
    has reported the tokens, they are estimated from the text and marked with `~`. With `text=True`, the text of the
    response is shown above the line; do not print anything else then. Several streams that are read at the same time
    have one line each.

    `console` is standard error by default, or standard output with `text=True`. The line is shown only if the console
    is a terminal.
    """
    console = console or _standard(error=not text)
    live = console.is_interactive
    if not live and not text:
        return stream
    watched = cast("BaseStream[Any, Any, Any]", stream.stream if isinstance(stream, BaseStructuredStream) else stream)
    shown = _Shown(Meter(watched), console, text=text)
    # The callbacks must not refer to the stream, or dropping the stream would not close it.
    watched.on(text=shown.read if live else shown.write)
    watched.ended(shown.end if live else shown.end_text)
    if live:
        shown.begin()
        finalize(watched, shown.drop)
    return stream


class Meter:
    """Counts the progress of one stream: characters, tokens, seconds and cost. May be read from any thread."""

    def __init__(self, stream: BaseStream[Any, Any, Any]) -> None:
        self._stream = ref(stream)
        self._first: int | None = None
        self._priced = 0.0
        self._seconds = 0.0
        self.characters: int = 0
        """The number of received characters of text."""
        self.tokens: int | None = None
        """The number of output tokens that the provider reported; None until it has reported one."""
        self.cost: float | None = None
        """The cost in US dollars; None while it is unknown."""
        self.ended: str | None = None
        """The final state of the stream: "done", "closed" or "failed"; None until it has ended."""

    def read(self, text: str) -> None:
        """Add the characters of a piece of text. Update the tokens and the cost to what the stream reports."""
        self.characters += len(text)
        stream = self._stream()
        if stream is None or (tokens := stream.output_tokens) is None:
            return
        if self._first is None:
            self._first = tokens  # Anthropic first reports a start value; only a value that has changed is an update
        if tokens != self._first:
            self.tokens = tokens
            if time() - self._priced >= 1:  # at most once a second: computing the cost sums the events so far
                self._priced = time()
                self.cost = stream.cost

    def end(self, stream: BaseStream[Any, Any, Any]) -> None:
        """Set the final figures, from the stream that has ended."""
        self._seconds = self.seconds
        if stream.start_time is not None and stream.end_time is not None:
            self._seconds = (stream.end_time - stream.start_time) / 1000
        self.ended = stream.state.value
        if self.ended == "done":
            self.tokens, self.cost = stream.output_tokens, stream.cost

    @property
    def seconds(self) -> float:
        """The seconds since the request was sent; 0 before it was sent."""
        stream = self._stream() if self.ended is None else None
        began = stream.start_time if stream is not None else None
        return max(0.0, time() - began / 1000) if began is not None else self._seconds

    def __str__(self) -> str:
        seconds = self.seconds
        parts = [f"{seconds:.1f} s"]
        if count := self.tokens if self.tokens is not None else -(-self.characters // CHARACTERS):
            sign = "~" if self.tokens is None else ""
            rate = [f"{sign}{count / seconds:.1f} tokens/s"] if seconds > 0 else []
            parts = [f"{sign}{count} tokens", *rate, *parts]
        elif self.ended is None:
            parts = ["waiting", *parts]
        if self.cost is not None:
            parts.append(f"${self.cost:.6f}")
        if self.ended in ("closed", "failed"):
            parts.append("stopped" if self.ended == "closed" else "failed")
        return ", ".join(parts)


class _Shown:
    """The part of the display that belongs to one stream: its progress line and, above it, the last incomplete line
    of its text.
    """

    def __init__(self, meter: Meter, console: Console, *, text: bool) -> None:
        self._meter = meter
        self._console = console
        self._text = text
        self._open = ""
        self._spinner = Spinner("dots")

    def begin(self) -> None:
        with LOCK:
            display = DISPLAYS.get(self._console) or DISPLAYS.setdefault(self._console, _Display(self._console))
            display.add(self)

    def read(self, text: str) -> None:
        self._meter.read(text)
        if self._text:
            whole, feed, self._open = (self._open + text.translate(CONTROLS)).rpartition("\n")
            if feed:
                self._print(Text(whole))

    def end(self, stream: BaseStream[Any, Any, Any]) -> None:
        self._meter.end(stream)
        rest, self._open = self._open, ""
        if rest:
            self._print(Text(rest))
        if stream.start_time is not None or stream.error is not None:  # otherwise it was never read
            self._print(Text(str(self._meter), style="dim"))
        self.drop()

    def _print(self, text: Text) -> None:
        with LOCK:
            self._console.print(text)

    def drop(self) -> None:
        with LOCK:
            if (display := DISPLAYS.get(self._console)) is not None:
                display.remove(self)

    def write(self, text: str) -> None:
        """Write text to a console that is not a terminal."""
        self._open = text
        self._console.out(text, end="", highlight=False)

    def end_text(self, _: object) -> None:
        if self._open and not self._open.endswith("\n"):
            self._console.out("")

    def rows(self) -> Iterator[RenderableType]:
        if self._open:
            room = self._console.width * max(1, self._console.height - 3)
            yield Text(self._open[-room:])
        self._spinner.text = Text(str(self._meter))
        yield self._spinner


class _Display:
    """The live display of one console, with all streams that are being read.

    A thread writes it again and again, and holds the lock for that. The thread of rich itself, which `Live` starts for
    `auto_refresh`, would erase a line that another thread is just printing above the display.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: list[_Shown] = []
        self._ended = Event()
        self._live = Live(
            self,
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),  # do not redirect output that goes to a file
            redirect_stderr=sys.stderr.isatty(),
        )

    def add(self, shown: _Shown) -> None:
        if not self._shown:
            self._live.start()
            Thread(target=self._refresh, name="mirascope_like progress", daemon=True).start()
        self._shown = [*self._shown, shown]
        self._live.refresh()

    def remove(self, shown: _Shown) -> None:
        self._shown = [one for one in self._shown if one is not shown]
        if not self._shown:
            DISPLAYS.pop(self._console, None)
            self._ended.set()
            self._live.stop()

    def _refresh(self) -> None:
        while not self._ended.wait(INTERVAL):
            with LOCK:
                if not self._ended.is_set():
                    self._live.refresh()

    def __rich__(self) -> Group:
        return Group(*(row for shown in self._shown for row in shown.rows()))


INTERVAL = 0.125
"""The seconds between two updates of a display."""
LOCK = RLock()
"""Held while something is written to a console with a display."""
DISPLAYS: dict[Console, _Display] = {}
"""Maps each console that shows a stream now to its live display."""


@cache
def _standard(*, error: bool) -> Console:
    return Console(stderr=error)
