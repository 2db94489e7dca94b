"""The default clients, and HTTP options that let streams be read as bytes."""

from __future__ import annotations

from typing import Any

from google import genai
from google.genai import types

from ..dialects.transport import catching_clients


def fast_http_options(**options: Any) -> types.HttpOptions:
    """Return HTTP options for `genai.Client(http_options=...)` with which streams need much less CPU time.

    Accepts the arguments of `HttpOptions`. The SDK does not close the HTTP clients in it: close them yourself.
    """
    client, async_client = catching_clients()
    options.setdefault("httpx_client", client)
    options.setdefault("httpx_async_client", async_client)
    return types.HttpOptions(**options)


class DefaultClient:
    """The SDK's client together with its HTTP clients, which the SDK does not close itself."""

    def __init__(self) -> None:
        self._http, self._async_http = catching_clients()
        options = types.HttpOptions(httpx_client=self._http, httpx_async_client=self._async_http)
        self.client: genai.Client = genai.Client(http_options=options)

    def close(self) -> Any:
        """Close the connections."""
        self._http.close()


class DefaultAsyncClient(DefaultClient):
    """The async form of `DefaultClient`, for one event loop."""

    def close(self) -> Any:
        """Close the connections; awaitable."""
        return self._async_http.aclose()
