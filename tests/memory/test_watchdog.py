"""The thread that ends a sync read which takes too long, by a clock that only the test moves."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import pytest

from mirascope_like.core.base.runtime import CLOCK
from mirascope_like.core.base.streams.deadlines import Watchdog
from tests.memory.scripts import Clock

PATIENCE = 60.0
"""Seconds after which a test that would hang fails."""


class Waits:
    """Replaces `CLOCK.wait`: reports each wait of the watchdog, which ends when the test moves the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._condition: threading.Condition
        self._seconds: queue.Queue[float] = queue.Queue()

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        self._condition = condition
        self._seconds.put(seconds)
        condition.wait(PATIENCE)

    def next(self) -> float:
        """The seconds of the next wait of the watchdog."""
        return self._seconds.get(timeout=PATIENCE)

    def move(self, seconds: float) -> None:
        self._clock.now += seconds
        with self._condition:
            self._condition.notify_all()


class Watched:
    """A watchdog, and the reads that it ended."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        before = set(threading.enumerate())
        self.dog = Watchdog(self.ended.set)
        (self.thread,) = set(threading.enumerate()) - before


@pytest.fixture
def waits(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Waits:
    clock.now = 3.0  # less than the waits: only differences of the clock count
    made = Waits(clock)
    monkeypatch.setattr(CLOCK, "wait", made.wait)
    return made


@pytest.fixture
def watched() -> Iterator[Watched]:
    made = Watched()
    yield made
    made.dog.close()
    made.thread.join(PATIENCE)
    assert not made.thread.is_alive()


def test_a_read_that_takes_too_long_is_ended(waits: Waits, watched: Watched) -> None:
    assert watched.thread.daemon  # a process may end while a stream is read
    with watched.dog.watching(5):
        assert waits.next() == 5
        waits.move(4.5)
        assert waits.next() == 0.5
        assert (watched.dog.interrupted, watched.ended.is_set()) == (False, False)
        waits.move(0.625)
        assert watched.ended.wait(PATIENCE)
    assert watched.dog.interrupted


def test_a_read_that_ends_in_time_is_forgotten(waits: Waits, watched: Watched) -> None:
    with watched.dog.watching(5):
        assert waits.next() == 5
    waits.move(100)  # the reader's own time between two reads
    with watched.dog.watching(7):
        assert waits.next() == 7
        waits.move(6)
        assert waits.next() == 1
    assert (watched.dog.interrupted, watched.ended.is_set()) == (False, False)


def test_a_closed_watchdog_ends_no_read(waits: Waits, watched: Watched) -> None:
    with watched.dog.watching(5):
        assert waits.next() == 5
        watched.dog.close()
        watched.thread.join(PATIENCE)
        assert not watched.thread.is_alive()
    assert (watched.dog.interrupted, watched.ended.is_set()) == (False, False)
