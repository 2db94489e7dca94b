"""The function `model` of each provider, which creates model objects. Their classes are imported when the first is
created.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast, overload

from .. import tools as tools_room
from ..calls import Call, StreamConfig
from ..response import BaseCallResponse
from ..runtime import LazyModule
from ..streams import AsyncStream, Stream
from ..tools import Tools

if TYPE_CHECKING:
    from . import model
else:
    model = LazyModule(
        f"{__package__}.model"
    )  # the modules for sessions, tasks and so on are imported with the first model object

ParamsT = TypeVar("ParamsT")
ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
StreamT = TypeVar("StreamT", bound=Stream[Any, Any, Any])
AsyncStreamT = TypeVar("AsyncStreamT", bound=AsyncStream[Any, Any, Any])


class Models(Generic[ResponseT, StreamT, AsyncStreamT, ParamsT]):
    """The `model` of a provider: a function that creates model objects."""

    def __init__(self, call: Call[ResponseT, StreamT, AsyncStreamT, ParamsT]) -> None:
        self._call = call
        self.__name__ = self.__qualname__ = "model"
        self._name = call.provider.written("model")
        self.__doc__ = f"{self._name}(name, *, ...): {cast('Any', Models).__call__.__doc__}"

    def __repr__(self) -> str:
        return f"<{self._name}>"

    @overload
    def __call__(
        self,
        name: str,
        /,
        *,
        stream: Literal[False] = False,
        max_concurrent: int | None = None,
        tools: Tools | None = None,
        tool_loop: tools_room.ToolLoop | None = None,
        retry: int = 0,
        fallback: Sequence[str | Callable[..., Any]] = (),
        resume: bool | int = False,
        json_mode: bool = False,
        client: Any = None,
        call_params: ParamsT | None = None,
        **params: Any,
    ) -> model.Model[ResponseT, StreamT, AsyncStreamT, ParamsT]: ...
    @overload
    def __call__(
        self,
        name: str,
        /,
        *,
        stream: Literal[True] | StreamConfig,
        max_concurrent: int | None = None,
        tools: Tools | None = None,
        tool_loop: tools_room.ToolLoop | None = None,
        retry: int = 0,
        fallback: Sequence[str | Callable[..., Any]] = (),
        resume: bool | int = False,
        json_mode: bool = False,
        client: Any = None,
        call_params: ParamsT | None = None,
        **params: Any,
    ) -> model.StreamingModel[ResponseT, StreamT, AsyncStreamT, ParamsT]: ...
    def __call__(
        self,
        name: str,
        /,
        *,
        stream: bool | StreamConfig = False,
        max_concurrent: int | None = None,
        tools: Tools | None = None,
        tool_loop: tools_room.ToolLoop | None = None,
        retry: int = 0,
        fallback: Sequence[str | Callable[..., Any]] = (),
        resume: bool | int = False,
        json_mode: bool = False,
        client: Any = None,
        call_params: ParamsT | None = None,
        **params: Any,
    ) -> Any:
        """Return a model object. Its settings apply to every call that is made with it.

        `stream`, `tools`, `tool_loop`, `json_mode`, `client`, `call_params`, `retry`, `fallback` and `resume` are those
        of `call`. `retry`, `fallback` and `resume` apply to streams only. `params` are call parameters, in addition to
        `call_params`. `max_concurrent` is the maximum number of requests that are sent at the same time: further calls
        wait, and a stream counts until its connection is released.

        Raises `ConfigurationError` for an unknown parameter, and suggests a similar name.
        """
        given: Mapping[str, Any] = cast("Any", call_params) or {}
        settings = {
            "stream": stream,
            "tools": tools,
            "tool_loop": tool_loop,
            "retry": retry,
            "fallback": fallback,
            "resume": resume,
            "json_mode": json_mode,
            "client": client,
            "call_params": {**given, **params},
        }
        if stream:
            return model.StreamingModel(self._call, name, settings, max_concurrent)
        return model.Model(self._call, name, settings, max_concurrent)
