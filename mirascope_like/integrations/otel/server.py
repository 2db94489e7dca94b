"""Where a request is sent: the address of the server, and the name of its company in the conventions. Reads attributes
of SDK clients by name, and imports no SDK.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ...core.base.provider import attribute_at, client_address
from .conventions import CLIENT_PROVIDERS, PROVIDERS

_DEFAULTS = {"gemini": "generativelanguage.googleapis.com", "mistral": "api.mistral.ai"}
"""The addresses of SDKs whose clients hold none unless the user has set one."""
_VERTEX = ("_api_client.vertexai", "client._api_client.vertexai")
_PORTS = {"http": 80, "https": 443}


def server_of(client: Any, provider: str) -> tuple[str, int] | None:
    """Return the host and the port to which a client sends requests; None if they are not known."""
    if client is None:
        return None
    text = client_address(client) or _DEFAULTS.get(provider)
    if text is None:
        return None
    try:
        parts = urlsplit(text if "//" in text else f"//{text}", scheme="https")
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (host, port) if host and port else None


def provider_name(provider: str, client: Any) -> str:
    """Return the value of `gen_ai.provider.name` for a provider of the library and the client that sends.

    A client for another company's platform, such as `openai.AzureOpenAI`, determines the name.
    """
    name = type(client).__name__.removeprefix("Async")
    if (found := CLIENT_PROVIDERS.get(name)) is not None:
        return found
    company = provider.partition(".")[0]  # of "openai.responses", which `llm` calls it
    vertex = (
        any(attribute_at(client, path) for path in _VERTEX) if company == "google" and client is not None else False
    )
    return PROVIDERS["vertex"] if vertex else PROVIDERS.get(company, company)
