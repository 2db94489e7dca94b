"""Runs the calls of a map: pulls inputs as there is room, and yields the items as they end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextvars import Context
from typing import Any, Generic, TypeVar

from ..core.base.runtime import CLOCK, Stagger
from .inputs import Given, Inputs
from .items import Item

A = TypeVar("A")
R = TypeVar("R")

FIRST = 64
"""The number of calls that may run at once at the start."""
RISE = 200.0
"""How many more may run with each second. Each call that ends allows one more, too."""
GRACE = 30.0
"""The seconds that requests in progress have to end, when a run stops."""


class Ramp:
    """How many calls may run at once: few at first, so that the connections of many do not all open at the same time.

    An event loop that opens a thousand connections at once does nothing else, until the SDK's connect timeout is over.
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self._start = CLOCK.monotonic()
        self.ended: int = 0
        """The number of calls that have ended."""

    def allowed(self) -> int:
        """Return how many calls may run at once now."""
        return int(self._first + self.ended + RISE * (CLOCK.monotonic() - self._start))


class Driver(Generic[A, R]):
    """Runs the calls of one map in tasks. Each task pulls an input, makes its call, and pulls the next.

    `run_one` makes the call of an input; it returns None if there is no item because the run stops. When the run stops,
    `sends` is True for a task whose request is being sent; the others are cancelled.
    """

    def __init__(
        self,
        inputs: Inputs[A],
        run_one: Callable[[Given], Awaitable[Item[A, R] | None]],
        *,
        sends: Callable[[asyncio.Task[None]], bool],
        context: Context,
        most: int,
        window: int,
        first: int = FIRST,
    ) -> None:
        self._inputs = inputs
        self._run_one = run_one
        self._sends = sends
        self._context = context
        Stagger().set_in(context)
        self._most = most
        self._room = asyncio.Semaphore(window)
        self._ready: deque[Item[A, R]] = deque()
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: set[asyncio.Task[None]] = set()
        """The tasks that wait for room or for an input."""
        self._ramp = Ramp(first)
        self._tick: asyncio.TimerHandle | None = None
        self._grace: asyncio.TimerHandle | None = None
        self.stopped: bool = False
        """True once no further call is started."""
        self.error: BaseException | None = None
        """Why the run has stopped, if that is an error."""

    @property
    def running(self) -> int:
        """The number of calls that run."""
        return len(self._tasks) - len(self._idle)

    @property
    def full(self) -> bool:
        """True if no further call starts before one ends, or before the user takes an item."""
        return self._inputs.ended or self._room.locked() or (len(self._tasks) >= self._most and not self._idle)

    @property
    def waiting(self) -> int:
        """The number of items that can be yielded at once."""
        return len(self._ready)

    def release(self) -> None:
        """Make room for one more item: the user has one."""
        self._room.release()

    async def items(self) -> AsyncGenerator[Item[A, R]]:
        """Yield the items as their calls end. Raises the error that has stopped the run, after the last item.

        Closing the generator cancels the calls.
        """
        self._grow()
        try:
            while True:
                while self._ready:
                    yield self._ready.popleft()
                if not self._tasks:
                    break
                self._changed.clear()
                await self._changed.wait()
        finally:
            self.stopped = True
            await self._cancel()
        if self.error is not None:
            raise self.error

    def finish(self) -> None:
        """Start no further call; let those that run end."""
        self.stopped = True
        for task in self._idle:
            task.cancel()

    def stop(self, error: BaseException | None = None) -> None:
        """Start no further call; let the requests in progress end, but cancel them after 30 seconds."""
        if self.error is None:
            self.error = error
        if self.stopped:
            return
        self.stopped = True
        for task in list(self._tasks):
            if task is not asyncio.current_task() and (task in self._idle or not self._sends(task)):
                task.cancel()
        self._grace = asyncio.get_running_loop().call_later(GRACE, self.cancel)

    def cancel(self) -> None:
        """Cancel all calls."""
        self.stopped = True
        for task in list(self._tasks):
            task.cancel()
        self._changed.set()

    async def _cancel(self) -> None:
        for timer in (self._tick, self._grace):
            if timer is not None:
                timer.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _grow(self) -> None:
        """Start one more task, if none waits and there may be one more."""
        if self.stopped or self._inputs.ended or self._idle or len(self._tasks) >= self._most:
            return
        if len(self._tasks) < self._ramp.allowed():
            task = asyncio.get_running_loop().create_task(self._work(), context=self._context.copy())
            self._tasks.add(task)
            self._idle.add(task)
            task.add_done_callback(self._left)
        elif self._tick is None:
            self._tick = asyncio.get_running_loop().call_later(1 / RISE, self._ticked)

    def _ticked(self) -> None:
        self._tick = None
        self._grow()

    def _left(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._idle.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:  # of the user's iterable
            self.stop(error)
        self._changed.set()

    async def _work(self) -> None:
        try:
            await self._pull()
        except asyncio.CancelledError as error:
            if not self.stopped:  # the function has cancelled its own task: without an error, its item would be missing
                cancelled = RuntimeError("a call has cancelled the task of the map in which it ran")
                cancelled.__cause__ = error
                self.stop(cancelled)
        except (KeyboardInterrupt, SystemExit) as error:  # in a task, they would end the event loop
            self.stop(error)

    async def _pull(self) -> None:
        """Pull inputs and make their calls, one after the other."""
        task: Any = asyncio.current_task()
        while not self.stopped:
            self._idle.add(task)
            await self._room.acquire()
            item = None
            try:
                if (given := await self._inputs.take()) is None:
                    return
                self._idle.discard(task)
                self._grow()
                item = await self._run_one(given)
                self._ramp.ended += 1
            finally:
                if item is None:
                    self._room.release()
            if item is not None:
                self._ready.append(item)
            self._changed.set()
