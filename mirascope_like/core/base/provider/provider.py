"""The provider interface: encode requests, send them, decode responses, map errors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from .. import request as request_room
from ..errors import PromptError
from ..messages import CallForm, with_accepted_calls, with_plain_media, without_developer
from ..parsing import has_half
from ..request import Request, Strategy, Structure, with_named_limit
from ..response import Accumulator, BaseCallResponse, BaseCallResponseChunk
from ..tools import BaseTool

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)

_ABOUT_TOOLS = frozenset({"tool_choice", "parallel_tool_calls"})
"""Call parameters that providers reject in a request without tools."""


class Source(Protocol):
    """An open response, read while it arrives. It may also have `interrupt()`, which ends a read in another thread."""

    typed: bool
    """True if events are objects of the SDK, False if they are bytes."""
    response: Any
    """The HTTP response that is read, or None if it is not known."""

    def __iter__(self) -> Iterator[Sequence[Any]]:
        """Yield the events of each read. The sequence is empty for a read without a complete event, such as a
        keep-alive.

        Only this iterator waits for the provider, so deadlines apply to its steps.
        """
        ...

    def drain(self) -> None:
        """Read briefly what follows the final event, so that the HTTP client can reuse the connection."""

    def close(self) -> None:
        """Release the connection."""


class AsyncSource(Protocol):
    """`Source` for `async for`."""

    typed: bool
    response: Any

    def __aiter__(self) -> AsyncIterator[Sequence[Any]]:
        """Yield the events of each read, as `Source` does."""
        ...

    async def drain(self) -> None:
        """Read briefly what follows the final event, so that the HTTP client can reuse the connection."""

    async def close(self) -> None:
        """Release the connection."""


class Target(NamedTuple):
    """The provider and model of one call. Resolved once, when the call is made; immutable."""

    provider: Provider[Any, Any, Any]
    """The provider that encodes, sends and decodes; never one with `open_choice`."""
    model: str
    """The name of the model at that provider."""
    settings: Mapping[str, Any] = MappingProxyType({})
    """Settings that replace those of the call: `tools`, `json_mode`, `client` (None if the call's client is for another
    provider). `call_params` are merged with the call's own. Always empty for a provider's own `call`.
    """


class Provider(ABC, Generic[ResponseT, ChunkT, ToolT]):
    """A provider: encodes requests, sends them, decodes responses and maps the SDK's errors.

    One instance per provider, which lives as long as the program.
    """

    name: str
    """The name in messages and errors, such as "openai"."""
    open_choice: ClassVar[bool] = False
    """True for the provider of `llm`: each call chooses another one, and `resolve` returns it."""
    call_form: ClassVar[CallForm] = CallForm()
    """The ids and names of tool calls that the provider accepts in messages."""
    takes_developer: bool = False
    """True if the provider accepts the role "developer"; for others, such messages are sent as system messages."""
    response_type: type[ResponseT]
    chunk_type: type[ChunkT]
    tool_type: type[ToolT]
    """The base class of the tool types in its requests."""
    accumulator_type: type[Accumulator[Any, Any]]
    params_type: type[Any]
    """The `TypedDict` of the call parameters that the provider takes."""

    def origin(self, model: str) -> str:
        """Return the origin of the messages of a model called now: the name of their format, such as "openai"."""
        return self.response_type.origin()

    def named(self, model: str) -> tuple[str | None, str]:
        """Split a model name such as "openai:gpt-4o-mini" into provider and name; the provider is None if there is
        none.
        """
        return None, model

    def resolve(self, model: str, provider: str | None, overrides: Mapping[str, Any]) -> Target:
        """Return the provider and model that a call uses: this provider, unless it has `open_choice`. Changes nothing.

        `provider` is the name that the call gives in addition to the model, or None. `overrides` are the settings of
        `llm.context` and `llm.override` that applied when the call was made.
        """
        return Target(self, model)

    def known_params(self) -> frozenset[str]:
        """Return the names of the call parameters that the provider takes."""
        return frozenset(self.params_type.__annotations__)

    def limit_names(self, model: str) -> tuple[str, ...]:
        """Return the names among `LIMITS` that a model accepts for the token limit, the preferred one first."""
        return ("max_tokens",)

    @abstractmethod
    def encode(self, request: Request) -> dict[str, Any]:
        """Encode a request as the keyword arguments of the SDK's own call.

        Raises `PromptError` for a message part that the provider cannot take.
        """

    def native_tool_types(self, tools: Sequence[Mapping[str, Any]]) -> list[type[BaseTool]]:
        """Return tool types for those tools in the provider's own form whose calls the program answers.

        `encode` does not declare a tool of the same name a second time.
        """
        return []

    def strategy(self, request: Request, preferred: Strategy) -> Strategy:
        """Choose the strategy for a structured output; return it.

        `preferred` is "schema" if the response model is strict, "json" in JSON mode, else "tool". The provider may
        choose another one, depending on what it supports and what else is in the request. "json" needs nothing more
        from the provider: the schema is already in the messages and `request.json_mode` is set.
        """
        return "json"

    def structure(self, payload: dict[str, Any], structure: Structure) -> None:
        """Add a structured output to an encoded payload, by `structure.strategy`. Called after `encode`.

        "tool" adds a tool with the structure's name and schema, and forces the model to call it (or any tool, if there
        are others) unless the call parameters set `tool_choice`. "schema" sets the provider's structured output. "json"
        adds nothing.
        """

    def accepted(self, messages: Sequence[Any]) -> Sequence[Any]:
        """Return the messages, still in the common form, with only what the provider accepts.

        That is: ids and names of tool calls in `call_form`, images with the media type of their bytes, and roles.
        """
        messages = with_plain_media(with_accepted_calls(messages, self.call_form))
        return messages if self.takes_developer else without_developer(messages)

    def payload(self, request: Request) -> dict[str, Any]:
        """Return what to send: the encoded request, with the structured output that it requests.

        Raises `PromptError` for text that cannot be encoded, and for a part that the provider does not accept.
        """
        params = with_named_limit(request.call_params, self.limit_names(request.model))
        payload = self.encode(replace(request, call_params=params, messages=self.accepted(request.messages)))
        if request.structure is not None:
            self.structure(payload, request.structure)
        if has_half(payload):
            raise PromptError(
                "a message holds half a character (a lone surrogate), which UTF-8 has no bytes for: replace it, as "
                "text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace') does"
            )
        return payload

    def messages_in(self, payload: Mapping[str, Any]) -> list[Any]:
        """Return the messages in a payload, in the provider's own format."""
        return list(payload.get(self.response_type.messages_key, ()))

    def untooled(self, request: Request) -> Request:
        """Return the request without its tools, so that the model answers instead of calling one."""
        params = {name: value for name, value in request.call_params.items() if name not in _ABOUT_TOOLS}
        return replace(request, tools=(), native_tools=(), call_params=params)

    def prefill(self, request: Request) -> request_room.Prefill | None:
        """Return how to make the model continue the text of an interrupted response; None if the model of this request
        cannot.

        Also None for a model that would start a new response instead, without reporting an error.
        """
        return None

    def accumulator(self, request: Request) -> Accumulator[ChunkT, ToolT]:
        """Return a new accumulator for the stream of this request."""
        return self.accumulator_type(self.chunk_type, self.tool_type, request.tools, request.partial_tools)

    def parse(self, raw: bytes | Mapping[str, Any]) -> Any:
        """Return the SDK's response object for a response, given as JSON bytes or as decoded JSON."""
        return self.response_type.parse_raw_response(raw)

    def rebuilt(self, request: Request, accumulator: Accumulator[Any, Any]) -> Any:
        """Return the SDK's response object for what the accumulator has received."""
        return self.parse(accumulator.rebuild())

    @abstractmethod
    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        """Send the request; return the SDK's response object."""

    @abstractmethod
    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        """Async version of `send`."""

    @abstractmethod
    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        """Send the request; return the open response once it begins."""

    @abstractmethod
    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        """Async version of `open`."""

    def check(self, request: Request, raw: Any) -> None:
        """Raise the error that the SDK's response object contains instead of a response, if any."""
        self.response_type.check(raw)

    @abstractmethod
    def failure(self, error: Exception, request: Request, source: Any = None) -> Exception:
        """Return the error to raise for an error of the SDK, of its transport, or of reading the stream `source`."""

    def respond(
        self, request: Request, payload: dict[str, Any], raw: Any, start_time: float, end_time: float
    ) -> ResponseT:
        """Return our response for the SDK's response object. The times are in milliseconds since 1970."""
        return self.response_type.make(request, payload, raw, start_time, end_time)
