"""Makes the call of one input: in the event loop if it is async, otherwise in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, cast, get_origin

from ..core.base.errors import ConfigurationError
from ..core.base.runtime import is_async
from ..core.base.streams import AsyncStream, AsyncStructuredStream, BaseStream, BaseStructuredStream
from .binding import Bound

_STREAMS: tuple[type[Any], ...] = (BaseStream, BaseStructuredStream)


class Invoker:
    """Makes calls of one function. Sync functions run in a pool of `threads` threads.

    Raises `ConfigurationError` for a call that streams.
    """

    def __init__(self, call: Callable[..., Any], threads: int) -> None:
        check_whole(call)
        self._call = call
        self._threads = None if is_async(call) else ThreadPoolExecutor(threads, thread_name_prefix="mirascope_like map")

    @staticmethod
    def bound(call: Callable[..., Any], value: Any) -> Callable[[], Any]:
        """Return a function without arguments that makes the call of an input."""
        return partial(call, *value.args, **value.kwargs) if isinstance(value, Bound) else partial(call, value)

    @property
    def threaded(self) -> bool:
        """True if the function runs in threads."""
        return self._threads is not None

    async def invoke(self, value: Any) -> Any:
        """Return what the function returns for an input."""
        made = self.bound(self._call, value)
        if self._threads is None:
            found = made()
        else:
            context = copy_context()
            found = await asyncio.get_running_loop().run_in_executor(self._threads, lambda: context.run(_called, made))
        if isinstance(found, _STREAMS):
            await _close(found)
            raise _streams(self._call)
        return await cast("Any", found) if isinstance(found, Awaitable) else found

    def close(self) -> None:
        """Let the threads end. One whose request is being sent ends after its response."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)


async def _close(stream: Any) -> None:
    if isinstance(stream, AsyncStream | AsyncStructuredStream):
        await cast("Any", stream).close()
    else:
        stream.close()


def _called(made: Callable[[], Any]) -> Any:
    try:
        return made()
    except StopIteration as error:  # a future cannot have it
        raise RuntimeError("the function raised StopIteration") from error


def check_whole(call: Callable[..., Any]) -> None:
    """Raise `ConfigurationError` for a call that streams, and `TypeError` for a value that is not a function."""
    if not callable(call):
        raise TypeError(f"a map needs a function, not {type(call).__name__}")
    kind: Any = getattr(call, "__annotations__", {}).get("return")
    kind = get_origin(kind) or kind
    if isinstance(kind, type) and issubclass(kind, _STREAMS):
        raise _streams(call)


def _streams(call: Any) -> ConfigurationError:
    name = getattr(call, "__name__", repr(call))
    return ConfigurationError(f"{name} streams, and a map needs whole responses: remove stream=... from its decorator")
