"""The `call` decorator. Every overload of the library stands in this file.

What a call gives is asked in two steps: `Call` knows what comes back, `CallDecorator` whether the function is async.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import wraps
from time import time
from typing import Any, Generic, Literal, ParamSpec, TypeVar, cast, overload

from typing_extensions import TypedDict, Unpack

from .errors import ConfigurationError
from .overrides import OVERRIDES
from .prompt import Prompt, Prompted, PromptFunction
from .provider import Provider
from .request import Request
from .response import BaseCallResponse
from .stream import AsyncStream, Stream
from .template import is_async
from .tools import BaseTool, tool_type

P = ParamSpec("P")
T = TypeVar("T")
SyncT = TypeVar("SyncT")
AsyncT = TypeVar("AsyncT")
ParamsT = TypeVar("ParamsT")
ResponseT = TypeVar("ResponseT", bound=BaseCallResponse[Any, Any])
StreamT = TypeVar("StreamT", bound=Stream[Any, Any, Any])
AsyncStreamT = TypeVar("AsyncStreamT", bound=AsyncStream[Any, Any, Any])


class StreamConfig(TypedDict, total=False):
    """How to stream."""

    partial_tools: bool
    """Give tools while their arguments grow."""


class Options(TypedDict, Generic[ParamsT], total=False):
    """What every form of `call` takes."""

    tools: Sequence[type[BaseTool] | Callable[..., Any] | Mapping[str, Any]] | None
    """Functions, tool classes, or tools in the provider's own form."""
    json_mode: bool
    """Ask for JSON text."""
    client: Any
    """The SDK's client to send with, or one with the same interface."""
    call_params: ParamsT | None
    """Parameters of the provider; what is unset is not sent."""
    provider: str
    """Which provider to call, for `llm.call` alone."""


class CallDecorator(Generic[SyncT, AsyncT]):
    """Makes a call of a prompt function; an async call of an async one."""

    def __init__(self, run: Callable[[Prompting], SyncT], arun: Callable[[Prompting], AsyncT]) -> None:
        self._run = run
        self._arun = arun

    @overload
    def __call__(self, fn: Callable[P, Coroutine[Any, Any, Prompt]]) -> Callable[P, AsyncT]: ...
    @overload
    def __call__(self, fn: Callable[P, Prompt]) -> Callable[P, SyncT]: ...
    def __call__(self, fn: Callable[P, Any]) -> Callable[P, SyncT] | Callable[P, AsyncT]:
        prompt = PromptFunction(fn)
        run = self._arun if is_async(fn) else self._run

        @wraps(fn)
        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            return run(Prompting(prompt, args, kwargs))

        return call


