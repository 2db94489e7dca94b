"""`amap` and `map_calls`: one call for each of many inputs."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Coroutine, Iterable
from typing import Any, ParamSpec, TypeVar, overload

from typing_extensions import Unpack

from .binding import Bound
from .options import MapOptions, Settings
from .run import Run
from .sync_run import SyncRun

A = TypeVar("A")
P = ParamSpec("P")
R = TypeVar("R")


@overload
def amap(
    call: Callable[P, Coroutine[Any, Any, R]],
    inputs: Iterable[Bound[P]] | AsyncIterable[Bound[P]],
    **options: Unpack[MapOptions],
) -> Run[Bound[P], R]: ...
@overload
def amap(
    call: Callable[P, R], inputs: Iterable[Bound[P]] | AsyncIterable[Bound[P]], **options: Unpack[MapOptions]
) -> Run[Bound[P], R]: ...
@overload
def amap(
    call: Callable[[A], Coroutine[Any, Any, R]], inputs: Iterable[A] | AsyncIterable[A], **options: Unpack[MapOptions]
) -> Run[A, R]: ...
@overload
def amap(
    call: Callable[[A], R], inputs: Iterable[A] | AsyncIterable[A], **options: Unpack[MapOptions]
) -> Run[A, R]: ...
def amap(
    call: Callable[..., Any], inputs: Iterable[Any] | AsyncIterable[Any], **options: Unpack[MapOptions]
) -> Run[Any, Any]:
    """Return a `Run` that calls a function for each input: a decorated call that does not stream, or any function that
    makes such calls, sync or async.

    Nothing is sent before the run is read. The inputs are pulled as there is room, so they may be any iterable or async
    iterable of any length. An input of `bind(call, ...)` has several arguments. The items of the run are `Done` and
    `Failed`. See `MapOptions` for the options.

    Raises `ConfigurationError` for a call that streams, for an unknown or invalid option, and for `transport="direct"`
    without aiohttp.
    """
    return Run(call, inputs, Settings.of(options))


@overload
def map_calls(
    call: Callable[P, Coroutine[Any, Any, R]], inputs: Iterable[Bound[P]], **options: Unpack[MapOptions]
) -> SyncRun[Bound[P], R]: ...
@overload
def map_calls(
    call: Callable[P, R], inputs: Iterable[Bound[P]], **options: Unpack[MapOptions]
) -> SyncRun[Bound[P], R]: ...
@overload
def map_calls(
    call: Callable[[A], Coroutine[Any, Any, R]], inputs: Iterable[A], **options: Unpack[MapOptions]
) -> SyncRun[A, R]: ...
@overload
def map_calls(call: Callable[[A], R], inputs: Iterable[A], **options: Unpack[MapOptions]) -> SyncRun[A, R]: ...
def map_calls(call: Callable[..., Any], inputs: Iterable[Any], **options: Unpack[MapOptions]) -> SyncRun[Any, Any]:
    """`amap` for programs without an event loop: the result is read with `for`, or with `results()`."""
    return SyncRun(Run(call, inputs, Settings.of(options)))
