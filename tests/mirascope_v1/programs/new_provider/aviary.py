"""A new provider, made of the parts that v1's page on custom providers lists. Its SDK is the clients at the top.

Providers: openai
Prints: Hello!
"""

from collections.abc import AsyncGenerator, Generator
from functools import cached_property
from types import SimpleNamespace
from typing import Any, NotRequired

from mirascope.core import BaseDynamicConfig, BaseMessageParam, BaseTool
from mirascope.core.base import (
    BaseCallParams,
    BaseCallResponse,
    BaseCallResponseChunk,
    BaseStream,
    _utils,
    call_factory,
    transform_tool_outputs,
)
from mirascope.core.base.call_kwargs import BaseCallKwargs
from mirascope.core.base.types import CostMetadata
from pydantic import computed_field
from pydantic.json_schema import SkipJsonSchema

# The SDK


class Nest:
    """A client of the provider. `songs` are its answers: texts, or lists of (id, name, arguments) of calls."""

    def __init__(self, *songs: Any) -> None:
        self.songs = list(songs)
        self.asked: list[dict[str, Any]] = []
        self.closed = False

    def sing(self, **kwargs: Any) -> Any:
        self.asked.append(kwargs)
        song = self.songs.pop(0)
        if isinstance(song, Exception):
            raise song
        return self._events(song) if kwargs.pop("stream", False) else self._whole(song)

    def _whole(self, song: Any) -> Any:
        calls = [Chirp(*one) for one in song] if isinstance(song, list) else []
        text = song if isinstance(song, str) else ""
        return SimpleNamespace(id="song-1", bird="wren-1", text=text, calls=calls, end="done", notes=(3, 5))

    def _events(self, song: Any) -> Generator[Any, None, None]:
        empty = {"id": "song-1", "bird": "wren-1", "text": "", "call": None, "end": None, "notes": None}
        try:
            for one in song.split(" ") if isinstance(song, str) else ():
                yield SimpleNamespace(**{**empty, "text": one if song.startswith(one) else " " + one})
            for one in song if isinstance(song, list) else ():
                ident, name, arguments = one
                yield SimpleNamespace(**{**empty, "call": Chirp(ident, name, "")})
                for start in range(0, len(arguments), 6):
                    yield SimpleNamespace(**{**empty, "call": Chirp("", "", arguments[start : start + 6])})
            yield SimpleNamespace(**{**empty, "end": "done", "notes": (3, 5)})
        finally:
            self.closed = True


class AsyncNest(Nest):
    async def sing(self, **kwargs: Any) -> Any:
        made = super().sing(**kwargs)
        return _later(made) if isinstance(made, Generator) else made


async def _later(events: Generator[Any, None, None]) -> AsyncGenerator[Any, None]:
    try:
        for one in events:
            yield one
    finally:
        events.close()


class Chirp:
    """A call of a tool."""

    def __init__(self, id: str, name: str, arguments: str) -> None:
        self.id, self.name, self.arguments = id, name, arguments


# The parts of the provider


class AviaryCallParams(BaseCallParams):
    volume: NotRequired[int | None]


class AviaryCallKwargs(AviaryCallParams, BaseCallKwargs[dict[str, Any]]):
    bird: str
    messages: list[dict[str, Any]]


AviaryDynamicConfig = BaseDynamicConfig[BaseMessageParam, AviaryCallParams, Nest]


class AviaryTool(BaseTool):
    __provider__ = "aviary"

    tool_call: SkipJsonSchema[Chirp]

    @classmethod
    def tool_schema(cls) -> dict[str, Any]:
        return {"name": cls._name(), "about": cls._description(), "takes": cls.model_json_schema()}

    @classmethod
    def from_tool_call(cls, tool_call: Chirp) -> "AviaryTool":
        return cls.model_validate({"tool_call": tool_call, **cls._dict_from_json(tool_call.arguments)})


class AviaryMessageParamConverter(_utils.BaseMessageParamConverter):
    @staticmethod
    def to_provider(message_params: list[Any]) -> list[dict[str, Any]]:
        return [
            {"role": one.role, "content": one.content} if isinstance(one, BaseMessageParam) else one
            for one in message_params
        ]

    @staticmethod
    def from_provider(message_params: list[dict[str, Any]]) -> list[BaseMessageParam]:
        return [BaseMessageParam(role=one["role"], content=one["content"]) for one in message_params]


