"""Answers requests from the store of a run, and from equal requests that are in progress."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from ..core.base.parsing import encode_json
from ..core.base.provider import unwrapped
from ..core.base.request import Request
from ..core.base.response import Usage
from ..spending.cache_keys import request_key, request_place
from .items import Source
from .outgoing import Answer, Answerer, ItemState, Outgoing, Received
from .run_store import RunStore, StoredAnswer

_CLIENTS = 1000
"""The number of clients whose addresses are kept."""


class Keys:
    """Makes the keys of the requests of a run.

    A key depends on the format, the provider, its address, the model, the payload, and the number of the sample; and on
    how often the item has made the same request, since a call that repeats a request wants another response.
    """

    def __init__(self) -> None:
        self._places: dict[tuple[int, int], tuple[Any, Any, Sequence[Any]]] = {}
        """The address of each client; the client is kept, so that no other has its identity."""

    def next(self, item: ItemState, provider: Any, request: Request, payload: dict[str, Any]) -> tuple[bytes, int]:
        """Return the key of the next request of an item, and the length of its JSON."""
        inner = unwrapped(provider)
        found = self._places.get((id(inner), id(request.client)))
        if found is None:
            found = inner, request.client, request_place(provider, request.client)
            if len(self._places) >= _CLIENTS:
                self._places.clear()
            self._places[id(inner), id(request.client)] = found
        place = found[2]
        base, length = request_key(place, request, payload, item.sample)
        number = item.times[base] = item.times.get(base, -1) + 1
        return (base, length) if number == 0 else request_key(place, request, payload, item.sample, number)


class Stored:
    """Answers a request from the store, or waits for an equal one that is in progress; otherwise sends it, and stores
    the response.
    """

    def __init__(self, inner: Answerer, store: RunStore) -> None:
        self._inner = inner
        self._store = store
        self._keys = Keys()
        self._flights: dict[bytes, asyncio.Future[StoredAnswer | None]] = {}
        """The requests in progress. The result is None if the request has failed."""

    async def answer(self, outgoing: Outgoing) -> Answer:
        """Return the answer. Raises `StoreError` if the store fails: what is received could not be kept."""
        item = outgoing.item
        key, outgoing.length = self._keys.next(item, outgoing.provider, outgoing.request, outgoing.payload)
        item.key = item.key or key
        outgoing.key = key
        while (found := self._store.get(key)) is None and (flight := self._flights.get(key)) is not None:
            if (found := await asyncio.shield(flight)) is not None:
                break
        if found is not None and (replayed := self._replayed(outgoing, found)) is not None:
            return replayed
        made: asyncio.Future[StoredAnswer | None] = asyncio.get_running_loop().create_future()
        self._flights[key] = made
        try:
            answer = await self._inner.answer(outgoing)
            request_id = getattr(answer.raw, "_request_id", None)
            body = answer.body or _body(outgoing, answer.raw)
        except BaseException:
            self._flights.pop(key, None)
            made.set_result(None)
            raise
        kept = StoredAnswer(body, request_id if isinstance(request_id, str) else None, self._store.run, answer.batched)
        made.set_result(kept)
        outgoing.then(partial(self._keep, outgoing, kept))
        return answer

    def _replayed(self, outgoing: Outgoing, found: StoredAnswer) -> Answer | None:
        """Return a stored response as an answer; None if the SDK cannot read it."""
        try:
            raw = outgoing.provider.parse(found.body)
        except Exception:  # stored by another version of the SDK
            return None
        if found.request_id is not None:
            with suppress(AttributeError, ValueError):
                raw._request_id = found.request_id
        source: Source = "duplicate" if found.run == self._store.run else "store"
        return Answer(raw, source, body=found.body, batched=found.batched)

    def _keep(self, outgoing: Outgoing, found: StoredAnswer, received: Received) -> None:
        self._flights.pop(outgoing.key, None)
        if "error" not in (received.response.common_finish_reasons or ()):
            self._store.put(outgoing.key, found, _facts(outgoing, received))


def _facts(outgoing: Outgoing, received: Received) -> tuple[Any, ...]:
    usage = received.usage or Usage()
    return (outgoing.request.provider, outgoing.request.model, usage.input_tokens, usage.output_tokens, received.cost)


def _body(outgoing: Outgoing, raw: Any) -> bytes:
    response = outgoing.provider.respond(outgoing.request, outgoing.payload, raw, 0.0, 0.0)
    return encode_json(response.raw)
