"""Running the tools that a model called: one, or all of a round by the rules of a `ToolLoop`. Knows no provider.

Sync and async stand side by side; what is decided stands in `ToolLoop.settled`, once.
"""

from __future__ import annotations

import asyncio
from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from threading import Thread
from typing import Any, Literal

from ..errors import ConfigurationError, ToolError, ToolExecutionError, ToolRefusedError, ToolTimeoutError
from ..runtime import CLOCK
from .base_tool import BaseTool, error_of, tool_name
from .result import ToolResultEvent

Approve = Callable[[Any], bool | Awaitable[bool]]
"""Is given a tool that is about to run; tells whether it may. May be async."""


@dataclass(frozen=True, slots=True)
class ToolLoop:
    """Has the tools that a model calls run, gives it the results, and asks again, until it calls no more.

    What a model does wrong (a tool that there is not, arguments that do not fit) is always told to the model, and so
    is a refusal by `approve`. What a tool does wrong is told too, or raised.

    Raises `ConfigurationError` for less than two rounds, as the last one is asked without tools.
    """

    max_rounds: int = 5
    """How many times the model is asked at most. The last time it is offered no tools, so that it answers."""
    parallel: bool = True
    """Whether the tools of a round run at once: in threads, and async ones as tasks."""
    timeout: float | None = None
    """Seconds that each tool may take. A thread cannot be stopped: a sync tool that is late runs on, unheard."""
    on_error: Literal["report", "raise"] = "report"
    """Whether a tool that fails or is late is told to the model, or raised as `ToolExecutionError` or
    `ToolTimeoutError` once the other tools of the round have ended."""
    approve: Approve | None = None
    """Asked before each tool runs, one after another, in the order of the calls."""

    def __post_init__(self) -> None:
        if self.max_rounds < 2:
            raise ConfigurationError("max_rounds counts the last round, which is asked without tools: give at least 2")
        if self.on_error not in ("report", "raise"):
            raise ConfigurationError(f'on_error is "report" or "raise", not {self.on_error!r}')

    def run(self, tools: Sequence[BaseTool]) -> list[ToolResultEvent[Any]]:
        """Run the tools of a round; return a result for each, in their order.

        Raises `ToolExecutionError` or `ToolTimeoutError` where `on_error` is "raise".
        """
        errors = [error_of(tool) or (None if self._approved(tool) else refused(tool)) for tool in tools]
        allowed = [tool for tool, error in zip(tools, errors, strict=True) if error is None]
        if self.parallel and len(allowed) > 1:
            done = [started(tool.call) for tool in allowed]
            ran = [self._taken(tool, future) for tool, future in zip(allowed, done, strict=True)]
        else:
            ran = [self._ran(tool) for tool in allowed]
        return self.settled(tools, errors, ran)

    async def arun(self, tools: Sequence[BaseTool]) -> list[ToolResultEvent[Any]]:
        """`run`, where async tools are awaited and sync ones run in threads."""
        errors = [error_of(tool) or (None if await self._aapproved(tool) else refused(tool)) for tool in tools]
        allowed = [tool for tool, error in zip(tools, errors, strict=True) if error is None]
        if self.parallel and len(allowed) > 1:
            ran = await asyncio.gather(*(self._aran(tool) for tool in allowed))
        else:
            ran = [await self._aran(tool) for tool in allowed]
        return self.settled(tools, errors, ran)

    def settled(
        self, tools: Sequence[BaseTool], errors: Sequence[ToolError | None], ran: Sequence[ToolResultEvent[Any]]
    ) -> list[ToolResultEvent[Any]]:
        """Put the results of the tools that ran among those that could not; raise what is to be raised."""
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
        return self._taken(tool, started(tool.call))

    def _taken(self, tool: BaseTool, future: Started) -> ToolResultEvent[Any]:
        remaining = None if self.timeout is None else max(0.0, future.started_at + self.timeout - CLOCK.monotonic())
        try:
            return ToolResultEvent(tool, result=future.result(remaining))
        except (Exception, CancelledError) as error:
            return failed(tool, error if future.done() else self._timeout_error(tool))

    async def _aran(self, tool: BaseTool) -> ToolResultEvent[Any]:
        limit = asyncio.timeout(self.timeout)
        try:
            async with limit:
                done = await aran(tool)
        except TimeoutError as error:
            done = failed(tool, error)
        return failed(tool, self._timeout_error(tool)) if limit.expired() and done.error is not None else done

    def _timeout_error(self, tool: BaseTool) -> ToolTimeoutError:
        return ToolTimeoutError(f"{tool_name(type(tool))} did not finish within {self.timeout:g} seconds")


