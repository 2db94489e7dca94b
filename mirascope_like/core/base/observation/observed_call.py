"""What observers receive: a call, its requests, and the tools that its tool loop ran."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from functools import cached_property
from inspect import iscoroutinefunction
from operator import attrgetter
from typing import Any, NamedTuple, Self, TypeVar

from .. import tools as tools_room
from ..request import Request
from ..response import Accumulator
from ..runtime import CLOCK, NO_EFFECT
from ..tools import BaseTool
from .active_context import Active, Inside
from .hooks import BaseObserver, Hooks, hooks_of, notify
from .observed import CallState, Observed

T = TypeVar("T")


class Group(NamedTuple):
    """What a call belongs to besides its parent call: a session, or a map over several inputs."""

    kind: str
    """The kind of the group, such as "session"."""
    name: str
    """The name of the group, such as the name of the session."""


class Scope(NamedTuple):
    """What a new call finds in its context."""

    shared: tuple[BaseObserver, ...] = ()
    """The observers of all calls in the context."""
    own: tuple[BaseObserver, ...] = ()
    """The observers of the call that is being made; not of calls that its prompt function or its tools make."""
    parent: ObservedCall | None = None
    joins: tuple[ObservedCall, ...] = ()
    """The calls of which a new call is a part, because it is made as a fallback of their stream."""
    group: Group | None = None


EMPTY = Scope()
SCOPE: ContextVar[Scope] = ContextVar("mirascope_like_observers", default=EMPTY)


def new_id(start_time: float) -> str:
    """Return a new id of 32 hexadecimal digits. Ids of later `start_time`s, in milliseconds, are greater."""
    return f"{int(start_time):012x}{os.urandom(10).hex()}"


class ObservedCall(Observed):
    """One call of a decorated function, a model, a session or a task. Exists until the call has ended."""

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: Mapping[str, Any],
        observers: tuple[BaseObserver, ...],
        parent: ObservedCall | None,
    ) -> None:
        super().__init__()
        scope = SCOPE.get()
        self.id: str = new_id(self.start_time)
        self.function: Callable[..., Any] = function
        """The prompt function."""
        self.arguments: Mapping[str, Any] = arguments
        """The arguments by name, with defaults."""
        self.observers: tuple[BaseObserver, ...] = observers
        self.parent: ObservedCall | None = parent
        """The call whose prompt function or tool has made this call; None if there is none."""
        self.group: Group | None = scope.group
        """The session or the map that this call belongs to; None if there is none."""
        self.provider: str | None = None
        """The name of the provider that received the last request, or would have received the first; None while it is
        not determined.
        """
        self.model: str | None = None
        """The name of the model that was requested last; None while it is not determined."""
        self.requests: list[ObservedRequest] = []
        self.tools: list[ObservedTool] = []
        """The tools that a tool loop ran, in the order in which they were started."""
        self.result: Any = None
        """What the call returned: a response, a parsed value, or a detached copy of its stream. None before the end."""
        self._of_stream: Callable[[], Any] | None = None
        self.hooks: Hooks = hooks_of(observers)
        self._inner: Scope | None = Scope(scope.shared, (), self)
        self._shared = scope.shared

    @property
    def name(self) -> str:
        """The qualified name of the function with its module, such as "app.summarize"."""
        function = self.function
        return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', type(function).__qualname__)}"

    @property
    def response(self) -> Any:
        """The last response, in the provider's type (of `llm.call`: the common type), as far as it was received; None
        if nothing was received.
        """
        if self._of_stream is not None:
            return self._of_stream()
        return next((one for request in reversed(self.requests) if (one := request.response) is not None), None)

    @property
    def first_chunk(self) -> float | None:
        """The seconds from the begin of the call to the first events of its stream; None if there are none."""
        times = (one.first_chunk for one in self.requests)
        first = next((one for one in times if one is not None), None)
        return first - self.started if first is not None else None

    def start(self) -> Self:
        """Notify the observers that the call begins."""
        if hooks := self.hooks.call_started:
            notify(hooks, self)
        return self

    def end(
        self,
        state: CallState,
        error: BaseException | None = None,
        result: Any = None,
        of_stream: Callable[[], Any] | None = None,
    ) -> None:
        """Set how the call ended, end its open requests, and notify the observers. Later calls do nothing.

        For a stream, `of_stream` returns its response, as far as it was received.
        """
        if self._end(state, error):
            self.result, self._of_stream = result, of_stream
            for request in self.requests:
                request.end(error)
            notify(self.hooks.call_ended, self)
            self._inner = None
            if not (self.hooks.keep_calls or self.tools):  # a tool may run longer than its call, in a thread
                for request in self.requests:
                    del request.call

    def inside(self, node: Observed | None = None) -> AbstractContextManager[None]:
        """Return a context manager to enter while code runs for this call, or for a request or tool of it: calls that
        are made inside have this call as their parent.
        """
        if (node is None or not self.hooks.active) and SCOPE.get() is self._inner:
            return NO_EFFECT  # the caller has entered one
        return Inside(self.hooks, node or self, SCOPE, self._scope())

    def _scope(self) -> Scope:
        return self._inner or Scope(self._shared, (), self)

    def joining(self, others: tuple[ObservedCall, ...]) -> AbstractContextManager[None]:
        """Return a context manager to enter while a fallback of this call makes its stream. `others` are all calls
        that the fallback is a part of.
        """
        return Inside(self.hooks, self, SCOPE, Scope(self._shared, (), self.parent, others))

    def watched(self, tool: BaseTool, function: Callable[[], Any]) -> Callable[[], Any]:
        """Return a function that runs a tool by calling `function`, with observers."""

        def call() -> Any:
            with ObservedTool(self, tool) as observed:
                observed.result = function()
                return observed.result

        async def acall() -> Any:
            with ObservedTool(self, tool) as observed:
                awaitable: Awaitable[Any] = function()
                observed.result = await awaitable
                return observed.result

        return acall if iscoroutinefunction(function) else call


class ObservedRequest(Observed):
    """One request of a call, and its response."""

    def __init__(
        self, call: ObservedCall, provider: Any, request: Request, payload: dict[str, Any], client: Any = None
    ) -> None:
        super().__init__()
        self.call: ObservedCall = call
        self._hooks = call.hooks
        self.client: Any = client
        """The SDK's client that sends the request; None if it is not known."""
        self.traced: bool = False
        """Set to True by an observer that records the request as a span: an SDK that traces its own calls by default
        then does not.
        """
        self.provider: Any = provider
        """The `Provider` that sends the request."""
        self.request: Request = request
        """The request before it was encoded: messages, tools, parameters, arguments, options."""
        self.payload: dict[str, Any] = payload
        """The request as the keyword arguments of the SDK's method."""
        self.number: int = len(call.requests)
        """The number of earlier requests of the call."""
        self.first_chunk: float | None = None
        """When the first events of a stream arrived, in seconds of the monotonic clock; None before."""
        self.reads: list[tuple[float, int]] = []
        """For streams, each network read that had events: the time in seconds of the monotonic clock, and the number
        of events.
        """
        self.accumulator: Accumulator[Any, Any] | None = None
        """For streams: what has arrived; None for a whole response."""
        self.open_source: bool = False
        """True once the response of a stream has begun; its request then ends when the connection is released."""
        self.last_error: BaseException | None = None
        """The last error of an open stream. It may not end the request: the response may already be complete."""
        self._response: Any = None

    @property
    def streamed(self) -> bool:
        """True if the response is read while it arrives."""
        return self.request.stream

    @cached_property
    def messages(self) -> list[Any]:
        """The messages of the request, in the provider's own format."""
        messages: list[Any] = self.provider.messages_in(self.payload)
        return messages

    @property
    def response(self) -> Any:
        """The response, as far as it was received; None if nothing was received."""
        accumulator = self.accumulator
        if self._response is not None or accumulator is None or accumulator.empty:
            return self._response
        end = self.start_time + (self.duration or CLOCK.monotonic() - self.started) * 1000
        raw = self.provider.rebuilt(self.request, accumulator)
        response = self.provider.respond(self.request, self.payload, raw, self.start_time, end)
        if self.ended is not None:
            self._response = response
        return response

    def start(self) -> Self:
        """Notify the observers that the request is being sent. Raises the error of an observer's `check_request`."""
        call = self.call
        for _, check in call.hooks.check_request:
            check(self)
        call.requests.append(self)
        call.provider, call.model = self.request.provider, self.request.model
        if hooks := call.hooks.request_started:
            notify(hooks, self)
        return self

    def reading(self, read: Callable[[], T]) -> Callable[[], T]:
        """Return a function that reads from the connection by calling `read`, inside what the observers' `active`
        returns.
        """
        hooks = self._hooks

        def inside() -> T:
            with Active(hooks, self):  # and not in the scope of the call: a read makes no calls
                return read()

        return inside if hooks.active else read

    def areading(self, read: Callable[[], Awaitable[T]]) -> Callable[[], Awaitable[T]]:
        """Async version of `reading`."""
        hooks = self._hooks

        async def inside() -> T:
            with Active(hooks, self):
                return await read()

        return inside if hooks.active else read

    def read(self, events: Sequence[Any]) -> bool:
        """Record a network read of a stream that has events. Returns True if it is enough to append the next reads to
        `reads`.
        """
        now = CLOCK.monotonic()
        self.reads.append((now, len(events)))
        if self.first_chunk is None:
            self.first_chunk = now
            notify(self._hooks.first_chunk, self)
        if hooks := self._hooks.request_read:
            notify(hooks, self, events)
        return not hooks

    def respond(self, response: Any) -> None:
        """Record the response. Of a stream, only the one that is built after its end is kept."""
        if self.accumulator is None:
            self._response = response
            self.end()
        elif self.ended is not None:
            self._response = response

    def end(self, error: BaseException | None = None) -> None:
        """Set how the request ended, and notify the observers. Later calls do nothing."""
        if self.ended is not None:
            return
        complete = self.accumulator.complete if self.accumulator is not None else self._response is not None
        failed = error is not None and not complete
        state: CallState = "failed" if failed and isinstance(error, Exception) else "done" if complete else "closed"
        if self._end(state, error if failed else None) and (hooks := self._hooks.request_ended):
            notify(hooks, self)


class ObservedTool(Observed):
    """One tool that a tool loop runs. A context manager around its function."""

    def __init__(self, call: ObservedCall, tool: BaseTool) -> None:
        super().__init__()
        self.call: ObservedCall = call
        self.tool: BaseTool = tool
        self.result: Any = None
        """What the tool's function returned; None before that."""
        self._inside = call.inside(self)

    def __enter__(self) -> Self:
        self.call.tools.append(self)
        notify(self.call.hooks.tool_started, self)
        self._token = tools_room.CALL_OF.set(attrgetter("call"))  # for tools of other loops that the tool runs
        self._inside.__enter__()
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._inside.__exit__(kind, error, trace)
        tools_room.CALL_OF.reset(self._token)
        state: CallState = "done" if error is None else "failed" if isinstance(error, Exception) else "closed"
        if self._end(state, error):
            notify(self.call.hooks.tool_ended, self)
