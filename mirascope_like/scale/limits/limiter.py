"""Makes requests wait until the limits of their provider allow them."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

from ...core.base.errors import retry_after as reported_wait
from ...core.base.runtime import CLOCK
from .headers import HeaderLimits
from .pacer import Pacer
from .settings import Limits

log: logging.Logger = logging.getLogger("mirascope_like.scale")


def log_hold(name: str, seconds: float) -> None:
    """Log that all requests to `name` wait because the provider refused one."""
    log.info("%s: refused for a rate limit; no request is sent for %.1f s", name, seconds)


class Slot(Protocol):
    """The permission to send one request. Exactly one of its methods is called, when it is known what became of it."""

    @abstractmethod
    def finished(self, *, headers: Mapping[str, str] | None = None, tokens: float | None = None) -> None:
        """Report a response, with the headers of its HTTP response, and the input and output tokens that it used."""

    @abstractmethod
    def refused(self, *, headers: Mapping[str, str] | None = None, retry_after: float | None = None) -> None:
        """Report that the provider refused the request for a rate limit. All requests are held: for `retry_after`
        seconds if they are given, else for what the headers say.
        """

    @abstractmethod
    def failed(self) -> None:
        """Report that no response arrived: another error, or the request was not sent."""


class Limiter(Protocol):
    """Makes requests to one model of one provider wait until they may be sent."""

    @abstractmethod
    async def acquire(self, tokens: float) -> Slot:
        """Wait until a request may be sent that will probably use `tokens` input and output tokens."""
        ...

    @abstractmethod
    async def close(self) -> None:
        """Release what the limiter holds. Called when no request waits."""


class Waiting(ABC):
    """Requests that wait for their turn, in order, in one event loop. Subclasses say when the first may be sent."""

    def __init__(self, concurrency: int | None = None) -> None:
        self._most = concurrency
        self.sending: int = 0
        """The number of requests in progress."""
        self.waiting: deque[tuple[asyncio.Future[Slot], float]] = deque()
        """The requests that wait, with their tokens."""
        self._timer: asyncio.TimerHandle | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        """The event loop of the requests."""

    @abstractmethod
    def ready(self, now: float) -> float | None:
        """Return when the next request may be sent; None if `pump` will be called when that is known."""

    @abstractmethod
    def grant(self, now: float, tokens: float, *, waited: bool) -> Slot:
        """Return the slot of a request that is sent now. `waited` says that it waited for its time."""

    async def acquire(self, tokens: float) -> Slot:
        """Wait until a request may be sent that will probably use `tokens` input and output tokens."""
        if not self.waiting and self._has_room():
            self.loop = asyncio.get_running_loop()
            now = CLOCK.monotonic()
            at = self.ready(now)
            if at is not None and at <= now:
                self.sending += 1
                return self.grant(now, tokens, waited=False)
        self.loop = asyncio.get_running_loop()
        mine: asyncio.Future[Slot] = self.loop.create_future()
        self.waiting.append((mine, tokens))
        if len(self.waiting) == 1:
            self.pump()
        try:
            return await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                mine.result().failed()
            raise

    def pump(self, *, timed: bool = False) -> None:
        """Send the requests that may be sent now, and set a timer for the next. `timed` says that the timer calls."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self.waiting and self._has_room():
            mine, tokens = self.waiting[0]
            if mine.done():  # its task was cancelled
                self.waiting.popleft()
                continue
            now = CLOCK.monotonic()
            at = self.ready(now)
            if at is None:
                return
            if at > now:
                self._timer = mine.get_loop().call_later(at - now, self._tick)
                return
            self.waiting.popleft()
            self.sending += 1
            mine.set_result(self.grant(now, tokens, waited=timed))

    def _tick(self) -> None:
        self._timer = None
        self.pump(timed=True)

    async def close(self) -> None:
        """End the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def _has_room(self) -> bool:
        return self._most is None or self.sending < self._most

    def ended(self) -> None:
        """Count the end of a request, and send others that wait for it."""
        self.sending -= 1
        if self.waiting:
            self.pump()


class LocalLimiter(Waiting):
    """The limiter of one process: for the tasks of one event loop."""

    def __init__(self, limits: Limits | None = None, name: str = "requests") -> None:
        super().__init__(limits.concurrency if limits is not None else None)
        self.name: str = name
        """What is limited, for the log: a provider and its model."""
        self.pacer: Pacer = Pacer(limits)
        self.headers: HeaderLimits = HeaderLimits()

    def ready(self, now: float) -> float:
        return self.pacer.ready(now)

    def grant(self, now: float, tokens: float, *, waited: bool) -> Slot:
        self.pacer.send(now, tokens, waited=waited)
        return _LocalSlot(self, now, tokens)

    def learn(self, headers: Mapping[str, str] | None) -> None:
        """Use the limits in the headers of a response."""
        if headers is not None and self.headers.read(headers):
            self.pacer.learn(self.headers.rpm, self.headers.tpm)

    def refused(self, sent: float, tokens: float, wait: float | None) -> None:
        """Count a refusal; log it if a hold begins."""
        now, held = CLOCK.monotonic(), self.pacer.hold
        self.pacer.refused(sent, now, tokens, wait)
        if self.pacer.hold and not held:
            log_hold(self.name, self.pacer.until - now)
        self.ended()

    def dropped(self, sent: float, tokens: float) -> None:
        """Count a request of which nobody reports what became of it."""
        self.pacer.failed(sent, tokens)
        self.ended()


class _LocalSlot:
    """A request of a `LocalLimiter`. If it is dropped without a report, it counts as failed."""

    __slots__ = ("_limiter", "_sent", "_tokens")

    def __init__(self, limiter: LocalLimiter, sent: float, tokens: float) -> None:
        self._limiter: LocalLimiter | None = limiter
        self._sent = sent
        self._tokens = tokens

    def _end(self) -> LocalLimiter | None:
        limiter, self._limiter = self._limiter, None
        return limiter

    def finished(self, *, headers: Mapping[str, str] | None = None, tokens: float | None = None) -> None:
        if (limiter := self._end()) is not None:
            limiter.pacer.accepted(self._sent, CLOCK.monotonic(), self._tokens, tokens)
            limiter.learn(headers)
            limiter.ended()

    def refused(self, *, headers: Mapping[str, str] | None = None, retry_after: float | None = None) -> None:
        if (limiter := self._end()) is not None:
            limiter.learn(headers)
            wait = reported_wait(headers) if retry_after is None and headers is not None else retry_after
            limiter.refused(self._sent, self._tokens, wait)

    def failed(self) -> None:
        if (limiter := self._end()) is not None:
            limiter.dropped(self._sent, self._tokens)

    def __del__(self) -> None:
        limiter = self._end()
        if limiter is not None and limiter.loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                limiter.loop.call_soon_threadsafe(limiter.dropped, self._sent, self._tokens)
