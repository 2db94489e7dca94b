"""The SDK's default clients, and the HTTP options with which they read streams as bytes."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from typing import Any

import httpx2
from google import genai
from google.genai import types

from ..dialects.catching import CatchingAsyncClient, CatchingClient


@lru_cache(maxsize=4)
def _trust(file: str | None, folder: str | None) -> ssl.SSLContext:
    # As the SDK does; made once, as it takes longer than all else that a client is made of.
    if file or folder:
        return ssl.create_default_context(cafile=file, capath=folder)
    return httpx2.create_ssl_context()


def fast_http_options(**options: Any) -> types.HttpOptions:
    """Return HTTP options, for `genai.Client(http_options=...)`, with which streams cost a fraction of the SDK's own.

    Takes what `HttpOptions` takes. The SDK leaves it to its user to close the HTTP clients in it.
    """
    trust = _trust(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    shared: dict[str, Any] = {"verify": trust, "follow_redirects": True, "timeout": None}
    options.setdefault("httpx_client", CatchingClient(**shared))
    options.setdefault("httpx_async_client", CatchingAsyncClient(**shared))
    return types.HttpOptions(**options)


class DefaultClient:
    """The SDK's client, with HTTP clients that the SDK leaves to us to close."""

    def __init__(self) -> None:
        self._options = fast_http_options()
        self.client: genai.Client = genai.Client(http_options=self._options)

    def close(self) -> Any:
        """Let the connections go."""
        return self._options.httpx_client.close() if self._options.httpx_client is not None else None


class DefaultAsyncClient(DefaultClient):
    """`DefaultClient`, for one event loop."""

    def close(self) -> Any:
        """Let the connections go; to be awaited."""
        http: Any = self._options.httpx_async_client
        return http.aclose()
