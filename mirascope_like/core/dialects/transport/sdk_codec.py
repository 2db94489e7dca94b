"""How requests of SDKs that are similar to OpenAI's are sent without them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from inspect import isawaitable, iscoroutinefunction
from json import JSONEncoder, loads
from operator import is_not
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from ...base.parsing import quick_encode
from ...base.request import Request
from .direct_codec import NO_ADDITIONS, Additions, encoded
from .http_clients import http_library, is_default_transport
from .patches import made_by
from .rehearsal import Rehearsal, has_hooks, scripted

SDK_OPTIONS = {"extra_headers": "headers", "extra_query": "params", "extra_body": "extra_json", "timeout": "timeout"}
"""Maps arguments of an SDK method that are not part of the request body to their names in the SDK's `post`."""
_OF_HEAD = tuple(name for name in SDK_OPTIONS if name != "extra_body")
_REJECTED = (400, 422)
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
    *("_custom_headers", "_custom_query", "_api_version", "_azure_ad_token"),
)
"""Attributes of clients on which the URL, the headers and the time limits of each request depend."""
_HOOKS = ("_prepare_options", "_prepare_request", "_build_request", "_send_request")
"""Methods of clients that a tracer may replace."""
_encode = quick_encode(JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False))
"""Encodes as these SDKs do."""


class SDKCodec:
    """How requests of an `SDKProvider` are sent without its SDK."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider

    def obstacle(self, client: Any) -> str | None:
        """Return why requests of a client cannot be sent without its SDK; None if they can."""
        kind, sdk = client.__class__, self._provider.sdk
        if not _is_plain(client) or not made_by(sdk, client):
            return f"a client of the class {kind.__name__}"
        if not self._provider.owns(client) or not _own_attributes(client).keys().isdisjoint(_HOOKS):
            return "a patched client, or one that records spans"
        if client.custom_auth is not None or any(_own_attributes(client).get(name) for name in _CHANGING):
            return "a client whose keys or headers change with each request"
        return _http_obstacle(sdk, client._client)

    def settings(self, client: Any) -> Sequence[Any]:
        """Return the settings of a client that a program can change while it is used."""
        return list(map(_own_attributes(client).get, _SETTINGS))

    def rehearsal(self, client: Any) -> Rehearsal:
        """Return a rehearsal of the requests of a client."""
        library = http_library(client.__class__, "http_client")
        http = scripted(library, asynchronous=iscoroutinefunction(client._prepare_request))
        copy, provider = copied(client, http_client=http, max_retries=0), self._provider

        def send(payload: dict[str, Any]) -> Any:
            found = provider.http(copy, payload, stream=False)
            return whole(found) if isawaitable(found) else provider.whole(found)

        async def whole(response: Any) -> Any:
            return provider.whole(await response)

        return Rehearsal(library, http, [client._client], send)

    def fields(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Return the part of a payload that is sent in the body."""
        if SDK_OPTIONS.keys().isdisjoint(payload):
            return payload
        body = {name: value for name, value in payload.items() if name not in SDK_OPTIONS}
        return body | (payload.get("extra_body") or {})

    def encoded(self, fields: dict[str, Any]) -> bytes | None:
        """Return fields as JSON."""
        return encoded(_encode, fields)

    def key(self, payload: dict[str, Any]) -> Hashable:
        """Return the part of a payload on which the head of its request depends."""
        plain = SDK_OPTIONS.keys().isdisjoint(payload)
        head = "" if plain else repr([payload[name] for name in _OF_HEAD if name in payload])
        return tuple(payload), self._provider.head_depends_on(payload), head

    def additions(self, body: bytes, sent: bytes) -> Additions | None:
        """Return nothing, as these SDKs add nothing to a payload; None if they have changed it."""
        return NO_ADDITIONS if loads(body) == loads(sent) else None

    def received(self, status: int, body: bytes, headers: Mapping[str, str]) -> Any:
        """Return the SDK's response object for an HTTP response."""
        if not 200 <= status < 300:
            raise ValueError(status)
        return self._provider.received(body, headers)

    def corrected(self, request: Request, payload: dict[str, Any], error: Exception) -> dict[str, Any]:
        """Return the payload to send in place of one that the host has rejected."""
        sdk, refused = self._provider.sdk, getattr(error, "status_code", None) in _REJECTED
        if not (refused and isinstance(error, sdk.APIStatusError)):
            raise error
        corrected: dict[str, Any] = self._provider.corrected(request, payload, error)
        return corrected


def _http_obstacle(sdk: ModuleType, http: Any) -> str | None:
    """Return why the HTTP client of an SDK's client cannot be replaced; None if it has nothing of the user's."""
    if has_hooks(sdk, http):
        return "an HTTP client with event hooks"
    wrapper = made_by(sdk, http) and type(http).__name__.endswith("HttpxClientWrapper")
    if wrapper or is_default_transport(http._transport) or _plain_aiohttp(sdk, http):
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
    own = _own_attributes(client)
    settings, found = [own.get(name) for name in (*_SETTINGS, *_CHANGING)], _WITHOUT_RETRIES.get(client)
    if found is None or any(map(is_not, found[0], settings)):
        found = _WITHOUT_RETRIES[client] = settings, copied(client, max_retries=0)
    return found[1]
