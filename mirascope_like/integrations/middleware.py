"""`middleware_factory`: makes decorators whose handlers run exactly once when a call ends, however it ends."""

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
from ..core.base.runtime import Steps, alike, is_async, over_descriptors, run_and_carry
from ..core.base.streams import BaseStream, BaseStructuredStream, when_ended

P = ParamSpec("P")
R = TypeVar("R")
Function: TypeAlias = Callable[..., Any]
Handler: TypeAlias = Callable[[Any, Function, Any], Any]
"""A function of three arguments: the result or the error of a call, the called function, and the value that the
context manager yielded.
"""
AsyncHandler: TypeAlias = Callable[[Any, Function, Any], Awaitable[Any]]

log: logging.Logger = logging.getLogger(__name__)
_ENDS = (Exception, CancelledError, KeyboardInterrupt, SystemExit)
"""The exceptions that end a call without a result."""


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
    """Return a decorator for sync and async calls. Its handlers run once, when the call ends.

    For each call, exactly one handler runs: the handler for the type of its result, or `handle_error`. The handler of a
    stream runs when the stream has ended: it was read to its end, closed, dropped, or failed (see `stream.state`). An
    async call runs the async handler, or, if there is none, the sync handler.

    Handlers run inside the context manager. The context manager exits in the same `contextvars` context in which it was
    entered, wherever a stream ends. Reading a stream runs in the context of its reader.

    If `handle_error` returns a value other than None, the call returns that value; otherwise the original error is
    raised. The context manager receives only an error that is raised. `handle_error` also runs if a call is cancelled,
    and the call stays cancelled. An error in a handler is raised only if the call itself has not failed.
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
                if (instead := around.fail(error, replaceable=isinstance(error, Exception))) is not None:
                    return instead
                raise
            return around.settle(made)

        async def awaited(made: Awaitable[Any]) -> Any:
            around = _Around(surround(function), function, kinds, failed, None)
            try:
                result = await made
            except _ENDS as error:
                if (instead := await around.afail(error, replaceable=isinstance(error, Exception))) is not None:
                    return instead
                raise
            return await around.asettle(result)

        def acall(*args: P.args, **kwargs: P.kwargs) -> Any:
            made = inner(*args, **kwargs)
            if isinstance(made, BaseStream | BaseStructuredStream):
                around = _Around(surround(function), function, kinds, failed, copy_context())
                return around.watch(cast("Any", made))
            return awaited(made)

        return cast("Callable[P, R]", wraps(function)(alike(acall, function) if is_async(function) else call))

    return over_descriptors(decorate)


def _nothing(_: Function) -> AbstractContextManager[Any]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class _Kind:
    """A type of result, with the sync and async handlers that run for results of this type."""

    of: type
    handler: Handler | None
    async_handler: AsyncHandler | None

    def handle(self, result: Any, function: Function, context: Any) -> Any:
        return self.handler(result, function, context) if self.handler is not None else None

    def ahandle(self, result: Any, function: Function, context: Any) -> Any:
        handler = self.async_handler or self.handler
        return handler(result, function, context) if handler is not None else None


class _Around:
    """The middleware around one call, until one of its handlers has run.

    The context manager and the handlers run in the `contextvars` context `home`, because a stream may end in another
    thread or task than the one in which it began. `home` is None if the call begins and ends in the current context.
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
        return await (given if self._home is None else Steps(given, self._home.run))

    def settle(self, result: Any) -> Any:
        """Run the handler for a result, and return the result. For a stream, the handler runs later, when the stream
        ends.
        """
        if isinstance(result, BaseStream | BaseStructuredStream):
            return self.watch(cast("Any", result))
        self._handle(result)
        return result

    async def asettle(self, result: Any) -> Any:
        """Async version of `settle`."""
        if isinstance(result, BaseStream | BaseStructuredStream):
            return self.watch(cast("Any", result))
        await self._ahandle(result)
        return result

    def fail(self, error: BaseException, *, replaceable: bool) -> Any:
        """Run the error handler. Return its result, which the call returns instead of raising the error; None to
        raise the error. An error that is not `replaceable` is always raised.
        """
        instead = None
        with self._unhidden(error):
            instead = self._run(self._failed.handle, error, self._function, self._context)
        instead = instead if replaceable else None
        self._leave(error if instead is None else None)
        return instead

    async def afail(self, error: BaseException, *, replaceable: bool) -> Any:
        """Async version of `fail`."""
        instead = None
        with self._unhidden(error):
            instead = await self._arun(self._failed.ahandle, error, self._function, self._context)
        instead = instead if replaceable else None
        self._leave(error if instead is None else None)
        return instead

    def watch(self, stream: Any) -> Any:
        """Make the handler of a stream run when the stream ends, the async handler for an async stream; return the
        stream.
        """
        asynchronous = hasattr(stream, "__anext__")

        def ended(result: Any) -> Any:
            if (error := result.error) is not None:
                fail = self.afail if asynchronous else self.fail
                return fail(error, replaceable=False)
            return self._ahandle(result) if asynchronous else self._handle(result)

        when_ended(stream, ended)
        return stream

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
        """Context manager that logs and suppresses other errors raised inside it, so that the error of the call is
        raised.
        """
        try:
            yield
        except Exception as other:
            if other is not error:
                log.exception("the error handler of a call failed")
