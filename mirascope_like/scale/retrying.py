"""Repeats requests that failed, and decides which errors stop a whole run."""

from __future__ import annotations

from asyncio import CancelledError, Event
from collections import deque

from ..core.base.errors import (
    AuthenticationError,
    BudgetExceededError,
    ConfigurationError,
    FallbackError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    StoreError,
    UnknownPriceError,
)
from ..core.base.flows import passes, wait_after
from ..core.base.runtime import CLOCK, sleep
from .outgoing import Answer, Answerer, Outgoing

PATIENCE = 3600.0
"""The seconds for which a request is repeated while the provider refuses it for a rate limit."""

_STOPPING = (
    *(AuthenticationError, PermissionDeniedError, NotFoundError, RateLimitError),
    *(ConfigurationError, BudgetExceededError, StoreError),
)


def stops_run(error: Exception) -> bool:
    """Return True for an error that every other item would have, too: a wrong key, a model that does not exist, a
    missing setting, no credit left, a budget that is spent, or a store that fails.
    """
    if isinstance(error, FallbackError):
        return all(map(stops_run, error.errors))
    return isinstance(error, _STOPPING)


class Retried:
    """Repeats a request after errors that may pass.

    A rate limit does not count as an attempt: the limiter decides when the request is sent again.
    """

    def __init__(self, inner: Answerer, attempts: int) -> None:
        self._inner = inner
        self._attempts = attempts

    async def answer(self, outgoing: Outgoing) -> Answer:
        """Return the answer of the first attempt that has one. Raises the error of the last."""
        failures, refused_since = 0, None
        while True:
            try:
                answer = await self._inner.answer(outgoing)
            except Exception as error:
                failure = outgoing.failure(error)
            else:
                outgoing.item.attempts += 1
                return answer
            if isinstance(failure, RateLimitError):
                refused_since = CLOCK.monotonic() if refused_since is None else refused_since
                waited = CLOCK.monotonic() - refused_since + (failure.retry_after or 0.0)
                if not passes(failure) or waited > PATIENCE:
                    raise failure
                continue
            if isinstance(failure, BudgetExceededError):
                raise failure
            outgoing.item.attempts += 1
            failures += 1
            wait = _wait(failure, failures - 1)
            if wait is None or failures >= self._attempts:
                raise failure
            await sleep(wait)


def _wait(failure: Exception, tries: int) -> float | None:
    """Return the seconds to wait before a request is sent again; None if it is not. If the provider names a wait, a map
    waits longer than a stream.
    """
    named: float | None = getattr(failure, "retry_after", None)
    if named is not None and passes(failure):
        return named if named <= PATIENCE else None
    return wait_after(failure, tries)


class AwaitingBudget:
    """Makes a request wait for those in progress if the budget cannot reserve what it may spend: they may spend less
    than is reserved for them.
    """

    def __init__(self, inner: Answerer) -> None:
        self._inner = inner
        self._sending = 0
        self._waiting: deque[Event] = deque()

    async def answer(self, outgoing: Outgoing) -> Answer:
        """Return the answer. Raises `BudgetExceededError` if no request is in progress."""
        while True:
            self._sending += 1
            freed: Event | None = None
            try:
                return await self._inner.answer(outgoing)
            except BudgetExceededError as error:
                if isinstance(error, UnknownPriceError) or self._sending == 1:
                    raise
                freed = Event()
                self._waiting.append(freed)
            finally:
                self._sending -= 1
                # If the request has ended, another may have what it reserved.
                if self._waiting and self._waiting[-1] is not freed:
                    self._waiting.popleft().set()
            assert freed is not None  # nothing else leads here
            await self._turn(freed)

    async def _turn(self, freed: Event) -> None:
        """Wait until a request has ended."""
        try:
            await freed.wait()
        except CancelledError:  # by a time limit of the function: what was reserved is for another
            if not freed.is_set():
                self._waiting.remove(freed)
            elif self._waiting:
                self._waiting.popleft().set()
            raise
