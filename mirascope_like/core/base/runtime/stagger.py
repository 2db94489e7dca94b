"""`Stagger`: a few responses are made at a time, so that the user reads items before the next are made."""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import Context, ContextVar
from typing import Any

PER_ITERATION = 4
"""How many tasks continue in each iteration of the event loop."""


class Stagger:
    """Lets a few tasks of one event loop continue in each of its iterations, in the order of their calls of `stagger`.

    The responses of forty requests that arrive at once would all be made in one iteration, and live until the next, in
    which the user's task reads the items. CPython starts a garbage collection whenever some hundred more objects were
    made than freed, so such an iteration would have several. They took a fifth of the CPU time of a call.

    Made in the event loop of its tasks.
    """

    def __init__(self, per_iteration: int = PER_ITERATION) -> None:
        self._per_iteration = per_iteration
        self._loop = asyncio.get_running_loop()
        self._left = per_iteration
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._renewed = False
        """True if the next iteration renews what is left."""
        self._cancelled: dict[Any, asyncio.CancelledError] = {}
        """The tasks that were cancelled while they waited."""

    def set_in(self, context: Context) -> None:
        """Make `stagger` wait in a context."""
        context.run(_STAGGER.set, self)

    async def wait(self) -> None:
        """See `stagger`."""
        if (task := self._task()) is None:
            return
        if self._left:
            self._use()
            return
        turn: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError as error:
            self._cancelled[task] = error

    def raise_cancelled(self) -> None:
        """See the function of this name."""
        if self._cancelled and (error := self._cancelled.pop(self._task(), None)) is not None:
            raise error

    def _task(self) -> Any:
        """Return the task that runs; None for one of another event loop."""
        try:
            return asyncio.current_task() if asyncio.get_running_loop() is self._loop else None
        except RuntimeError:  # a thread without an event loop, or with one of another library
            return None

    def _use(self) -> None:
        self._left -= 1
        if not self._renewed:
            self._renewed = True
            self._loop.call_soon(self._renew)

    def _renew(self) -> None:
        self._left, self._renewed = self._per_iteration, False
        while self._left and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # its task was cancelled
                turn.set_result(None)
                self._use()


_STAGGER: ContextVar[Stagger | None] = ContextVar("mirascope_like_stagger", default=None)


async def stagger() -> None:
    """Wait until a response that has arrived may be made. At once, unless the call is one of many (see `Stagger`).

    What has arrived is not lost: if the task is cancelled meanwhile, it continues at once, and `raise_cancelled` raises
    the `CancelledError` after the response has been kept.
    """
    if (found := _STAGGER.get()) is not None:
        await found.wait()


def raise_cancelled() -> None:
    """Raise the `CancelledError` of this task, if it was cancelled in `stagger`."""
    if (found := _STAGGER.get()) is not None:
        found.raise_cancelled()