class Prompting:
    """A prompt function with the arguments of one call."""

    def __init__(self, prompt: PromptFunction, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.prompt = prompt
        self._args = args
        self._kwargs = kwargs
        self.arguments = prompt.bind(args, kwargs)
        self.overrides = OVERRIDES.get()

    def read(self) -> Prompted:
        """Call the function; make messages of what it returns."""
        return self.prompt.read(self.prompt.fn(*self._args, **self._kwargs), self.arguments)

    async def aread(self) -> Prompted:
        """`read`, awaited."""
        return self.prompt.read(await self.prompt.fn(*self._args, **self._kwargs), self.arguments)


class Call(Generic[ResponseT, StreamT, AsyncStreamT, ParamsT]):
    """A provider's `call`: its forms, and what each gives back."""

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

    @property
    def provider(self) -> Provider[ResponseT, Any, Any]:
        """The provider that is called."""
        return self._provider

    @overload
    def __call__(
        self,
        model: str,
        *,
        output_parser: Callable[[ResponseT], T],
        stream: Literal[False] = False,
        **options: Unpack[Options[ParamsT]],
    ) -> CallDecorator[T, Coroutine[Any, Any, T]]: ...
    @overload
    def __call__(
        self, model: str, *, stream: Literal[True] | StreamConfig, **options: Unpack[Options[ParamsT]]
    ) -> CallDecorator[StreamT, AsyncStreamT]: ...
    @overload
    def __call__(
        self, model: str, *, stream: Literal[False] = False, **options: Unpack[Options[ParamsT]]
    ) -> CallDecorator[ResponseT, Coroutine[Any, Any, ResponseT]]: ...
    @overload
    def __call__(
        self, model: str, *, stream: bool, **options: Unpack[Options[ParamsT]]
    ) -> CallDecorator[ResponseT | StreamT, Coroutine[Any, Any, ResponseT] | AsyncStreamT]: ...

    def __call__(
        self,
        model: str,
        *,
        stream: bool | StreamConfig = False,
        output_parser: Callable[[ResponseT], Any] | None = None,
        **options: Unpack[Options[ParamsT]],
    ) -> CallDecorator[Any, Any]:
        """Make a decorator that turns a prompt function into a call of `model`.

        Raises `ConfigurationError` for an unknown option or parameter, and suggests the right name.
        """
        self._check(options)
        ask = _Ask(self._provider, model, options, stream)
        if stream is not False:
            if output_parser is not None:
                raise ConfigurationError("output_parser needs the whole response: it cannot be used with stream")
            return self._streamed(ask)
        return self._whole(ask, output_parser or _itself)

    def _check(self, options: Mapping[str, Any]) -> None:
        _known(options, Options.__annotations__, "option")
        if "provider" in options and not self._provider.neutral:
            raise ConfigurationError(
                f"{self._provider.name}.call calls {self._provider.name}; llm.call takes a provider"
            )
        params = frozenset(_annotations(self._params)) | self._provider.known_params()
        _known(options.get("call_params") or {}, params, f"call parameter of {self._provider.name}")

    def _whole(self, ask: _Ask, parse: Callable[[ResponseT], T]) -> CallDecorator[T, Coroutine[Any, Any, T]]:
        provider = self._provider

        def run(prompting: Prompting) -> T:
            request = ask(prompting, prompting.read())
            payload = provider.encode(request)
            start = time() * 1000
            try:
                raw = provider.send(request, payload)
            except Exception as error:
                raise provider.failure(error, request)
            return parse(provider.respond(request, payload, raw, start, time() * 1000))

        async def arun(prompting: Prompting) -> T:
            request = ask(prompting, await prompting.aread())
            payload = provider.encode(request)
            start = time() * 1000
            try:
                raw = await provider.asend(request, payload)
            except Exception as error:
                raise provider.failure(error, request)
            return parse(provider.respond(request, payload, raw, start, time() * 1000))

        return CallDecorator(run, arun)

    def _streamed(self, ask: _Ask) -> CallDecorator[StreamT, AsyncStreamT]:
        def run(prompting: Prompting) -> StreamT:
            return self._stream(self._provider, ask(prompting, prompting.read()))

        def arun(prompting: Prompting) -> AsyncStreamT:
            async def prepare() -> Request:
                return ask(prompting, await prompting.aread())

            return self._async_stream(self._provider, prepare)

        return CallDecorator(run, arun)


class _Ask:
    """Makes requests of prompts, by what the decorator was given."""

    def __init__(
        self,
        provider: Provider[Any, Any, Any],
        model: str,
        options: Mapping[str, Any],
        stream: bool | StreamConfig,
    ) -> None:
        self._provider = provider
        self._model = model
        self._params: Mapping[str, Any] = options.get("call_params") or {}
        self._json_mode = bool(options.get("json_mode"))
        self._chosen: str | None = options.get("provider")
        self._client = options.get("client")
        self._tools = self._split(options.get("tools") or ())
        self._streaming = stream is not False
        self._partial = isinstance(stream, Mapping) and bool(stream.get("partial_tools"))

    def __call__(self, prompting: Prompting, prompted: Prompted) -> Request:
        config = prompted.config
        params = config.get("call_params") or {}
        if params:
            check_params(params, self._provider)
        tools, native = self._tools if (given := config.get("tools")) is None else self._split(given)
        template = prompting.prompt.template
        return Request(
            provider=self._provider.name,
            model=self._model,
            chosen_provider=self._chosen,
            overrides=prompting.overrides,
            messages=prompted.messages,
            call_params={**self._params, **params},
            tools=tools,
            native_tools=native,
            json_mode=self._json_mode,
            stream=self._streaming,
            partial_tools=self._partial,
            client=config.get("client") or self._client,
            prompt_template=template.text if template is not None else None,
            fn_args=prompted.values,
            dynamic_config=cast("Mapping[str, Any]", config) or None,
            metadata={**prompting.prompt.metadata, **(config.get("metadata") or {})},
        )

    def _split(self, tools: Sequence[Any]) -> tuple[list[type[BaseTool]], list[Any]]:
        native: list[Any] = [tool for tool in tools if isinstance(tool, Mapping)]
        types = [tool_type(tool, self._provider.tool_type) for tool in tools if not isinstance(tool, Mapping)]
        return types, native


def _itself(response: Any) -> Any:
    return response


def _annotations(params: type[Any]) -> set[str]:
    return {name for kind in params.__mro__ for name in getattr(kind, "__annotations__", {})}


def check_params(given: Mapping[str, Any], provider: Provider[Any, Any, Any]) -> None:
    """Raise `ConfigurationError` for a parameter that a provider does not take; suggest the right name."""
    _known(given, provider.known_params(), f"call parameter of {provider.name}")


def _known(given: Mapping[str, Any], known: Any, what: str) -> None:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, list(known), n=1)
            hint = f": did you mean {near[0]!r}?" if near else ""
            raise ConfigurationError(f"{name!r} is no {what}{hint}")
