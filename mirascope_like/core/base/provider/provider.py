"""The provider interface: encodes requests, sends them, decodes responses, and converts errors."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from types import MappingProxyType
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from .. import request as request_room
from ..errors import PromptError
from ..messages import CallForm, with_accepted_calls, with_plain_media, without_developer
from ..parsing import at, has_half
from ..request import Request, Strategy, Structure, with_named_limit
from ..response import (
    Accumulator,
    BaseCallResponse,
    BaseCallResponseChunk,
    Usage,
    check_response,
    made_response,
    message_format,
    messages_key,
    usage_price,
)
from ..tools import BaseTool

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)

_DEFAULTS = "_defaults"
"""The attribute of providers that make default clients: a `Clients`."""
_ABOUT_TOOLS = frozenset({"tool_choice", "parallel_tool_calls"})
"""Call parameters that providers reject in a request without tools."""


class Source(Protocol):
    """An open response that is read while it arrives. May also have a method `interrupt()` that ends a read in
    another thread.
    """

    typed: bool
    """True if the events are objects of the SDK, False if they are bytes."""
    response: Any
    """The HTTP response that is read; None if it is not known."""

    def __iter__(self) -> Iterator[Sequence[Any]]:
        """Yield the events of each network read, as a list. The list is empty for a read that completes no event, such
        as a keep-alive.

        Only this iterator waits for the provider, so deadlines apply to its steps.
        """
        ...

    def drain(self) -> None:
        """Read the few bytes after the final event, so that the HTTP client can reuse the connection."""

    def close(self) -> None:
        """Release the connection."""


class AsyncSource(Protocol):
    """Async version of `Source`: an open response that is read with `async for` while it arrives."""

    typed: bool
    response: Any

    def __aiter__(self) -> AsyncIterator[Sequence[Any]]:
        """Yield the events of each network read, as a list. The list is empty for a read that completes no event."""
        ...

    async def drain(self) -> None:
        """Read the few bytes after the final event, so that the HTTP client can reuse the connection."""

    async def close(self) -> None:
        """Release the connection."""


class Target(NamedTuple):
    """The provider and the model of one call, and the settings that replace the call's own.

    Determined once, when the call is made. Immutable.
    """

    provider: Provider[Any, Any, Any]
    """The provider that encodes, sends and decodes. Never a provider with `open_choice`."""
    model: str
    """The name of the model at that provider."""
    settings: Mapping[str, Any] = MappingProxyType({})
    """Settings that replace those of the call: `tools`, `json_mode`, and `client` (None if the call's client is for
    another provider). `call_params` are merged with those of the call. Empty unless the call is an `llm.call`.
    """


class Provider(ABC, Generic[ResponseT, ChunkT, ToolT]):
    """Base class of providers: encodes requests, sends them, decodes responses, and converts the SDK's errors to ours.

    There is one instance per provider, which exists as long as the program runs.
    """

    name: str
    """The name of the provider in messages and errors, such as "openai"."""
    open_choice: ClassVar[bool] = False
    """True only for the provider of `llm`: each call chooses another provider, which `resolve` returns."""
    call_form: ClassVar[CallForm] = CallForm()
    """The ids and names of tool calls that this provider accepts in messages."""
    takes_developer: bool = False
    """True if the provider accepts the role "developer". Others receive such messages with the role "system"."""
    in_batch: ClassVar[bool] = False
    """True if the requests are answered in batches of the provider, so that `price` is the price there."""
    asks_for_json: ClassVar[bool] = True
    """False only for a provider that adds the instruction for JSON to the messages itself, when it sends them."""
    response_type: type[ResponseT]
    chunk_type: type[ChunkT]
    tool_type: type[ToolT]
    """The base class of the tools in responses of this provider."""
    accumulator_type: type[Accumulator[Any, Any]]
    params_type: type[Any]
    """The `TypedDict` of the call parameters that this provider accepts."""

    def __reduce__(self) -> Any:
        # By its place, as a function: a copy in another process would have default clients of its own.
        if (place := _place_of(self)) is not None:
            return _found_at, place
        own = {name: one for name, one in vars(self).items() if not hasattr(type(self), name)}  # no cached properties
        return _made, (type(self), own)

    def origin(self, model: str) -> str:
        """Return the name of the message format, such as "openai", that a call of this model would use now."""
        return message_format(self.response_type)

    def written(self, member: str) -> str:
        """Return the name of a member of the provider's module, as users write it: "openai.responses.call"."""
        return ".".join(filter(None, [self.name, self.response_type.form, member]))

    def named(self, model: str) -> tuple[str | None, str]:
        """Return (provider name, model name) for a name such as "openai:gpt-4o-mini". The provider name is None if
        there is none.
        """
        return None, model

    def resolve(self, model: str, provider: str | None, overrides: Mapping[str, Any]) -> Target:
        """Return the provider, the model and the settings of a call: this provider itself, unless it has `open_choice`.

        `provider` is the provider name that was passed to the call in addition to the model, or None. `overrides` are
        the settings of `llm.context` and `llm.override` that were active when the call was made.
        """
        return Target(self, model)

    def known_params(self) -> frozenset[str]:
        """Return the names of the call parameters that this provider accepts."""
        return frozenset(self.params_type.__annotations__)

    def limit_names(self, model: str) -> tuple[str, ...]:
        """Return the parameter names for the token limit that a model accepts (from `LIMITS`), the preferred one
        first.
        """
        return ("max_tokens",)

    @abstractmethod
    def encode(self, request: Request) -> dict[str, Any]:
        """Encode a request as the keyword arguments of the SDK's method.

        Raises `PromptError` for a message part that the provider does not accept.
        """

    def tool_payload(self, kind: type[BaseTool]) -> dict[str, Any]:
        """Return the payload of a request without messages that offers one tool."""
        return self.encode(Request(provider=self.name, model="", messages=(), tools=[kind]))

    def native_tool_types(self, tools: Sequence[Mapping[str, Any]]) -> list[type[BaseTool]]:
        """Return tool types for the tools, given in the provider's own format, whose calls the program must answer
        itself.

        `encode` does not declare a tool with the same name again.
        """
        return []

    def strategy(self, request: Request, preferred: Strategy) -> Strategy:
        """Return the strategy for requesting a structured output.

        `preferred` is "schema" if the response model is strict, "json" in JSON mode, else "tool". A provider may return
        another strategy, depending on what it supports and on the request. "json" needs no support by the provider: the
        schema is in the messages, and `request.json_mode` is set.
        """
        return "json"

    def structure(self, payload: dict[str, Any], structure: Structure) -> None:
        """Add the request for a structured output to an encoded payload. Called after `encode`.

        With the strategy "tool": add a tool with the name and schema of the structure, and force the model to call it
        (or any tool, if there are others) unless the call parameters set `tool_choice`. With "schema": set the
        provider's structured output. With "json": add nothing.
        """

    def accepted(self, messages: Sequence[Any]) -> Sequence[Any]:
        """Return the messages, in the common form, changed to what the provider accepts.

        Ids and names of tool calls match `call_form`, images have the media type of their bytes, and only accepted
        roles are used.
        """
        messages = with_plain_media(with_accepted_calls(messages, self.call_form))
        return messages if self.takes_developer else without_developer(messages)

    def payload(self, request: Request) -> dict[str, Any]:
        """Return the payload to send: the encoded request, with the structured output that it asks for.

        Raises `PromptError` for text that cannot be encoded, and for a message part that the provider does not accept.
        """
        params = with_named_limit(request.call_params, self.limit_names(request.model))
        messages = self.accepted(request.messages)
        same = params is request.call_params and messages is request.messages
        payload = self.encode(request if same else replace(request, call_params=params, messages=messages))
        if request.structure is not None:
            self.structure(payload, request.structure)
        if has_half(payload):
            raise PromptError(
                "a message contains half a character (a lone surrogate), which cannot be encoded as UTF-8: replace it "
                "with text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')"
            )
        return payload

    def messages_in(self, payload: Mapping[str, Any]) -> list[Any]:
        """Return the messages in a payload, in the provider's own format."""
        return list(payload.get(messages_key(self.response_type), ()))

    def untooled(self, request: Request) -> Request:
        """Return the request without tools, so that the model must reply with text."""
        params = {name: value for name, value in request.call_params.items() if name not in _ABOUT_TOOLS}
        return replace(request, tools=(), native_tools=(), call_params=params)

    def prefill(self, request: Request) -> request_room.Prefill | None:
        """Return how to resume an interrupted response of this request; None if the model cannot resume.

        Also None for a model that would start a new response without reporting an error.
        """
        return None

    def accumulator(self, request: Request) -> Accumulator[ChunkT, ToolT]:
        """Return a new accumulator for one attempt of this request."""
        return self.accumulator_type(self.chunk_type, self.tool_type, request.tools, request.partial_tools)

    def parse(self, raw: bytes | Mapping[str, Any]) -> Any:
        """Return the SDK's response object for a response that is given as JSON bytes or decoded JSON."""
        return self.response_type.parse_raw_response(raw)

    def rebuilt(self, request: Request, accumulator: Accumulator[Any, Any]) -> Any:
        """Return the SDK's response object for the events that the accumulator has received."""
        return self.parse(accumulator.rebuild())

    def client_for(self, request: Request) -> Any:
        """Return the SDK's client that sends the request, after making the default client if necessary; None if it
        cannot be made (sending then raises the error), or if the provider has none.
        """
        if request.client is not None:
            return request.client
        with suppress(Exception):
            return getattr(self, _DEFAULTS).sync()
        return None

    async def aclient_for(self, request: Request) -> Any:
        """Async version of `client_for`."""
        if request.client is not None:
            return request.client
        with suppress(Exception):
            return await getattr(self, _DEFAULTS).asynchronous()
        return None

    def is_patched(self, client: Any) -> bool:
        """Return True if a client is not the SDK's own, or was patched to trace calls."""
        return False

    @abstractmethod
    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        """Send the request; return the SDK's response object."""

    @abstractmethod
    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        """Async version of `send`."""

    def opens_here(self, request: Request) -> bool:
        """Return True if `open` must run in the thread of the caller, as a tracer may look there for what belongs
        together. Then only the end of a network stream that the transport reports can end the wait.
        """
        return False

    @abstractmethod
    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        """Send the request of a stream; return the open response as soon as it begins."""

    @abstractmethod
    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        """Async version of `open`."""

    def check(self, request: Request, raw: Any) -> None:
        """Raise an error if the SDK's response object reports an error or is not a response."""
        check_response(self.response_type, raw)

    @abstractmethod
    def failure(self, error: Exception, request: Request, source: Any = None) -> Exception:
        """Return the error to raise in place of `error`: an error of the SDK, of the HTTP client, or of reading the
        stream `source`.
        """

    def respond(
        self, request: Request, payload: dict[str, Any], raw: Any, start_time: float, end_time: float
    ) -> ResponseT:
        """Return the library's response object for the SDK's response object. The times are in milliseconds since
        1970.
        """
        return made_response(self.response_type, request, payload, raw, start_time, end_time)

    def price(
        self, request: Request, payload: Mapping[str, Any], usage: Usage, *, in_batch: bool = False
    ) -> float | None:
        """Return what a request costs with this usage, by itself or in a batch, in US dollars; None if unknown."""
        return usage_price(self.response_type, request.model, usage, payload, in_batch=in_batch)


_PLACES = ("call", "responses.call", "")
"""Where a module or an object that it holds has a provider's `call`."""


def _place_of(provider: Provider[Any, Any, Any]) -> tuple[str, str] | None:
    """Return the package of a provider and the path in it of what has the provider, such as its `call`; None if nothing
    has it, as for a user's own host.
    """
    package = type(provider).__module__.rpartition(".")[0]
    for name, value in list(vars(sys.modules[package]).items()) if package in sys.modules else ():
        for place in _PLACES:
            path = f"{name}.{place}".strip(".")
            if getattr(at(value, place) if place else value, "provider", None) is provider:
                return package, path
    return None


def _found_at(package: str, path: str) -> Provider[Any, Any, Any]:
    found: Provider[Any, Any, Any] = at(import_module(package), f"{path}.provider")
    return found


def _made(kind: type[Provider[Any, Any, Any]], own: dict[str, Any]) -> Provider[Any, Any, Any]:
    provider = kind.__new__(kind)
    vars(provider).update(own)
    return provider
