"""`llm.override`: a copy of a function made with `llm.call` that uses other settings, or returns something else."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import Field
from datetime import date, time
from decimal import Decimal
from enum import Enum
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, ClassVar, Literal, ParamSpec, Protocol, TypeVar, cast, overload

from pydantic import BaseModel
from typing_extensions import Unpack

from ..core.base.calls import StreamConfig
from ..core.base.runtime import TypeForm
from ..core.base.streams import AsyncStructuredStream, StructuredStream
from .answers import AsyncStream, CallResponse, Stream
from .other_forms import Made, layers, made_by_llm, reformed
from .settings import Settings, checked, context, merged

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
U = TypeVar("U")


class Dataclass(Protocol):
    """An object of a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


AnyStream = Stream | StructuredStream[Any, Any]
AnyAsyncStream = AsyncStream | AsyncStructuredStream[Any, Any]
Async = Coroutine[Any, Any, object] | AnyAsyncStream
Scalar = str | bytes | float | bool | Enum | Decimal | date | time | None
Container = list[Any] | tuple[Any, ...] | set[Any] | frozenset[Any] | Mapping[Any, Any]
Value = BaseModel | Dataclass | Scalar | Container
"""What a sync call returns that does not stream. Checkers would take `object` for the result of an async call too."""
Streaming = Literal[True] | StreamConfig


