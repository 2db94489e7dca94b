"""Servers with limits, and a run of a pacer against one of them, in simulated seconds."""

from __future__ import annotations

import heapq
import random
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from math import log
from typing import Any

from mirascope_like.scale.limits.pacer import Pacer


class SimulatedServer(ABC):
    """A server that accepts `rate` requests a second."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    @abstractmethod
    def take(self, now: float) -> float:
        """Accept a request: 0. Or return how many seconds it must wait."""


class Bucket(SimulatedServer):
    """Refills continuously, as OpenAI's and Anthropic's limits do."""

    def __init__(self, rate: float, burst: float) -> None:
        super().__init__(rate)
        self.left = self.burst = burst
        self.last = 0.0

    def take(self, now: float) -> float:
        self.left = min(self.burst, self.left + (now - self.last) * self.rate)
        self.last = now
        if self.left < 1:
            return (1 - self.left) / self.rate
        self.left -= 1
        return 0.0


class FixedWindow(SimulatedServer):
    """Counts the requests of each minute of the clock."""

    number = count = -1

    def take(self, now: float) -> float:
        if now // 60 != self.number:
            self.number, self.count = int(now // 60), 0
        if self.count >= self.rate * 60:
            return (self.number + 1) * 60 - now
        self.count += 1
        return 0.0


class SlidingWindow(SimulatedServer):
    """Counts the requests of the last 60 seconds."""

    def __init__(self, rate: float) -> None:
        super().__init__(rate)
        self.taken: deque[float] = deque()

    def take(self, now: float) -> float:
        while self.taken and self.taken[0] <= now - 60:
            self.taken.popleft()
        if (over := len(self.taken) - int(self.rate * 60)) >= 0:
            return self.taken[over] + 60 - now
        self.taken.append(now)
        return 0.0


@dataclass
class Result:
    used: float
    """The share of the quota that was used, by the pacer and by others."""
    refused: float
    """The share of the pacer's requests that were refused."""
    refused_later: float
    """The same after the first minute."""


def simulate(
    server: SimulatedServer,
    pacer: Pacer,
    *,
    seconds: float = 150.0,
    retry_after: bool = True,
    headers: bool = False,
    others: float = 0.0,
    change: tuple[float, float] | None = None,
    latency: float = 2.0,
    round_trip: float = 0.05,
) -> Result:
    """Send requests without end, as the pacer allows. Answers take `latency` on average (lognormal), refusals
    `round_trip`. `others` is the rate of other clients, `change` the time and the rate of a new limit.
    """
    chance = random.Random(1)
    spread = log(latency) - 0.18
    events: list[tuple[float, int, str, Any]] = []
    number = version = accepted = refused = late = late_refused = taken = 0
    quota = server.rate * seconds

    def at(time: float, kind: str, what: Any = None) -> None:
        nonlocal number
        number += 1
        heapq.heappush(events, (time, number, kind, what))

    at(0.0, "send", 0)
    if others:
        at(0.0, "other")
    if change is not None:
        at(change[0], "change")
        quota += (change[1] - server.rate) * (seconds - change[0])
    while True:
        now, _, kind, what = heapq.heappop(events)
        if now >= seconds:
            break
        held = pacer.hold
        if kind == "send":
            if what != version:
                continue
            if pacer.ready(now) <= now + 1e-9:
                pacer.send(now)
                late += now > 60
                if (wait := server.take(now)) == 0:
                    accepted += 1
                    at(now + chance.lognormvariate(spread, 0.6), "answered", now)
                else:
                    refused += 1
                    late_refused += now > 60
                    at(now + round_trip, "refused", (now, wait))
            at(max(now, pacer.ready(now)), "send", version)
        elif kind == "answered":
            if headers:
                pacer.learn(server.rate * 60, None)
            pacer.accepted(what, now)
        elif kind == "refused":
            pacer.refused(what[0], now, wait=what[1] if retry_after else None)
        elif kind == "other":
            taken += server.take(now) == 0
            at(now + chance.expovariate(others), "other")
        elif change is not None:
            server.rate = change[1]
        if kind != "send" and (held or pacer.hold or pacer.learning):
            version += 1
            at(max(now, pacer.ready(now)), "send", version)
    return Result((accepted + taken) / quota, refused / (accepted + refused), late_refused / max(1, late))
