"""Base class of providers whose SDK is similar to OpenAI's (OpenAI, Anthropic, Groq): sends requests, reads bytes, and
converts errors.

The SDK builds, signs, sends and retries the request. Its HTTP response is then read as bytes, through public interfaces
only. A client of another class, or one that is instrumented, is called and iterated through its own interface.
"""

from __future__ import annotations

import weakref
from abc import abstractmethod
from collections.abc import Callable, Hashable, Mapping
from functools import cached_property, partial
from importlib import import_module
from inspect import iscoroutinefunction
from typing import Any, TypeVar

from ...base.errors import ConnectionFailedError, MirascopeLikeError, RequestTimeoutError, described, error_kind
from ...base.parsing import all_paired, as_object, readable
from ...base.provider import PRESENT, AsyncSource, Source
from ...base.request import Request
from ...base.response import BaseCallResponse, BaseCallResponseChunk
from ...base.runtime import stagger
from ...base.tools import BaseTool
from .client_provider import ClientProvider, allow_slow_reads
from .direct_codec import DirectCodec
from .error_mapping import raise_reported
from .http_clients import http_library, http_options
from .network import check_abandoned
from .noted_responses import note_response
from .patches import made_by
from .sdk_codec import SDK_OPTIONS, SDKCodec, copied
from .sources import AsyncByteSource, AsyncObjectSource, ByteSource, ObjectSource

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


