"""Closes async generators that read each other, in the right order."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import anyio

from .contexts import Steps

T = TypeVar("T")


class AsyncGenerators:
    """The async generators that are first iterated within some awaitables, so that they can be closed in that order: a
    generator before those that it reads.

    Without this class, the event loop would register them. At its end, a loop of asyncio closes all registered
    generators at the same time. A generator that is being closed may then need one that is already running, and asyncio
    prints the errors of both. Leaving a generator does not close those that it reads, for example in httpx: dropped
    generators are closed by new tasks, one after the other, which the end of the loop does not await.
    """

    def __init__(self) -> None:
        self._begun: list[AsyncGenerator[Any]] = []

    def within(self, function: Callable[..., Awaitable[T]], *args: Any) -> Awaitable[T]:
        """Return an awaitable that calls and awaits `function`, and collects the generators that begin in it."""
        return Steps(_called(function, args), self._run)

    async def first(self, function: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Return the result of `within`, the first read of a response. If it raises an error or is cancelled, close the
        generators: no stream exists yet that would close them, and the traceback of the error keeps them.
        """
        try:
            return await self.within(function, *args)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self.close()
            raise

    def _run(self, step: Callable[..., Any], *args: Any) -> Any:
        register = sys.get_asyncgen_hooks().firstiter
        sys.set_asyncgen_hooks(firstiter=self._begun.append)
        try:
            return step(*args)
        finally:
            sys.set_asyncgen_hooks(firstiter=register)

    async def close(self) -> None:
        """Close the generators. Their errors are suppressed, because nobody reads them any more."""
        begun, self._begun = self._begun, []
        for generator in begun:
            with suppress(Exception):
                await generator.aclose()


async def _called(function: Callable[..., Awaitable[T]], args: tuple[Any, ...]) -> T:
    return await function(*args)
