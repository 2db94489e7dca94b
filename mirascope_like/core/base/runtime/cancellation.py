"""Cancels the operation that a task awaits: after a time limit, or when another task calls `cancel()`.

Uses `asyncio.timeout` on asyncio. Uses anyio on trio: every HTTP client for trio depends on anyio.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self


class CancelScope(Protocol):
    """An async context manager that cancels its block after `seconds`, or when `cancel()` is called.

    A cancelled block ends without an error, unless the block itself raises another error. Read `cancelled` to find out
    if the block was cancelled.
    """

    def __init__(self, seconds: float | None = None) -> None: ...

    @property
    def cancelled(self) -> bool:
        """True once this scope has cancelled its block."""
        ...

    def cancel(self) -> None:
        """Cancel the block now. Does nothing if the block has already ended."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool: ...


class AsyncioScope(CancelScope):
    """The `CancelScope` for asyncio."""

    def __init__(self, seconds: float | None = None) -> None:
        self._timeout = asyncio.timeout(seconds)

    @property
    def cancelled(self) -> bool:
        return self._timeout.expired()

    def cancel(self) -> None:
        with suppress(RuntimeError):  # the block has ended, or is being cancelled already
            self._timeout.reschedule(0.0)

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:  # raised instead of CancelledError
            return True
        return False


class AnyioScope(CancelScope):
    """The `CancelScope` for trio. Uses anyio."""

    def __init__(self, seconds: float | None = None) -> None:
        import anyio  # imported here: only programs on trio need it

        self._scope: Any = anyio.CancelScope() if seconds is None else anyio.move_on_after(seconds)

    @property
    def cancelled(self) -> bool:
        return bool(self._scope.cancel_called)

    def cancel(self) -> None:
        self._scope.cancel()

    async def __aenter__(self) -> Self:
        self._scope.__enter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        return bool(self._scope.__exit__(kind, error, trace))


def cancel_scope(seconds: float | None = None) -> CancelScope:
    """Return a new cancel scope for the running event loop (asyncio or trio). `seconds` is the time limit, or None."""
    return AsyncioScope(seconds) if on_asyncio() else AnyioScope(seconds)


async def sleep(seconds: float) -> None:
    """Sleep on the running event loop (asyncio or trio)."""
    if on_asyncio():
        await asyncio.sleep(seconds)
    else:
        import anyio

        await anyio.sleep(seconds)


def on_asyncio() -> bool:
    """Return True if the running event loop is asyncio's."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
