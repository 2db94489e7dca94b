"""The layer around the provider of each call in a map: it passes the requests to the map's answerers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from ..core.base.provider import Provider, ProviderWrapper
from ..core.base.request import Request
from ..core.base.response import BaseCallResponse, set_from_cache, usage_and_cost
from ..core.base.runtime import on_asyncio, running_loop
from ..core.dialects.transport import noting
from .batches.pricing import batch_cost
from .items import Source
from .outgoing import CURRENT, Answer, Answerer, ItemState, Outgoing, Received


class MapLayer:
    """Passes the requests of all calls in a map to an answerer. For calls of the running event loop and its threads."""

    def __init__(self, answerer: Answerer) -> None:
        self.answerer: Answerer = answerer
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()

    def wrap(self, provider: Provider[Any, Any, Any]) -> Any:
        """Return the provider of one call, wrapped. A call outside of an item has the provider itself."""
        item = CURRENT.get()
        return provider if item is None else MappedProvider(provider, self, item)

    def respond(
        self, item: ItemState, outgoing: Outgoing | None, response: Any, source: Source, *, batched: bool = False
    ) -> None:
        """Count a response of an item, in the thread of the event loop."""

        def count() -> None:
            usage, cost = usage_and_cost(response)
            received = Received(response, source, usage, batch_cost(response) if batched else cost)
            item.responded(received)
            if outgoing is not None:
                outgoing.responded(received)

        if on_asyncio():
            count()
        else:
            self.loop.call_soon_threadsafe(count)


class MappedProvider(ProviderWrapper):
    """Wraps the provider of one call of an item. Streams are sent as without a map."""

    def __init__(self, provider: Provider[Any, Any, Any], layer: MapLayer, item: ItemState) -> None:
        super().__init__(provider)
        self._layer = layer
        self._item = item
        self._answer: Answer | None = None
        """The newest answer of the call."""
        self._outgoing: Outgoing | None = None
        """The request of that answer."""

    def around(self, provider: Provider[Any, Any, Any]) -> Any:
        return MappedProvider(provider, self._layer, self._item)

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        layer = self._layer
        if on_asyncio() and running_loop() is layer.loop:  # waiting for the loop in its own thread would never end
            self._answer = self._outgoing = None
            return self._provider.send(request, payload)
        self._outgoing = outgoing = _FromThread(self._provider, request, payload, self._item)
        self._answer = outgoing.run(layer)
        return self._answer.raw

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        self._outgoing = outgoing = _FromTask(self._provider, request, payload, self._item)
        self._answer = await self._layer.answerer.answer(outgoing)
        return self._answer.raw

    def check(self, request: Request, raw: Any) -> None:
        if self._answer is None:  # otherwise it was checked when it was received
            self._provider.check(request, raw)

    def respond(self, *answer: Any) -> Any:
        response: BaseCallResponse[Any, Any] = self._provider.respond(*answer)
        source = self._answer.source if self._answer is not None else "live"
        if source in ("store", "duplicate"):
            set_from_cache(response)
        batched = self._answer is not None and self._answer.batched
        self._layer.respond(self._item, self._outgoing, response, source, batched=batched)
        return response


def _answer(raw: Any, responses: list[Any]) -> Answer:
    """Return the answer of a request that was sent, with the HTTP response if it is known."""
    if not responses:
        return Answer(raw, "live")
    return Answer(raw, "live", responses[-1].headers, responses[-1].content)


class _FromTask(Outgoing):
    """A request of an async call."""

    async def send(self) -> Answer:
        with noting() as responses:
            raw = await self.provider.asend(self.request, self.payload)
        self.provider.check(self.request, raw)
        return _answer(raw, responses)


class _FromThread(Outgoing):
    """A request of a sync call, which runs in a thread. The answerers run in the event loop; when one of them sends the
    request, the thread does so.
    """

    __slots__ = ("_loop", "_steps")

    def run(self, layer: MapLayer) -> Answer:
        """Wait for the answer, and send the request when an answerer asks for it."""
        self._loop = layer.loop
        self._steps: SimpleQueue[Callable[[], Answer | None]] = SimpleQueue()
        asyncio.run_coroutine_threadsafe(self._find(layer.answerer), layer.loop)
        while True:
            if (answer := self._steps.get()()) is not None:
                return answer

    async def _find(self, answerer: Answerer) -> None:
        try:
            answer = await answerer.answer(self)
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
                sent.set_result(_answer(raw, responses))

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
