"""Base class of providers that send requests with a client of their SDK: the user's client, or a default client."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from operator import attrgetter
from types import ModuleType
from typing import Any, ClassVar, TypeVar

from ...base.errors import ConfigurationError
from ...base.provider import Clients
from ...base.request import Request
from ...base.response import BaseCallResponse, BaseCallResponseChunk
from ...base.runtime import on_asyncio
from ...base.tools import BaseTool
from .direct_codec import DirectCodec
from .error_mapping import FailingProvider
from .http_clients import KeepAlive
from .network import POOL_GRACE

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


_ON_TRIO = frozenset({"openai", "anthropic"})
"""The SDKs whose async clients can be used on trio."""


class ClientProvider(FailingProvider[ResponseT, ChunkT, ToolT]):
    """A provider whose SDK has one class of sync clients and one of async clients."""

    sdk: ModuleType
    clients: tuple[str, str]
    """The names of the SDK's sync and async client class. They may be the same."""
    http_clients: tuple[str, str] = ("", "")
    """The attributes of a default client that contain its sync and async HTTP client, if the SDK does not close
    these: see `Clients`.
    """
    keep_alive: ClassVar[KeepAlive | None] = None
    """The TCP keep-alive options that the SDK sets for its own HTTP clients; None if it sets none."""

    @cached_property
    def direct_codec(self) -> DirectCodec | None:
        """How requests are sent without the SDK; None if this is not known."""
        return None

    @property
    def sdk_package(self) -> str:
        return self.sdk.__name__.partition(".")[0]

    def make_client(self) -> Any:
        """Return a new default sync client."""
        return getattr(self.sdk, self.clients[0])()

    def make_async_client(self) -> Any:
        """Return a new default async client."""
        return getattr(self.sdk, self.clients[1])()

    @cached_property
    def _defaults(self) -> Clients:
        return Clients(self.make_client, self.make_async_client, self.environment, self.http_clients)

    def _client(self, request: Request) -> Any:
        client = request.client
        if client is None:
            return self._defaults.sync()
        if isinstance(client, self._kinds[1]):
            raise ConfigurationError(f"a sync call cannot use an async client: pass {self._named(0)}")
        return client

    async def _aclient(self, request: Request) -> Any:
        if self.sdk.__name__ not in _ON_TRIO:
            check_asyncio(self.name)
        client = request.client
        if client is None:
            return await self._defaults.asynchronous()
        if isinstance(client, self._kinds[0]):
            raise ConfigurationError(f"an async call needs an async client: pass {self._named(1)}")
        return client

    def opens_here(self, request: Request) -> bool:
        # With a deadline a worker thread opens, which can be abandoned whatever the client does.
        return request.deadline is None and self._is_wrapped(self._client(request))

    def is_patched(self, client: Any) -> bool:
        return self._is_wrapped(client)

    def _is_wrapped(self, client: Any) -> bool:
        """Return True if a client is not the SDK's own, or was patched to trace calls."""
        return False

    @cached_property
    def _kinds(self) -> Sequence[tuple[type, ...]]:
        # Clients for other platforms, and of older SDK versions, share only their base class with these.
        sync, asynchronous = ({*getattr(self.sdk, name).__mro__} for name in self.clients)
        return tuple(sync - asynchronous), tuple(asynchronous - sync)

    @cached_property
    def _expected_clients(self) -> str:
        return " or ".join(dict.fromkeys(self._named(which) for which in (0, 1)))

    def _method(self, client: Any, path: str) -> Any:
        return method_of(client, path, self._expected_clients)

    def _named(self, which: int) -> str:
        return f"{self.sdk.__name__}.{self.clients[which]}(...)"

    def opening_timeout(self, library: Any, seconds: float) -> Any:
        """Return the timeout of a request whose response must begin within `seconds`, as the `Timeout` of `library`."""
        return library.Timeout(seconds, pool=seconds + POOL_GRACE)

    def _key_to_set(self) -> str:
        return (
            f"no key for {self.name}: set the environment variable {self.environment[0]}, "
            f"or pass client={self._named(0).replace('...', 'api_key=...')}"
        )


def check_asyncio(name: str) -> None:
    """Raise `ConfigurationError` if the running event loop is not asyncio's. `name` is the name of the provider."""
    if not on_asyncio():
        raise ConfigurationError(
            f"async calls of {name} need asyncio: under trio, use openai, anthropic or a host with OpenAI's format, "
            "or make a sync call in a thread"
        )


def method_of(client: Any, path: str, expected: str) -> Any:
    """Return the method of a client with this dotted name, such as "messages.create".

    Raises `ConfigurationError` if the client has no such method, because it is a client of another SDK. `expected` is
    the client to pass instead, for the message.
    """
    try:
        return attrgetter(path)(client)
    except AttributeError as error:
        raise ConfigurationError(f"{type(client).__name__} has no {path}: pass client={expected}") from error


def allow_slow_reads(response: Any, timeout: Any) -> None:
    """Set the timeout for reading a response to the timeout of its client. Called once the deadline for the beginning
    of the response no longer applies.

    `timeout` is in seconds, or an `httpx.Timeout`; None means no timeout.
    """
    limits = response.request.extensions.get("timeout")
    if isinstance(limits, dict):
        limits["read"] = getattr(timeout, "read", timeout)
