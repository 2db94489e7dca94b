"""A clock that a test sets forward, and waits that end when something has happened."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any
from weakref import WeakSet

import pytest

from mirascope_like.core.base.runtime import CLOCK

PATIENCE = 60.0
"""Seconds after which a test that would hang fails; no test passes or fails by how long it takes otherwise."""

_loops: WeakSet[asyncio.AbstractEventLoop] = WeakSet()


def set_clock(monkeypatch: pytest.MonkeyPatch, **methods: Callable[..., Any]) -> None:
    """Replace methods of `runtime.CLOCK` for this thread. Others, such as the watchdog of deadlines, keep theirs."""
    mine = threading.get_ident()

    def chosen(replacement: Callable[..., Any], real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given: (replacement if threading.get_ident() == mine else real)(*given)

    for name, replacement in methods.items():
        monkeypatch.setattr(CLOCK, name, chosen(replacement, getattr(CLOCK, name)))


class MovedClock:
    """Replaces `runtime.CLOCK`. It runs like the real clock; `skip` sets it forward for everything that waits by it."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._read = threading.local()
        """How far ahead the clock was when each thread last read it."""
        self._waiting: set[threading.Condition] = set()

    def monotonic(self) -> float:
        self._read.ahead = ahead = self._ahead
        return time.monotonic() + ahead

    def timestamp(self) -> float:
        return (time.time() + self._ahead) * 1000

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        self._waiting.add(condition)
        if self._read.ahead == self._ahead:  # else it was set forward since the caller computed `seconds`
            condition.wait(seconds)

    def skip(self, seconds: float) -> None:
        """Set the clock forward, from any thread."""
        self._ahead += seconds
        for condition in list(self._waiting):
            with condition:
                condition.notify_all()
        for loop in list(_loops):
            if not loop.is_closed():
                loop.call_soon_threadsafe(lambda: None)


def soon(stream: Any, deadline: str, clock: MovedClock) -> None:
    """Have a deadline of a stream pass in its next wait for the provider."""
    if deadline == "total":
        stream.timeout(total=1000)
        clock.skip(999.95)
    else:
        stream.timeout(**{deadline: 0.05})


def once_begun(stream: Any, deadline: str, clock: MovedClock) -> Any:
    """A stream of which a deadline passes in the wait after its first text; no other passes by itself."""
    return stream.on(text=lambda _: soon(stream, deadline, clock))


def run_by_clock(main: Coroutine[Any, Any, Any]) -> Any:
    """`asyncio.run`, in a loop whose timers go by `runtime.CLOCK`."""
    with asyncio.Runner(loop_factory=_loop) as runner:
        return runner.run(main)


def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.time = lambda: CLOCK.monotonic()  # type: ignore[method-assign]
    _loops.add(loop)
    return loop


async def eventually(condition: Callable[[], bool]) -> bool:
    """Whether something has come true; waits for it, step by step of the loop."""
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:  # noqa: ASYNC110  # there is no event to wait for
        await asyncio.sleep(0)
    return condition()


async def never() -> None:
    """Wait until the task is cancelled."""
    await asyncio.get_running_loop().create_future()


async def waits(task: asyncio.Task[Any]) -> None:
    """Let a task go on until it waits for a socket, a thread or a timer."""
    quiet = 0
    while quiet < 20 and not task.done():
        await asyncio.sleep(0)
        quiet += 1


async def no_tasks_left() -> bool:
    """Whether, in the end, no task is left but this one."""
    return await eventually(lambda: asyncio.all_tasks() == {asyncio.current_task()})
