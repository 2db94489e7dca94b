"""Where a client sends requests, read from its attributes by name: no SDK is imported."""

from __future__ import annotations

from typing import Any

from ..parsing import at

_ADDRESSES = (
    "base_url",
    "_base_url",
    "meta.endpoint_url",
    "_api_client._http_options.base_url",
    "client._api_client._http_options.base_url",
    "_client_wrapper._base_url",
    "sdk_configuration.server_url",
    "api_endpoint",
    "_endpoint",
    "_config.endpoint",
)
"""The attributes of the SDKs' clients that hold the address: of OpenAI's and similar ones, boto3, Google, Cohere,
Mistral, Google's retired SDK, and Azure.
"""


def client_address(client: Any) -> str:
    """Return the URL or the host to which a client sends requests; an empty text if it is not known."""
    found = (attribute_at(client, path) for path in _ADDRESSES)
    return next((text for one in found if (isinstance(one, str) or _is_url(one)) and (text := str(one))), "")


def attribute_at(owner: Any, path: str) -> Any:
    """Return the attribute at a dotted path; None if it is missing, or a property that raises an error."""
    try:
        return at(owner, path)
    except Exception:  # a property of the user's own client
        return None


def _is_url(value: Any) -> bool:
    return type(value).__name__ == "URL"  # httpx's and httpx2's
