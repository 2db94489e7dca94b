"""Runs the tools that a model called: one tool, or all tools of a round as a `ToolLoop` configures. Knows no provider.

Sync and async versions are next to each other; they share `ToolLoop.settled`.
"""

from __future__ import annotations

import asyncio
from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from itertools import islice
from operator import attrgetter
from threading import Thread
from typing import Any, Literal, cast

from ..errors import ConfigurationError, ToolError, ToolExecutionError, ToolRefusedError, ToolTimeoutError
from ..runtime import (
    CLOCK,
    Semaphore,
    cancel_scope,
    error_text,
    gather,
    loads_older_pickles,
    on_asyncio,
    outcome,
    semaphore,
)
from .base_tool import BaseTool, error_of, tool_name
from .lookup import READ
from .result import ToolResultEvent

CALL_OF: ContextVar[Callable[[BaseTool], Callable[[], Any]]] = ContextVar("call_of_a_tool", default=attrgetter("call"))
"""Returns the function that runs a tool: its `call`, or one that observers wrap around it."""
Approve = Callable[[Any], bool | Awaitable[bool]]
"""A callback that is called with a tool before it runs. It returns True if the tool may run. May be async."""


@loads_older_pickles
@dataclass(frozen=True, slots=True)
class ToolLoop:
    """The settings of a tool loop, which runs the tools that a model calls, sends the results to the model, and repeats
    until the model calls no more tools. `run` and `arun` run the tools of one round.

    Unknown tools, invalid arguments and tools that `approve` did not allow are always reported to the model as errors.
    What happens with an exception in a tool depends on `on_error`.

    Raises `ConfigurationError` if `max_rounds` is less than 2: the last round is sent without tools.
    """

    max_rounds: int = 5
    """The maximum number of rounds; each round sends one request. The last round offers no tools, so that the model
    replies with text.
    """
    parallel: bool = True
    """True to run the tools of a round at the same time: sync tools in threads, async tools as tasks. False to run
    them one after another.
    """
    timeout: float | None = None
    """The time limit of each tool in seconds, or None. A sync tool that exceeds it keeps running; its result is
    ignored.
    """
    on_error: Literal["report", "raise"] = "report"
    """What to do if a tool raises an exception or exceeds its time limit. "report" sends the error to the model as
    the tool's result. "raise" waits until the other tools of the round have ended, then raises `ToolExecutionError`
    or `ToolTimeoutError`.
    """
    approve: Approve | None = None
    """Called before each tool, in the order of the tool calls, one call at a time. None allows all tools."""
    max_parallel: int = 16
    """The maximum number of tools that run at the same time. A tool that exceeded its time limit is not counted any
    more.
    """

    def __post_init__(self) -> None:
        if self.max_rounds < 2:
            raise ConfigurationError("max_rounds must be at least 2: the last round is sent without tools")
        if self.on_error not in ("report", "raise"):
            raise ConfigurationError(f'on_error must be "report" or "raise", not {self.on_error!r}')
        if self.max_parallel < 1:
            raise ConfigurationError(f"max_parallel must be at least 1, not {self.max_parallel}")

    def run(self, tools: Sequence[BaseTool]) -> list[ToolResultEvent[Any]]:
        """Run the tools of one round; return one result for each tool, in the order of `tools`.

        If a tool fails and `on_error` is "raise", raises `ToolExecutionError` or `ToolTimeoutError`.
        """
        errors = [error_of(tool) or (None if self._approved(tool) else refused(tool)) for tool in tools]
        allowed = [tool for tool, error in zip(tools, errors, strict=True) if error is None]
        if self.parallel and len(allowed) > 1:
            ran = self._ran_together(allowed)
        else:
            ran = [self._ran(tool) for tool in allowed]
        return self.settled(tools, errors, ran)

    async def arun(self, tools: Sequence[BaseTool]) -> list[ToolResultEvent[Any]]:
        """Async version of `run`: awaits async tools and runs sync ones in threads."""
        errors = [error_of(tool) or (None if await self._aapproved(tool) else refused(tool)) for tool in tools]
        allowed = [tool for tool, error in zip(tools, errors, strict=True) if error is None]
        if self.parallel and len(allowed) > 1:
            places = semaphore(self.max_parallel)
            ran = await gather([self._aran_in(places, tool) for tool in allowed])
        else:
            ran = [await self._aran(tool) for tool in allowed]
        return self.settled(tools, errors, ran)

    def settled(
        self, tools: Sequence[BaseTool], errors: Sequence[ToolError | None], ran: Sequence[ToolResultEvent[Any]]
    ) -> list[ToolResultEvent[Any]]:
        """Return one result for each of `tools`, in the same order.

        `errors` has one entry per tool: the error that kept it from running (unknown, invalid, not approved), or None
        if it ran. `ran` are the results of the tools that ran. If one of those failed and `on_error` is "raise", its
        error is raised; otherwise each error becomes the result of its tool.
        """
        if self.on_error == "raise":
            for one in ran:
                if one.error is not None:
                    raise one.error
        running = iter(ran)
        return [
            next(running) if error is None else ToolResultEvent(tool, error=error)
            for tool, error in zip(tools, errors, strict=True)
        ]

    def _approved(self, tool: BaseTool) -> bool:
        if self.approve is None:
            return True
        answer = self.approve(tool)
        return bool(started(lambda: answer).result() if isawaitable(answer) else answer)

    async def _aapproved(self, tool: BaseTool) -> bool:
        if self.approve is None:
            return True
        answer, error = await acalled(self.approve, tool)
        if error is not None:
            raise error
        return bool(answer)

    def _ran(self, tool: BaseTool) -> ToolResultEvent[Any]:
        if self.timeout is None and not iscoroutinefunction(tool.call):
            return ran(tool, CALL_OF.get()(tool))
        return self._result_of(tool, started(CALL_OF.get()(tool)))

    def _ran_together(self, tools: Sequence[BaseTool]) -> list[ToolResultEvent[Any]]:
        """Run tools in threads, at most `max_parallel` at a time; return one result for each, in the order of
        `tools`.
        """
        results: dict[int, ToolResultEvent[Any]] = {}
        running: dict[Started, int] = {}
        upcoming = iter(enumerate(tools))
        while len(results) < len(tools):
            for place, tool in islice(upcoming, self.max_parallel - len(running)):
                running[started(CALL_OF.get()(tool))] = place
            done = wait(running, self._remaining(next(iter(running))), FIRST_COMPLETED).done
            over = [one for one in running if one in done or self._remaining(one) == 0]
            for future in over:
                place = running.pop(future)
                results[place] = self._result_of(tools[place], future)
        return [results[place] for place in range(len(tools))]

    def _remaining(self, future: Started) -> float | None:
        return None if self.timeout is None else max(0.0, future.started_at + self.timeout - CLOCK.monotonic())

    async def _aran_in(self, places: Semaphore, tool: BaseTool) -> ToolResultEvent[Any]:
        await places.acquire()
        try:
            return await self._aran(tool)
        finally:
            places.release()

    def _result_of(self, tool: BaseTool, future: Started) -> ToolResultEvent[Any]:
        try:
            return ToolResultEvent(tool, result=future.result(self._remaining(future)))
        except (Exception, CancelledError) as error:
            return failed(tool, error if future.done() else self._timeout_error(tool))

    async def _aran(self, tool: BaseTool) -> ToolResultEvent[Any]:
        done: ToolResultEvent[Any] | None = None
        async with cancel_scope(self.timeout) as limit:
            done = await aran(tool)
        late = limit.cancelled and (done is None or done.error is not None)
        return failed(tool, self._timeout_error(tool)) if done is None or late else done

    def _timeout_error(self, tool: BaseTool) -> ToolTimeoutError:
        return ToolTimeoutError(f"{tool_name(type(tool))} did not finish within {self.timeout:g} seconds")


