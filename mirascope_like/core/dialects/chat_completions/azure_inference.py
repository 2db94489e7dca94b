"""Azure as Mirascope v1 called it: clients of the package `azure-ai-inference`, and its environment variables.

A client that is passed is called through its own method `complete`, and responses and chunks hold the package's own
objects. The environment variables make a client of OpenAI's SDK, which needs no further package. Source: the package's
`ChatCompletionsClient` (1.0.0b9): its parameters, its two headers with the key, its API version and its scope.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from ...base.errors import (
    ConfigurationError,
    ConnectionFailedError,
    MirascopeLikeError,
    RequestTimeoutError,
    error_kind,
)
from ...base.parsing import as_object, at, decode_whole
from ..transport import SDK_OPTIONS

INFERENCE_VARIABLES = ("AZURE_INFERENCE_CREDENTIAL", "AZURE_INFERENCE_ENDPOINT")
API_VERSION = "2024-05-01-preview"
"""The version of the inference API that is requested, unless the endpoint is a `v1` endpoint, which has none."""
_SCOPE = "https://ml.azure.com/.default"
_NAMED = frozenset(
    {
        *("messages", "model", "tools", "tool_choice", "response_format", "temperature", "top_p", "max_tokens", "seed"),
        *("stop", "frequency_penalty", "presence_penalty"),
    }
)
"""The parameters that `complete` has itself. Others are sent as its `model_extras`."""
_OPTIONS = {"extra_headers": "headers", "extra_query": "params", "timeout": "read_timeout"}
_LEFT_OUT = frozenset({*SDK_OPTIONS, "stream_options", "model_extras"})
_KINDS = {
    "ServiceRequestTimeoutError": RequestTimeoutError,
    "ServiceResponseTimeoutError": RequestTimeoutError,
    "ServiceRequestError": ConnectionFailedError,
    "ServiceResponseError": ConnectionFailedError,
    "IncompleteReadError": ConnectionFailedError,
}
"""The errors of `azure.core` without an HTTP status."""


def is_inference(value: Any) -> bool:
    """Return True for a client, an object or an error of Azure's own packages."""
    return any(kind.__module__.startswith(("azure.ai.", "azure.core.")) for kind in type(value).__mro__)


def inference_create(client: Any) -> Callable[..., Any]:
    """Return a function with the arguments of `create` of OpenAI's SDK, which calls `complete` of the client."""

    def create(*, stream: bool = False, **payload: Any) -> Any:
        return client.complete(**arguments(payload), stream=stream)

    return create


def arguments(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `complete` for a payload of chat completions."""
    given = {key: value for key, value in payload.items() if key in _NAMED and value is not None}
    extras = {key: value for key, value in payload.items() if key not in _NAMED | _LEFT_OUT}
    extras |= {**as_object(payload.get("model_extras")), **as_object(payload.get("extra_body"))}
    if isinstance(given.get("stop"), str):
        given["stop"] = [given["stop"]]
    if schema := at(payload, "response_format.json_schema"):
        given["response_format"] = import_module("azure.ai.inference.models").JsonSchemaFormat(**schema)
    elif form := at(payload, "response_format.type"):
        given["response_format"] = form
    options = {name: payload[key] for key, name in _OPTIONS.items() if payload.get(key) is not None}
    return {**given, **({"model_extras": extras} if extras else {}), **options}


def completions(raw: bytes | Mapping[str, Any]) -> Any:
    """Return the package's response object for JSON."""
    fields = decode_whole(raw) if isinstance(raw, bytes) else raw
    return import_module("azure.ai.inference.models").ChatCompletions(fields)


def inference_kind(error: Exception) -> type[MirascopeLikeError] | None:
    """Return our class for an error of `azure.core`."""
    named = next((_KINDS[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _KINDS), None)
    status = getattr(error, "status_code", None)
    if named is None and status is None and hasattr(error, "status_code"):
        return ConnectionFailedError  # while the response was read
    return named or (error_kind(status, at(error, "error.code"), str(error)) if status else None)


def inference_options(*, asynchronous: bool) -> dict[str, Any]:
    """Return the arguments of OpenAI's client for the endpoint in the environment.

    Raises `ConfigurationError` if there is no key, and azure-identity is not installed.
    """
    key, endpoint = (os.environ.get(name, "") for name in INFERENCE_VARIABLES)
    query = {} if endpoint.rstrip("/").endswith("/v1") else {"api-version": API_VERSION}
    headers = {"api-key": key} if key else {}
    options = {"default_query": query, "default_headers": headers}
    return {"base_url": endpoint, "api_key": key or _token_provider(asynchronous=asynchronous), **options}


def _token_provider(*, asynchronous: bool) -> Any:
    try:
        identity: Any = import_module("azure.identity.aio" if asynchronous else "azure.identity")
    except ImportError:
        raise ConfigurationError(
            "azure has AZURE_INFERENCE_ENDPOINT but no key: set AZURE_INFERENCE_CREDENTIAL, or install azure-identity "
            "to use a token of Entra ID"
        ) from None
    return identity.get_bearer_token_provider(identity.DefaultAzureCredential(), _SCOPE)
