"""What an SDK would send, and what it makes of an HTTP response, without the network.

A `Rehearsal` has a copy of a client of an SDK, whose HTTP client does not send: it reports the request, or it returns
a response that was received elsewhere. So requests that are sent in another way have the URL, headers and time limits
of the SDK, and their errors are those of the SDK.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from contextvars import ContextVar
from inspect import isawaitable, iscoroutinefunction
from operator import is_not
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from .http_clients import AsyncTransport, Transport, http_library, trusted
from .patches import made_by

_OUTCOME: ContextVar[Any] = ContextVar("_OUTCOME", default=None)
"""What the HTTP client of a rehearsal returns or raises; None to report the request."""
_KINDS = frozenset({"OpenAI", "AzureOpenAI", "Anthropic", "Groq"})
"""The sync client classes, and those of the async ones without "Async", that send the same headers with each request.
Others sign requests, such as those for Amazon Bedrock and Google Vertex AI.
"""
_CHANGING = (
    *("_api_key_provider", "workload_identity", "_workload_identity_auth", "_provider", "_provider_runtime"),
    *("_azure_ad_token_provider", "credentials", "_token_cache", "_middleware", "_idempotency_header"),
)
"""Attributes of clients that are set if the headers differ from request to request: keys that a function returns, keys
that expire, and functions of the user that see each request.
"""
_SETTINGS = (
    *("api_key", "auth_token", "_base_url", "timeout", "_timeout", "organization", "project"),
    *("_custom_headers", "_custom_query", "_api_version", "_azure_ad_token", "credentials", "_middleware"),
)
"""Attributes of clients on which the URL, the headers and the time limits of each request depend."""
_HOOKS = ("_prepare_options", "_prepare_request", "_build_request", "_send_request")
"""Methods of clients that a tracer may replace."""


class _Captured(BaseException):
    """Ends the sending of a request that is only reported. Not an `Exception`, because SDKs convert these."""

    def __init__(self, request: Any) -> None:
        super().__init__()
        self.request = request


class _Script:
    """An HTTP transport without a network."""

    def handle_request(self, request: Any) -> Any:
        """Return the response that was set, or raise the error."""
        outcome = _OUTCOME.get()
        if outcome is None:
            raise _Captured(request)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def handle_async_request(self, request: Any) -> Any:
        """Async version of `handle_request`."""
        return self.handle_request(request)

    def close(self) -> None:
        """Do nothing."""

    async def aclose(self) -> None:
        """Do nothing."""


class Rehearsal:
    """A copy of one client of an SDK, which does not send. `provider` is the `SDKProvider` of its calls."""

    def __init__(self, provider: Any, client: Any) -> None:
        self._provider = provider
        self.asynchronous: bool = iscoroutinefunction(client._prepare_request)
        """True if the client is async."""
        self.library: ModuleType = http_library(client.__class__, "http_client")
        """The HTTP library of the SDK."""
        kind = self.library.AsyncClient if self.asynchronous else self.library.Client
        self._http = kind(transport=_Script(), follow_redirects=True)
        self._given = client
        self._client = copied(client, http_client=self._http, max_retries=0)

    @property
    def tls(self) -> ssl.SSLContext:
        """The TLS settings of the given client: the certificates that are trusted."""
        found: ssl.SSLContext = getattr(self._given._client._transport, "ssl_context", None) or trusted(self.library)
        return found

    async def capture(self, payload: dict[str, Any]) -> Any:
        """Return the HTTP request that the SDK would send. Raises the SDK's error for a request that it refuses."""
        try:
            await self._sent(payload, None)
        except _Captured as captured:
            return captured.request
        raise RuntimeError(f"{self._provider.name}: the SDK has not sent the request")

    async def replay(self, payload: dict[str, Any], outcome: Any) -> Any:
        """Return what the SDK makes of an HTTP response, or of an error of the HTTP library. Raises the SDK's error."""
        return self._provider.whole(await self._sent(payload, outcome))

    async def _sent(self, payload: dict[str, Any], outcome: Any) -> Any:
        token = _OUTCOME.set(outcome)
        try:
            found = self._provider.http(self._client, payload, stream=False)
            return await found if isawaitable(found) else found
        finally:
            _OUTCOME.reset(token)

    def refuses(self, url: Any) -> str | None:
        """Return why requests to a URL of the HTTP library cannot be sent without the HTTP client of the given client;
        None if they can.
        """
        http, library = self._given._client, self.library
        prefix, method = ("Async", "handle_async_request") if self.asynchronous else ("", "handle_request")
        transport, client = getattr(library, f"{prefix}HTTPTransport"), getattr(library, f"{prefix}Client")
        sending = [getattr(transport, method), client.send, client._send_single_request]
        if not all(made_by(library, one) for one in sending):
            return f"{library.__name__} is patched"
        if http._transport_for_url(url) is not http._transport:
            return "a proxy"
        if url.userinfo:
            return "a URL with a user"
        if http.auth is not None or http.params or dict(http.headers) != dict(self._http.headers):
            return "an HTTP client with settings"
        return None


