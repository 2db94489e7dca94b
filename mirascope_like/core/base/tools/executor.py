"""Run tools that a model called: one, or all tools of a round by the rules of a `ToolLoop`. Knows no provider.

Sync and async versions stand next to each other; what they share is in `ToolLoop.settled`.
"""

from __future__ import annotations

import asyncio
from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextvars import copy_context
from dataclasses import dataclass, fields
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from itertools import islice
from threading import Thread
from typing import Any, Literal, cast

from ..errors import ConfigurationError, ToolError, ToolExecutionError, ToolRefusedError, ToolTimeoutError
from ..runtime import CLOCK, Semaphore, cancel_scope, gather, on_asyncio, outcome, semaphore
from .base_tool import BaseTool, error_of, tool_name
from .lookup import READ
from .result import ToolResultEvent

Approve = Callable[[Any], bool | Awaitable[bool]]
"""A callback that receives a tool before it runs and returns whether it may. May be async."""


@dataclass(frozen=True, slots=True)
class ToolLoop:
    """Runs the tools that a model calls, sends it the results, and repeats until it calls no more tools.

    Mistakes of the model (an unknown tool, invalid arguments) and refusals by `approve` are always sent to the model.
    Errors of tools are sent too, or raised, depending on `on_error`.

    Raises `ConfigurationError` for fewer than two rounds: the last round is sent without tools.
    """

    max_rounds: int = 5
    """The maximum number of rounds (requests). The last one offers no tools, so that the model answers."""
    parallel: bool = True
    """True to run the tools of a round at the same time: sync ones in threads, async ones as tasks."""
    timeout: float | None = None
    """The time limit of each tool in seconds, or None. A sync tool that exceeds it keeps running; its result is
    ignored.
    """
    on_error: Literal["report", "raise"] = "report"
    """"report" sends the error of a tool, or that it exceeded its time limit, to the model. "raise" raises
    `ToolExecutionError` or `ToolTimeoutError` after the other tools of the round have ended.
    """
    approve: Approve | None = None
    """Called before each tool runs, one after another, in the order of the calls."""
    max_parallel: int = 16
    """How many tools of a round run at the same time. A tool that exceeded its time limit is not counted any more."""

    def __post_init__(self) -> None:
        if self.max_rounds < 2:
            raise ConfigurationError("max_rounds must be at least 2: the last round is sent without tools")
        if self.on_error not in ("report", "raise"):
            raise ConfigurationError(f'on_error must be "report" or "raise", not {self.on_error!r}')
        if self.max_parallel < 1:
            raise ConfigurationError(f"max_parallel is at least 1, not {self.max_parallel}")

    def __setstate__(self, state: Sequence[Any]) -> None:
        # A pickle of an earlier version has fewer fields.
        for number, field in enumerate(fields(self)):
            object.__setattr__(self, field.name, state[number] if number < len(state) else field.default)

    def run(self, tools: Sequence[BaseTool]) -> list[ToolResultEvent[Any]]:
        """Run the tools of a round; return one result each, in order.

        Raises `ToolExecutionError` or `ToolTimeoutError` if `on_error` is "raise".
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
        """Return one result for each tool, in order, from the `errors` of tools that did not run and the results of
        those that `ran`. Raises `ToolExecutionError` or `ToolTimeoutError` if `on_error` is "raise".
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
            return ran(tool, tool.call)
        return self._result_of(tool, started(tool.call))

    def _ran_together(self, tools: Sequence[BaseTool]) -> list[ToolResultEvent[Any]]:
        """Run tools in threads, at most `max_parallel` at a time; return their results, in order."""
        results: dict[int, ToolResultEvent[Any]] = {}
        running: dict[Started, int] = {}
        upcoming = iter(enumerate(tools))
        while len(results) < len(tools):
            for place, tool in islice(upcoming, self.max_parallel - len(running)):
                running[started(tool.call)] = place
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
    """Return the error of a tool that was not approved."""
    return ToolRefusedError(f"{tool_name(type(tool))} was not allowed to run: do not call it again like this")


class Started(Future[Any]):
    """The future of a function that runs in a thread."""

    def __init__(self) -> None:
        super().__init__()
        self.started_at: float = CLOCK.monotonic()
        """When it started, in seconds of the monotonic clock."""


def started(call: Callable[[], Any]) -> Started:
    """Call a function in a new thread, in a copy of the current context; if it returns an awaitable, run that too."""
    return _threaded(lambda: _settled(call()))


def _threaded(call: Callable[[], Any]) -> Started:
    future = Started()
    future.set_running_or_notify_cancel()  # from now on it cannot be cancelled

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    # A daemon thread does not keep the interpreter from exiting, however long the tool takes.
    Thread(target=copy_context().run, args=(work,), name="mirascope-like-tool", daemon=True).start()
    return future


def _settled(value: Any) -> Any:
    """Return the result of a sync tool: run it if it is awaitable; read the rest of a stream."""
    if _waits(value):
        return asyncio.run(_awaited(value))
    if (read := _reader(value)) is not None:
        read()
    return value


async def _awaited(value: Any) -> Any:
    return await _read_to_end(await value if isawaitable(value) else value)


async def _read_to_end(value: Any) -> Any:
    """Return the result of a tool, after the rest of it is read if it is a stream."""
    if (read := _reader(value)) is not None:
        await (read() if iscoroutinefunction(read) else outcome(_threaded(read)))
    return value


def _waits(value: Any) -> bool:
    """Return True for what can be finished only in an event loop."""
    return isawaitable(value) or iscoroutinefunction(_reader(value))


def _reader(value: Any) -> Callable[[], Any] | None:
    # Looked up in the class: a mock has any attribute.
    return getattr(value, READ) if hasattr(cast("Any", type)(value), READ) else None


async def acalled(function: Callable[..., Any], *args: Any) -> tuple[Any, Exception | CancelledError | None]:
    """Call a function (a sync one in a thread) and await its result if that is awaitable.

    Returns the result and the exception, one of them None. Raises `CancelledError` if the current task is cancelled.
    """
    try:
        if iscoroutinefunction(function):
            return await _read_to_end(await function(*args)), None
        # Not the loop's own threads: their number is limited, and `asyncio.run` waits for them at the end.
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
    """Call a function; return its result and its exception, one of them None.

    They are returned because an asyncio future accepts no `StopIteration`, and treats `CancelledError` as its own
    cancellation.
    """
    try:
        result = function(*args)
        return result if _waits(result) else _settled(result), None
    except (Exception, CancelledError) as error:
        return None, error


def ran(tool: BaseTool, call: Callable[[], Any]) -> ToolResultEvent[Any]:
    """Run a tool (an async one in a thread); an exception becomes a `ToolExecutionError` in the result."""
    try:
        result = call()
        result = started(lambda: result).result() if _waits(result) else _settled(result)
        return ToolResultEvent(tool, result=result)
    except (Exception, CancelledError) as error:
        return failed(tool, error)


async def aran(tool: BaseTool) -> ToolResultEvent[Any]:
    """Async version of `ran`: awaits async tools and runs sync ones in threads."""
    result, error = await acalled(tool.call)
    return ToolResultEvent(tool, result=result) if error is None else failed(tool, error)


def failed(tool: BaseTool, error: Exception | CancelledError) -> ToolResultEvent[Any]:
    """Return the result of a tool that failed or could not be run."""
    if not isinstance(error, ToolError):
        wrapped = ToolExecutionError(f"{tool_name(type(tool))}: {type(error).__name__}: {error}")
        wrapped.__cause__ = error
        error = wrapped
    return ToolResultEvent(tool, error=error)
