"""Answers requests in batches of their providers: gathers them until no call can go on without an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextvars import Context, copy_context
from typing import Any

from ...core.base.flows import passes
from ...core.base.parsing import encode_json
from ...core.base.provider import Provider, ProviderWrapper
from ...core.base.request import Request
from ...core.base.response import Usage, set_from_batch
from ...core.base.runtime import CLOCK
from ...spending.cache_keys import request_place
from ...spending.counting import CountingProvider
from ..counts import Counts
from ..outgoing import Answer, Answerer, Outgoing
from . import waits
from .lane import Lane
from .records import BatchRecords
from .service import batch_form, service_for
from .storage import BedrockStorage

STEP = 0.02
"""The seconds between two looks whether all calls wait."""
LINGER = 60.0
"""The seconds after which gathered requests are submitted, although calls run that have no request, or inputs come."""


class WaitingItems:
    """Counts, for each item, its requests that wait for an answer. The outermost answerer of batches."""

    def __init__(self, inner: Answerer) -> None:
        self._inner = inner

    async def answer(self, outgoing: Outgoing) -> Answer:
        """Return the answer of the inner answerer."""
        outgoing.item.waiting += 1
        try:
            return await self._inner.answer(outgoing)
        finally:
            outgoing.item.waiting -= 1


class Batched:
    """Answers requests in batches. For the event loop of a run; `quiet` returns True if no call can go on without an
    answer.

    Each provider, address and model has a `Lane`, which gathers, submits and watches its batches.
    """

    def __init__(
        self,
        records: BatchRecords,
        counts: Counts,
        attempts: int,
        quiet: Callable[[], bool],
        storage: BedrockStorage | None = None,
    ) -> None:
        self._records = records
        self._storage = storage
        self.counts: Counts = counts
        """The numbers of the run."""
        self._attempts = attempts
        self._quiet = quiet
        self._lanes: dict[str, Lane] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._context: Context = copy_context()
        self._gathered = asyncio.Event()
        self._flusher: asyncio.Task[None] | None = None
        self.cancelled: bool = False
        """True once the user has cancelled the batches."""

    async def answer(self, outgoing: Outgoing) -> Answer:
        """Return the answer, when a batch has it. Raises the error of the request, or of its batch."""
        lane = self._lane(outgoing)
        bodies: list[bytes] = []

        async def fetch() -> Any:
            bodies.append(await self._body(lane, outgoing))
            return outgoing.provider.parse(bodies[-1])

        provider = _in_budgets(outgoing.provider, fetch)
        raw = await provider.asend(outgoing.request, outgoing.payload)
        try:
            outgoing.provider.check(outgoing.request, raw)
        except Exception as error:
            raise outgoing.failure(error) from None
        outgoing.then(self.counts.sent)
        return Answer(raw, "batch", body=bodies[-1], batched=True)

    async def _body(self, lane: Lane, outgoing: Outgoing) -> bytes:
        """Return the response as JSON. A request that its batch has not answered is sent in another."""
        failures = 0
        while True:
            outcome = await lane.outcome(outgoing.key, outgoing.payload)
            if outcome.queued:
                continue
            outgoing.item.attempts += 1
            outgoing.item.sources.add("batch")
            if outcome.body is not None:
                return outcome.body
            failures += 1
            failure = outgoing.failure(outcome.error or TimeoutError("the batch has expired before the request"))
            repeated = outcome.error is None or outcome.again or passes(failure)
            if failures >= self._attempts or not repeated:
                raise failure.with_traceback(None)

    def _lane(self, outgoing: Outgoing) -> Lane:
        """Return the lane of a request. Raises `ConfigurationError` if the provider has no batches."""
        request = outgoing.request
        form = batch_form(outgoing.provider, outgoing.payload)
        place = [*request_place(outgoing.provider, request.client), request.model]
        name = encode_json([*place, form] if form else place).decode()
        if (lane := self._lanes.get(name)) is None:
            service = service_for(outgoing.provider, request, form, self._storage)
            lane = self._lanes[name] = Lane(name, service, self._records, self, outgoing.failure)
        return lane

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Return a task that does a part of the work on batches; it ends with the run."""
        task = asyncio.get_running_loop().create_task(work, context=self._context.copy())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def gathered(self) -> None:
        """Note that a request waits for being submitted."""
        self._gathered.set()
        if self._flusher is None:
            self._flusher = self.start(self._flush())

    async def _flush(self) -> None:
        """Submit what is gathered, each time when no call can go on without it, or when nothing more comes."""
        while True:
            await self._gathered.wait()
            self._gathered.clear()
            last = CLOCK.monotonic()
            while any(lane.gathered for lane in self._lanes.values()):
                await waits.sleep(STEP)
                if self._gathered.is_set():
                    self._gathered.clear()
                    last = CLOCK.monotonic()
                if self._quiet() or CLOCK.monotonic() - last > LINGER:
                    for lane in self._lanes.values():
                        lane.flush()

    async def cancel(self) -> None:
        """Cancel the batches that are submitted, and what is gathered. Responses that a provider has already made are
        still read.
        """
        self.cancelled = True
        await asyncio.gather(*(lane.cancel() for lane in self._lanes.values()))

    async def close(self) -> None:
        """End the work on batches. They stay with the provider; a run with the same store continues with them."""
        tasks: Sequence[asyncio.Task[Any]] = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for lane in self._lanes.values():
            lane.close()


def _in_budgets(provider: Any, fetch: Callable[[], Awaitable[Any]]) -> Any:
    """Return what fetches a response, in the budgets of a provider, and in nothing else: a limit of concurrency is for
    requests that are sent one by one.
    """
    if not isinstance(provider, ProviderWrapper):
        return _FromBatch(provider, fetch)
    inner = _in_budgets(provider.inner_provider, fetch)
    return provider.around(inner) if isinstance(provider, CountingProvider) else inner


class _FromBatch(ProviderWrapper):
    """Stands in place of the provider inside budgets, which count the price of batches."""

    in_batch = True

    def __init__(self, provider: Provider[Any, Any, Any], fetch: Callable[[], Awaitable[Any]]) -> None:
        super().__init__(provider)
        self._fetch = fetch

    def around(self, provider: Provider[Any, Any, Any]) -> Any:
        return _FromBatch(provider, self._fetch)

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        return await self._fetch()

    def respond(self, *answer: Any) -> Any:
        response = self._provider.respond(*answer)
        set_from_batch(response)
        return response

    def price(self, request: Request, payload: Mapping[str, Any], usage: Usage) -> float | None:
        """Return what a request costs in a batch, in US dollars; None if a price is unknown."""
        return self._provider.price(request, payload, usage, in_batch=True)
