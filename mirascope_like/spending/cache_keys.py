"""The key of a request in a cache: a hash of the provider, its address, the model and the payload.

Keys of the API, and the values of headers and URL parameters, are not part of it, but for those that name a version.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from pydantic_core import to_json, to_jsonable_python

from ..core.base.errors import ConfigurationError
from ..core.base.parsing import is_mapping, quick_encode
from ..core.base.provider import attribute_at, client_address
from ..core.base.request import Request
from ..core.base.response import CARRIERS, message_format, plain_options, without_carried

KEY_VERSION = 1
"""Increase it whenever the same request gets another key, or a stored response another form."""
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|HEADERS", re.IGNORECASE)
"""The environment variables that are not part of a key."""
_VERSION = re.compile(r"(?:^|[-_])(?:betas?|version)$", re.IGNORECASE)
_CARRIERS = sorted(CARRIERS)
"""The headers and URL parameters that choose a version or a feature of the API, such as "anthropic-beta", and Azure's
"api-version". With another value, a provider may answer otherwise.
"""
_NOT_SENT = frozenset({"timeout", "extra_headers", "headers", "client"})


@dataclass(frozen=True, slots=True)
class CachedRequest:
    """What the function `key` of `cached` receives."""

    provider: str
    """The name of the message format, such as "openai" or "openai.responses"."""
    address: Mapping[str, str]
    """The address of the client that was passed, or what the environment says of the default client."""
    model: str
    payload: Mapping[str, Any]
    """The payload as JSON, without headers and keys."""
    arguments: Mapping[str, Any]
    """The arguments of the call, by name."""


KeyFunction: TypeAlias = Callable[[CachedRequest], object]


def cache_key(provider: Any, request: Request, payload: Mapping[str, Any], key: KeyFunction | None) -> str:
    """Return the key of a request. With `key`, its result replaces the payload in the key.

    Raises `ConfigurationError` for a payload, or a result of `key`, that has no JSON form.
    """
    sent = {name: value for name, value in payload.items() if name not in _NOT_SENT}
    advice = "pass key= to make the key of other values"
    if key is None:
        _jsonable(without_carried(sent), "cached: the payload of the request", advice)
    inner = getattr(provider, "inner", provider)
    found = CachedRequest(
        provider=message_format(inner.response_type),
        address=_address(inner, request.client),
        model=request.model,
        payload=plain_options(sent),
        arguments=request.fn_args,
    )
    what = found.payload if key is None else _jsonable(key(found), "cached: the result of key=", advice)
    parts = [KEY_VERSION, inner.name, found.provider, found.address, found.model, request.stream, what]
    if versions := _versions(payload, request.client):
        parts.append(versions)
    return blake2b(to_json(_sorted(parts)), digest_size=20).hexdigest()


def request_place(provider: Any, client: Any) -> Sequence[Any]:
    """Return what all requests to a provider with one client have in common: the name, the format, the address."""
    inner = getattr(provider, "inner", provider)
    return [KEY_VERSION, inner.name, message_format(inner.response_type), _address(inner, client)]


def request_key(place: Sequence[Any], request: Request, payload: Mapping[str, Any], *numbers: int) -> tuple[bytes, int]:
    """Return the key of a whole response, in 16 bytes, and the length of the JSON that it is made of.

    As `cache_key`, but faster, and without a function `key`. Equal requests with other `numbers` have other keys.
    `place` is the `request_place`. Raises `ConfigurationError` for a payload that has no JSON form.
    """
    sent = {name: value for name, value in payload.items() if name not in _NOT_SENT}
    versions = _versions(payload, request.client)
    parts = [*place, versions, request.model, without_carried(sent), numbers]
    try:
        text = _encode_sorted(parts)
    except (TypeError, ValueError, RecursionError):  # keys that are not texts
        text = json.dumps(_jsonable(parts, _OF_MAP, _AS_TEXT), sort_keys=True)
    return blake2b(text.encode(), digest_size=16).digest(), len(text)


_OF_MAP = "a map: the payload of the request"
_AS_TEXT = "pass it as text or bytes"


def _as_json(value: Any) -> Any:
    return _jsonable(value, _OF_MAP, _AS_TEXT)


_encode_sorted = quick_encode(json.JSONEncoder(sort_keys=True, default=_as_json))


def _jsonable(value: Any, what: str, advice: str) -> Any:
    def refuse(one: Any) -> Any:
        raise ConfigurationError(f"{what} contains a {type(one).__qualname__}, which has no JSON form: {advice}")

    return to_jsonable_python(value, by_alias=False, bytes_mode="base64", fallback=refuse)


def _sorted(value: Any) -> Any:
    """Return JSON with the keys of all objects in order, except in the payloads' lists, whose order matters."""
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return [_sorted(one) for one in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


def _address(provider: Any, client: Any) -> dict[str, str]:
    """Return where requests are sent: the address of the client, or the environment variables from which the SDK
    makes its default client. Without users and passwords.
    """
    if client is not None:
        return {"url": _without_user(client_address(client))}
    names = [name for name in getattr(provider, "environment", ()) if not _SECRET.search(name)]
    found = {name: _without_user(os.environ[name]) for name in names if os.environ.get(name)}
    host = attribute_at(provider, "host.base_url")
    return {**found, "host": _without_user(str(host))} if host else found


def _versions(payload: Mapping[str, Any], client: Any) -> dict[str, str]:
    """Return the headers and URL parameters of the client and the call that name a version of the API."""
    carriers = [attribute_at(client, "_custom_headers"), attribute_at(client, "_custom_query")]
    if not CARRIERS.isdisjoint(payload):
        carriers += [payload.get(name) for name in _CARRIERS]
    return {
        str(name).lower(): str(value)
        for one in carriers
        if one and is_mapping(one)
        for name, value in one.items()
        if _names_version(str(name))
    }


@lru_cache(maxsize=1000)
def _names_version(name: str) -> bool:
    return _VERSION.search(name) is not None


def _without_user(url: str) -> str:
    try:
        parts = urlsplit(url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl().rstrip("/")
    except ValueError:
        return ""
