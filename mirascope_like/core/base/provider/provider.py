"""What a provider has to say for itself; everything else is the engine's."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from .. import request as request_room
from ..messages import with_ids, without_developer
from ..request import Request, Strategy, Structure, with_named_limit
from ..response import Accumulator, BaseCallResponse, BaseCallResponseChunk
from ..tools import BaseTool

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)

_ABOUT_TOOLS = frozenset({"tool_choice", "parallel_tool_calls"})
"""Parameters that providers refuse where there are no tools."""


class Source(Protocol):
    """An open answer, read while it arrives. It may have a method `interrupt` that ends a read in another thread."""

    typed: bool
    """Whether events are objects of the SDK rather than bytes."""
    response: Any
    """The HTTP response that is read, where it is known."""

    def __iter__(self) -> Iterator[Sequence[Any]]:
        """Yield the events of each read; nothing in them where it gave bytes and no event, as a keep-alive does.

        Only this iterator waits for the provider, so that deadlines can stand around its steps.
        """
        ...

    def drain(self) -> None:
        """Read what follows the final event, for a moment, so that the connection can be used again."""

    def close(self) -> None:
        """Let the connection go."""


class AsyncSource(Protocol):
    """`Source`, to be read with `async for`."""

    typed: bool
    response: Any

    def __aiter__(self) -> AsyncIterator[Sequence[Any]]:
        """Yield the events of each read, as those of a `Source`."""
        ...

    async def drain(self) -> None:
        """Read what follows the final event, for a moment, so that the connection can be used again."""

    async def close(self) -> None:
        """Let the connection go."""


class Target(NamedTuple):
    """Who answers one call. Resolved once, when the call is made, and immutable: the request is then made for it."""

    provider: Provider[Any, Any, Any]
    """Encodes, sends and decodes; never one that leaves the choice open."""
    model: str
    """The model's name there."""
    settings: Mapping[str, Any] = MappingProxyType({})
    """What replaces settings of the call: `tools`, `json_mode`, `client` (None where the call's own is for another
    provider). Only `call_params` are added to the call's own. Always empty for a provider's own `call`."""


