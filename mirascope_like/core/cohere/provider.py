"""Cohere's Chat API: the provider of `cohere.call`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import cached_property
from inspect import signature
from types import ModuleType
from typing import Any, ClassVar, cast

import anyio
import cohere
from cohere.core import ApiError, ParsingError

from ..base.errors import (
    ConfigurationError,
    ContentFilterError,
    MirascopeLikeError,
    ProviderError,
    described,
    error_kind,
)
from ..base.parsing import as_list, as_object, at, readable
from ..base.provider import AsyncSource, Source
from ..base.request import Request, Strategy, Structure
from ..base.response import Accumulator
from ..base.runtime import AsyncGenerators
from ..dialects.chat_completions import encode_tool
from ..dialects.schemas import add_answer_tool
from ..dialects.transport import (
    AsyncByteSource,
    AsyncObjectSource,
    ByteSource,
    ClientProvider,
    KeepAlive,
    ObjectSource,
    allow_slow_reads,
    awith_start,
    http_library,
    http_options,
    made_by,
    reporting,
    with_start,
)
from .accumulator import CohereAccumulator
from .messages import encode_messages
from .params import CohereCallParams
from .types import CohereCallResponse, CohereCallResponseChunk, CohereTool

_NAMES = {"top_p": "p", "stop": "stop_sequences"}
_CLIENTS = (cohere.ClientV2, cohere.AsyncClientV2)
_VERSION_1 = (cohere.Client, cohere.AsyncClient)
_TIMEOUT = 300.0
"""The SDK's default timeout in seconds. The SDK does not apply it to an HTTP client that is passed to it."""
_HTTP = "_client_wrapper.httpx_client.httpx_client"
"""The attribute of a client that holds its HTTP client."""
_BLOCKED = 498
"""Cohere's HTTP status for a request or response that its content filter blocked."""