class AviaryCallResponse(
    BaseCallResponse[
        Any,
        AviaryTool,
        dict[str, Any],
        AviaryDynamicConfig,
        dict[str, Any],
        AviaryCallParams,
        dict[str, Any],
        AviaryMessageParamConverter,
    ]
):
    _message_converter: type[AviaryMessageParamConverter] = AviaryMessageParamConverter
    _provider = "aviary"

    @computed_field
    @property
    def content(self) -> str:
        return self.response.text

    @computed_field
    @property
    def finish_reasons(self) -> list[str] | None:
        return [self.response.end]

    @computed_field
    @property
    def model(self) -> str:
        return self.response.bird

    @computed_field
    @property
    def id(self) -> str:
        return self.response.id

    @property
    def usage(self) -> tuple[int, int] | None:
        return self.response.notes

    @computed_field
    @property
    def input_tokens(self) -> int | None:
        return self.usage[0] if self.usage else None

    @computed_field
    @property
    def cached_tokens(self) -> int | None:
        return 0

    @computed_field
    @property
    def output_tokens(self) -> int | None:
        return self.usage[1] if self.usage else None

    @computed_field
    @property
    def cost_metadata(self) -> CostMetadata:
        return super().cost_metadata

    @computed_field
    @cached_property
    def message_param(self) -> dict[str, Any]:
        calls = [vars(one) for one in self.response.calls]
        return {"role": "assistant", "content": self.content, **({"calls": calls} if calls else {})}

    @cached_property
    def tools(self) -> list[AviaryTool] | None:
        if not self.tool_types or not self.response.calls:
            return None
        kinds = {kind._name(): kind for kind in self.tool_types}
        return [kinds[call.name].from_tool_call(call) for call in self.response.calls]

    @cached_property
    def tool(self) -> AviaryTool | None:
        return self.tools[0] if self.tools else None

    @classmethod
    @transform_tool_outputs
    def tool_message_params(cls, tools_and_outputs: Any) -> list[dict[str, Any]]:
        return [
            {"role": "tool", "call": tool.tool_call.id, "name": tool._name(), "content": output}
            for tool, output in tools_and_outputs
        ]

    @property
    def common_finish_reasons(self) -> list[str] | None:
        return ["stop"]

    @property
    def common_message_param(self) -> BaseMessageParam:
        return BaseMessageParam(role="assistant", content=self.content)

    @property
    def common_user_message_param(self) -> BaseMessageParam | None:
        if not self.user_message_param:
            return None
        return self._message_converter.from_provider([self.user_message_param])[0]


class AviaryCallResponseChunk(BaseCallResponseChunk[Any, str]):
    @property
    def content(self) -> str:
        return self.chunk.text

    @property
    def finish_reasons(self) -> list[str] | None:
        return [self.chunk.end] if self.chunk.end else None

    @property
    def model(self) -> str | None:
        return self.chunk.bird

    @property
    def id(self) -> str | None:
        return self.chunk.id

    @property
    def usage(self) -> tuple[int, int] | None:
        return self.chunk.notes

    @property
    def input_tokens(self) -> int | None:
        return self.usage[0] if self.usage else None

    @property
    def cached_tokens(self) -> int | None:
        return 0 if self.usage else None

    @property
    def output_tokens(self) -> int | None:
        return self.usage[1] if self.usage else None

    @property
    def cost_metadata(self) -> CostMetadata:
        return super().cost_metadata

    @property
    def common_finish_reasons(self) -> list[str] | None:
        return ["stop"] if self.finish_reasons else None


class AviaryStream(
    BaseStream[
        AviaryCallResponse,
        AviaryCallResponseChunk,
        dict[str, Any],
        dict[str, Any],
        dict[str, Any],
        dict[str, Any],
        AviaryTool,
        dict[str, Any],
        AviaryDynamicConfig,
        AviaryCallParams,
        str,
    ]
):
    _provider = "aviary"

    @property
    def cost_metadata(self) -> CostMetadata:
        return super().cost_metadata

    def _construct_message_param(
        self, tool_calls: list[Any] | None = None, content: str | None = None
    ) -> dict[str, Any]:
        calls = [vars(one) for one in tool_calls or ()]
        return {"role": "assistant", "content": content or "", **({"calls": calls} if calls else {})}

    def construct_call_response(self) -> AviaryCallResponse:
        if not hasattr(self, "message_param"):
            raise ValueError("No stream response, check if the stream has been consumed.")
        counted = self.input_tokens is not None and self.output_tokens is not None
        response = SimpleNamespace(
            id=self.id,
            bird=self.model,
            text=self.message_param["content"],
            calls=[Chirp(**one) for one in self.message_param.get("calls", [])],
            end=self.finish_reasons[0] if self.finish_reasons else None,
            notes=(self.input_tokens, self.output_tokens) if counted else None,
        )
        return AviaryCallResponse(
            metadata=self.metadata,
            response=response,
            tool_types=self.tool_types,
            prompt_template=self.prompt_template,
            fn_args=self.fn_args or {},
            dynamic_config=self.dynamic_config,
            messages=self.messages,
            call_params=self.call_params,
            call_kwargs=self.call_kwargs,
            user_message_param=self.user_message_param,
            start_time=self.start_time,
            end_time=self.end_time,
        )