class Provider(ABC, Generic[ResponseT, ChunkT, ToolT]):
    """A codec, the ways to send what it encodes, and what the SDK's errors mean."""

    name: str
    """Its name in messages, such as "openai"."""
    open_choice: ClassVar[bool] = False
    """True for the provider of `llm`: each call chooses another one, and `resolve` returns that."""
    requires_ids: ClassVar[bool] = True
    """Whether every tool call and result must have an id: those that have none, as Gemini's may, are then given one."""
    id_form: ClassVar[re.Pattern[str] | None] = None
    """The form of ids of tool calls that the provider accepts; None where it accepts any."""
    takes_developer: bool = False
    """True if messages may have the role "developer"; elsewhere those are system messages."""
    response_type: type[ResponseT]
    chunk_type: type[ChunkT]
    tool_type: type[ToolT]
    """The base of the tool types in its requests."""
    accumulator_type: type[Accumulator[Any, Any]]
    params_type: type[Any]
    """The call parameters that the provider takes, as a `TypedDict`."""

    def origin(self, model: str) -> str:
        """Return whose form the messages of a model have, in a call made now, such as "openai"."""
        return self.response_type.origin()

    def named(self, model: str) -> tuple[str | None, str]:
        """Return the provider that a model is named with, as in "openai:gpt-4o-mini", if any, and its name there."""
        return None, model

    def resolve(self, model: str, provider: str | None, overrides: Mapping[str, Any]) -> Target:
        """Return who answers a call: this provider, unless it leaves the choice open. Changes nothing.

        `provider` is the name that the call gives beside the model, if any. `overrides` are the settings of
        `llm.context` and `llm.override` that were in force when the call was made.
        """
        return Target(self, model)

    def known_params(self) -> frozenset[str]:
        """The names of the call parameters that the provider takes."""
        return frozenset(self.params_type.__annotations__)

    def limit_names(self, model: str) -> tuple[str, ...]:
        """Return the names among `LIMITS` under which a model takes the token limit, the usual one first."""
        return ("max_tokens",)

    @abstractmethod
    def encode(self, request: Request) -> dict[str, Any]:
        """Say a request in the provider's words: the keyword arguments of the SDK's own call.

        Raises `PromptError` for a part that the provider cannot take.
        """

    def strategy(self, request: Request, preferred: Strategy) -> Strategy:
        """Choose how to ask for a structured answer; the call wants `wanted`.

        That is "schema" where the response model is strict, "json" in JSON mode, and else "tool". The choice is the
        provider's, by what it has and by what else the request holds. The way "json" needs nothing of it: the messages
        have been told the schema by then, and `request.json_mode` is set.
        """
        return "json"

    def structure(self, payload: dict[str, Any], structure: Structure) -> None:
        """Ask in an encoded payload for a structured answer, in the way that was chosen.

        "tool" adds a tool of the structure's name and schema, and has the model call it, or one of the other tools if
        there are any, unless the call's own parameters say otherwise. "schema" asks for the provider's structured
        output. "json" is asked for already. Called after `encode`, and only for a structured answer.
        """

    def with_call_ids(self, request: Request) -> Request:
        """Return the request with ids of tool calls that the provider accepts; a call and its result keep the same."""
        return replace(request, messages=with_ids(request.messages, self.id_form)) if self.requires_ids else request

    def payload(self, request: Request) -> dict[str, Any]:
        """Return what to send: the request, encoded, and the structured answer it asks for."""
        request = self.with_call_ids(request)
        params = with_named_limit(request.call_params, self.limit_names(request.model))
        messages = request.messages if self.takes_developer else without_developer(request.messages)
        payload = self.encode(replace(request, call_params=params, messages=messages))
        if request.structure is not None:
            self.structure(payload, request.structure)
        return payload

    def messages_in(self, payload: Mapping[str, Any]) -> list[Any]:
        """Return the messages of a payload, in the provider's own form."""
        return list(payload.get(self.response_type.messages_key, ()))

    def untooled(self, request: Request) -> Request:
        """Return the request, changed so that the model calls none of its tools and answers."""
        params = {name: value for name, value in request.call_params.items() if name not in _ABOUT_TOOLS}
        return replace(request, tools=(), native_tools=(), call_params=params)

    def prefill(self, request: Request) -> request_room.Prefill | None:
        """Return how the model of a request is had to go on from the beginning of an answer; None where it is not.

        A model that would answer anew instead, without an error, counts as one that cannot.
        """
        return None

    def accumulator(self, request: Request) -> Accumulator[ChunkT, ToolT]:
        """Begin to sum up an answer."""
        return self.accumulator_type(self.chunk_type, self.tool_type, request.tools, request.partial_tools)

    def parse(self, raw: bytes | Mapping[str, Any]) -> Any:
        """Make the SDK's response object of a response, decoded or not."""
        return self.response_type.parse_raw_response(raw)

    def rebuilt(self, request: Request, accumulator: Accumulator[Any, Any]) -> Any:
        """Make the SDK's response object of what a stream has summed up."""
        return self.parse(accumulator.rebuild())

    @abstractmethod
    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        """Send, and return the SDK's response object."""

    @abstractmethod
    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        """`send`, awaited."""

    @abstractmethod
    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        """Send, and return once the answer begins."""

    @abstractmethod
    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        """`open`, awaited."""

    def check(self, request: Request, raw: Any) -> None:
        """Raise what the SDK's response object tells of in place of an answer."""
        self.response_type.check(raw)

    @abstractmethod
    def failure(self, error: Exception, request: Request, source: Any = None) -> Exception:
        """Return what to raise for an error of the SDK, of its transport, or of the stream read from `source`."""

    def respond(
        self, request: Request, payload: dict[str, Any], raw: Any, start_time: float, end_time: float
    ) -> ResponseT:
        """Wrap the SDK's response object."""
        return self.response_type.make(request, payload, raw, start_time, end_time)
