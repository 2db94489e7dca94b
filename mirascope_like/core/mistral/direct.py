"""How requests of Mistral are sent without its SDK."""

from __future__ import annotations

import os
import sys
from collections.abc import Hashable, Mapping, Sequence
from copy import copy
from json import JSONEncoder, loads
from types import ModuleType
from typing import Any, cast

import mistralai.client
from mistralai.client._hooks import SDKHooks
from mistralai.client.chat import Chat
from mistralai.client.httpclient import HttpClient
from mistralai.client.models import ChatCompletionResponse, Security
from mistralai.client.utils.logger import NoOpLogger
from pydantic_core import from_json

from ..base.parsing import quick_encode
from ..base.request import Request
from ..dialects.transport import (
    Additions,
    Rehearsal,
    additions,
    encoded,
    has_hooks,
    http_library,
    is_default_transport,
    made_by,
    scripted,
)

_OF_HEAD = ("server_url", "timeout_ms", "http_headers")
_OPTIONS = frozenset({*_OF_HEAD, "retries"})
"""The arguments of the SDK's method that are not part of the request body."""
_METHODS = (
    *("complete", "complete_async", "do_request", "do_request_async"),
    *("_build_request", "_build_request_async", "_build_request_with_client", "_get_url"),
)
"""Methods of the SDK that a tracer may replace."""
_SETTINGS = (
    *("security", "server_url", "server", "user_agent", "timeout_ms", "debug_logger", "telemetry"),
    *("client", "async_client", "_hooks"),
)
"""Attributes of the configuration of a client on which its requests depend."""
_HOOKS = {
    "before_request_hooks": "before_request",
    "after_success_hooks": "after_success",
    "after_error_hooks": "after_error",
}
"""The lists of hooks of a client, and the method of theirs that is called."""
_CHOICES = frozenset({"role", "type", "tool_choice", "detail", "reasoning_effort", "prompt_mode", "service_tier"})
"""The names of texts that decide to which class the SDK converts a value, or whether it accepts the value."""
_DEPRECATED = "x-model-deprecation-timestamp"
"""The header of a response for which the SDK logs a warning."""
_JSON = frozenset({"application/json", "application/json;charset=utf-8"})
_KEY, _TOKEN, _TELEMETRY = "MISTRAL_API_KEY", "MISTRAL_SA_TOKEN_PATH", "MISTRAL_SDK_TELEMETRY"
_encode = quick_encode(JSONEncoder(separators=(",", ":"), allow_nan=False))
"""Encodes as the SDK does."""