def _sent_once(request: Request, payload: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call. By default the SDK repeats a request twice."""
    options = {**as_object(payload.get("request_options")), "max_retries": 0}
    return {**payload, "request_options": options} if request.sent_once else payload


class _RawSource(ByteSource):
    """The HTTP response of a raw call of the SDK. The SDK keeps it open in a context manager."""

    def __init__(self, context: AbstractContextManager[Any]) -> None:
        self._context = context
        super().__init__(context.__enter__().response)

    def close(self) -> None:
        self._context.__exit__(None, None, None)


class _AsyncRawSource(AsyncByteSource):
    """Async version of `_RawSource`."""

    def __init__(self, context: AbstractAsyncContextManager[Any], response: Any) -> None:
        self._context = context
        super().__init__(response)

    async def close(self) -> None:
        with anyio.CancelScope(shield=True):
            try:
                await super().close()
            finally:
                await self._context.__aexit__(None, None, None)


class CohereProvider(ClientProvider[CohereCallResponse, CohereCallResponseChunk, CohereTool]):
    """Sends requests to Cohere, or to the address of the client that was passed."""

    name = "cohere"
    sdk: ModuleType = cohere
    clients: tuple[str, str] = ("ClientV2", "AsyncClientV2")
    environment: tuple[str, ...] = ("CO_API_KEY", "COHERE_API_KEY", "CO_API_URL")
    keep_alive: ClassVar[KeepAlive | None] = KeepAlive(idle=60, interval=30, probes=5)
    response_type = CohereCallResponse
    chunk_type = CohereCallResponseChunk
    tool_type = CohereTool
    accumulator_type: type[Accumulator[Any, Any]] = CohereAccumulator
    params_type = CohereCallParams
    readers: ClassVar[tuple[str, ...]] = ("cohere.core.unchecked_base_model",)

    def make_client(self) -> Any:
        httpx = http_library(cohere.ClientV2, "httpx_client")
        http = httpx.Client(follow_redirects=True, timeout=_TIMEOUT, **http_options(httpx, keep_alive=self.keep_alive))
        # The SDK reads the environment variable only when it is imported.
        return cohere.ClientV2(base_url=os.environ.get("CO_API_URL"), httpx_client=http, timeout=_TIMEOUT)

    def make_async_client(self) -> Any:
        library = http_library(cohere.AsyncClientV2, "httpx_client")
        options = http_options(library, asynchronous=True, keep_alive=self.keep_alive)
        http = library.AsyncClient(follow_redirects=True, timeout=_TIMEOUT, **options)
        return cohere.AsyncClientV2(base_url=os.environ.get("CO_API_URL"), httpx_client=http, timeout=_TIMEOUT)

    @cached_property
    def _accepted(self) -> frozenset[str]:
        return frozenset(signature(cohere.ClientV2.chat).parameters) - {"self", "messages", "model", "tools"}

    def known_params(self) -> frozenset[str]:
        return super().known_params() | self._accepted

    def encode(self, request: Request) -> dict[str, Any]:
        messages, documents = encode_messages(request.messages)
        params = {_NAMES.get(key, key): value for key, value in request.call_params.items()}
        if isinstance(stop := params.get("stop_sequences"), str):
            params["stop_sequences"] = [stop]
        payload: dict[str, Any] = {"model": request.model, "messages": messages, **params}
        if documents:
            payload["documents"] = [*(payload.get("documents") or ()), *documents]
        tools = [encode_tool(tool) for tool in request.tools]
        strict = [tool["function"].pop("strict", None) for tool in tools]  # Cohere has one setting for all tools
        if any(strict):
            payload.setdefault("strict_tools", True)
        if tools := [*request.native_tools, *tools]:
            payload["tools"] = tools
        if request.json_mode and not payload.keys() & {
            "tools",
            "documents",
        }:  # Cohere rejects JSON mode together with these
            payload.setdefault("response_format", {"type": "json_object"})
        return payload

    def strategy(self, request: Request, preferred: Strategy) -> Strategy:
        if preferred != "json" and (request.tools or request.native_tools):
            return "tool"
        # Not every model accepts a forced tool call; and for JSON mode Cohere requires the format in the prompt too.
        return "json"

    def structure(self, payload: dict[str, Any], structure: Structure) -> None:
        if structure.strategy == "tool":
            named = {"name": structure.name, "description": structure.description}
            tool = {"type": "function", "function": {**named, "parameters": dict(structure.schema)}}
            add_answer_tool(payload, tool, alone="REQUIRED", beside="REQUIRED")
        elif payload.get("response_format") == {"type": "json_object"} and _can_enforce(structure.schema):
            payload["response_format"] = {"type": "json_object", "json_schema": dict(structure.schema)}

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        client = self._client(request)
        with reporting(at(client, _HTTP), "message") as checked:
            return readable(checked(self._method(client, "chat")(**_sent_once(request, payload))), self.parse)

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        client = await self._aclient(request)
        with reporting(at(client, _HTTP), "message") as checked:
            return readable(checked(await self._method(client, "chat")(**_sent_once(request, payload))), self.parse)

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        client = self._client(request)
        options = as_object(payload.get("request_options"))
        if request.deadline is not None:
            seconds = self.opening_timeout(http_library(cohere.ClientV2, "httpx_client"), request.deadline)
            payload = {**payload, "request_options": {**options, "timeout": seconds}}
        if self._own(client):
            source = _RawSource(client.with_raw_response.chat_stream(**payload))
            if request.deadline is not None:
                wrapper = client._raw_client._client_wrapper
                allow_slow_reads(source.response, options.get("timeout", wrapper.get_timeout()))
            return source
        events = with_start(self._method(client, "chat_stream")(**payload))
        next(events)
        return ObjectSource(events)

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        client = await self._aclient(request)
        if self._own(client):
            context = client.with_raw_response.chat_stream(**payload)
            # `_AsyncRawSource` closes the generators of the context.
            return _AsyncRawSource(context, (await AsyncGenerators().first(context.__aenter__)).response)
        events, generators = awith_start(self._method(client, "chat_stream")(**payload)), AsyncGenerators()
        await generators.first(anext, events)
        return AsyncObjectSource(events, generators)

    def _client(self, request: Request) -> Any:
        return _version_2(super()._client(request))

    async def _aclient(self, request: Request) -> Any:
        return _version_2(await super()._aclient(request))

    def _method(self, client: Any, path: str) -> Any:
        # The clients of version 1 have methods with the same names and other arguments.
        if isinstance(client, _VERSION_1) and not isinstance(client, _CLIENTS):
            version_1 = f"{type(client).__name__} is a client for version 1 of Cohere's API"
            raise ConfigurationError(f"{version_1}: pass client={self._expected_clients}")
        return super()._method(client, path)

    def _own(self, client: Any) -> bool:
        # A wrapped client, or a method that was patched for tracing, must see the call.
        parts = client, self._method(client, "chat_stream"), at(type(client), "chat_stream")
        return all(made_by(cohere, part) for part in parts)

    def _is_wrapped(self, client: Any) -> bool:
        return not self._own(client)

    def identify(self, error: Exception) -> type[MirascopeLikeError] | None:
        if not isinstance(error, ApiError | ParsingError):
            return None
        status, code, text = described(error.body)
        if error.status_code == _BLOCKED:
            return ContentFilterError
        return error_kind(error.status_code or status, code, text) if isinstance(error, ApiError) else ProviderError

    def broken(self, message: str, response: Any, *, timed_out: bool) -> Exception:
        return _PlainError(headers=_headers(response), body=message)

    def reported(self, message: str, response: Any, body: Any = None) -> Exception:
        return ApiError(headers=_headers(response), body=message if body is None else body)

    def missing_key_error(self, error: Exception) -> Exception | None:
        missing = isinstance(error, ApiError) and error.status_code is None and "CO_API_KEY" in str(error.body)
        return _PlainError(body=self._key_to_set()) if missing else None


def _version_2(client: Any) -> Any:
    """Return the part of a client that sends to version 2 of Cohere's API, or the client itself if it has no such part.

    `cohere.Client` has it as `v2`. Clients for other platforms, which are subclasses, may not translate its requests.
    """
    return getattr(client, "v2", client) if type(client) in _VERSION_1 else client


class _PlainError(ApiError):
    """The SDK's error for a failure without an HTTP response. Its text is only the message, without headers and
    status.
    """

    def __str__(self) -> str:
        return str(self.body)


_LOOSE = frozenset(
    {"allOf", "anyOf", "not", "oneOf", "exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"}
    | {"maxItems", "minItems", "uniqueItems", "maxLength", "minLength", "prefixItems"}
)
"""Schema keywords that Cohere does not support. Source: Cohere's guide to structured outputs."""


def _can_enforce(schema: Any) -> bool:
    """Return True if Cohere can enforce a JSON schema. Cohere rejects requests with any other schema."""
    if isinstance(schema, Mapping):
        node = cast("Mapping[str, Any]", schema)
        needs = node.get("type") != "object" or bool(node.get("required"))
        return needs and not node.keys() & _LOOSE and all(_can_enforce(one) for one in node.values())
    return all(_can_enforce(one) for one in as_list(schema))


def _headers(response: Any) -> dict[str, str] | None:
    return dict(response.headers) if response is not None else None
