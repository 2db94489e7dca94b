"""Lines of a map in the standard logging: its start, its progress each minute, and its end. No prompt and no key."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Self

from .counts import Counts
from .progress import LINES, Meter
from .repeating import Repeating

log: logging.Logger = logging.getLogger("mirascope_like.scale")


class RunLog:
    """The lines of one run in the logger "mirascope_like.scale", level INFO. A context manager; needs a running event
    loop. The limiters add a line for each hold.
    """

    def __init__(self, name: str, counts: Counts, total: int | None) -> None:
        self._name = name
        self._total = total
        self._meter = Meter(counts, total)
        self._repeating = Repeating(LINES, lambda: self._log(""))

    def __enter__(self) -> Self:
        log.info("map of %s: started%s", self._name, "" if self._total is None else f" with {self._total:,} inputs")
        self._repeating.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._repeating.stop()
        if kind is None:
            self._log("ended: ")
        elif kind is GeneratorExit:
            self._log("not read to its end: ")
        else:
            self._log(f"ended by {kind.__name__}: ")

    def _log(self, state: str) -> None:
        log.info("map of %s: %s%s", self._name, state, self._meter.text())