def refused(tool: BaseTool) -> ToolError:
    """Return the error of a tool that was not approved."""
    return ToolRefusedError(f"{tool_name(type(tool))} was not allowed to run: do not call it again like this")


class Started(Future[Any]):
    """What a thread is at work on."""

    def __init__(self) -> None:
        super().__init__()
        self.started_at: float = CLOCK.monotonic()
        """When it began, in seconds of the monotonic clock."""


def started(call: Callable[[], Any]) -> Started:
    """Call a function in a thread of its own, in a copy of this context; run what it gives if that is awaitable."""
    return _threaded(lambda: _settled(call()))


def _threaded(call: Callable[[], Any]) -> Started:
    future = Started()
    future.set_running_or_notify_cancel()  # nobody can cancel it from now on

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    # A daemon does not keep the interpreter from ending, however long the tool takes.
    Thread(target=copy_context().run, args=(work,), name="mirascope-like-tool", daemon=True).start()
    return future


def _settled(value: Any) -> Any:
    return asyncio.run(_awaited(value)) if isawaitable(value) else value


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


async def acalled(function: Callable[..., Any], *args: Any) -> tuple[Any, Exception | CancelledError | None]:
    """Call a function, a sync one in a thread, and await what it gives if that is awaitable.

    Returns what came of that, and what was raised. Raises `CancelledError` where it is this task that is cancelled.
    """
    try:
        if iscoroutinefunction(function):
            return await function(*args), None
        # Not asyncio's own threads: there are few of them, and `asyncio.run` waits for them in the end.
        result, error = await asyncio.wrap_future(_threaded(partial(_outcome, function, *args)))
        return await result if isawaitable(result) else result, error
    except Exception as error:
        return None, error
    except CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return None, error


def _outcome(function: Callable[..., Any], *args: Any) -> tuple[Any, Exception | CancelledError | None]:
    """Return what a function gave, or raised: asyncio's futures refuse `StopIteration`, and are cancelled by others."""
    try:
        return function(*args), None
    except (Exception, CancelledError) as error:
        return None, error


def ran(tool: BaseTool, call: Callable[[], Any]) -> ToolResultEvent[Any]:
    """Run a tool, an async one in a thread; what it raises becomes a `ToolExecutionError`, beside the result."""
    try:
        result = call()
        return ToolResultEvent(tool, result=started(lambda: result).result() if isawaitable(result) else result)
    except (Exception, CancelledError) as error:
        return failed(tool, error)


async def aran(tool: BaseTool) -> ToolResultEvent[Any]:
    """`ran`, with async tools awaited and sync ones run in threads."""
    result, error = await acalled(tool.call)
    return ToolResultEvent(tool, result=result) if error is None else failed(tool, error)


def failed(tool: BaseTool, error: Exception | CancelledError) -> ToolResultEvent[Any]:
    """Return the result of a tool that could not be run, or failed."""
    if not isinstance(error, ToolError):
        told = ToolExecutionError(f"{tool_name(type(tool))}: {type(error).__name__}: {error}")
        told.__cause__ = error
        error = told
    return ToolResultEvent(tool, error=error)
