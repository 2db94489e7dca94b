"""Sends the steps of a response, with the errors of the library that reads them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import dataclass
from threading import Condition
from typing import Any

import anyio

from ...core.base.runtime import CLOCK
from ..writing import Gap, HTTPReply, HTTPStep


@dataclass(frozen=True, slots=True)
class Failures:
    """Makes the errors of a library."""

    timeout: Any
    """Makes the error of a read timeout."""
    lost: Any
    """Makes the error of a connection that is lost before the response."""
    cut: Any
    """Makes the error of a connection that is lost within the response."""


class Pause:
    """Waits that end early when the response is closed."""

    def __init__(self) -> None:
        self._closed = False
        self._changed = Condition()

    def wait(self, seconds: float) -> None:
        """Wait so many seconds, or until `close`."""
        end = CLOCK.monotonic() + seconds
        with self._changed:
            while not self._closed and (left := end - CLOCK.monotonic()) > 0:
                CLOCK.wait(self._changed, left)

    def close(self) -> None:
        """End all waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def begin(reply: HTTPReply, failures: Failures, patience: float | None) -> None:
    """Wait until the response begins. Raises an error if it never does."""
    _wait(Pause(), reply.delay, failures, patience)
    if reply.lost:
        raise failures.lost()


async def abegin(reply: HTTPReply, failures: Failures, patience: float | None) -> None:
    """Async version of `begin`."""
    await _await(reply.delay, failures, patience)
    if reply.lost:
        raise failures.lost()


def sent(steps: Sequence[HTTPStep], failures: Failures, patience: float | None, pause: Pause) -> Generator[bytes]:
    """Yield the bytes of a response. `patience` is the read timeout, in seconds."""
    for step in steps:
        if isinstance(step, bytes):
            yield step
        elif isinstance(step, Gap):
            _wait(pause, step.seconds, failures, patience)
        else:
            raise failures.cut()


async def asent(steps: Sequence[HTTPStep], failures: Failures, patience: float | None) -> AsyncGenerator[bytes]:
    """Async version of `sent`."""
    for step in steps:
        if isinstance(step, bytes):
            yield step
        elif isinstance(step, Gap):
            await _await(step.seconds, failures, patience)
        else:
            raise failures.cut()


def _wait(pause: Pause, seconds: float, failures: Failures, patience: float | None) -> None:
    if patience is not None and seconds > patience:
        pause.wait(patience)
        raise failures.timeout()
    if seconds:
        pause.wait(seconds)


async def _await(seconds: float, failures: Failures, patience: float | None) -> None:
    if patience is not None and seconds > patience:
        await anyio.sleep(patience)
        raise failures.timeout()
    if seconds:
        await anyio.sleep(seconds)


__all__ = ["Failures", "Pause", "abegin", "asent", "begin", "sent"]
