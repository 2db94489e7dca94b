"""Single flight: while a request is being sent, equal requests wait for its response in place of being sent, too.

Threads wait for threads, and tasks for tasks of the same event loop. So nobody waits for somebody whom it blocks.
"""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncGenerator, Generator, Hashable
from contextlib import asynccontextmanager, contextmanager

import anyio

from ..core.base.runtime import running_loop

_lock = threading.Lock()
_threads: dict[Hashable, Flight] = {}
_tasks: dict[Hashable, AsyncFlight] = {}


class Flight:
    """One request that a thread is sending, and for which other threads may wait."""

    def __init__(self) -> None:
        self.value: bytes | None = None
        """The response as a cache stores it; None before it arrived, and if it is not to be stored."""
        self.over: threading.Event = threading.Event()


class AsyncFlight:
    """One request that a task is sending, and for which other tasks may wait."""

    def __init__(self) -> None:
        self.value: bytes | None = None
        self.over: anyio.Event = anyio.Event()


@contextmanager
def flight(key: Hashable) -> Generator[tuple[Flight, bool]]:
    """Context manager: yields the flight of a key, and whether the caller is its leader, who sends the request.

    For others, it waits until the flight is over. If the leader has failed, the flight has no value.
    """
    with _lock:
        found = _threads.get(key)
        leads = found is None
        current = _threads.setdefault(key, Flight())
    if not leads:
        current.over.wait()
        yield current, False
        return
    try:
        yield current, True
    finally:
        with _lock:
            _threads.pop(key, None)
        current.over.set()


@asynccontextmanager
async def aflight(key: Hashable) -> AsyncGenerator[tuple[AsyncFlight, bool]]:
    """Async version of `flight`, for the tasks of the running event loop."""
    key = (key, running_loop())
    leads = key not in _tasks
    current = _tasks.setdefault(key, AsyncFlight())
    if not leads:
        await current.over.wait()
        yield current, False
        return
    try:
        yield current, True
    finally:
        _tasks.pop(key, None)
        current.over.set()


def _forget() -> None:
    """Forget the flights of the parent process, whose threads do not exist in a forked child."""
    global _lock
    _lock = threading.Lock()
    _threads.clear()
    _tasks.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
