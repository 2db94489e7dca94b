"""`Turns`: a few responses are made at a time, so that the user reads items before the next are made."""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import Context, ContextVar

AT_ONCE = 4
"""How many tasks continue in each round of the event loop."""


class Turns:
    """Lets a few tasks of an event loop continue in each of its rounds, in the order of their calls of `take_turn`.

    The responses of forty requests that arrive at once would all be made in one round, and live until the next one, in
    which the user's task reads the items. CPython starts a garbage collection whenever some hundred more objects were
    made than freed, so such a round would have several. They took a fifth of the CPU time of a call.

    Made in the event loop of its tasks.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._loop = asyncio.get_running_loop()
        self._left = at_once
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._renewed = False
        """True if the next round renews what is left."""

    def given_to(self, context: Context) -> Context:
        """Return the context, in which `take_turn` takes these turns from now on."""
        context.run(_TURNS.set, self)
        return context

    async def take(self) -> None:
        """Wait until this task may continue. A task of another event loop may at once."""
        if not self._here():
            return
        if self._left:
            self._use()
        else:
            turn: asyncio.Future[None] = self._loop.create_future()
            self._waiting.append(turn)
            await turn

    def _here(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:  # another library's loop
            return False

    def _use(self) -> None:
        self._left -= 1
        if not self._renewed:
            self._renewed = True
            self._loop.call_soon(self._renew)

    def _renew(self) -> None:
        self._left, self._renewed = self._at_once, False
        while self._left and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # its task was cancelled
                turn.set_result(None)
                self._use()


_TURNS: ContextVar[Turns | None] = ContextVar("mirascope_like_turns", default=None)


async def take_turn() -> None:
    """Wait until a response that has arrived may be made. At once, unless the call is one of many (see `Turns`)."""
    if (turns := _TURNS.get()) is not None:
        await turns.take()
