"""`Lane`: the requests of one provider, address, model and format on their way through batches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from secrets import token_hex
from typing import Any, Protocol, TypeVar

from ...core.base.errors import (
    ConfigurationError,
    ConnectionFailedError,
    MirascopeLikeError,
    NotFoundError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
)
from ...core.base.flows import passes
from ...core.base.runtime import CLOCK
from ..counts import BatchCounts, Counts
from ..run_store import now
from . import waits
from .records import BatchRecords, OpenBatch
from .service import BatchService, BatchStatus, NotYetKnownError, Outcome

T = TypeVar("T")

_TOKEN = 12
"""The bytes of a token: with the name of a request, it fits into the 64 characters that Anthropic allows."""
_TRIES = 5
"""How often a batch is submitted if the provider fails, and a question is sent whose answers are not JSON."""
_KEPT = 29 * 86_400.0
"""The seconds for which providers keep a batch. Source: Anthropic's guide; OpenAI keeps the files for 30 days."""
_UNKNOWN = (ConnectionFailedError, RequestTimeoutError, ServerError)
"""Errors after which a batch may exist."""


class LaneOwner(Protocol):
    """What a lane needs of the answerer."""

    cancelled: bool
    counts: Counts

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Return a task that does the work."""
        ...

    def gathered(self) -> None:
        """Note that a request waits for being submitted."""
        ...


class Lane:
    """Gathers requests, submits them in batches within the provider's limits, and watches each batch until it ends.

    A batch is recorded before it is submitted. When a run begins, the recorded batches of the lane are found and
    watched, and requests in them are not sent again.
    """

    def __init__(
        self,
        name: str,
        service: BatchService,
        records: BatchRecords,
        owner: LaneOwner,
        failure: Callable[[Exception], Exception],
    ) -> None:
        self._name = name
        self._service = service
        self._records = records
        self._owner = owner
        self._failure = failure
        """Returns the error of the library for an error of the SDK."""
        self._lines: dict[bytes, bytes] = {}
        """What is gathered: requests as JSON, by their keys."""
        self._size = 0
        self._submitted: set[bytes] = set()
        """The keys of the requests in batches that have not ended."""
        self._waiting: dict[bytes, asyncio.Future[Outcome]] = {}
        self._early: dict[bytes, Outcome] = {}
        """The outcomes of recorded batches for requests that no call has made yet."""
        self._ids: dict[str, str] = {}
        """The provider's ids of the batches that have not ended, by their tokens."""
        self._opening = owner.start(self._open())

    @property
    def gathered(self) -> bool:
        """True if requests wait for being submitted."""
        return bool(self._lines)

    async def outcome(self, key: bytes, payload: Mapping[str, Any]) -> Outcome:
        """Return what a batch has made of a request. Raises `StoreError` if the records cannot be read or written."""
        await asyncio.shield(self._opening)
        if (early := self._early.pop(key, None)) is not None:
            return early
        if self._owner.cancelled and key not in self._submitted:
            raise asyncio.CancelledError
        waiting: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        if key not in self._submitted:
            self._gather(key, self._service.line(key.hex(), payload))
        self._waiting[key] = waiting
        try:
            return await waiting
        finally:
            if self._waiting.get(key) is waiting:
                del self._waiting[key]
            if waiting.cancelled() and (line := self._lines.pop(key, None)) is not None:
                self._size -= len(line)

    def _gather(self, key: bytes, line: bytes) -> None:
        limits = self._service.limits
        if self._size + len(line) > limits.size:
            self.flush()
        self._lines[key] = line
        self._size += len(line)
        if len(self._lines) >= limits.requests:
            self.flush()
        else:
            self._owner.gathered()

    def flush(self) -> None:
        """Submit what is gathered as a batch."""
        lines, self._lines, self._size = self._lines, {}, 0
        if lines:
            self._submitted |= lines.keys()
            self._owner.start(self._guarded(lines.keys(), self._run(token_hex(_TOKEN), lines)))

    async def cancel(self) -> None:
        """Cancel the batches, and what is gathered."""
        for key in list(self._lines):
            if (waiting := self._waiting.get(key)) is not None:
                waiting.cancel()
        await asyncio.gather(*map(self._cancel, list(self._ids.values())))

    async def _cancel(self, id: str) -> None:
        """Cancel a batch, unless it has ended in the meantime."""
        try:
            await self._patiently(lambda: self._service.cancel(id))
        except Exception:
            if not (await self._patiently(lambda: self._service.status(id))).ended:
                raise

    def close(self) -> None:
        """Close the clients that were made for the batches."""
        self._service.close()

    async def _open(self) -> None:
        for batch in await asyncio.to_thread(self._records.open_batches, self._name):
            self._submitted |= batch.keys
            self._owner.start(self._guarded(batch.keys, self._resume(batch)))

    async def _guarded(self, keys: Collection[bytes], work: Awaitable[None]) -> None:
        """Do the work on a batch. Its error is the error of all its requests."""
        try:
            await work
        except Exception as error:
            failure = self._failure(error)
            for key in list(keys):
                self._deliver(key, Outcome(error=failure))

    async def _run(self, token: str, lines: Mapping[bytes, bytes]) -> None:
        """Record a batch, submit it, and watch it."""
        await asyncio.to_thread(self._records.begin, token, self._name, lines.keys())
        id = await self._submit(token, list(lines.values()))
        await self._follow(token, id, lines.keys())

    async def _submit(self, token: str, lines: list[bytes]) -> str:
        """Return the id of a batch, after submitting it. After an error that leaves open whether the batch exists, it
        is looked for before it is submitted again.
        """
        since, wait, tries, uploaded = now(), waits.FIRST, 0, None
        while True:
            tries += 1
            try:
                if uploaded is None:
                    uploaded = await self._service.upload(token, lines)
                return await self._service.submit(token, uploaded)
            except Exception as error:
                failure = self._failure(error)
            if isinstance(failure, RateLimitError) and passes(failure):
                tries = 0  # there is room when another batch has ended
            await waits.sleep(max(wait, getattr(failure, "retry_after", None) or 0) if passes(failure) else 0)
            known = isinstance(failure, ProviderError | ConfigurationError) and not isinstance(failure, _UNKNOWN)
            if not known and (found := await self._find(token, since, len(lines))) is not None:
                return found
            if tries >= _TRIES or not passes(failure):
                await asyncio.to_thread(self._records.drop, token)
                raise failure
            wait = waits.longer(wait)

    async def _find(self, token: str, since: float, count: int) -> str | None:
        wait = waits.FIRST
        while True:
            try:
                return await self._patiently(lambda: self._service.find(token, since, count))
            except NotYetKnownError:
                await waits.sleep(wait)
                wait = waits.longer(wait)

    async def _resume(self, batch: OpenBatch) -> None:
        """Find a recorded batch, and watch it. If it does not exist, its requests are sent in another."""
        id = batch.id
        try:
            if id is None:  # the clock may have been set back since
                id = await self._find(batch.token, min(batch.at, now()), batch.size)
            if id is not None:
                await self._follow(batch.token, id, batch.keys, earlier=True)
                return
        except NotFoundError as error:
            if now() - batch.at < _KEPT:  # otherwise the provider has deleted it
                error.add_note(
                    f"the batch {id!r} of the store was not found: use the key and project with which it was submitted."
                    f" To send its requests again: DELETE FROM batch WHERE token = '{batch.token}'"
                )
                raise
        await asyncio.to_thread(self._records.drop, batch.token)
        for key in batch.keys:
            self._deliver(key, Outcome(queued=True))

    async def _follow(self, token: str, id: str, keys: Collection[bytes], *, earlier: bool = False) -> None:
        """Watch a batch until it ends, and deliver its outcomes. `earlier` is True for a batch of an earlier run."""
        self._ids[token] = id
        await asyncio.to_thread(self._records.submitted, token, id)
        if self._owner.cancelled:  # while it was submitted
            await self._cancel(id)
        status = await self._ended(token, id, len(keys))
        if status.error is None:
            named = await self._patiently(lambda: self._service.results(status))
            missing = self._missing(status, id, earlier=earlier)
            outcomes = {key: _or(named.get(key.hex()), missing) for key in keys}
        else:
            if status.again:
                await waits.sleep(waits.QUEUED)
            outcomes = dict.fromkeys(keys, Outcome(error=None if status.again else status.error, queued=status.again))
        del self._ids[token]
        unanswered = [key for key, outcome in outcomes.items() if outcome.body is None]
        await asyncio.to_thread(self._records.ended, token, unanswered)
        for key, outcome in outcomes.items():
            self._deliver(key, outcome)

    def _missing(self, status: BatchStatus, id: str, *, earlier: bool) -> Outcome:
        """Return the outcome of the requests that a batch has not answered. They are sent again, unless somebody else
        has cancelled the batch during the run.
        """
        if not status.cancelled or self._owner.cancelled:
            return Outcome()
        if earlier:
            return Outcome(queued=True)
        return Outcome(error=MirascopeLikeError(f"the batch {id!r} was cancelled at the provider"))

    async def _ended(self, token: str, id: str, size: int) -> BatchStatus:
        """Return the status of a batch once it has ended."""
        wait, counts = waits.FIRST, self._owner.counts
        while True:
            status = await self._patiently(lambda: self._service.status(id))
            following = None if status.ended else CLOCK.monotonic() + wait
            counts.batches[token] = BatchCounts(size, status.succeeded, status.failed, following)
            if status.ended:
                return status
            await waits.sleep(wait)
            wait = waits.longer(wait)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Return what a provider answers, however often it fails before. An answer that is not JSON was cut; then
        the question is repeated at most `_TRIES` times.
        """
        wait, cut = waits.FIRST, 0
        while True:
            try:
                return await ask()
            except NotYetKnownError:
                raise
            except Exception as error:
                failure = self._failure(error)
                cut += _is_unreadable(failure)
                if not passes(failure) and (not _is_unreadable(failure) or cut >= _TRIES):
                    raise failure from None
            await waits.sleep(wait)
            wait = waits.longer(wait)

    def _deliver(self, key: bytes, outcome: Outcome) -> None:
        self._submitted.discard(key)
        waiting = self._waiting.get(key)
        if waiting is None or waiting.done():
            if outcome.body is not None or outcome.error is not None:
                self._early[key] = outcome
        elif self._owner.cancelled and outcome.body is None and outcome.error is None:
            waiting.cancel()
        else:
            waiting.set_result(outcome)


def _is_unreadable(failure: Exception) -> bool:
    """Return True for the error of an answer that is not JSON: a `ValueError`, or one of an SDK for a success."""
    success = isinstance(failure, ProviderError) and failure.status_code is not None and failure.status_code < 300
    return success or isinstance(failure, ValueError)


def _or(outcome: Outcome | None, missing: Outcome) -> Outcome:
    """Return the outcome of a request, or else that of requests that were not answered."""
    return missing if outcome is None or (outcome.body is None and outcome.error is None) else outcome
