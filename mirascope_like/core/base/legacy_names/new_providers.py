"""`call_factory`: adds a provider in the form of Mirascope v1, from the provider's classes and functions."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, cast

from ..calls import Call
from ..errors import ConfigurationError
from ..provider import Provider
from ..request import Request, Strategy, Structure
from ..response import (
    Accumulator,
    BaseCallResponse,
    BaseCallResponseChunk,
    V1CallResponse,
    V1CallResponseChunk,
    last_user_message,
)
from ..streams import BaseStream
from ..tools import BaseTool
from .new_provider_streams import NewAccumulator, NewAsyncSource, NewAsyncStream, NewSource, NewStream, Received, joined

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)
ParamsT = TypeVar("ParamsT")

_SETUP = "setup"


class _AnyName(frozenset[str]):
    """The names of the call parameters of a provider that does not list them."""

    def __contains__(self, name: object) -> bool:
        return True

    def union(self, *others: Iterable[Any]) -> frozenset[Any]:
        return self


@dataclass(frozen=True, slots=True)
class _Setup:
    """What a provider's `setup_call` returns for one request."""

    create: Callable[..., Any]
    prompt_template: str | None
    messages: list[Any]
    tool_types: list[Any] | None
    call_kwargs: dict[str, Any]
    call_params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of a provider, as `call_factory` receives them."""

    response: type[Any]
    chunk: type[Any]
    tool: type[Any]
    stream: type[Any]
    default_params: Mapping[str, Any]
    setup: Callable[..., Any]
    json_output: Callable[[Any, bool], str]
    pairs: Callable[..., Iterable[tuple[Any, Any]]]
    async_pairs: Callable[..., AsyncIterable[tuple[Any, Any]]]


class NewProvider(Provider[ResponseT, ChunkT, ToolT]):
    """A provider whose requests and responses the functions and classes of its author encode, send and decode."""

    name: str
    asks_for_json = False
    accumulator_type: type[Accumulator[Any, Any]] = NewAccumulator
    params_type = dict

    def __init__(self, parts: _Parts) -> None:
        self._parts = parts
        self._received = joined(parts.stream, Received, first=False)
        self.name = parts.response.provider
        self.response_type, self.chunk_type, self.tool_type = parts.response, parts.chunk, parts.tool

    def known_params(self) -> frozenset[str]:
        """Return a set that contains every name: the author's code checks the parameters."""
        return _AnyName()

    def encode(self, request: Request) -> dict[str, Any]:
        """Return an empty payload: `setup_call` fills it when the request is sent."""
        return {}

    def payload(self, request: Request) -> dict[str, Any]:
        """Return an empty payload: `setup_call` fills it when the request is sent."""
        return {}

    def messages_in(self, payload: Mapping[str, Any]) -> list[Any]:
        """Return the messages in the provider's own format; none before the request is sent."""
        return list(payload[_SETUP].messages) if _SETUP in payload else []

    def strategy(self, request: Request, preferred: Strategy) -> Strategy:
        """Return "json" in JSON mode and for a call with tools, as v1 does; else "tool"."""
        return "json" if preferred == "json" or request.tools or request.native_tools else "tool"

    def _set_up(self, request: Request, payload: dict[str, Any], *, is_async: bool) -> _Setup:
        answer = _answer_type(request.structure, self.tool_type)
        tools = [*request.tools, *request.native_tools, *([answer] if _by_tool(request) else [])] or None
        config = dict(request.dynamic_config or {})
        config |= {"messages": list(request.messages), **({"tools": tools} if "tools" in config else {})}
        dynamic: Mapping[str, Any] = config.get("call_params") or {}
        own = request.call_params.keys() - dynamic.keys()
        params = dict(request.call_params) if own else {**self._parts.default_params, **request.call_params}
        create, template, messages, tool_types, call_kwargs = self._parts.setup(
            model=request.model,
            client=request.client,
            fn=_prompt(request, config, is_async=is_async),
            fn_args=dict(request.fn_args),
            dynamic_config=config,
            tools=tools,
            json_mode=request.json_mode,
            call_params=params,
            response_model=answer,
            stream=request.stream,
        )
        payload[_SETUP] = setup = _Setup(create, template, messages, tool_types, call_kwargs, params)
        return setup

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        """Send the request with the function that `setup_call` returned; return what it returns."""
        setup = self._set_up(request, payload, is_async=False)
        return setup.create(stream=False, **setup.call_kwargs)

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        """Async version of `send`."""
        setup = self._set_up(request, payload, is_async=True)
        return await setup.create(stream=False, **setup.call_kwargs)

    def opens_here(self, request: Request) -> bool:
        """Return True if no deadline is set: then the author's code runs in the thread of the caller."""
        return request.deadline is None

    def open(self, request: Request, payload: dict[str, Any]) -> NewSource:
        """Send the request of a stream; return its pairs, which `handle_stream` yields."""
        setup = self._set_up(request, payload, is_async=False)
        raw = setup.create(stream=True, **setup.call_kwargs)
        return NewSource(self._begun(request, setup, raw), raw, self._pairs(request, setup, raw))

    async def aopen(self, request: Request, payload: dict[str, Any]) -> NewAsyncSource:
        """Async version of `open`."""
        setup = self._set_up(request, payload, is_async=True)
        raw = await setup.create(stream=True, **setup.call_kwargs)
        return NewAsyncSource(self._begun(request, setup, raw), raw, self._apairs(request, setup, raw))

    def _pairs(self, request: Request, setup: _Setup, raw: Any) -> Iterable[tuple[Any, Any]]:
        if not _by_tool(request):
            return self._parts.pairs(raw, setup.tool_types, partial_tools=request.partial_tools)

        def pairs() -> Iterator[tuple[Any, Any]]:
            for event in raw:
                yield self.chunk_type(chunk=event), None

        return pairs()

    def _apairs(self, request: Request, setup: _Setup, raw: Any) -> AsyncIterable[tuple[Any, Any]]:
        if not _by_tool(request):
            return self._parts.async_pairs(raw, setup.tool_types, partial_tools=request.partial_tools)

        async def pairs() -> AsyncIterator[tuple[Any, Any]]:
            async for event in raw:
                yield self.chunk_type(chunk=event), None

        return pairs()

    def attributes(self, request: Request, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return the attributes that v1's responses and streams share."""
        return self._attributes(request, payload[_SETUP])

    def _attributes(self, request: Request, setup: _Setup) -> dict[str, Any]:
        return {
            "metadata": dict(request.metadata),
            "tool_types": None if _by_tool(request) else setup.tool_types,
            "prompt_template": setup.prompt_template or request.prompt_template,
            "fn_args": dict(request.fn_args),
            "dynamic_config": dict(request.dynamic_config) if request.dynamic_config is not None else None,
            "messages": setup.messages,
            "call_params": dict(setup.call_params),
            "call_kwargs": setup.call_kwargs,
        }

    def _begun(self, request: Request, setup: _Setup, raw: Any) -> Any:
        attributes = self._attributes(request, setup)
        return self._received(stream=raw, call_response_type=self.response_type, model=request.model, **attributes)

    def accumulator(self, request: Request) -> Accumulator[ChunkT, ToolT]:
        """Return a new accumulator for one attempt of this request."""
        made: Any = super().accumulator(request)
        made.json_output = partial(_second, self._parts.json_output, request.json_mode)
        return cast("Accumulator[ChunkT, ToolT]", made)

    def rebuilt(self, request: Request, accumulator: Accumulator[Any, Any]) -> Any:
        """Return the accumulator itself, from which `respond` builds the response."""
        return accumulator

    def respond(
        self, request: Request, payload: dict[str, Any], raw: Any, start_time: float, end_time: float
    ) -> ResponseT:
        """Return the author's response object for what the request returned, or for the accumulator of a stream."""
        read_output = self._parts.json_output
        if isinstance(raw, NewAccumulator):
            response: Any = raw.response(start_time, end_time)
            if raw.output:
                read_output = partial(_constant, "".join(raw.output))
        else:
            attributes = self._attributes(request, payload[_SETUP])
            attributes |= {"user_message_param": last_user_message(attributes["messages"])}
            response = self.response_type(response=raw, start_time=start_time, end_time=end_time, **attributes)
        response._model, response._read_output = request.model, read_output
        response.json_mode = request.json_mode
        response.answer_name = request.structure.name if request.structure is not None else None
        return cast("ResponseT", response)

    def failure(self, error: Exception, request: Request, source: Any = None) -> Exception:
        """Return the error itself: the author's code raises its own errors."""
        return error


def _second(fn: Callable[[Any, bool], str], json_mode: bool, chunk: Any) -> str:
    return fn(chunk, json_mode)


def _constant(text: str, response: Any, json_mode: bool) -> str:
    return text


def _by_tool(request: Request) -> bool:
    return request.structure is not None and request.structure.strategy == "tool"


def _answer_type(structure: Structure | None, base: type[BaseTool]) -> type[BaseTool] | None:
    """Return a tool whose arguments are the structured output, or None if the request asks for none.

    It has the schema of the response model, and stands for it in a `setup_call`.
    """
    if structure is None:
        return None

    def name(cls: type[BaseTool], /) -> str:
        return structure.name

    def schema(cls: type[BaseTool], /, **options: Any) -> dict[str, Any]:
        return dict(structure.schema)

    methods: dict[str, Any] = {"__doc__": structure.description, "_name": classmethod(name)}
    methods |= dict.fromkeys(("model_json_schema", "tool_json_schema"), classmethod(schema))
    return type(structure.name, (base,), methods)


def _prompt(request: Request, config: dict[str, Any], *, is_async: bool) -> Callable[..., Any]:
    """Return a function that a `setup_call` may ask for what v1's prompt functions have: whether it is async, and its
    template.
    """

    def prompt(*args: Any, **kwargs: Any) -> Any:
        return config

    async def async_prompt(*args: Any, **kwargs: Any) -> Any:
        return config

    made = async_prompt if is_async else prompt
    vars(made).update(_prompt_template=request.prompt_template, _metadata=dict(request.metadata))
    return made


def call_factory(
    *,
    TCallResponse: type[ResponseT],
    TCallResponseChunk: type[ChunkT],
    TToolType: type[ToolT],
    TStream: type[BaseStream[Any, Any, Any]],
    default_call_params: ParamsT,
    setup_call: Callable[..., Any],
    get_json_output: Callable[[Any, bool], str],
    handle_stream: Callable[..., Iterable[tuple[ChunkT, ToolT | None]]],
    handle_stream_async: Callable[..., AsyncIterable[tuple[ChunkT, ToolT | None]]],
    TDynamicConfig: object = None,
    TCallParams: object = None,
) -> Call[ResponseT, NewStream[ResponseT, ChunkT, ToolT], NewAsyncStream[ResponseT, ChunkT, ToolT], ParamsT]:
    """Return the `call` of a new provider, made of the parts that Mirascope v1 documents.

    The classes of responses and chunks define the properties of v1's abstract bases. Errors of the provider's code are
    raised unchanged. The streams that calls return are instances of `TStream`, and have the methods of all streams.
    `TDynamicConfig` and `TCallParams` are ignored.

    Raises `ConfigurationError` if the class of the response or the chunk is not in this form: its base class must have
    v1's type parameters, or none, and then it must define `model` itself.
    """
    for kind, base, form, count in (
        (TCallResponse, V1CallResponse, "BaseCallResponse[...]", 8),
        (TCallResponseChunk, V1CallResponseChunk, "BaseCallResponseChunk[...]", 2),
    ):
        if not issubclass(kind, base):
            raise ConfigurationError(
                f"{kind.__name__} must define `model` itself, or be a subclass of {form} with the {count} type "
                "parameters of Mirascope v1"
            )
    parts = _Parts(
        response=TCallResponse,
        chunk=TCallResponseChunk,
        tool=TToolType,
        stream=TStream,
        default_params=cast("Mapping[str, Any]", default_call_params),
        setup=setup_call,
        json_output=get_json_output,
        pairs=handle_stream,
        async_pairs=handle_stream_async,
    )
    make: Any = Call
    streams = joined(TStream, NewStream, first=True), joined(TStream, NewAsyncStream, first=True)
    made: Call[ResponseT, NewStream[ResponseT, ChunkT, ToolT], NewAsyncStream[ResponseT, ChunkT, ToolT], ParamsT]
    made = make(NewProvider(parts), *streams, dict)
    return made
