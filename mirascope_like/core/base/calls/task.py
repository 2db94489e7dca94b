"""Tasks: functions that a model executes. The docstring is the prompt, and the return annotation is the type of the
result.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Coroutine, Mapping
from contextvars import ContextVar
from functools import update_wrapper
from types import MethodType
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec, Protocol, Self, TypeVar, cast, overload
from weakref import ref

from ..errors import PromptError, StreamNotConsumedError
from ..messages import BaseMessageParam
from ..prompts import PromptFunction
from ..provider import Provider, ProviderWrapper
from ..request import ResponseModel
from ..response import BaseCallResponse
from ..runtime import is_async, named_values
from ..streams import AsyncStream, AsyncStructuredStream, Stream, StructuredStream, detached
from ..tools import read_docstring, tool_output_text
from .call import Call
from .request_builder import BoundPrompt, RequestBuilder

P = ParamSpec("P")
Q = ParamSpec("Q")
OutT = TypeVar("OutT")
ResponseT = TypeVar("ResponseT", bound=BaseCallResponse[Any, Any])
StreamT = TypeVar("StreamT")
PlainT = TypeVar("PlainT", bound=Stream[Any, Any, Any])
AsyncPlainT = TypeVar("AsyncPlainT", bound=AsyncStream[Any, Any, Any])
T = TypeVar("T")
# A task whose function has no return annotation returns text. Type variables: see `prompts/dynamic_config.py`.
NoneT = TypeVar("NoneT", bound=None)
AsyncNoneT = TypeVar("AsyncNoneT", bound=Coroutine[Any, Any, None])
TextT = TypeVar("TextT", bound=str | None)
AsyncTextT = TypeVar("AsyncTextT", bound=Coroutine[Any, Any, str | None])


class Last(NamedTuple):
    """The stream or response of a task's last run in one context. Has a stream if the task streams, otherwise a
    response.
    """

    stream: Callable[[], Any] | None = None
    """A function that returns the last stream; None if the task does not stream.

    Does not keep the stream alive. Once the caller has dropped the stream, the function returns a detached copy.
    """
    response: Any = None
    """The last response; None if the task streams."""


class Task(Generic[P, OutT, ResponseT, StreamT]):
    """A function that a model executes. The body of the function never runs.

    The prompt is the docstring, followed by the arguments (with their `:param` descriptions) and the description after
    `:return:`. The return annotation is the type of the result: `str` or no annotation means text; every other type is
    used as the `response_model`.

    Raises `PromptError` if the function has no docstring, or one without a description.
    """

    def __init__(
        self, fn: Callable[P, Any], call: Call[Any, Any, Any, Any], model: str, options: Mapping[str, Any]
    ) -> None:
        self._documented = read_docstring(inspect.getdoc(fn))
        if not self._documented.description:
            raise PromptError(
                f"the task {fn.__name__} has no prompt: write it as the description at the beginning of the docstring"
            )
        self._kind = answer_type(fn)
        self._model = model
        self._options = options
        self._last: ContextVar[Last] = ContextVar(f"last of {fn.__name__}")
        self._call = call.through(_recording(call.provider, self._record))
        self._stream = options.get("stream") or False
        self._carry_out(fn)

    def _carry_out(self, fn: Callable[..., Any]) -> None:
        self._signature = inspect.signature(fn)
        self._owner = _owner(fn, self._signature)
        update_wrapper(cast("Any", self), fn)

        def prompt(*args: Any, **kwargs: Any) -> Any:
            return self._messages(args, kwargs)

        async def aprompt(*args: Any, **kwargs: Any) -> Any:
            return self._messages(args, kwargs)

        self._prompt = update_wrapper(prompt, fn)
        output_options: dict[str, Any] = {"response_model": self._kind} if self._kind is not str else {}
        if not output_options and not self._stream:
            output_options = {"output_parser": _text}
        run = update_wrapper(aprompt, fn) if is_async(fn) else self._prompt
        self._run: Callable[..., Any] = cast("Any", self._call)(self._model, **self._options, **output_options)(run)
        returned = {"__signature__": inspect.signature(self._run), "__annotations__": self._run.__annotations__}
        vars(self).update(returned)

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> OutT:
        """Run the task: send the prompt with these arguments to the model; return the parsed result, or a stream if
        the task streams.
        """
        given: Any = self._run(*args, **kwargs)
        if self._stream:
            self._last.set(Last(stream=_kept(given)))
        return cast("OutT", given)

    @overload
    def __get__(self, instance: None, owner: type, /) -> Self: ...
    @overload
    def __get__(
        self: Task[Concatenate[Any, Q], OutT, ResponseT, StreamT], instance: object, owner: type | None = None, /
    ) -> Task[Q, OutT, ResponseT, StreamT]: ...
    def __get__(self, instance: object, owner: type | None = None, /) -> Any:
        """Return the task bound to an instance, like a method. The instance is passed as `self`, and `self` is not
        part of the prompt.
        """
        if instance is None:
            return self
        bound = object.__new__(type(self))
        vars(bound).update(vars(self))
        bound._carry_out(MethodType(cast("Any", self).__wrapped__, instance))
        return bound

    def __reduce__(self) -> str:
        name: str = cast("Any", self).__qualname__
        return name  # pickled by name, like a function

    def prepare(self, /, *args: P.args, **kwargs: P.kwargs) -> Prepared[OutT]:
        """Return the messages and the payload that the task would send for these arguments. Sends nothing."""
        bound_prompt = BoundPrompt(PromptFunction(self._prompt), args, kwargs)
        kind: ResponseModel[Any] | None = ResponseModel(self._kind) if self._kind is not str else None
        tools = self._options.get("tools")
        builder = RequestBuilder(
            self._call.provider, self._model, self._options, tools=tools, stream=self._stream, response_model=kind
        )
        target = builder.resolve(bound_prompt)
        request = builder.read(target, bound_prompt)
        return Prepared(list(request.messages), target.provider.payload(request), lambda: self(*args, **kwargs))

    @property
    def last_stream(self) -> StreamT | None:
        """The last stream that the task returned in this thread or asyncio task. None before the first run, and for
        a task that does not stream.
        """
        found = self._found().stream
        return found() if found is not None else None

    @property
    def last_response(self) -> ResponseT | None:
        """The last response of the task in this thread or asyncio task; if the task streams, what its last stream
        has received so far. None before the first response.
        """
        last = self._found()
        if last.stream is None:
            return cast("ResponseT | None", last.response)
        stream = last.stream()
        try:
            response: ResponseT = getattr(stream, "stream", stream).construct_call_response(partial=True)
        except StreamNotConsumedError:
            return None
        return response

    def _found(self) -> Last:
        return self._last.get(Last())

    def _record(self, response: Any) -> None:
        if not self._stream:
            self._last.set(Last(response=response))

    def _messages(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[BaseMessageParam]:
        values = named_values(self._signature, args, kwargs)
        if self._owner is not None:
            values.pop(self._owner, None)
        text = self._documented.description
        if values:
            lines = [f"{self._named(name)}: {tool_output_text(value)}" for name, value in values.items()]
            text = "\n".join([text, "", "Inputs:", *lines])
        if self._documented.returns:
            text = f"{text}\n\nAnswer with: {self._documented.returns}"
        return [BaseMessageParam(role="user", content=text)]

    def _named(self, name: str) -> str:
        described = self._documented.parameters.get(name)
        return f"{name} ({described})" if described else name


class AsyncTask(Task[P, Coroutine[Any, Any, T], ResponseT, None]):
    """A task made from an async function. Calling it returns a coroutine."""

    async def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the task: send the prompt with these arguments to the model; return the parsed result."""
        return await super().__call__(*args, **kwargs)