def obstacle(provider: Any, client: Any) -> str | None:
    """Return why requests of a client cannot be sent without its SDK; None if they can."""
    if not _is_plain(client) or not made_by(provider.sdk, client):
        return f"a client of the class {client.__class__.__name__}"
    if not provider.owns(client) or not _own_attributes(client).keys().isdisjoint(_HOOKS):
        return "a patched client, or one that records spans"
    if client.custom_auth is not None or any(_own_attributes(client).get(name) for name in _CHANGING):
        return "a client whose keys or headers change with each request"
    return _http_obstacle(provider.sdk, client._client)


def settings_of(client: Any) -> Sequence[Any]:
    """Return the settings of a client that a program can change while it is used. A changed one is another object."""
    own = _own_attributes(client)
    return [own.get(name) for name in _SETTINGS]


def _http_obstacle(sdk: ModuleType, http: Any) -> str | None:
    """Return why the HTTP client of an SDK's client cannot be replaced; None if it has nothing of the user's."""
    hooks = [hook for several in http.event_hooks.values() for hook in several]
    if not all(made_by(sdk, hook) for hook in hooks):
        return "an HTTP client with event hooks"
    wrapper = made_by(sdk, http) and type(http).__name__.endswith("HttpxClientWrapper")
    if wrapper or type(http._transport) in (Transport, AsyncTransport) or _plain_aiohttp(sdk, http):
        return None
    return "an HTTP client of the user"


def _plain_aiohttp(sdk: ModuleType, http: Any) -> bool:
    """Return True for a `DefaultAioHttpClient()` of an SDK, also with settings for TLS."""
    transport = http._transport
    if type(http) is not getattr(sdk, "DefaultAioHttpClient", None) or type(transport).__name__ != "AiohttpTransport":
        return False
    session = transport.client
    own: bool = session is None or getattr(session.connector, "_ssl", None) is transport.ssl_context
    return own and not any((transport.proxy, transport.uds, transport.local_address, transport.socket_options))


def _is_plain(client: Any) -> bool:
    kind: Any = client.__class__
    return kind.__name__.removeprefix("Async") in _KINDS


def _own_attributes(client: Any) -> dict[str, Any]:
    found: dict[str, Any] = client.__dict__
    return found


def copied(client: Any, **options: Any) -> Any:
    """Return a copy of a client with other options.

    OpenAI's SDK takes an organization or a project that the client has not from the environment. But a client of
    another host has none, so that they are not sent there.
    """
    copy = client.with_options(**options)
    for name in ("organization", "project"):
        if _own_attributes(client).get(name, "") is None:
            setattr(copy, name, None)
    return copy


_WITHOUT_RETRIES: WeakKeyDictionary[Any, tuple[Sequence[Any], Any]] = WeakKeyDictionary()
"""Copies of clients, each with the settings of its client when it was made."""


def without_retries(client: Any) -> Any:
    """Return a copy of a client whose SDK repeats no request. It is kept for the next call: a copy takes as long as all
    else that an SDK does to send a request.
    """
    if not _is_plain(client):  # it has more settings
        return copied(client, max_retries=0)
    settings, found = settings_of(client), _WITHOUT_RETRIES.get(client)
    if found is None or any(map(is_not, found[0], settings)):
        found = _WITHOUT_RETRIES[client] = settings, copied(client, max_retries=0)
    return found[1]
