"""Model objects: a provider, a model name, a client, and the settings of every call that is made with the object."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Generic, Literal, ParamSpec, Self, TypeVar, cast, overload

from typing_extensions import Unpack

from ..calls import (
    AskOptions,
    AsyncNoneT,
    AsyncTask,
    AsyncTextT,
    Call,
    CallDecorator,
    NoneT,
    StreamConfig,
    StreamTaskDecorator,
    Task,
    TaskDecorator,
    TextT,
)
from ..conversations import Conversation, Session, Store
from ..prompts import AsyncPromptT, Prompt, PromptT, Sent
from ..provider import Provider, is_factory, limited
from ..response import BaseCallResponse
from ..runtime import TypeForm, is_async, within_descriptor
from ..streams import AsyncStream, AsyncStructuredStream, Stream, StructuredStream
from ..tools import ToolLoop, Tools

P = ParamSpec("P")
T = TypeVar("T")
U = TypeVar("U")
ParamsT = TypeVar("ParamsT")
ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
StreamT = TypeVar("StreamT", bound=Stream[Any, Any, Any])
AsyncStreamT = TypeVar("AsyncStreamT", bound=AsyncStream[Any, Any, Any])

_OF_STREAMS = ("retry", "fallback", "resume")


class BaseModelObject(Generic[ResponseT, StreamT, AsyncStreamT, ParamsT]):
    """Base class of `Model` and `StreamingModel`. They differ only in the default of `stream` in `call` and `task`."""

    def __init__(
        self,
        call: Call[ResponseT, StreamT, AsyncStreamT, ParamsT],
        name: str,
        settings: Mapping[str, Any],
        max_concurrent: int | None = None,
    ) -> None:
        self.name = name
        """The name of the model that was passed."""
        self._call = call if max_concurrent is None else call.through(limited(call.provider, max_concurrent))
        self._settings = settings
        self._decorator({})  # raises errors of wrong settings now

    @property
    def provider(self) -> Provider[ResponseT, Any, Any]:
        """The provider that receives the requests."""
        return self._call.provider

    @property
    def origin(self) -> str:
        """The name of the format of the model's messages, such as "openai"."""
        return self.provider.origin(self.name)

    def ask(self, prompt: Prompt, **options: Unpack[AskOptions[ParamsT]]) -> ResponseT:
        """Send text or messages; return the response. Needs no prompt function."""
        response: ResponseT = self._decorator({**options, "stream": False})(self._asking(prompt, "ask"))()
        return response

    async def ask_async(self, prompt: Prompt, **options: Unpack[AskOptions[ParamsT]]) -> ResponseT:
        """Async version of `ask`."""
        response: ResponseT = await self._decorator({**options, "stream": False})(self._asking(prompt, "ask_async"))()
        return response

    def stream(self, prompt: Prompt, **options: Unpack[AskOptions[ParamsT]]) -> StreamT:
        """Send text or messages; return a stream of the response."""
        stream: StreamT = self._decorator({"stream": self._streaming or True, **options})(
            self._asking(prompt, "stream")
        )()
        return stream

    def stream_async(self, prompt: Prompt, **options: Unpack[AskOptions[ParamsT]]) -> AsyncStreamT:
        """Send text or messages; return an async stream of the response."""
        stream: AsyncStreamT = self._decorator({"stream": self._streaming or True, **options})(
            self._asking(prompt, "stream_async")
        )()
        return stream

    def session(
        self,
        conversation: Conversation | None = None,
        *,
        system: str | None = None,
        tools: Tools | None = None,
        tool_loop: ToolLoop | None = None,
        store: Store | None = None,
        name: str | None = None,
    ) -> Session[ResponseT, StreamT, AsyncStreamT]:
        """Return a session with this model, which keeps the conversation."""
        return Session(self, conversation, system=system, tools=tools, tool_loop=tool_loop, store=store, name=name)

    def _asking(self, prompt: Prompt, method: str) -> Any:
        """Return a prompt function with the name of the method that the program called: this model's, or a session's.
        Logs and traces show it.
        """
        made = _async_prompt_function(prompt) if method.endswith("_async") else _prompt_function(prompt)
        owner: type[Any] = type(self)
        if isinstance(prompt, Sent):
            owner, method = Session, method.replace("ask", "send")
        made.__module__, made.__name__, made.__qualname__ = owner.__module__, method, f"{owner.__name__}.{method}"
        return made

    @property
    def _streaming(self) -> bool | StreamConfig:
        streaming: bool | StreamConfig = self._settings.get("stream", False)
        return streaming

    def _decorator(self, given: Mapping[str, Any]) -> CallDecorator[Any, Any]:
        made: CallDecorator[Any, Any] = cast("Any", self._call)(self.name, **self._merged(given))
        return made

    def _merged(self, given: Mapping[str, Any]) -> dict[str, Any]:
        params: list[Mapping[str, Any]] = [one.get("call_params") or {} for one in (self._settings, given)]
        merged = {**self._settings, **given, "call_params": {**params[0], **params[1]}}
        if not merged.get("stream"):  # retry, fallback and resume of the model apply to streams only
            merged = {name: one for name, one in merged.items() if name in given or name not in _OF_STREAMS}
        return merged

    def _called(self, fn: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        decorator = self._decorator(options)
        return decorator if fn is None else decorator(fn)

    def _tasked(self, fn: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        def decorate(fn: Callable[..., Any]) -> Any:
            if (made := within_descriptor(fn, decorate)) is not None:
                return made
            settings = self._merged(options)
            awaited = is_async(fn) and not settings.get("stream")
            return cast("type[Task[..., Any, Any, Any]]", AsyncTask if awaited else Task)(
                fn, self._call, self.name, settings
            )

        return decorate if fn is None else decorate(fn)

    def __getstate__(self) -> dict[str, Any]:
        # A client holds locks and connections, and cannot be pickled; a factory makes it again.
        client = self._settings.get("client")
        return {**vars(self), "_settings": {**self._settings, "client": client if is_factory(client) else None}}

    def __copy__(self) -> Self:
        return self  # it does not change, and a copy made as by pickle would have no client

    def __deepcopy__(self, _: Any) -> Self:
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.origin} {self.name}>"


class Model(BaseModelObject[ResponseT, StreamT, AsyncStreamT, ParamsT]):
    """A model object whose calls return complete responses by default."""

    @overload
    def call(self, fn: Callable[P, PromptT], /) -> Callable[P, ResponseT]: ...
    @overload
    def call(self, fn: Callable[P, AsyncPromptT], /) -> Callable[P, Coroutine[Any, Any, ResponseT]]: ...
    @overload
    def call(
        self,
        *,
        response_model: TypeForm[T],
        stream: Literal[True] | StreamConfig,
        fail_fast: bool = False,
        **options: Unpack[AskOptions[ParamsT]],
    ) -> CallDecorator[StructuredStream[T, StreamT], AsyncStructuredStream[T, AsyncStreamT]]: ...
    @overload
    def call(
        self,
        *,
        response_model: TypeForm[T],
        tools: Tools,
        max_retries: int = 0,
        stream: Literal[False] = False,
    ) -> CallDecorator[T | ResponseT, Coroutine[Any, Any, T | ResponseT]]: ...
    @overload
    def call(
        self,
        *,
        response_model: TypeForm[T],
        max_retries: int = 0,
        stream: Literal[False] = False,
        **options: Unpack[AskOptions[ParamsT]],
    ) -> CallDecorator[T, Coroutine[Any, Any, T]]: ...
    @overload
    def call(
        self,
        *,
        output_parser: Callable[[ResponseT], U],
        stream: Literal[False] = False,
        **options: Unpack[AskOptions[ParamsT]],
    ) -> CallDecorator[U, Coroutine[Any, Any, U]]: ...
    @overload
    def call(
        self,
        *,
        response_model: None = None,
        stream: Literal[True] | StreamConfig,
        **options: Unpack[AskOptions[ParamsT]],
    ) -> CallDecorator[StreamT, AsyncStreamT]: ...
    @overload
    def call(
        self,
        *,
        response_model: None = None,
        stream: Literal[False] = False,
        **options: Unpack[AskOptions[ParamsT]],
    ) -> CallDecorator[ResponseT, Coroutine[Any, Any, ResponseT]]: ...
    def call(self, *fn: Any, **options: Any) -> Any:
        """Turn a prompt function into a call of this model; the decorator of `call` without its model name.

        Options of this decorator take precedence over the settings of the model. Options that the function returns take
        precedence over both. Call parameters are merged key by key.
        """
        return self._called(*fn, **options)

    @overload
    def task(self, fn: Callable[P, NoneT], /) -> Task[P, str, ResponseT, None]: ...
    @overload
    def task(self, fn: Callable[P, AsyncNoneT], /) -> Task[P, Coroutine[Any, Any, str], ResponseT, None]: ...
    @overload
    def task(self, fn: Callable[P, T], /) -> Task[P, T, ResponseT, None]: ...
    @overload
    def task(
        self, *, stream: Literal[True] | StreamConfig, **options: Unpack[AskOptions[ParamsT]]
    ) -> StreamTaskDecorator[ResponseT, StreamT, AsyncStreamT]: ...
    @overload
    def task(
        self, *, stream: Literal[False] = False, **options: Unpack[AskOptions[ParamsT]]
    ) -> TaskDecorator[ResponseT]: ...
    def task(self, *fn: Any, **options: Any) -> Any:
        """Turn a function into a task that this model executes. The docstring of the function is the prompt."""
        return self._tasked(*fn, **options)


class StreamingModel(BaseModelObject[ResponseT, StreamT, AsyncStreamT, ParamsT]):
    """A model object whose calls return streams by default."""

    @overload
    def call(self, fn: Callable[P, PromptT], /) -> Callable[P, StreamT]: ...
    @overload
    def call(self, fn: Callable[P, AsyncPromptT], /) -> Callable[P, AsyncStreamT]: ...
    @overload
    def call(
        self,
        *,
        response_model: TypeForm[T],
        stream: Literal[True] | StreamConfig = True,
        fail_fast: bool = False,
        **options: Unpack[AskOptions[ParamsT]],
    ) -> CallDecorator[StructuredStream[T, StreamT], AsyncStructuredStream[T, AsyncStreamT]]: ...
    @overload
    def call(
        self,
        *,
        response_model: TypeForm[T],
        stream: Literal[False],
        max_retries: int = 0,
        **options: Unpack[AskOptions[ParamsT]],
    ) -> CallDecorator[T | ResponseT, Coroutine[Any, Any, T | ResponseT]]: ...
    @overload
    def call(
        self,
        *,
        response_model: None = None,
        stream: Literal[False],
        **options: Unpack[AskOptions[ParamsT]],
    ) -> CallDecorator[ResponseT, Coroutine[Any, Any, ResponseT]]: ...
    @overload
    def call(
        self,
        *,
        response_model: None = None,
        stream: Literal[True] | StreamConfig = True,
        **options: Unpack[AskOptions[ParamsT]],
    ) -> CallDecorator[StreamT, AsyncStreamT]: ...
    def call(self, *fn: Any, **options: Any) -> Any:
        """Turn a prompt function into a streamed call of this model; the decorator of `call` without its model name.

        Options of this decorator take precedence over the settings of the model. Options that the function returns take
        precedence over both. Call parameters are merged key by key.
        """
        return self._called(*fn, **options)

    @overload
    def task(  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]  # the first that fits counts
        self, fn: Callable[P, TextT], /
    ) -> Task[P, StreamT, ResponseT, StreamT]: ...
    @overload
    def task(  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]  # the first that fits counts
        self, fn: Callable[P, AsyncTextT], /
    ) -> Task[P, AsyncStreamT, ResponseT, AsyncStreamT]: ...
    @overload
    def task(  # type: ignore[overload-overlap]  # the first that fits counts
        self, fn: Callable[P, Coroutine[Any, Any, T]], /
    ) -> Task[P, AsyncStructuredStream[T, AsyncStreamT], ResponseT, AsyncStructuredStream[T, AsyncStreamT]]: ...
    @overload
    def task(
        self, fn: Callable[P, T], /
    ) -> Task[P, StructuredStream[T, StreamT], ResponseT, StructuredStream[T, StreamT]]: ...
    @overload
    def task(self, *, stream: Literal[False], **options: Unpack[AskOptions[ParamsT]]) -> TaskDecorator[ResponseT]: ...
    @overload
    def task(
        self, *, stream: Literal[True] | StreamConfig = True, **options: Unpack[AskOptions[ParamsT]]
    ) -> StreamTaskDecorator[ResponseT, StreamT, AsyncStreamT]: ...
    def task(self, *fn: Any, **options: Any) -> Any:
        """Turn a function into a streamed task that this model executes. The docstring of the function is the
        prompt.
        """
        return self._tasked(*fn, **options)


def _prompt_function(prompt: Prompt) -> Callable[[], Any]:
    def ask() -> Prompt:
        return prompt

    return ask


def _async_prompt_function(prompt: Prompt) -> Callable[[], Coroutine[Any, Any, Any]]:
    async def ask() -> Prompt:
        return prompt

    return ask