class TaskDecorator(Protocol[ResponseT]):
    """Turns a function into a task."""

    @overload
    def __call__(self, fn: Callable[P, NoneT], /) -> Task[P, str, ResponseT, None]: ...
    @overload
    def __call__(self, fn: Callable[P, AsyncNoneT], /) -> Task[P, Coroutine[Any, Any, str], ResponseT, None]: ...
    @overload
    def __call__(self, fn: Callable[P, T], /) -> Task[P, T, ResponseT, None]: ...


class StreamTaskDecorator(Protocol[ResponseT, PlainT, AsyncPlainT]):
    """Turns a function into a task that streams."""

    @overload
    def __call__(  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]  # the first that fits counts
        self, fn: Callable[P, TextT], /
    ) -> Task[P, PlainT, ResponseT, PlainT]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]  # the first that fits counts
        self, fn: Callable[P, AsyncTextT], /
    ) -> Task[P, AsyncPlainT, ResponseT, AsyncPlainT]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]  # the first that fits counts
        self, fn: Callable[P, Coroutine[Any, Any, T]], /
    ) -> Task[P, AsyncStructuredStream[T, AsyncPlainT], ResponseT, AsyncStructuredStream[T, AsyncPlainT]]: ...
    @overload
    def __call__(
        self, fn: Callable[P, T], /
    ) -> Task[P, StructuredStream[T, PlainT], ResponseT, StructuredStream[T, PlainT]]: ...