class MistralCodec:
    """How requests of `MistralProvider` are sent without its SDK."""

    def obstacle(self, client: Any) -> str | None:
        """Return why requests of a client cannot be sent without its SDK; None if they can."""
        if type(client) is not mistralai.client.Mistral:
            return f"a client of the class {type(client).__name__}"
        chat, config = client.chat, client.sdk_configuration
        hooks: Any = config.__dict__.get("_hooks")
        methods = [getattr(chat, name, None) for name in _METHODS]
        if type(chat) is not Chat or not all(_own(one) for one in methods) or not _unpatched(hooks):
            return "a patched client, or one with hooks"
        if any(_records(hook) for hook in hooks.before_request_hooks) or _asks_for_telemetry(config):
            return "a client that records spans"
        if type(config.debug_logger) is not NoOpLogger:
            return "a client with a logger"
        if not _is_static(config.security):
            return "a client whose keys or headers change with each request"
        return _http_obstacle(config)

    def settings(self, client: Any) -> Sequence[Any]:
        """Return the settings of a client that a program can change while it is used."""
        config = getattr(client, "sdk_configuration", None)
        own: dict[str, Any] = getattr(config, "__dict__", {})
        found = [own.get(name) for name in _SETTINGS]
        if (security := own.get("security")) is None:
            found += [sys.intern(os.environ.get(name) or "") for name in (_KEY, _TOKEN)]
        else:
            found.append(getattr(security, "api_key", None))
        hooks = own.get("_hooks")
        for several in _HOOKS:
            found += getattr(hooks, several, ())
        found += map(_records, getattr(hooks, "before_request_hooks", ()))
        return found

    def rehearsal(self, client: Any) -> Rehearsal:
        """Return a rehearsal of the requests of a client. They are those of its sync method, for async calls too."""
        given = client.sdk_configuration
        library = _library()
        config = copy(given)
        config.client = http = scripted(library, asynchronous=False)
        complete: Any = Chat(config).complete

        def send(payload: dict[str, Any]) -> Any:
            return complete(**{**payload, "retries": None})

        return Rehearsal(library, http, [given.client, given.async_client], send)

    def fields(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Return the part of a payload that is sent in the body."""
        return {**{name: value for name, value in payload.items() if name not in _OPTIONS}, "stream": False}

    def encoded(self, fields: dict[str, Any]) -> bytes | None:
        """Return fields as JSON."""
        return encoded(_encode, fields)

    def key(self, payload: dict[str, Any]) -> Hashable:
        """Return the part of a payload on which its request depends: the structure of the body, as the SDK converts
        each value to a class of its own, which may drop or add fields.
        """
        structure = tuple([(name, _structure(value, name)) for name, value in payload.items() if name not in _OPTIONS])
        return structure, repr([payload.get(name) for name in _OF_HEAD])

    def additions(self, body: bytes, sent: bytes) -> Additions | None:
        """Return what the SDK adds to a body: fields with a default. None if it has changed the body in another way."""
        return additions(loads(body), loads(sent))

    def received(self, status: int, body: bytes, headers: Mapping[str, str]) -> Any:
        """Return the SDK's response object for an HTTP response."""
        kind = headers.get("content-type", "").lower().replace(" ", "")
        if status != 200 or kind not in _JSON or _DEPRECATED in headers:
            raise ValueError(status)
        try:
            return ChatCompletionResponse.model_validate(from_json(body))
        except Exception as error:  # the SDK converts any error of its classes
            raise ValueError(body) from error

    def corrected(self, request: Request, payload: dict[str, Any], error: Exception) -> dict[str, Any]:
        """Raise the error."""
        raise error


def _structure(value: Any, name: str = "") -> Hashable:
    """Return the types and the names of fields of a JSON value, and the texts whose name is in `_CHOICES`."""
    if isinstance(value, str):
        return value if name in _CHOICES else str
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return dict, tuple([(one, _structure(inner, one)) for one, inner in fields.items()])
    if isinstance(value, list | tuple):
        return tuple([_structure(one, name) for one in cast("Sequence[Any]", value)])
    return cast("Hashable", type(value))


def _library() -> ModuleType:
    return http_library(HttpClient.send, "request")


def _own(value: Any) -> bool:
    return made_by(mistralai.client, value)


def _unpatched(hooks: Any) -> bool:
    """Return True if the hooks of a client are those of the SDK."""
    if type(hooks) is not SDKHooks:
        return False
    return all(
        _own(getattr(hooks, method))
        and all(_own(hook) and _own(getattr(hook, method)) for hook in getattr(hooks, several))
        for several, method in _HOOKS.items()
    )


def _records(hook: Any) -> bool:
    """Return True if a hook of the SDK records spans."""
    return bool(getattr(hook, "tracer_provider", None) or getattr(hook, "_telemetry_use_global_provider", False))


def _asks_for_telemetry(config: Any) -> bool:
    """Return True if a client may record spans from its next request on."""
    given = getattr(config, "telemetry", None)
    wanted = os.environ.get(_TELEMETRY) if given is None else given
    return str(wanted or "false").strip().lower() != "false"


def _is_static(security: Any) -> bool:
    """Return True if the key is the same for each request."""
    if security is None:  # the key of the environment, or one in a file that may change
        return not os.environ.get(_TOKEN)
    return type(security) is Security


def _http_obstacle(config: Any) -> str | None:
    """Return why the HTTP clients of a client cannot be replaced; None if they have nothing of the user's."""
    library = _library()
    for http, supplied, kinds in (
        (config.client, config.client_supplied, (library.Client, library.HTTPTransport)),
        (config.async_client, config.async_client_supplied, (library.AsyncClient, library.AsyncHTTPTransport)),
    ):
        if http is None or getattr(http, "is_closed", False):
            return "a client that was closed"
        kind, transport = kinds
        if type(http) is not kind:
            return "an HTTP client of the user"
        if has_hooks(mistralai.client, http):
            return "an HTTP client with event hooks"
        if not is_default_transport(http._transport) and (supplied or type(http._transport) is not transport):
            return "an HTTP client of the user"
    return None