def refused(tool: BaseTool) -> ToolError:
    """Return the error for a tool that `approve` did not allow to run."""
    return ToolRefusedError(f"{tool_name(type(tool))} was not allowed to run: do not call it again like this")


class Started(Future[Any]):
    """The future of a function that runs in its own thread. Knows when the thread was started."""

    def __init__(self) -> None:
        super().__init__()
        self.started_at: float = CLOCK.monotonic()
        """When it started, in seconds of the monotonic clock."""


def started(call: Callable[[], Any]) -> Started:
    """Start a function in a new thread and return its future at once. The thread uses a copy of the current context.

    If the function returns an awaitable, the thread runs that to its end too; if it returns a stream, the thread reads
    it to its end.
    """
    return _threaded(lambda: _settled(call()))


def _threaded(call: Callable[[], Any]) -> Started:
    future = Started()
    future.set_running_or_notify_cancel()  # so that the future cannot be cancelled

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    # A daemon thread does not keep the interpreter from exiting, however long the tool takes.
    Thread(target=copy_context().run, args=(work,), name="mirascope-like-tool", daemon=True).start()
    return future


def _settled(value: Any) -> Any:
    """Return the result of a sync tool, finished: an awaitable is run to its end, a stream is read to its end."""
    if _waits(value):
        return asyncio.run(_awaited(value))
    if (read := _reader(value)) is not None:
        read()
    return value


