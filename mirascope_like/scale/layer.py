"""The layer around the provider of each call in a map: it passes the requests to the map's answerers."""

from __future__ import annotations

import asyncio
from typing import Any

from ..core.base.provider import Provider, ProviderWrapper
from ..core.base.request import Request
from ..core.base.response import BaseCallResponse, set_from_batch, set_from_cache, usage_and_cost
from ..core.base.runtime import raise_cancelled
from .items import Source
from .outgoing import CURRENT, Answer, Answerer, ItemState, Outgoing, Received
from .sending import FromLoop, FromTask, FromThread


class MapLayer:
    """Passes the requests of all calls in a map to an answerer. Made in the event loop of the map."""

    def __init__(self, answerer: Answerer) -> None:
        self.answerer: Answerer = answerer
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self._searches: dict[Any, ItemState] = {}
        """The tasks that find answers for calls in threads, with their items."""
        self._closed = False

    @property
    def here(self) -> bool:
        """True in the event loop of the map."""
        try:
            return asyncio.get_running_loop() is self.loop
        except RuntimeError:
            return False

    def wrap(self, provider: Provider[Any, Any, Any]) -> Any:
        """Return the provider of one call, wrapped. A call outside of an item has the provider itself."""
        item = CURRENT.get()
        return provider if item is None else MappedProvider(provider, self, item)

    async def search(self, outgoing: Outgoing) -> Answer:
        """Return the answer to a request of a call in a thread. Runs in a task of its own."""
        if self._closed:
            raise asyncio.CancelledError
        task = asyncio.current_task()
        self._searches[task] = outgoing.item
        try:
            return await self.answerer.answer(outgoing)
        finally:
            del self._searches[task]

    def stop(self) -> None:
        """Cancel the calls in threads whose requests are not being sent."""
        for task, item in list(self._searches.items()):
            if not item.sending:
                task.cancel()

    def close(self) -> None:
        """Cancel all calls in threads, those that are made later, too."""
        self._closed = True
        for task in list(self._searches):
            task.cancel()

    def respond(self, item: ItemState, outgoing: Outgoing | None, response: Any, source: Source) -> None:
        """Count a response of an item, in the event loop of the map."""
        if self.here:
            _count(item, outgoing, response, source)
        else:
            self.loop.call_soon_threadsafe(_count, item, outgoing, response, source)


def _count(item: ItemState, outgoing: Outgoing | None, response: Any, source: Source) -> None:
    received = Received(response, source, *usage_and_cost(response))
    item.responded(received)
    if outgoing is not None:
        outgoing.responded(received)


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
        if layer.here:  # waiting for the loop in its own thread would never end
            self._answer = self._outgoing = None
            return self._provider.send(request, payload)
        self._outgoing = outgoing = FromThread(self._provider, request, payload, self._item)
        self._answer = outgoing.run(layer.search, layer.loop)
        return self._answer.raw

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        layer = self._layer
        if layer.here:
            self._outgoing = outgoing = FromTask(self._provider, request, payload, self._item)
            self._answer = await layer.answerer.answer(outgoing)
        else:
            self._outgoing = other = FromLoop(self._provider, request, payload, self._item)
            self._answer = await other.run(layer.search, layer.loop)
        return self._answer.raw

    def check(self, request: Request, raw: Any) -> None:
        if self._answer is None:  # otherwise it was checked when it was received
            self._provider.check(request, raw)

    def respond(self, *answer: Any) -> Any:
        response: BaseCallResponse[Any, Any] = self._provider.respond(*answer)
        source = self._answer.source if self._answer is not None else "live"
        if source in ("store", "duplicate"):
            set_from_cache(response)
        if self._answer is not None and self._answer.batched:
            set_from_batch(response)
        self._layer.respond(self._item, self._outgoing, response, source)
        raise_cancelled()
        return response
