"""`middleware_factory`: make decorators whose handlers run exactly once when each call ends, however it ends."""

from __future__ import annotations

import logging
from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import Context, copy_context
from dataclasses import dataclass
from functools import wraps
from inspect import isawaitable
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast

from ..core.base.response import BaseCallResponse
from ..core.base.runtime import InContext, alike, is_async, over_descriptors, run_and_carry
from ..core.base.streams import BaseStream, BaseStructuredStream

P = ParamSpec("P")
R = TypeVar("R")
Function: TypeAlias = Callable[..., Any]
Handler: TypeAlias = Callable[[Any, Function, Any], Any]
"""Receives the result (or the error), the function that was called, and the value that the context manager yielded."""
AsyncHandler: TypeAlias = Callable[[Any, Function, Any], Awaitable[Any]]

log: logging.Logger = logging.getLogger(__name__)
_ENDS = (Exception, CancelledError, KeyboardInterrupt, SystemExit)
"""The exceptions with which a call can end instead of a result."""


def middleware_factory(
    *,
    custom_context_manager: Callable[[Function], AbstractContextManager[Any]] | None = None,
    custom_decorator: Callable[[Function], Function] | None = None,
    handle_call_response: Handler | None = None,
    handle_call_response_async: AsyncHandler | None = None,
    handle_stream: Handler | None = None,
    handle_stream_async: AsyncHandler | None = None,
    handle_response_model: Handler | None = None,
    handle_response_model_async: AsyncHandler | None = None,
    handle_structured_stream: Handler | None = None,
    handle_structured_stream_async: AsyncHandler | None = None,
    handle_error: Handler | None = None,
    handle_error_async: AsyncHandler | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator for sync and async calls whose handlers run once when each call ends.

    Exactly one handler runs for each call: the one for the type of its result, or `handle_error`. The handler of a
    stream runs when the stream has ended: read to its end, closed, dropped, or failed (see `stream.state`). Async
    handlers are for async calls; if there is none, the sync handler is used.

    Handlers run inside the context manager. It exits in the same context (of `contextvars`) in which it was entered,
    wherever a stream ends; the steps of a stream run in the context of its reader.

    If `handle_error` returns a value other than None, a call returns that value instead of raising. Otherwise the
    original error is raised. `handle_error` also runs if a call is cancelled, and the call stays cancelled. An error of
    a handler is raised only if there is no other error.
    """
    kinds = (
        _Kind(BaseStructuredStream, handle_structured_stream, handle_structured_stream_async),
        _Kind(BaseStream, handle_stream, handle_stream_async),
        _Kind(BaseCallResponse, handle_call_response, handle_call_response_async),
        _Kind(object, handle_response_model, handle_response_model_async),
    )
    failed = _Kind(BaseException, handle_error, handle_error_async)
    surround = custom_context_manager or _nothing

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        inner = cast("Function", function)
        inner = custom_decorator(inner) if custom_decorator is not None else inner

        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            home = copy_context()
            around = _Around(surround(function), function, kinds, failed, home)
            try:
                made = run_and_carry(home, inner, *args, **kwargs)
            except _ENDS as error:
                if (instead := around.fail(error)) is not None and isinstance(error, Exception):
                    return instead
                raise
            return around.settle(made)

        async def awaited(made: Awaitable[Any]) -> Any:
            around = _Around(surround(function), function, kinds, failed, None)
            try:
                result = await made
            except _ENDS as error:
                if (instead := await around.afail(error)) is not None and isinstance(error, Exception):
                    return instead
                raise
            return await around.asettle(result)

        def acall(*args: P.args, **kwargs: P.kwargs) -> Any:
            made = inner(*args, **kwargs)
            if isinstance(made, BaseStream | BaseStructuredStream):
                around = _Around(surround(function), function, kinds, failed, copy_context())
                return around.watch(cast("Any", made), asynchronous=True)
            return awaited(made)

        return cast("Callable[P, R]", wraps(function)(alike(acall, function) if is_async(function) else call))

    return over_descriptors(decorate)


def _nothing(_: Function) -> AbstractContextManager[Any]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class _Kind:
    """One type of result, and the handlers for it."""

    of: type
    handler: Handler | None
    async_handler: AsyncHandler | None

    def handle(self, result: Any, function: Function, context: Any) -> Any:
        return self.handler(result, function, context) if self.handler is not None else None

    def ahandle(self, result: Any, function: Function, context: Any) -> Any:
        handler = self.async_handler or self.handler
        return handler(result, function, context) if handler is not None else None


class _Around:
    """The middleware around one call, until one handler has run.

    The context manager and the handlers run in one context of `contextvars`, `home`, because a stream may end in
    another thread or task than the one in which it began. `home` is None if the call begins and ends in the current
    context.
    """

    def __init__(
        self,
        manager: AbstractContextManager[Any],
        function: Function,
        kinds: tuple[_Kind, ...],
        failed: _Kind,
        home: Context | None,
    ) -> None:
        self._manager = manager
        self._function = function
        self._kinds = kinds
        self._failed = failed
        self._home = home
        self._context = self._run(manager.__enter__)

    def _run(self, function: Function, *args: Any) -> Any:
        return function(*args) if self._home is None else self._home.run(function, *args)

    async def _arun(self, function: Function, *args: Any) -> Any:
        given = self._run(function, *args)
        if not isawaitable(given):
            return given
        return await (given if self._home is None else InContext(given, self._home))

    def settle(self, result: Any) -> Any:
        """Run the handler for a result; for a stream, when it has ended."""
        if isinstance(result, BaseStream | BaseStructuredStream):
            return self.watch(cast("Any", result), asynchronous=False)
        self._handle(result)
        return result

    async def asettle(self, result: Any) -> Any:
        """The async form of `settle`."""
        await self._ahandle(result)
        return result

    def fail(self, error: BaseException) -> Any:
        """Run the error handler; return the value to return instead of raising, or None."""
        instead = None
        with self._unhidden(error):
            instead = self._run(self._failed.handle, error, self._function, self._context)
        self._leave(error)
        return instead

    async def afail(self, error: BaseException) -> Any:
        """The async form of `fail`."""
        instead = None
        with self._unhidden(error):
            instead = await self._arun(self._failed.ahandle, error, self._function, self._context)
        self._leave(error)
        return instead

    def watch(self, stream: Any, *, asynchronous: bool) -> Any:
        """Run the handler of a stream when the stream ends."""
        # The callback must not refer to the stream, or dropping the stream would not close it.
        watched: Any = stream
        remake = watched.remaker() if isinstance(stream, BaseStructuredStream) else None
        source = watched.stream if remake is not None else watched

        def ended(last: BaseStream[Any, Any, Any]) -> Any:
            result = remake(last) if remake is not None else last
            if (error := result.error) is not None:
                return self.afail(error) if asynchronous else self.fail(error)
            return self._ahandle(result) if asynchronous else self._handle(result)

        source.ended(ended)
        return watched

    def _kind(self, result: Any) -> _Kind:
        return next(kind for kind in self._kinds if isinstance(result, kind.of))

    def _handle(self, result: Any) -> None:
        with self._leaving():
            self._run(self._kind(result).handle, result, self._function, self._context)

    async def _ahandle(self, result: Any) -> None:
        with self._leaving():
            await self._arun(self._kind(result).ahandle, result, self._function, self._context)

    @contextmanager
    def _leaving(self) -> Generator[None]:
        try:
            yield
        except BaseException as error:
            self._leave(error)
            raise
        self._leave(None)

    def _leave(self, error: BaseException | None) -> None:
        kind = type(error) if error is not None else None
        if error is None:
            self._run(self._manager.__exit__, kind, error, None)
            return
        with self._unhidden(error):
            self._run(self._manager.__exit__, kind, error, error.__traceback__)

    @contextmanager
    def _unhidden(self, error: BaseException) -> Generator[None]:
        """Suppress errors raised in this block, so that the error of the call is raised; log them."""
        try:
            yield
        except Exception as other:
            if other is not error:
                log.exception("the error handler of a call failed")
