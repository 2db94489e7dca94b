"""`Host`: describes a host, and provides its `call`, `model` and `responses`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import new_class
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import openai

from ..base.calls import Call
from ..base.errors import MirascopeLikeError, error_kind
from ..base.models import Models
from ..base.request import Prefill, Request
from ..base.runtime import LazyModule
from ..dialects.chat_completions import OpenAISDKProvider
from .native_ollama import is_native, native_create
from .types import HostAsyncStream, HostCallParams, HostCallResponse, HostCallResponseChunk, HostStream, HostTool

if TYPE_CHECKING:
    from . import responses
else:
    responses = LazyModule(f"{__package__}.responses")

ClassT = TypeVar("ClassT", bound=type[Any])

_KEPT = {"_priced_as": ClassVar[Any]}
"""Annotations of the classes of a host: without one, pydantic makes an attribute of each response."""


@dataclass(frozen=True)
class Host:
    """Describes a host with an OpenAI-compatible API: its address, its key, and its differences from OpenAI.

    The environment variable `<NAME>_BASE_URL` overrides `base_url`.
    """

    name: str
    """The name in messages and environment variables, such as "deepseek"."""
    base_url: str
    key: str
    """The name of the environment variable that contains the API key."""
    needs_key: bool = True
    """True if a call without a key must raise an error. False for servers on this machine."""
    refuses_usage: bool = False
    """True if the host rejects `stream_options`. If any other host rejects it, the request is sent again without it."""
    cache_marks: bool = False
    """True if the host accepts Anthropic's `cache_control` in messages. For other hosts, cache marks are left out."""
    returns_images: bool = False
    """True if the host returns images in `images` of the assistant's message, and accepts them back there."""
    limits: tuple[str, ...] = ("max_tokens",)
    """The parameter names under which the host accepts the token limit, the preferred one first. The host ignores
    any other name.
    """
    priced_as: str = ""
    """The name of the host in the price list, if the list uses another name."""
    prefix: str = ""
    """The beginning of the names of the host's classes, if it is not the capitalized `name`: "XAI" for
    `XAICallResponse`.
    """
    prefill: Prefill | None = None
    """How to make the models of the host continue a given text; `resume` needs this. None if the models would start
    a new response without reporting an error.
    """

    @cached_property
    def provider(self) -> HostProvider:
        """The provider that sends requests to this host."""
        return HostProvider(self)

    @cached_property
    def call(self) -> Call[HostCallResponse, HostStream, HostAsyncStream, HostCallParams]:
        """A decorator factory: `call(model, ...)` returns a decorator that turns a prompt function into a call to
        this host.
        """
        return Call(self.provider, HostStream, HostAsyncStream, HostCallParams)

    @cached_property
    def model(self) -> Models[HostCallResponse, HostStream, HostAsyncStream, HostCallParams]:
        """A function that makes model objects of this host. Their settings apply to every call that is made with
        them.
        """
        return Models(self.call)

    @cached_property
    def responses(self) -> HostResponses:
        """The host's Responses API. Requests to a host that does not have one raise `NotFoundError`."""
        return HostResponses(self)

    @cached_property
    def CallResponse(self) -> type[HostCallResponse]:
        """The class of this host's responses."""
        return self.made("CallResponse", HostCallResponse, _priced_as=self.priced_as or None)

    @cached_property
    def CallResponseChunk(self) -> type[HostCallResponseChunk]:
        """The class of this host's chunks."""
        return self.made("CallResponseChunk", HostCallResponseChunk, __slots__=())

    def made(self, name: str, base: ClassT, **fields: Any) -> ClassT:
        """Return a new subclass of `base` for this host, with the class attributes `fields`.

        `name` is the path by which the class is found on the host object, such as "responses.CallResponse".
        """
        # Pickle finds the class by its qualified name.
        space = {"__module__": __package__, "__qualname__": f"{self.name}.{name}", "__doc__": base.__doc__}
        fields = {**space, "__annotations__": _KEPT, "provider": self.name, **fields}
        title = (self.prefix or self.name.capitalize()) + name.replace("responses.", "Responses")
        made = new_class(title, (base,), exec_body=lambda namespace: namespace.update(fields))
        return cast("ClassT", made)