def setup_call(
    *,
    model: str,
    client: Any,
    fn: Any,
    fn_args: dict[str, Any],
    dynamic_config: Any,
    tools: Any,
    json_mode: bool,
    call_params: Any,
    response_model: Any,
    stream: Any,
) -> Any:
    prompt_template, messages, tool_types, call_kwargs = _utils.setup_call(
        fn,
        fn_args,
        dynamic_config,
        tools,
        AviaryTool,
        call_params,
        lambda params: {"volume": params["max_tokens"]} if "max_tokens" in params else {},
    )
    messages = AviaryMessageParamConverter.to_provider(messages)
    if json_mode:
        call_kwargs["form"] = "json"
        messages[-1] = {**messages[-1], "content": messages[-1]["content"] + _utils.json_mode_content(response_model)}
    elif response_model:
        assert tool_types
        call_kwargs["must_call"] = tool_types[0]._name()
    call_kwargs |= {"bird": model, "messages": messages}
    if client is None:
        client = AsyncNest("Hello!") if _utils.fn_is_async(fn) else Nest("Hello!")
    create = (
        _utils.get_async_create_fn(client.sing) if isinstance(client, AsyncNest) else _utils.get_create_fn(client.sing)
    )
    return create, prompt_template, messages, tool_types, call_kwargs


def get_json_output(response: AviaryCallResponse | AviaryCallResponseChunk, json_mode: bool) -> str:
    if isinstance(response, AviaryCallResponse):
        if json_mode and response.content:
            return response.content
        if response.response.calls:
            return response.response.calls[0].arguments
        raise ValueError("No tool call or JSON object found in response.")
    if json_mode:
        return response.content
    return response.chunk.call.arguments if response.chunk.call else ""


class _Calls:
    """The call that is arriving."""

    def __init__(self, tool_types: Any) -> None:
        self.tool_types, self.call = tool_types or [], None

    def add(self, chunk: Any) -> Any:
        done = None
        if chunk.call is not None and chunk.call.id:
            done, self.call = self.done(), Chirp(chunk.call.id, chunk.call.name, "")
        elif chunk.call is not None:
            self.call.arguments += chunk.call.arguments
        return self.done() if chunk.end else done

    def done(self) -> Any:
        call, self.call = self.call, None
        kinds = [kind for kind in self.tool_types if call is not None and kind._name() == call.name]
        return kinds[0].from_tool_call(call) if kinds else None


def handle_stream(
    stream: Any, tool_types: Any, partial_tools: bool = False
) -> Generator[tuple[AviaryCallResponseChunk, AviaryTool | None], None, None]:
    calls = _Calls(tool_types)
    for chunk in stream:
        yield AviaryCallResponseChunk(chunk=chunk), calls.add(chunk)


async def handle_stream_async(
    stream: Any, tool_types: Any, partial_tools: bool = False
) -> AsyncGenerator[tuple[AviaryCallResponseChunk, AviaryTool | None], None]:
    calls = _Calls(tool_types)
    async for chunk in stream:
        yield AviaryCallResponseChunk(chunk=chunk), calls.add(chunk)


aviary_call = call_factory(
    TCallResponse=AviaryCallResponse,
    TCallResponseChunk=AviaryCallResponseChunk,
    TToolType=AviaryTool,
    TStream=AviaryStream,
    default_call_params=AviaryCallParams(volume=2),
    setup_call=setup_call,
    get_json_output=get_json_output,
    handle_stream=handle_stream,
    handle_stream_async=handle_stream_async,
)


@aviary_call("wren-1")
def greet() -> str:
    return "Say hello."


print(greet().content)