async def _awaited(value: Any) -> Any:
    return await _read_to_end(await value if isawaitable(value) else value)


async def _read_to_end(value: Any) -> Any:
    """Return the result of a tool unchanged. If it is a stream, read it to its end first."""
    if (read := _reader(value)) is not None:
        await (read() if iscoroutinefunction(read) else outcome(_threaded(read)))
    return value


def _waits(value: Any) -> bool:
    """Return True if a tool's result needs an event loop: an awaitable, or an async stream."""
    return isawaitable(value) or iscoroutinefunction(_reader(value))


def _reader(value: Any) -> Callable[[], Any] | None:
    # Looked up in the class, because a mock object has every attribute.
    return getattr(value, READ) if hasattr(cast("Any", type)(value), READ) else None


async def acalled(function: Callable[..., Any], *args: Any) -> tuple[Any, Exception | CancelledError | None]:
    """Call a function and await its result; a sync function runs in a new thread.

    Returns a pair of result and exception; one of the two is None. Raises `CancelledError` only if the current task
    itself is cancelled.
    """
    try:
        if iscoroutinefunction(function):
            return await _read_to_end(await function(*args)), None
        # Not in the threads of the loop: their number is limited, and `asyncio.run` waits for them at its end.
        result, error = await outcome(_threaded(partial(_outcome, function, *args)))
        return await _awaited(result) if _waits(result) else result, error
    except Exception as error:
        return None, error
    except CancelledError as error:
        task = asyncio.current_task() if on_asyncio() else None
        if task is not None and task.cancelling():
            raise
        return None, error


def _outcome(function: Callable[..., Any], *args: Any) -> tuple[Any, Exception | CancelledError | None]:
    """Call a function; return a pair of its result and its exception, one of which is None.

    The exception is returned and not raised, because an asyncio future accepts no `StopIteration` and treats
    `CancelledError` as its own cancellation.
    """
    try:
        result = function(*args)
        return result if _waits(result) else _settled(result), None
    except (Exception, CancelledError) as error:
        return None, error


def ran(tool: BaseTool, call: Callable[[], Any]) -> ToolResultEvent[Any]:
    """Run a tool and return its result; an async tool runs in a thread. An exception becomes a `ToolExecutionError`
    in the result.
    """
    try:
        result = call()
        result = started(lambda: result).result() if _waits(result) else _settled(result)
        return ToolResultEvent(tool, result=result)
    except (Exception, CancelledError) as error:
        return failed(tool, error)


async def aran(tool: BaseTool) -> ToolResultEvent[Any]:
    """Async version of `ran`: awaits async tools and runs sync ones in threads."""
    result, error = await acalled(CALL_OF.get()(tool))
    return ToolResultEvent(tool, result=result) if error is None else failed(tool, error)


def failed(tool: BaseTool, error: Exception | CancelledError) -> ToolResultEvent[Any]:
    """Return the result of a tool that failed or could not run. An exception that is not a `ToolError` is wrapped in
    `ToolExecutionError`.
    """
    if not isinstance(error, ToolError):
        wrapped = ToolExecutionError(f"{tool_name(type(tool))}: {type(error).__name__}: {error_text(error)}")
        wrapped.__cause__ = error
        error = wrapped
    return ToolResultEvent(tool, error=error)
