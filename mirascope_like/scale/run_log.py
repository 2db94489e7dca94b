"""Lines of a map in the standard logging: its start, its progress each minute, and its end. No prompt and no key."""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType
from typing import Self

from .counts import Counts
from .progress import LINES, Meter

log: logging.Logger = logging.getLogger("mirascope_like.scale")


class RunLog:
    """The lines of one run in the logger "mirascope_like.scale", level INFO. A context manager; needs a running event
    loop. The limiters add a line for each hold.
    """

    def __init__(self, name: str, counts: Counts, total: int | None) -> None:
        self._name = name
        self._total = total
        self._meter = Meter(counts, total)
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        log.info("map of %s: started%s", self._name, "" if self._total is None else f" with {self._total:,} inputs")
        self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        how = (
            "ended" if kind is None else "not read to its end" if kind is GeneratorExit else f"ended by {kind.__name__}"
        )
        log.info("map of %s: %s: %s", self._name, how, self._meter.text())

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LINES, self._tick)

    def _tick(self) -> None:
        log.info("map of %s: %s", self._name, self._meter.text())
        self._wait()
