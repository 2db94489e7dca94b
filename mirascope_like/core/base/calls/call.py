"""The decorator `call` of every provider, with its overloads for type checkers.

`Call` knows the type that a call returns (a response, a stream, or a parsed value). `CallDecorator` turns the decorated
function into a sync or an async call. The overloads of models are in `models/model.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from functools import partial, wraps
from inspect import Signature
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, ParamSpec, TypeVar, cast, overload

from typing_extensions import Unpack

from .. import request as request_room
from .. import streams
from ..errors import ConfigurationError
from ..flows import RunTools, request_structured_output, rounds
from ..observation import current_observers
from ..prompts import AsyncPromptT, PromptFunction, PromptT
from ..provider import Provider, Target
from ..request import Request
from ..response import BaseCallResponse
from ..runtime import LazyModule, TypeForm, adrive, alike, drive, is_async, within_descriptor
from ..streams import AsyncStream, Stream
from ..tools import Tools
from .call_signature import UNKNOWN, InstanceSignature, call_signature, described, returned_type
from .options import Options, StreamConfig, check_options
from .request_builder import BoundPrompt, RequestBuilder
from .request_sender import asend, send

if TYPE_CHECKING:
    from . import observed_run
else:
    observed_run = LazyModule(f"{__package__}.observed_run")

P = ParamSpec("P")
T = TypeVar("T")
U = TypeVar("U")
SyncT_co = TypeVar("SyncT_co", covariant=True)
AsyncT_co = TypeVar("AsyncT_co", covariant=True)
ParamsT = TypeVar("ParamsT")
ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
StreamT = TypeVar("StreamT", bound=Stream[Any, Any, Any])
AsyncStreamT = TypeVar("AsyncStreamT", bound=AsyncStream[Any, Any, Any])


class CallDecorator(Generic[SyncT_co, AsyncT_co]):
    """Turns a prompt function into a call. A sync function becomes a sync call. An async function becomes a
    coroutine function, or, if the call streams, a function that returns an async stream.
    """

    def __init__(
        self,
        model: str,
        run: Callable[[BoundPrompt], SyncT_co],
        arun: Callable[[BoundPrompt], AsyncT_co],
        returned: Any = UNKNOWN,
        awaited: Any = UNKNOWN,
    ) -> None:
        self._model = model
        self._run = run
        self._arun = arun
        self._returned = returned
        """The return annotation of a sync call."""
        self._awaited = awaited
        """The return annotation of an async call."""

    @overload
    def __call__(self, fn: Callable[P, PromptT]) -> Callable[P, SyncT_co]: ...
    @overload
    def __call__(self, fn: Callable[P, AsyncPromptT]) -> Callable[P, AsyncT_co]: ...
    def __call__(self, fn: Callable[P, Any]) -> Callable[P, SyncT_co] | Callable[P, AsyncT_co]:
        made: Callable[..., Any] | None = within_descriptor(fn, self)
        if made is not None:
            return made
        prompt = PromptFunction(fn)
        run, kind = (self._arun, self._awaited) if is_async(fn) else (self._run, self._returned)

        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            bound_prompt = BoundPrompt(prompt, args, kwargs)
            observers = current_observers()
            return observed_run.observe(run, bound_prompt, observers) if observers else run(bound_prompt)

        return described(wraps(fn)(alike(call, run)), prompt.signature, kind, self._model)


class Call(Generic[ResponseT, StreamT, AsyncStreamT, ParamsT]):
    """The `call` of one provider: a function that returns a decorator for prompt functions. Knows the provider's
    types of responses and streams.
    """

    __signature__: ClassVar[InstanceSignature] = InstanceSignature()

    def __init__(
        self,
        provider: Provider[ResponseT, Any, Any],
        stream: type[StreamT],
        async_stream: type[AsyncStreamT],
        params: type[ParamsT],
    ) -> None:
        self._provider = provider
        self._stream = stream
        self._async_stream = async_stream
        self._params = params
        self.__name__ = self.__qualname__ = "call"
        self._name = provider.written("call")
        self.__doc__ = f"{self._name}(model, *, ...): {cast('Any', Call).__call__.__doc__}"

    def signature(self) -> Signature:
        """Return the signature with each option by name, as `inspect.signature` does."""
        return call_signature(cast("Any", Call).__call__, self._params, open_choice=self._provider.open_choice)

    def __repr__(self) -> str:
        return f"<{self._name}>"

    @property
    def provider(self) -> Provider[ResponseT, Any, Any]:
        """The provider that receives the requests."""
        return self._provider

    def through(self, provider: Provider[ResponseT, Any, Any]) -> Call[ResponseT, StreamT, AsyncStreamT, ParamsT]:
        """Return a copy of this `call` that sends its requests through another provider object, which has the same
        types of responses and streams.
        """
        return Call(provider, self._stream, self._async_stream, self._params)

    @overload
    def __call__(
        self,
        model: str,
        *,
        response_model: None = None,
        output_parser: None = None,
        stream: Literal[False] = False,
        tools: Tools | None = None,
        **options: Unpack[Options[ParamsT]],
    ) -> CallDecorator[ResponseT, Coroutine[Any, Any, ResponseT]]: ...
    @overload
    def __call__(
        self,
        model: str,
        *,
        response_model: None = None,
        output_parser: None = None,
        stream: Literal[True] | StreamConfig,
        tools: Tools | None = None,
        **options: Unpack[Options[ParamsT]],
    ) -> CallDecorator[StreamT, AsyncStreamT]: ...
    @overload
    def __call__(
        self,
        model: str,
        *,
        response_model: TypeForm[T],
        tools: None = None,
        max_retries: int = 0,
        stream: Literal[False] = False,
        **options: Unpack[Options[ParamsT]],
    ) -> CallDecorator[T, Coroutine[Any, Any, T]]: ...
    @overload
    def __call__(
        self,
        model: str,
        *,
        response_model: TypeForm[T],
        stream: Literal[True] | StreamConfig,
        fail_fast: bool = False,
        tools: Tools | None = None,
        **options: Unpack[Options[ParamsT]],
    ) -> CallDecorator[streams.StructuredStream[T, StreamT], streams.AsyncStructuredStream[T, AsyncStreamT]]: ...
    @overload
    def __call__(
        self,
        model: str,
        *,
        response_model: None = None,
        output_parser: Callable[[ResponseT], U],
        tools: Tools | None = None,
        stream: Literal[False] = False,
        **options: Unpack[Options[ParamsT]],
    ) -> CallDecorator[U, Coroutine[Any, Any, U]]: ...
    @overload
    def __call__(
        self,
        model: str,
        *,
        response_model: TypeForm[T],
        tools: Tools,
        max_retries: int = 0,
        stream: Literal[False] = False,
        **options: Unpack[Options[ParamsT]],
    ) -> CallDecorator[T | ResponseT, Coroutine[Any, Any, T | ResponseT]]: ...
    @overload
    def __call__(
        self,
        model: str,
        *,
        response_model: TypeForm[T],
        output_parser: Callable[[T], U],
        tools: None = None,
        max_retries: int = 0,
        stream: Literal[False] = False,
        **options: Unpack[Options[ParamsT]],
    ) -> CallDecorator[U, Coroutine[Any, Any, U]]: ...
    @overload
    def __call__(
        self,
        model: str,
        *,
        response_model: TypeForm[T],
        output_parser: Callable[[T], U],
        tools: Tools,
        max_retries: int = 0,
        stream: Literal[False] = False,
        **options: Unpack[Options[ParamsT]],
    ) -> CallDecorator[U | ResponseT, Coroutine[Any, Any, U | ResponseT]]: ...
    @overload
    def __call__(
        self, model: str, *, stream: bool, tools: Tools | None = None, **options: Unpack[Options[ParamsT]]
    ) -> CallDecorator[ResponseT | StreamT, Coroutine[Any, Any, ResponseT] | AsyncStreamT]: ...

    def __call__(
        self,
        model: str,
        *,
        response_model: Any = None,
        output_parser: Callable[[Any], Any] | None = None,
        stream: bool | StreamConfig = False,
        tools: Tools | None = None,
        max_retries: int = 0,
        fail_fast: bool = False,
        **options: Unpack[Options[ParamsT]],
    ) -> CallDecorator[Any, Any]:
        """Return a decorator that turns a prompt function into a call of `model`.

        By default, the call returns a response. Its options:

            response_model: a type; the call returns the response parsed into it. If the model calls one of the `tools`
                instead, the call returns the response
            max_retries: how many times a response that cannot be parsed is sent back to the model
            output_parser: a function of the response, or of the parsed value; the call returns its result
            stream: True, or options of the stream; the call returns a stream
            fail_fast: True to raise an error at the first field of a structured stream that does not validate
            tools: functions, tool classes, or tools in the provider's own format
            tool_loop: a `ToolLoop`, which runs the tools, sends the results to the model, and repeats
            json_mode: True to request JSON text
            call_params: parameters of the provider's API, such as `temperature`
            client: the SDK's client that sends the requests, or a function that makes it
            provider: for `llm.call` only: the name of the provider
            retry: how many times a stream that fails before its first output is tried again
            fallback: models or calls to try if a stream fails before its first output
            resume: how many times an interrupted stream of text is resumed; True means 3

        Raises `ConfigurationError` for an unknown option or call parameter, and suggests a similar name.
        """
        check_options(options, self._params, self._provider)
        answer_model: request_room.ResponseModel[Any] | None = None
        if response_model is not None:
            answer_model = request_room.ResponseModel(response_model)
        builder = RequestBuilder(
            self._provider, model, options, tools=tools, stream=stream, response_model=answer_model
        )
        streaming = bool(stream)
        if streaming and output_parser is not None:
            raise ConfigurationError("output_parser cannot be used with stream: it needs the whole response")
        if max_retries and (streaming or answer_model is None):
            raise ConfigurationError(
                "max_retries needs a response_model and cannot be used with stream: only a complete response can be "
                "sent back to the model"
            )
        if fail_fast and (not streaming or answer_model is None):
            raise ConfigurationError("fail_fast needs stream=True and a response_model")
        if answer_model is not None and streaming:
            return self._structured(builder, answer_model, fail_fast=fail_fast)
        return self._streamed(builder) if streaming else self._whole(builder, answer_model, output_parser, max_retries)

    def _whole(
        self,
        builder: RequestBuilder,
        answer_model: request_room.ResponseModel[Any] | None,
        parse: Callable[[Any], Any] | None,
        retries: int,
    ) -> CallDecorator[Any, Coroutine[Any, Any, Any]]:
        def flow(provider: Provider[Any, Any, Any], request: Request) -> Generator[Request | RunTools, Any, Any]:
            if answer_model is None:
                _, response = yield from rounds(request, provider)
                return response if parse is None else parse(response)
            found: Any = yield from request_structured_output(request, answer_model, retries, provider)
            return found if parse is None or _is_response(found) else parse(found)

        def run(bound_prompt: BoundPrompt) -> Any:
            target = builder.resolve(bound_prompt)
            provider, request = target.provider, builder.read(target, bound_prompt)
            return drive(flow(provider, request), partial(send, provider))

        async def arun(bound_prompt: BoundPrompt) -> Any:
            target = builder.resolve(bound_prompt)
            provider, request = target.provider, await builder.aread(target, bound_prompt)
            return await adrive(flow(provider, request), partial(asend, provider))

        wanted = UNKNOWN if answer_model is None else answer_model.kind
        kind = returned_type(self._provider.response_type, wanted, parse, tools=builder.has_tools)
        return CallDecorator(builder.model, run, arun, kind, kind)

    def _streamed(self, builder: RequestBuilder) -> CallDecorator[StreamT, AsyncStreamT]:
        def make(builder: RequestBuilder, bound_prompt: BoundPrompt) -> StreamT:
            target = builder.resolve(bound_prompt)
            return self._stream(target.provider, builder.read(target, bound_prompt))

        def amake(builder: RequestBuilder, bound_prompt: BoundPrompt) -> AsyncStreamT:
            target = builder.resolve(bound_prompt)
            return self._async_stream(target.provider, lambda: builder.aread(target, bound_prompt))

        made = partial(builder.with_fallbacks, make), partial(builder.with_fallbacks, amake)
        return CallDecorator(builder.model, *made, self._stream, self._async_stream)

    def _structured(
        self, builder: RequestBuilder, answer_model: request_room.ResponseModel[T], *, fail_fast: bool
    ) -> CallDecorator[streams.StructuredStream[T, StreamT], streams.AsyncStructuredStream[T, AsyncStreamT]]:
        def run(bound_prompt: BoundPrompt) -> streams.StructuredStream[T, StreamT]:
            reading = streams.Reading(answer_model, fail_fast=fail_fast)

            def make(builder: RequestBuilder, bound_prompt: BoundPrompt) -> StreamT:
                target = builder.resolve(bound_prompt)
                return self._stream(target.provider, reading.expect(builder.read(target, bound_prompt)))

            return streams.StructuredStream(builder.with_fallbacks(make, bound_prompt), reading)

        def arun(bound_prompt: BoundPrompt) -> streams.AsyncStructuredStream[T, AsyncStreamT]:
            reading = streams.Reading(answer_model, fail_fast=fail_fast)

            async def prepare(builder: RequestBuilder, target: Target, bound_prompt: BoundPrompt) -> Request:
                return reading.expect(await builder.aread(target, bound_prompt))

            def make(builder: RequestBuilder, bound_prompt: BoundPrompt) -> AsyncStreamT:
                target = builder.resolve(bound_prompt)
                return self._async_stream(target.provider, lambda: prepare(builder, target, bound_prompt))

            return streams.AsyncStructuredStream(builder.with_fallbacks(make, bound_prompt), reading)

        sync, awaited = cast("Any", (streams.StructuredStream, streams.AsyncStructuredStream))
        kinds = sync[answer_model.kind, self._stream], awaited[answer_model.kind, self._async_stream]
        return CallDecorator(builder.model, run, arun, *kinds)


def _is_response(found: object) -> bool:
    return isinstance(found, BaseCallResponse)