class SDKProvider(ClientProvider[ResponseT, ChunkT, ToolT]):
    """A provider whose SDK is similar to OpenAI's."""

    method: str
    """The name of the client method that a user would call, such as "messages.create"."""

    @cached_property
    def direct_codec(self) -> DirectCodec | None:
        return SDKCodec(self)

    def make_client(self) -> Any:
        return self.new_client(asynchronous=False)

    def make_async_client(self) -> Any:
        return self.new_client(asynchronous=True)

    def client_kind(self, *, asynchronous: bool) -> Any:
        """Return the SDK's class of default clients."""
        return getattr(self.sdk, self.clients[asynchronous])

    def new_client(self, *, asynchronous: bool, proxies: bool = True, **options: Any) -> Any:
        """Return a new client of the SDK, with an HTTP client from `http_clients`. `options` are further arguments of
        the SDK's client.

        If `proxies` is False, the proxies of the environment are not used.
        """
        kind = self.client_kind(asynchronous=asynchronous)
        http = getattr(self.sdk, "DefaultAsyncHttpxClient" if asynchronous else "DefaultHttpxClient")
        given = http_options(
            http_library(kind, "http_client"), asynchronous=asynchronous, keep_alive=self.keep_alive, proxies=proxies
        )
        return kind(http_client=http(**given), **options)

    @abstractmethod
    def http(self, client: Any, payload: dict[str, Any], *, stream: bool, once: bool = False) -> Any:
        """Send a request with the SDK's client; return the HTTP response (an awaitable of it, for an async client).

        If `once` is True, the SDK does not repeat a request that fails: the caller does.
        """

    def post(self, client: Any, path: str, payload: dict[str, Any], *, stream: bool, once: bool = False) -> Any:
        """Send a request with the client's `post`, and not its `create`: that processes every message in Python (0.1
        ms each) and changes none.
        """
        unset = (self.sdk.NotGiven, getattr(self.sdk, "Omit", self.sdk.NotGiven))
        body = {k: value for k, value in payload.items() if k not in SDK_OPTIONS and not isinstance(value, unset)}
        options = {name: payload[key] for key, name in SDK_OPTIONS.items() if payload.get(key) is not None}
        if "timeout" in payload:
            options["timeout"] = payload["timeout"]  # None means no timeout
        if hasattr(client, "admin_api_key"):  # OpenAI: an administrator's key is not valid for calls
            options["security"] = {"bearer_auth": True}
        if once:
            options["max_retries"] = 0
        if stream:
            body["stream"] = True
        return client.post(path, cast_to=self._http_response, body=body, options=options, stream=stream)

    @property
    def _http_response(self) -> Any:
        # SDKs have moved from httpx to httpx2: use the class that the SDK itself names.
        named = str(self.sdk.APIStatusError.__annotations__["response"])
        return import_module(named.partition(".")[0]).Response

    def create(self, client: Any) -> Callable[..., Any]:
        """Return the client method that a user would call."""
        found: Callable[..., Any] = self._method(client, self.method)
        return found

    def owns(self, client: Any) -> bool:
        """Return True if a client is the SDK's own, and nothing else must see its requests as the SDK makes them."""
        return self._own(client)

    def _own(self, client: Any) -> bool:
        # A wrapped client, or a method that was patched for tracing, must see the call as the SDK makes it.
        return made_by(self.sdk, client) and all(
            made_by(self.sdk, method) for method in (self.create(client), client.post, client.request)
        )

    def _is_wrapped(self, client: Any) -> bool:
        return not self._own(client)

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        client = self._client(request)
        if not self._own(client):
            return self._typed(self.create(client)(**payload))
        response = self.http(_watched(client), payload, stream=False, once=request.sent_once)
        return self.whole(response)

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        client = await self._aclient(request)
        if not self._own(client):
            return self._typed(await self.create(client)(**payload))
        response = await self.http(_watched(client), payload, stream=False, once=request.sent_once)
        await stagger()
        return self.whole(response)

    def _typed(self, answer: Any) -> Any:
        return self.parse(all_paired(as_object(answer))) if isinstance(answer, dict) else readable(answer, self.parse)

    def whole(self, response: Any) -> Any:
        """Return the SDK's response object for what the SDK's client returned for a request: an HTTP response, or an
        object that has it.
        """
        response = unwrapped(response)
        note_response(response)
        try:
            return self.received(response.content, response.headers)
        except ValueError as error:
            raise_reported(response.content)
            raise self.sdk.APIResponseValidationError(
                response, response.text, message=f"the response is not JSON: {error}"
            ) from error

    def received(self, body: bytes, headers: Mapping[str, str]) -> Any:
        """Return the SDK's response object for the body and headers of an HTTP response. Raises `ValueError` for a
        body that is not JSON.
        """
        raw = self.parse(body)
        request_id = headers.get("x-request-id") or headers.get("request-id")
        object.__setattr__(raw, "_request_id", request_id)  # what pydantic's `__setattr__` does, but faster
        return raw

    def head_depends_on(self, payload: dict[str, Any]) -> Hashable:
        """Return the part of a payload on which the URL or the headers of its request depend, besides the model and
        the arguments in `SDK_OPTIONS`.
        """
        return None

    def corrected(self, request: Request, payload: dict[str, Any], error: Any) -> dict[str, Any]:
        """Return the payload to send in place of one that the host has rejected with an `APIStatusError`, if there is
        one. Raises the error otherwise.
        """
        raise error

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        client = self._client(request)
        if not self._own(client):
            return ObjectSource(self.create(client)(**payload, stream=True))
        if request.deadline is not None:
            return self._open_within(request.deadline, client, payload, again=not request.retry)
        return _source(self.http(client, payload, stream=True, once=request.sent_once))

    def _open_within(self, seconds: float, client: Any, payload: dict[str, Any], *, again: bool) -> Source:
        opening = PRESENT.get()
        hasty = _watched(client, timeout=self.opening_timeout(self.sdk, seconds), max_retries=0)
        try:
            source = _source(self.http(hasty, payload, stream=True))
        except self.sdk.APIConnectionError as error:
            abandoned = opening is not None and opening.abandoned
            if isinstance(error, self.sdk.APITimeoutError) or abandoned or not (again and client.max_retries):
                raise
            # Retry once: the server had closed a connection that was kept alive, so no time was lost.
            source = _source(self.http(hasty, payload, stream=True))
        allow_slow_reads(source.response, payload.get("timeout", client.timeout))
        return source

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        client = await self._aclient(request)
        if not self._own(client):
            return AsyncObjectSource(await self.create(client)(**payload, stream=True))
        raw = await self.http(client, payload, stream=True, once=request.sent_once)
        return AsyncObjectSource(await raw.parse()) if _framed(raw) else AsyncByteSource(unwrapped(raw))

    def identify(self, error: Exception) -> type[MirascopeLikeError] | None:
        sdk: Any = self.sdk
        if isinstance(error, sdk.APITimeoutError):
            return RequestTimeoutError
        if isinstance(error, sdk.APIConnectionError):
            return ConnectionFailedError
        if isinstance(error, sdk.APIError):
            status, code, text = described(vars(error).get("body"))
            return error_kind(getattr(error, "status_code", None) or status, code, f"{error} {text}")
        return None

    def broken(self, message: str, response: Any, *, timed_out: bool) -> Exception:
        http_request = getattr(response, "request", None)
        made: Exception = (
            self.sdk.APITimeoutError(request=http_request)
            if timed_out
            else self.sdk.APIConnectionError(message=message, request=http_request)
        )
        return made

    def reported(self, message: str, response: Any, body: Any = None) -> Exception:
        """Return the SDK error that the SDK's own stream would raise for an error event."""
        made: Exception = self.sdk.APIError(message, getattr(response, "request", None), body=body)
        return made

    def missing_key_error(self, error: Exception) -> Exception | None:
        text = str(error)
        if hasattr(error, "request") or not ("credentials" in text or "api_key" in text):
            return None
        # OpenAIError, AnthropicError or GroqError
        root = next(kind for kind in self.sdk.APIError.__mro__ if kind.__bases__ == (Exception,))
        made: Exception = root(self._key_to_set())
        return made


