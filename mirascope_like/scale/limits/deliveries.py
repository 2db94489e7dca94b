"""Counts the requests that a provider has accepted lately."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

WIDTH = 0.25
"""The seconds of one count."""
LONGEST = 60.0
"""The seconds that are remembered."""


class Deliveries:
    """Counts requests by the time at which they were sent. A request counts until the provider refuses it: refusals
    arrive soon, but answers take long.
    """

    def __init__(self) -> None:
        self.counts: deque[list[float]] = deque()
        """Pairs of the number of a period and the requests in it, in order."""
        self.pauses: deque[list[float]] = deque()
        """Pairs of the end of a pause and its seconds."""
        self.gaps: deque[list[float]] = deque()
        """Pairs of the end of a time without a waiting request and its seconds."""
        self.began: float | None = None
        """The time of the first request."""

    def add(self, at: float, count: int = 1) -> None:
        """Count requests that are sent, or were sent lately."""
        if self.began is None:
            self.began = at
        period = at // WIDTH
        counts = self.counts
        place = len(counts)
        while place and counts[place - 1][0] > period:
            place -= 1
        if place and counts[place - 1][0] == period:
            counts[place - 1][1] += count
            return
        counts.insert(place, [period, count])
        while counts[0][0] < period - LONGEST / WIDTH:
            counts.popleft()

    def remove(self, at: float) -> None:
        """Take back a request that was refused."""
        period = at // WIDTH
        for one in reversed(self.counts):
            if one[0] <= period:
                one[1] = max(0, one[1] - (one[0] == period))
                return

    def within(self, now: float, seconds: float) -> float:
        """Return how many requests were accepted in the last seconds."""
        first = (now - seconds) / WIDTH
        total = 0.0
        for period, count in reversed(self.counts):
            if period + 1 <= first:
                break
            total += count * min(1.0, period + 1 - first)  # of the oldest period, the part inside
        return total

    def pause(self, end: float, seconds: float) -> None:
        """Count a pause in which nothing was sent."""
        _add(self.pauses, end, seconds)

    def paused(self, now: float, seconds: float) -> float:
        """Return the length of the pauses in the last seconds."""
        return _within(self.pauses, now, seconds)

    def gap(self, end: float, seconds: float) -> None:
        """Count a time in which no request waited: nothing was sent because nobody wanted to."""
        _add(self.gaps, end, seconds)

    def unused(self, now: float, seconds: float) -> float:
        """Return how much of the last seconds passed without a waiting request."""
        return _within(self.gaps, now, seconds)

    def state(self) -> dict[str, Any]:
        """Return all that is remembered, as JSON data, for `restored`."""
        times = {"counts": list(self.counts), "pauses": list(self.pauses), "gaps": list(self.gaps)}
        return {**times, "began": self.began}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Deliveries:
        """Return the deliveries of a `state`."""
        deliveries = cls()
        deliveries.counts.extend(state["counts"])
        deliveries.pauses.extend(state["pauses"])
        deliveries.gaps.extend(state.get("gaps", ()))  # earlier versions did not count them
        deliveries.began = state["began"]
        return deliveries


def _add(times: deque[list[float]], end: float, seconds: float) -> None:
    times.append([end, seconds])
    while times[0][0] < end - LONGEST:
        times.popleft()


def _within(times: deque[list[float]], now: float, seconds: float) -> float:
    return sum(min(one, end - (now - seconds)) for end, one in times if end > now - seconds)
