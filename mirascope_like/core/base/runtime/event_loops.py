"""What async code needs from its event loop besides cancelling: run things side by side and in threads, limit them.

Uses asyncio itself on asyncio, and trio on trio; a program on trio has it installed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from importlib import import_module
from typing import Any, Protocol, TypeVar

from .cancellation import on_asyncio

T = TypeVar("T")


class Semaphore(Protocol):
    """A limit for the tasks of one event loop."""

    async def acquire(self) -> Any:
        """Wait for a place, and take it."""

    def release(self) -> None:
        """Give a place back."""


def _trio() -> Any:
    return import_module("trio")


def running_loop() -> Hashable:
    """Return the running event loop of asyncio, or the token of the running loop of trio. Both can be weakly
    referenced.

    Raises `RuntimeError` outside of both.
    """
    if on_asyncio():
        return asyncio.get_running_loop()
    try:
        token: Hashable = _trio().lowlevel.current_trio_token()
    except ImportError:
        raise RuntimeError("no running event loop") from None
    return token


def semaphore(places: int) -> Semaphore:
    """Return a semaphore for the running event loop."""
    return asyncio.Semaphore(places) if on_asyncio() else _trio().Semaphore(places)


async def gather(running: Sequence[Awaitable[T]]) -> list[T]:
    """Run awaitables at the same time; return their results, in order."""
    if on_asyncio():
        return await asyncio.gather(*running)
    results: list[Any] = [None] * len(running)

    async def run(place: int, one: Awaitable[T]) -> None:
        results[place] = await one

    async with _trio().open_nursery() as nursery:
        for place, one in enumerate(running):
            nursery.start_soon(run, place, one)
    return results


async def in_thread(function: Callable[..., T], *args: Any) -> T:
    """Run a function in a thread of the event loop, in a copy of the current context; return its result.

    A cancelled task leaves the thread running on asyncio, and waits for it on trio.
    """
    if on_asyncio():
        return await asyncio.to_thread(function, *args)
    result: T = await _trio().to_thread.run_sync(function, *args)
    return result


async def outcome(future: Future[T]) -> T:
    """Wait for a future that a thread completes; return its result, or raise its error."""
    if on_asyncio():
        return await asyncio.wrap_future(future)
    done, token = _trio().Event(), running_loop()

    def report(_: Any) -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody waits
            token.run_sync_soon(done.set)  # type: ignore[attr-defined]

    future.add_done_callback(report)
    await done.wait()
    return future.result()