def _watched(client: Any, **options: Any) -> Any:
    """Return a copy of a sync client with other options, which reports its network stream to the `Opening` for which
    the caller runs. Without an `Opening` and options, return the client itself, and for an async client too.
    """
    opening = PRESENT.get()
    if (opening is None and not options) or iscoroutinefunction(client._prepare_request):
        return client
    watched = copied(client, **options)
    if opening is not None:
        # A hook that refers to the copy would keep it alive.
        kind: Any = client.__class__
        prepare: Any = partial(kind._prepare_request, weakref.proxy(watched))
        watched._prepare_request = partial(_report_network, opening.connected, prepare)
    return watched


_BEFORE_SENDING = frozenset(
    {"connection.connect_tcp.started", "http11.send_request_headers.started", "http2.send_request_headers.started"}
)


def _report_network(connected: Callable[[Any], None], prepare: Callable[[Any], None], request: Any) -> None:
    """Replaces the SDK's hook that prepares an HTTP request: calls `prepare`, then makes the HTTP library call
    `connected` with the network stream as soon as a connection for this request is open.

    The stream can then be shut down if the headers of the response arrive too slowly; a timeout alone would apply to
    each read and not to all of them. If the request uses a connection that is already open, `connected` is not called.
    If the caller has stopped waiting before the request gets a place in the pool, nothing is sent.
    """
    prepare(request)
    trace = request.extensions.get("trace")

    def report(event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            connected(info["return_value"])
        if event in _BEFORE_SENDING:
            check_abandoned()
        if trace is not None:
            trace(event, info)

    request.extensions["trace"] = report


def unwrapped(response: Any) -> Any:
    """Return the HTTP response of a request that an SDK sent: `response.http_response`, or the object itself.

    SDKs return the former for `with_raw_response`, the latter for `post`.
    """
    return getattr(response, "http_response", response)


def _source(raw: Any) -> Source:
    return ObjectSource(raw.parse()) if _framed(raw) else ByteSource(unwrapped(raw))


def _framed(raw: Any) -> bool:
    # The SDK's client for Amazon Bedrock reads Amazon's own frames instead of server-sent events.
    kind: str = unwrapped(raw).headers.get("content-type") or ""
    return kind.startswith("application/vnd.amazon.eventstream")
