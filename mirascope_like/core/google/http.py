"""The SDK's default clients, and the HTTP options with which they read streams as bytes."""

from __future__ import annotations

from typing import Any

from google import genai
from google.genai import types

from ..dialects.transport import catching_clients


def fast_http_options(**options: Any) -> types.HttpOptions:
    """Return HTTP options, for `genai.Client(http_options=...)`, with which streams cost a fraction of the SDK's own.

    Takes what `HttpOptions` takes. The SDK leaves it to its user to close the HTTP clients in it.
    """
    client, async_client = catching_clients()
    options.setdefault("httpx_client", client)
    options.setdefault("httpx_async_client", async_client)
    return types.HttpOptions(**options)


class DefaultClient:
    """The SDK's client, with HTTP clients that the SDK leaves to us to close."""

    def __init__(self) -> None:
        self._http, self._async_http = catching_clients()
        options = types.HttpOptions(httpx_client=self._http, httpx_async_client=self._async_http)
        self.client: genai.Client = genai.Client(http_options=options)

    def close(self) -> Any:
        """Let the connections go."""
        self._http.close()


class DefaultAsyncClient(DefaultClient):
    """`DefaultClient`, for one event loop."""

    def close(self) -> Any:
        """Let the connections go; to be awaited."""
        return self._async_http.aclose()