class Prepared(Generic[OutT]):
    """The messages and the payload of a task that is not sent yet. Made by `Task.prepare`."""

    def __init__(self, messages: list[Any], payload: dict[str, Any], send: Callable[[], OutT]) -> None:
        self.messages = messages
        """The messages, in the form that is common to all providers."""
        self.payload = payload
        """The request as the keyword arguments of the SDK's method."""
        self._send = send

    def send(self) -> OutT:
        """Run the task with the same arguments; return its result."""
        return self._send()


def answer_type(fn: Callable[..., Any]) -> Any:
    """Return the return annotation of a task's function, resolved if it is a string; `str` if there is none.

    Raises `PromptError` if the annotation contains a name that is not defined where the function is defined.
    """
    kind: Any = getattr(fn, "__annotations__", {}).get("return", str)
    if not isinstance(kind, str):
        return str if kind is None else kind
    frame = sys._getframe()  # pyright: ignore[reportPrivateUsage]  # the only place to find a local class
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith(_HERE):
        frame = frame.f_back
    try:
        found = eval(kind, {**frame.f_globals, **getattr(fn, "__globals__", {})}, dict(frame.f_locals))
    except Exception as error:  # text that is not an expression, or an expression that fails
        raise PromptError(
            f"cannot evaluate the return annotation {kind!r} of the task {fn.__name__}: annotate a type that is known "
            "where the task is defined. A description of the answer belongs after `:return:` in the docstring"
        ) from error
    return str if found is None else found


def _owner(fn: Callable[..., Any], signature: inspect.Signature) -> str | None:
    """Return the name of a method's first parameter, "self" or "cls", which is not part of the prompt; None for a
    plain function.
    """
    scope = fn.__qualname__.rpartition(".")[0] if hasattr(fn, "__qualname__") else ""
    first = next(iter(signature.parameters), None)
    return first if scope and not scope.endswith("<locals>") and first in ("self", "cls") else None


_HERE = __name__.rsplit(".", 2)[0] + "."


def _kept(stream: Any) -> Callable[[], Any]:
    """Return a function that returns `stream`. Once the caller has dropped the stream, the function returns a
    detached copy of it.
    """
    alive, copy = ref(stream), detached(stream)

    def found() -> Any:
        kept = alive()
        return kept if kept is not None else copy

    return found


def _text(response: BaseCallResponse[Any, Any]) -> str:
    return response.content


def _recording(provider: Provider[Any, Any, Any], record: Callable[[Any], None]) -> Any:
    return cast("Any", _Recording(provider, record))


class _Recording(ProviderWrapper):
    """Wraps a provider and calls `record` with each of its responses."""

    def __init__(self, provider: Provider[Any, Any, Any], record: Callable[[Any], None]) -> None:
        super().__init__(provider)
        self._record = record

    def around(self, provider: Provider[Any, Any, Any]) -> Any:
        return _Recording(provider, self._record)

    def respond(self, *answer: Any) -> Any:
        response = self._provider.respond(*answer)
        self._record(response)
        return response
