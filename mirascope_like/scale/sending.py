"""How a request is sent: by the task, thread or event loop in which its call runs.

The answerers run in the event loop of the map. When one of them sends the request, this happens where the call runs, so
that its client and its context variables are those of the call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from queue import SimpleQueue
from typing import Any, TypeAlias

from ..core.dialects.transport import noting
from .outgoing import Answer, Outgoing

Search: TypeAlias = Callable[[Outgoing], Coroutine[Any, Any, Answer]]
"""A function that finds the answer to a request, in the event loop of the map."""


def _received(raw: Any, responses: list[Any]) -> Answer:
    """Return the answer of a request that was sent, with the HTTP response if it is known."""
    if not responses:
        return Answer(raw, "live")
    return Answer(raw, "live", responses[-1].headers, responses[-1].content)


class FromTask(Outgoing):
    """A request of an async call in the event loop of the map."""

    async def send(self) -> Answer:
        with noting() as responses:
            raw = await self.provider.asend(self.request, self.payload)
        self.provider.check(self.request, raw)
        return _received(raw, responses)


class FromLoop(FromTask):
    """A request of an async call in another event loop: that of a sync function, which runs in a thread."""

    __slots__ = ("_loop",)

    async def run(self, search: Search, loop: asyncio.AbstractEventLoop) -> Answer:
        """Wait for the answer that `search` finds in the event loop of the map."""
        self._loop = asyncio.get_running_loop()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(search(self), loop))

    async def send(self) -> Answer:
        sending = asyncio.run_coroutine_threadsafe(FromTask.send(self), self._loop)
        return await asyncio.wrap_future(sending)


class FromThread(Outgoing):
    """A request of a sync call, which runs in a thread."""

    __slots__ = ("_loop", "_steps")

    def run(self, search: Search, loop: asyncio.AbstractEventLoop) -> Answer:
        """Wait for the answer that `search` finds in the event loop of the map, and send the request when it is to be
        sent.
        """
        self._loop = loop
        self._steps: SimpleQueue[Callable[[], Answer | None]] = SimpleQueue()
        asyncio.run_coroutine_threadsafe(self._find(search), loop)
        while True:
            if (answer := self._steps.get()()) is not None:
                return answer

    async def _find(self, search: Search) -> None:
        try:
            answer = await search(self)
        except BaseException as error:
            self._steps.put(_raiser(error))
            if not isinstance(error, Exception):
                raise
        else:
            self._steps.put(lambda: answer)

    async def send(self) -> Answer:
        sent: asyncio.Future[Answer] = self._loop.create_future()
        self._steps.put(lambda: self._send(sent))
        return await sent

    def _send(self, sent: asyncio.Future[Answer]) -> None:
        """Send the request in this thread, and pass the result to the event loop."""

        def settle() -> None:
            if sent.done():
                return
            if error is not None:
                sent.set_exception(error)
            else:
                sent.set_result(_received(raw, responses))

        raw: Any = None
        error: Exception | None = None
        with noting() as responses:
            try:
                raw = self.provider.send(self.request, self.payload)
                self.provider.check(self.request, raw)
            except Exception as raised:
                error = raised
        self._loop.call_soon_threadsafe(settle)


def _raiser(error: BaseException) -> Callable[[], Answer]:
    def fail() -> Answer:
        raise error

    return fail