class HostResponses:
    """The Responses API of a host. Calls to a host that does not offer this API raise `NotFoundError`."""

    def __init__(self, host: Host) -> None:
        self._host = host

    @cached_property
    def call(
        self,
    ) -> Call[
        responses.HostResponsesCallResponse,
        responses.HostResponsesStream,
        responses.HostResponsesAsyncStream,
        responses.HostResponsesCallParams,
    ]:
        """A decorator factory: `call(model, ...)` returns a decorator that turns a prompt function into a call to
        the host's Responses API.
        """
        provider = responses.HostResponsesProvider(self._host.provider, self.CallResponse, self.CallResponseChunk)
        streams = responses.HostResponsesStream, responses.HostResponsesAsyncStream
        return Call(provider, *streams, responses.HostResponsesCallParams)

    @cached_property
    def model(
        self,
    ) -> Models[
        responses.HostResponsesCallResponse,
        responses.HostResponsesStream,
        responses.HostResponsesAsyncStream,
        responses.HostResponsesCallParams,
    ]:
        """A function that makes model objects of this host. Their settings apply to every call that is made with
        them.
        """
        return Models(self.call)

    @cached_property
    def CallResponse(self) -> type[responses.HostResponsesCallResponse]:
        """The class of this host's responses."""
        base, priced_as = responses.HostResponsesCallResponse, self._host.priced_as or None
        return self._host.made("responses.CallResponse", base, _priced_as=priced_as)

    @cached_property
    def CallResponseChunk(self) -> type[responses.HostResponsesCallResponseChunk]:
        """The class of this host's chunks."""
        base = responses.HostResponsesCallResponseChunk
        return self._host.made("responses.CallResponseChunk", base, __slots__=())


class HostProvider(OpenAISDKProvider[HostCallResponse, HostCallResponseChunk, HostTool]):
    """Sends requests to a host, or to the address of the client that was passed."""

    tool_type = HostTool
    params_type = HostCallParams

    def __init__(self, host: Host) -> None:
        self.host = host
        self.name: str = host.name
        self.environment: tuple[str, ...] = (host.key, f"{host.name.upper()}_BASE_URL", "OPENAI_CUSTOM_HEADERS")
        self.refuses_usage: bool = host.refuses_usage
        self.cache_marks: bool = host.cache_marks
        self.returns_images: bool = host.returns_images
        self.response_type: type[HostCallResponse] = host.CallResponse
        self.chunk_type: type[HostCallResponseChunk] = host.CallResponseChunk

    def limit_names(self, model: str) -> tuple[str, ...]:
        return self.host.limits

    def prefill(self, request: Request) -> Prefill | None:
        prefill = self.host.prefill
        return prefill if prefill is not None and str(request.model).startswith(prefill.models) else None

    def create(self, client: Any) -> Callable[..., Any]:
        return native_create(client) if is_native(client) else super().create(client)

    def identify(self, error: Exception) -> type[MirascopeLikeError] | None:
        if is_native(error):
            return error_kind(vars(error).get("status_code"), text=str(error))
        return super().identify(error)

    def http(self, client: Any, payload: dict[str, Any], *, stream: bool, once: bool = False) -> Any:
        return self.post(client, self.head_depends_on(payload), payload, stream=stream, once=once)

    def head_depends_on(self, payload: dict[str, Any]) -> str:
        """Return the path of the endpoint: a host may have another one for a response that it continues."""
        prefill = self.host.prefill
        last: list[dict[str, Any]] = payload["messages"][-1:]
        if prefill is not None and prefill.path and any(one.items() >= prefill.message.items() for one in last):
            return prefill.path
        return self.path

    def new_client(self, *, asynchronous: bool, proxies: bool = True, **options: Any) -> Any:
        own = {"api_key": self._key(), "base_url": self._base_url(), "default_headers": self._headers()}
        client = super().new_client(asynchronous=asynchronous, proxies=proxies, **own | options)
        client.organization = client.project = None  # OpenAI's: must not be sent to another host
        return client

    def _key(self) -> str:
        key = os.environ.get(self.host.key)
        if not key and self.host.needs_key:
            raise openai.OpenAIError(self._key_to_set())  # otherwise the SDK would send the key of OpenAI
        return key or "none"

    def _base_url(self) -> str:
        return os.environ.get(self.environment[1]) or self.host.base_url

    def _headers(self) -> dict[str, str]:
        # Otherwise an Authorization in OPENAI_CUSTOM_HEADERS would be sent to the host.
        return {"Authorization": f"Bearer {self._key()}"}

    def _key_to_set(self) -> str:
        return (
            f"no api_key for {self.name}: set the environment variable {self.host.key}, "
            f"or pass client=openai.OpenAI(base_url={self.host.base_url!r}, api_key=...)"
        )
