"""Sends requests within the limits of their provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from ..core.base.errors import BudgetExceededError, RateLimitError
from ..core.base.flows import passes
from ..core.base.runtime import raise_cancelled
from ..spending.estimates import BYTES_OF_TEXT, input_tokens
from .counts import Counts
from .limits import Limiter, Slot
from .outgoing import Answer, Answerer, Outgoing, Received
from .tokens import TokenEstimates


class Live:
    """Sends each request to its provider."""

    async def answer(self, outgoing: Outgoing) -> Answer:
        """Send the request."""
        return await outgoing.send()


class Paced:
    """Waits before each request until the limits of its provider and model allow it."""

    def __init__(self, inner: Answerer, make_limiter: Callable[[str], Limiter], counts: Counts) -> None:
        self._inner = inner
        self._make_limiter = make_limiter
        self._counts = counts
        self._tokens = TokenEstimates()
        self._limiters: dict[tuple[str, str], Limiter] = {}

    async def answer(self, outgoing: Outgoing) -> Answer:
        """Send the request when it may be sent; report to the limiter what became of it."""
        kind = outgoing.request.provider, outgoing.request.model
        if (limiter := self._limiters.get(kind)) is None:
            limiter = self._limiters[kind] = self._make_limiter(":".join(kind))
        length = _length(outgoing)
        slot = await limiter.acquire(self._tokens.expected(kind, outgoing.payload, length))
        outgoing.item.sending += 1
        try:
            answer = await self._inner.answer(outgoing)
        except Exception as error:
            failure = outgoing.failure(error)
            self._report(slot, failure)
            raise_cancelled()
            raise failure
        except BaseException:
            slot.failed()
            raise
        finally:
            outgoing.item.sending -= 1
        outgoing.then(partial(self._settle, kind, length, slot, answer))
        return answer

    def _settle(self, kind: tuple[str, str], length: int, slot: Slot, answer: Answer, received: Received) -> None:
        self._tokens.learn(kind, length, received.usage)
        slot.finished(headers=answer.headers, tokens=received.tokens)
        self._counts.sent(received)

    async def close(self) -> None:
        """Release what the limiters hold."""
        for limiter in self._limiters.values():
            await limiter.close()

    def _report(self, slot: Slot, failure: Exception) -> None:
        if isinstance(failure, BudgetExceededError):  # nothing was sent
            slot.finished(tokens=0.0)
        elif isinstance(failure, RateLimitError) and passes(failure):
            self._counts.refused += 1
            slot.refused(headers=headers_of(failure), retry_after=failure.retry_after)
        else:
            slot.failed()


_TEXTS = 50_000
"""The length of a payload as JSON that may have images or documents, whose data are not tokens."""


def _length(outgoing: Outgoing) -> int:
    """Return a measure of the input of a request: as `input_tokens`, which is exact for large payloads only."""
    if outgoing.length is not None and outgoing.length < _TEXTS:
        return outgoing.length // BYTES_OF_TEXT
    return input_tokens(outgoing.payload)


def headers_of(error: Exception) -> Mapping[str, str] | None:
    """Return the headers of the response with which a provider reported an error, if they are known."""
    found: Mapping[str, str] | None = getattr(getattr(error, "response", None), "headers", None)
    return found
