"""Functions for asyncio and trio: run awaitables at the same time, run functions in threads, and limit concurrency.

Uses asyncio or trio itself, whichever runs. trio is imported only if it runs.
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
    """A semaphore for the tasks of one event loop."""

    async def acquire(self) -> Any:
        """Wait until the semaphore is free, and acquire it."""

    def release(self) -> None:
        """Release the semaphore."""


def _trio() -> Any:
    return import_module("trio")


def running_loop() -> Hashable:
    """Return an object that identifies the running event loop: asyncio's loop, or trio's token. It can be weakly
    referenced.

    Raises `RuntimeError` if no event loop is running.
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
    """Run a function in a thread, in a copy of the current context; return its result.

    If the task is cancelled, asyncio lets the thread run on, and trio waits for it.
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
        with suppress(RuntimeError):  # the loop has ended, so nothing waits for the result
            token.run_sync_soon(done.set)  # type: ignore[attr-defined]

    future.add_done_callback(report)
    await done.wait()
    return future.result()
