"""Sends the steps of a response, with the errors of the library that reads them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import dataclass, replace
from threading import Condition
from typing import Any

import anyio

from ...core.base.provider import PRESENT
from ...core.base.runtime import CLOCK
from ...core.dialects.transport import check_abandoned
from .reply import Cut, Fail, Gap, HTTPReply, HTTPStep, TimedOut, Until


@dataclass(frozen=True, slots=True)
class Failures:
    """Makes the errors of a library."""

    timeout: Any
    """Makes the error of a read timeout."""
    lost: Any
    """Makes the error of a connection that is lost before the response."""
    cut: Any
    """Makes the error of a connection that is lost within the response."""
    stalled: Any = None
    """Makes the error of a read timeout within the response, if it is another one."""

    @property
    def within(self) -> Failures:
        """The errors within the response."""
        return self if self.stalled is None else replace(self, timeout=self.stalled)


class Line:
    """Stands for the network stream of a sync response. A read that waits on it ends when the reader, or another
    thread at a deadline, shuts it down.
    """

    def __init__(self) -> None:
        self._closed = False
        self._changed = Condition()

    def wait(self, seconds: float) -> bool:
        """Wait so many seconds, or until the line is closed. Returns False if it is."""
        end = CLOCK.monotonic() + seconds
        with self._changed:
            while not self._closed and (left := end - CLOCK.monotonic()) > 0:
                CLOCK.wait(self._changed, left)
            return not self._closed

    def close(self) -> None:
        """End all waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def get_extra_info(self, name: str) -> Any:
        """Return what stands for the socket, as a network stream of httpcore does."""
        return self if name == "socket" else None

    def shutdown(self, how: int) -> None:
        """End all waits, as a socket does."""
        self.close()


class AsyncLine:
    """Stands for the network stream of an async response. Made in the event loop that reads it."""

    def __init__(self) -> None:
        self._closed = anyio.Event()

    async def wait(self, seconds: float) -> bool:
        """Wait so many seconds, or until the line is closed. Returns False if it is."""
        with anyio.move_on_after(seconds):
            await self._closed.wait()
        return not self._closed.is_set()

    async def aclose(self) -> None:
        """End all waits."""
        self._closed.set()

    def get_extra_info(self, name: str) -> Any:
        """Return what stands for the socket, as a network stream of httpcore does."""
        return self if name == "socket" else None

    def shutdown(self, how: int) -> None:
        """End all waits, as a socket does."""
        self._closed.set()


def begin(reply: HTTPReply, failures: Failures, patience: float | None, line: Line) -> None:
    """Wait until the response begins. Raises an error if it never does."""
    if (opening := PRESENT.get()) is not None:
        opening.connected(line)
    _wait(line, reply.delay, failures, patience)
    check_abandoned()
    _check_begun(reply, failures)


async def abegin(reply: HTTPReply, failures: Failures, patience: float | None, line: AsyncLine) -> None:
    """Async version of `begin`."""
    await _await(line, reply.delay, failures, patience)
    _check_begun(reply, failures)


def sent(steps: Sequence[HTTPStep], failures: Failures, patience: float | None, line: Line) -> Generator[bytes]:
    """Yield the bytes of a response. `patience` is the read timeout, in seconds."""
    failures = failures.within
    for step in steps:
        if isinstance(step, bytes):
            yield step
        else:
            _wait(line, _seconds(step, failures), failures, patience)


async def asent(
    steps: Sequence[HTTPStep], failures: Failures, patience: float | None, line: AsyncLine
) -> AsyncGenerator[bytes]:
    """Async version of `sent`."""
    failures = failures.within
    for step in steps:
        if isinstance(step, bytes):
            yield step
        else:
            await _await(line, _seconds(step, failures), failures, patience)


def _check_begun(reply: HTTPReply, failures: Failures) -> None:
    if isinstance(reply.failure, Cut):
        raise failures.lost()
    if reply.failure is not None:
        _seconds(reply.failure, failures)


def _seconds(step: Gap | Until | Cut | TimedOut | Fail, failures: Failures) -> float:
    """Return how long a step lasts; raise the error of one that ends the response."""
    match step:
        case Gap(seconds):
            return seconds
        case Until(time):
            return max(0.0, time - CLOCK.monotonic())
        case Cut():
            raise failures.cut()
        case TimedOut():
            raise failures.timeout()
        case Fail(error):
            raise error


def _wait(line: Line, seconds: float, failures: Failures, patience: float | None) -> None:
    late = patience is not None and seconds > patience
    if seconds and not line.wait(patience if patience is not None and late else seconds):
        check_abandoned()  # an SDK must not repeat a request that nobody waits for
        raise failures.cut()
    if late:
        raise failures.timeout()


async def _await(line: AsyncLine, seconds: float, failures: Failures, patience: float | None) -> None:
    late = patience is not None and seconds > patience
    if seconds and not await line.wait(patience if patience is not None and late else seconds):
        raise failures.cut()
    if late:
        raise failures.timeout()


__all__ = ["AsyncLine", "Failures", "Line", "abegin", "asent", "begin", "sent"]
