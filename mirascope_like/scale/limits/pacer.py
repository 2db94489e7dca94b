"""Decides when the next request may be sent. Knows no event loop: the caller passes the time."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from math import exp, log
from typing import Any

from .deliveries import Deliveries
from .settings import Limits

SHARE = 0.985
"""The share of a known limit that is used."""
BACK = 0.97
"""The share of what was accepted that is sent after a refusal."""
GROWTH = log(1.003)
"""How fast the rate grows again, in each second in which requests wait."""
FIRST_WINDOW = 16
"""How many requests may wait for a response at the start, if no limit is known. Each response allows two more requests,
so each round trip has twice as many as the last one.
"""
NOT_REFUSED = 1.0
"""A request that was not refused for this time, in seconds, counts as accepted there: answers take long."""
LARGEST_WINDOW = 1000
FIRST_SECONDS = 5.0
"""A refusal so soon after the first request, in seconds, shows what is accepted at once, not what is in a second."""
FIRST_RATE = 5.0
"""The least rate after such a refusal, in requests per second."""
FIRST_GROWTH = log(1.5)
"""How fast the rate then grows until the next refusal."""
CATCH_UP = 0.05, 0.02, 16
"""How far the requests may lag behind before their times are lost, so that an event loop that was busy catches up: at
most 0.05 seconds, and as many requests, but always 0.02 seconds.
"""
CATCH_UP_TOKENS = 0.5
"""The same for tokens, in seconds."""
WAITS = 1.0, 15.0
"""The first and the longest wait after a refusal that names none, in seconds. Each wait is twice the one before."""
LARGEST_CUT = 0.75
"""The least share of the rate that is left after a short hold."""
LOWEST_RATE = 0.01
SOON = 2.0
"""A refusal so soon after the last one, in seconds, means that the limit is much lower: several of them lower the rate
further.
"""
SHORT = 3.0
"""Shorter holds do not count as time in which requests were accepted: a bucket was empty, and has refilled. The time of
a longer hold belongs to a window, whose quota was used up.
"""
GAP = 1.5
"""Requests that come so much later than they might have, in seconds, did not wait. Longer than `NOT_REFUSED`, for which
they may wait for responses.
"""
REMEMBERED = 120.0
"""The seconds for which the longest hold is remembered."""


class Pacer:
    """Spaces requests evenly (the generic cell rate algorithm), a little below the limit.

    A refusal holds all requests. After the wait that the provider asks for, one request tries whether they are accepted
    again. Then the rate is a little less than what was accepted lately, and grows slowly: so the pacer finds a limit
    that is lower than the known one, or that others use too.

    Tokens are paced in the same way: a request takes the tokens that it will probably use, and what it used instead is
    corrected when it is answered.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        given = limits or Limits()
        self.given_rpm: float | None = given.rpm
        self.given_tpm: float | None = given.tpm
        self.most: float | None = None
        """The highest rate, in requests per second: from the limit that is known."""
        self.token_rate: float | None = None
        """Tokens per second."""
        self.rate: float | None = None
        """Requests per second now. None if only tokens are limited, and no request was refused."""
        self.learning: bool = False
        """True while no limit is known, and no refusal has shown one."""
        self.window: int | None = None
        """How many requests may wait for a response. None once a limit is known, or a request was refused."""
        self.unanswered: deque[float] = deque()
        """The times of the requests that wait for a response, if `window` counts them."""
        self.next: float = 0.0
        """The time of the next request."""
        self.next_tokens: float = 0.0
        """The time at which the tokens of earlier requests are available again."""
        self.grown: float = 0.0
        """When the rate last changed."""
        self.hold: bool = False
        self.held: float = 0.0
        """When the hold began."""
        self.until: float = 0.0
        """When the hold ends with a request that tries."""
        self.probe: float | None = None
        """When that request was sent; None if it was not, or has failed."""
        self.wait: float = WAITS[0]
        """The next wait, if the provider names none, or names waits that are too short."""
        self.tries: int = 0
        """How many requests of this hold were refused again."""
        self.changed: float = -1.0
        """When the rate was last lowered: refusals of earlier requests say nothing new."""
        self.soon: int = 0
        """How many refusals in a row came soon after the one before."""
        self.longest: float = 0.0
        """The longest of the last holds, in seconds. Those of windows are long."""
        self.longest_at: float = 0.0
        self.round_trip: float = 0.0
        """How long a refusal takes to arrive, in seconds."""
        self.deliveries: Deliveries = Deliveries()
        self._limit(given.rpm, given.tpm)
        if self.most is None and self.token_rate is None:
            self.learning, self.window = True, FIRST_WINDOW

    def learn(self, rpm: float | None, tpm: float | None) -> None:
        """Use the limits in the headers of the provider, if they are lower than those of the user."""
        known = [one for one in (self.given_rpm, rpm) if one is not None]
        tokens = [one for one in (self.given_tpm, tpm) if one is not None]
        self._limit(min(known, default=None), min(tokens, default=None))

    def _limit(self, rpm: float | None, tpm: float | None) -> None:
        if tpm is not None:
            self.token_rate = tpm / 60 * SHARE
        if rpm is not None:
            most = rpm / 60 * SHARE
            if self.rate is None or self.rate > most or self.learning or self.rate == self.most:
                if self.rate is not None:
                    self.next += 1 / most - 1 / self.rate  # the time of the request after the last one
                self.rate = most
            self.most = most
        elif tpm is not None and self.learning:
            self.rate = None
        if rpm is not None or tpm is not None:
            self.learning = False
            self._open()

    def ready(self, now: float) -> float:
        """Return the time at which the next request may be sent: not after `now` if it may be sent at once."""
        if self.hold:
            return self.until if self.probe is None else self.probe + self._patience()
        at = max(self.next, self.next_tokens) if self.token_rate is not None else self.next
        if self.window is not None and not self.room(now):
            at = max(at, self.unanswered[0] + NOT_REFUSED)
        return at if at > now else now

    def room(self, now: float) -> int | None:
        """Return how many requests may be sent at once before one has a response. None if this is not counted."""
        if self.window is None:
            return None
        while self.unanswered and self.unanswered[0] + NOT_REFUSED <= now:
            self.responded()
        return max(0, self.window - len(self.unanswered))

    def responded(self, count: int = 1) -> None:
        """Count requests that were not refused: each allows two more."""
        for _ in range(min(count, len(self.unanswered)) if self.window is not None else 0):
            self.unanswered.popleft()
            self.window = min(LARGEST_WINDOW, (self.window or 0) + 1)

    def _open(self) -> None:
        """Count no longer how many requests wait for a response."""
        self.window = None
        self.unanswered.clear()

    def _patience(self) -> float:
        """Return after how many seconds a request that was not refused counts as accepted: answers take long."""
        return min(10.0, max(0.1, 2.5 * self.round_trip))

    def send(self, now: float, tokens: float = 0.0, *, waited: bool = True) -> None:
        """Count a request that is sent now. `waited` says that it had to wait, so a higher rate would be used."""
        if self.hold:
            if self.probe is None:
                self.probe = now
                self.deliveries.add(now)
                return
            self.resume(now)
        self.deliveries.add(now)
        self.reserve(now, 1, tokens, waited=waited)

    def reserve(self, now: float, count: int, tokens: float = 0.0, *, waited: bool = True) -> tuple[float, float]:
        """Take the times of the next `count` requests, of which each will use `tokens`. Returns the time of the first,
        and the seconds between them.
        """
        start, interval = now, 0.0
        if self.window is not None:
            self.unanswered.extend([now] * count)
        if (gap := now - max(self.next, self.next_tokens)) > GAP:
            self.deliveries.gap(now, gap)
        if (rate := self.rate) is None:
            self.next = max(self.next, now)
        else:
            if waited and rate != self.most:
                rate = self._grow(now, rate)
            most, least, requests = CATCH_UP
            late = min(most, max(least, requests / rate))
            interval = 1 / rate
            start = max(self.next, now - late)
            self.next = start + count * interval
        if self.token_rate is not None:
            start = max(start, self.next_tokens)
            interval = max(interval, tokens / self.token_rate)
            self.next_tokens = max(self.next_tokens, now - CATCH_UP_TOKENS) + count * tokens / self.token_rate
        return start, interval

    def _grow(self, now: float, rate: float) -> float:
        seconds = min(1.0, now - self.grown)
        self.grown = now
        self.rate = rate = rate * exp((FIRST_GROWTH if self.learning else GROWTH) * seconds)
        if self.most is not None and rate >= self.most:
            self.rate = rate = self.most
        return rate

    def accepted(self, sent: float, now: float, reserved: float = 0.0, used: float | None = None) -> None:
        """Count a response to the request of the time `sent`, with the tokens that were reserved, and those used."""
        if self.token_rate is not None and used is not None:
            self.next_tokens += (used - reserved) / self.token_rate
        self.responded()
        if self.hold and self.probe is not None and sent >= self.probe:
            self.resume(now)

    def failed(self, sent: float, reserved: float = 0.0) -> None:
        """Count a request without a response: its tokens are free again."""
        if self.token_rate is not None:
            self.next_tokens -= reserved / self.token_rate
        if self.unanswered:
            self.unanswered.popleft()
        if self.hold and self.probe is not None and sent >= self.probe:
            self.probe = None

    def refused(self, sent: float, now: float, reserved: float = 0.0, wait: float | None = None) -> None:
        """Count a refusal of the request of the time `sent`. `wait` are the seconds that the provider asks for."""
        self.deliveries.remove(sent)
        seconds = now - sent
        self.round_trip = seconds if self.round_trip == 0 else self.round_trip + (seconds - self.round_trip) * 0.2
        if self.token_rate is not None:
            self.next_tokens -= reserved / self.token_rate
        if self.hold:
            if self.probe is not None and sent >= self.probe:
                self.tries += 1
                if wait is None or self.tries > 1:
                    self.wait = min(WAITS[1], self.wait * 2)
                    wait = max(self.wait, wait or 0.0)
                self.until = now + wait
                self.probe = None
        elif sent > self.changed:
            self.hold, self.held, self.probe = True, now, None
            self.until = now + (self.wait if wait is None else wait)

    def resume(self, now: float) -> None:
        """End a hold: the request that tried was accepted."""
        hold = now - self.held
        if hold >= self.longest or now - self.longest_at > REMEMBERED:
            self.longest, self.longest_at = hold, now
        seconds = min(60.0, max(5.0, 3 * self.longest))
        began = self.deliveries.began
        if began is not None:
            seconds = max(0.1, min(seconds, now - began))
        sending = seconds - hold
        few = self.deliveries.unused(now, seconds) > sending / 2 or (sending < GAP and hold >= SHORT)
        first = self.window is not None and began is not None and (few or self.held - began < FIRST_SECONDS)
        if first:
            seconds = FIRST_SECONDS
        accepted = self.deliveries.within(now, seconds)
        if hold < SHORT:
            self.deliveries.pause(now, hold)
        seconds -= min(seconds / 4, self.deliveries.paused(now, seconds))
        lately = accepted / seconds
        before = lately if self.rate is None else self.rate
        if few:  # this shows nothing
            lately = max(lately, before)
        elif hold < SHORT and not self.learning:  # less may have been accepted only because this process sent less
            lately = max(lately, LARGEST_CUT * before)
        self.soon = self.soon + 1 if self.held - self.changed < SOON and self.longest < SHORT else 0
        back = BACK ** (1 + self.soon / 2)
        self.rate = max(LOWEST_RATE, back * min(before, lately) if accepted >= 1 else before / 2)
        if self.most is not None:
            self.rate = min(self.rate, self.most)
        if first:
            self.rate = max(FIRST_RATE, self.rate)
        self.learning = first or (few and self.learning)
        self.hold, self.probe, self.wait, self.tries = False, None, WAITS[0], 0
        self._open()
        self.next = self.grown = self.changed = now

    def state(self) -> dict[str, Any]:
        """Return all that the pacer knows, as JSON data, for `restored`."""
        own = {name: value for name, value in vars(self).items() if name != "deliveries"}
        return {**own, "unanswered": list(self.unanswered), "deliveries": self.deliveries.state()}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Pacer:
        """Return the pacer of a `state`."""
        pacer = cls()
        deliveries = Deliveries.restored(state["deliveries"])
        vars(pacer).update({**state, "unanswered": deque(state["unanswered"]), "deliveries": deliveries})
        return pacer
