"""`SyncRun`: a run for programs without an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

from .counts import Counts
from .estimating import Estimate
from .items import Item
from .run import Run

A = TypeVar("A")
R = TypeVar("R")
T = TypeVar("T")


class SyncRun(Generic[A, R]):
    """The calls of one map. Made by `map_calls`; nothing is sent before it is read.

    Read it once: with `for` (each item as soon as its call has ended), with `for item in run.ordered()`, or with
    `run.results()`. Its event loop runs in the thread of the caller, while the caller waits for an item.
    """

    def __init__(self, run: Run[A, R]) -> None:
        self._run = run

    @property
    def counts(self) -> Counts:
        """The numbers of the run so far."""
        return self._run.counts

    def __iter__(self) -> Iterator[Item[A, R]]:
        """Return an iterator over the items, in the order in which their calls end."""
        return self._read(aiter(self._run))

    def ordered(self) -> Iterator[Item[A, R]]:
        """Return an iterator over the items in the order of the inputs."""
        return self._read(self._run.ordered())

    def results(self) -> list[Item[A, R]]:
        """Return all items in the order of the inputs."""
        return list(self.ordered())

    def estimate(self) -> Estimate:
        """Return what the run would send, use and cost, without sending anything. See `Run.estimate`."""
        return self._alone(self._run.estimate())

    def to_jsonl(self, path: str | Path) -> Counts:
        """Read the run, and write each item as a line of JSON to a file. See `Run.to_jsonl`."""
        return self._alone(self._run.to_jsonl(path))

    def to_pandas(self) -> Any:
        """Read the run; return a `pandas.DataFrame` with a row for each item, in the order of the inputs."""
        return self._alone(self._run.to_pandas())

    def to_polars(self) -> Any:
        """Read the run; return a `polars.DataFrame` with a row for each item, in the order of the inputs."""
        return self._alone(self._run.to_polars())

    def _alone(self, main: Coroutine[Any, Any, T]) -> T:
        try:
            running = runner()
        except RuntimeError:
            main.close()
            raise
        with running:
            return running.run(main)

    def _read(self, items: AsyncGenerator[Item[A, R]]) -> Iterator[Item[A, R]]:
        with runner() as running:
            try:
                while found := running.run(self._next(items)):
                    yield from found
            finally:
                running.run(items.aclose())

    async def _next(self, items: AsyncGenerator[Item[A, R]]) -> list[Item[A, R]]:
        """Return the items that can be read without waiting, at least one; none at the end."""
        found: list[Item[A, R]] = []
        async for item in items:
            found.append(item)
            if not self._run.waiting:
                break
        return found


def runner() -> asyncio.Runner:
    """Return a runner of an event loop of its own. Raises `RuntimeError` in a running event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.Runner()
    raise RuntimeError("map_calls cannot be used in a running event loop: use `async for item in amap(...)` there")