@overload
def override(
    function: Callable[P, R],
    *,
    stream: None = None,
    response_model: None = None,
    output_parser: None = None,
    **settings: Unpack[Settings],
) -> Callable[P, R]: ...
@overload
def override(
    function: Callable[P, Async],
    *,
    stream: Streaming,
    response_model: TypeForm[T],
    output_parser: None = None,
    **settings: Unpack[Settings],
) -> Callable[P, AsyncStructuredStream[T, AsyncStream]]: ...
@overload
def override(
    function: Callable[P, Value | AnyStream],
    *,
    stream: Streaming,
    response_model: TypeForm[T],
    output_parser: None = None,
    **settings: Unpack[Settings],
) -> Callable[P, StructuredStream[T, Stream]]: ...
@overload
def override(
    function: Callable[P, AnyAsyncStream],
    *,
    stream: None = None,
    response_model: TypeForm[T],
    output_parser: None = None,
    **settings: Unpack[Settings],
) -> Callable[P, AsyncStructuredStream[T, AsyncStream]]: ...
@overload
def override(
    function: Callable[P, AnyStream],
    *,
    stream: None = None,
    response_model: TypeForm[T],
    output_parser: None = None,
    **settings: Unpack[Settings],
) -> Callable[P, StructuredStream[T, Stream]]: ...
@overload
def override(
    function: Callable[P, Async],
    *,
    stream: Literal[False] | None = None,
    response_model: TypeForm[T],
    output_parser: Callable[[T], U],
    **settings: Unpack[Settings],
) -> Callable[P, Coroutine[Any, Any, U]]: ...
@overload
def override(
    function: Callable[P, Value | AnyStream],
    *,
    stream: Literal[False] | None = None,
    response_model: TypeForm[T],
    output_parser: Callable[[T], U],
    **settings: Unpack[Settings],
) -> Callable[P, U]: ...
@overload
def override(
    function: Callable[P, Coroutine[Any, Any, object]],
    *,
    stream: Literal[False] | None = None,
    response_model: TypeForm[T],
    output_parser: None = None,
    **settings: Unpack[Settings],
) -> Callable[P, Coroutine[Any, Any, T]]: ...
@overload
def override(
    function: Callable[P, AnyAsyncStream],
    *,
    stream: Literal[False],
    response_model: TypeForm[T],
    output_parser: None = None,
    **settings: Unpack[Settings],
) -> Callable[P, Coroutine[Any, Any, T]]: ...
@overload
def override(
    function: Callable[P, Value | AnyStream],
    *,
    stream: Literal[False] | None = None,
    response_model: TypeForm[T],
    output_parser: None = None,
    **settings: Unpack[Settings],
) -> Callable[P, T]: ...
@overload
def override(
    function: Callable[P, Async],
    *,
    stream: Literal[False] | None = None,
    response_model: None = None,
    output_parser: Callable[[Any], U],
    **settings: Unpack[Settings],
) -> Callable[P, Coroutine[Any, Any, U]]: ...
@overload
def override(
    function: Callable[P, Value | AnyStream],
    *,
    stream: Literal[False] | None = None,
    response_model: None = None,
    output_parser: Callable[[Any], U],
    **settings: Unpack[Settings],
) -> Callable[P, U]: ...
@overload
def override(
    function: Callable[P, Coroutine[Any, Any, CallResponse] | AsyncStream],
    *,
    stream: Streaming,
    response_model: None = None,
    output_parser: None = None,
    **settings: Unpack[Settings],
) -> Callable[P, AsyncStream]: ...
@overload
def override(
    function: Callable[P, CallResponse | Stream],
    *,
    stream: Streaming,
    response_model: None = None,
    output_parser: None = None,
    **settings: Unpack[Settings],
) -> Callable[P, Stream]: ...
@overload
def override(
    function: Callable[P, AsyncStream],
    *,
    stream: Literal[False],
    response_model: None = None,
    output_parser: None = None,
    **settings: Unpack[Settings],
) -> Callable[P, Coroutine[Any, Any, CallResponse]]: ...
@overload
def override(
    function: Callable[P, Stream],
    *,
    stream: Literal[False],
    response_model: None = None,
    output_parser: None = None,
    **settings: Unpack[Settings],
) -> Callable[P, CallResponse]: ...
@overload
def override(
    function: Callable[P, AsyncStructuredStream[T, Any]],
    *,
    stream: Literal[False],
    response_model: None = None,
    output_parser: None = None,
    **settings: Unpack[Settings],
) -> Callable[P, Coroutine[Any, Any, T]]: ...
@overload
def override(
    function: Callable[P, StructuredStream[T, Any]],
    *,
    stream: Literal[False],
    response_model: None = None,
    output_parser: None = None,
    **settings: Unpack[Settings],
) -> Callable[P, T]: ...
def override(
    function: Callable[..., Any],
    *,
    stream: bool | StreamConfig | None = None,
    response_model: Any = None,
    output_parser: Callable[[Any], Any] | None = None,
    **settings: Any,
) -> Callable[..., Any]:
    """Return a copy of a function made with `llm.call` that uses other settings. The function itself does not change.

    `stream`, `response_model` and `output_parser` change what it returns, as the options of `llm.call` with these names
    do. A new `response_model` also removes the function's `output_parser`. None keeps what the function has. Where
    other decorators are around the call, an async function stays a coroutine function: await it to get the stream.

    If the function is already the result of `override`, the new settings take precedence. Raises `ConfigurationError`
    for an unknown setting, for a parser of a stream, and to change what a function returns that is not made with
    `llm.call`.
    """
    given = {"stream": stream, "response_model": response_model, "output_parser": output_parser}
    form = {name: one for name, one in given.items() if one is not None}
    known = checked(cast("Settings", settings))
    if form:
        function = reformed(function, form)
    return _overridden(function, known) if known or not form else function


def _overridden(function: Callable[..., Any], settings: Settings) -> Callable[..., Any]:
    marks = (made_by_llm(one) for one in layers(function))
    within = next((mark.function for mark in marks if mark is not None and mark.overrides), None)

    def overridden(*args: Any, **kwargs: Any) -> Any:
        with _decided(made, within, settings):
            return function(*args, **kwargs)

    async def aoverridden(*args: Any, **kwargs: Any) -> Any:
        with _decided(made, within, settings):
            return await function(*args, **kwargs)

    made = wraps(function)(aoverridden if iscoroutinefunction(function) else overridden)
    Made(made, lambda form: _overridden(reformed(function, form), settings), overrides=True).put()
    return made


@contextmanager
def _decided(
    made: Callable[..., Any], within: Callable[..., Any] | None, settings: Settings
) -> Generator[None]:  # at module level: cloudpickle cannot pickle the context variable with the functions above
    around, outer = _AROUND.get()
    given = merged(settings, outer) if around is made else settings
    token = _AROUND.set((within, given))
    try:
        with context(**given):
            yield
    finally:
        _AROUND.reset(token)


_AROUND: ContextVar[tuple[Callable[..., Any] | None, Settings]] = ContextVar("around", default=(None, Settings()))
"""The overridden function that is being called, and the settings that it applies."""
