"""Shows the progress of a run: a bar in a terminal, with rich (the extra `chat`), otherwise a line each minute."""

from __future__ import annotations

import sys
from collections import deque
from types import TracebackType
from typing import Any, Self, TextIO

from ..core.base.runtime import CLOCK
from .counts import Counts
from .repeating import Repeating

WINDOW = 30.0
"""The seconds over which rates are computed."""
REFRESH = 0.25
"""The seconds between two updates of the bar."""
LINES = 60.0
"""The seconds between two lines if the output is not a terminal."""


class Meter:
    """The rates of a run, over the last 30 seconds."""

    def __init__(self, counts: Counts, total: int | None) -> None:
        self.counts = counts
        self.total = total
        self._past: deque[tuple[float, int, int]] = deque([(CLOCK.monotonic(), 0, 0)])
        """Time, items that have ended, and tokens."""

    def text(self) -> str:
        """Return the progress as one line."""
        counts, now = self.counts, CLOCK.monotonic()
        ended = counts.done + counts.failed
        self._past.append((now, ended, counts.tokens))
        while len(self._past) > 2 and now - self._past[0][0] > WINDOW:
            self._past.popleft()
        start, items, tokens = self._past[0]
        seconds = max(now - start, 1e-9)
        rate = (ended - items) / seconds
        parts = [
            f"{counts.done:,} done",
            f"{counts.failed:,} failed" if counts.failed else "",
            f"{counts.stored:,} stored" if counts.stored else "",
            f"{rate:,.1f}/s",
            f"{(counts.tokens - tokens) / seconds * 60:,.0f} tokens/min",
            f"{counts.refused:,} 429s" if counts.refused else "",
            f"${counts.cost:,.4f}" + ("+" if counts.unpriced else ""),
            self._batches(now),
            f"{_duration((self.total - ended) / rate)} left" if self.total and rate and ended < self.total else "",
        ]
        return " · ".join(filter(None, parts))

    def _batches(self, now: float) -> str:
        """Return the progress of the batches that have not ended; empty without batches."""
        known = self.counts.batches.values()
        looks = [one.next_look for one in known if one.next_look is not None]
        if not looks:
            return f"{len(known):,} batches ended" if known else ""
        size, succeeded, failed = (
            sum(getattr(one, name) for one in known if one.next_look is not None)
            for name in ("size", "succeeded", "failed")
        )
        failures = f", {failed:,} failed" if failed else ""
        return (
            f"{len(looks):,} of {len(known):,} batches in progress: {succeeded:,} of {size:,} answered{failures}, "
            f"next look in {_duration(max(0.0, min(looks) - now))}"
        )


def _duration(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Progress:
    """The progress of a run on standard error. A context manager; needs a running event loop."""

    def __init__(self, counts: Counts, total: int | None, *, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._meter = Meter(counts, total)
        self._bar = _bar(self._out, total)
        self._repeating = Repeating(LINES if self._bar is None else REFRESH, self._show)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        self._repeating.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._repeating.stop()
        self._show()
        if self._bar is not None:
            self._bar.stop()

    def _show(self) -> None:
        text, counts = self._meter.text(), self._meter.counts
        if self._bar is None:
            print(text, file=self._out, flush=True)
        else:
            self._bar.update(self._bar.task_ids[0], completed=counts.done + counts.failed, text=text)
            self._bar.refresh()


def _bar(out: TextIO, total: int | None) -> Any:
    """Return a bar of rich; None if the output is not a terminal, or if rich is not installed."""
    try:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn
        from rich.progress import Progress as Bar
    except ImportError:
        return None
    console = Console(file=out)
    if not console.is_interactive:
        return None
    columns = [BarColumn(bar_width=20), TaskProgressColumn(), TextColumn("{task.fields[text]}")]
    bar = Bar(*columns, console=console, auto_refresh=False)
    bar.add_task("", total=total, text="")
    return bar
