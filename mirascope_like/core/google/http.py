"""Default clients, and HTTP options with which streams can be read as bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from functools import partial
from typing import Any

from google import genai
from google.genai import types
from google.genai.models import AsyncModels, Models

from ..dialects.transport import catching_clients, note_responses


def fast_http_options(**options: Any) -> types.HttpOptions:
    """Return HTTP options for `genai.Client(http_options=...)` with which reading streams needs much less CPU time.

    Accepts the arguments of `HttpOptions`. The SDK does not close the HTTP clients in these options: close them
    yourself.
    """
    client, async_client = catching_clients()
    options.setdefault("httpx_client", client)
    options.setdefault("httpx_async_client", async_client)
    return types.HttpOptions(**options)


class DefaultClient:
    """A client of the SDK together with its HTTP clients. The SDK does not close those itself."""

    def __init__(self, **settings: Any) -> None:
        """Make the clients. `settings` are arguments of `genai.Client`."""
        self._http, self._async_http = catching_clients()
        options = types.HttpOptions(httpx_client=self._http, httpx_async_client=self._async_http)
        self.client: genai.Client = genai.Client(http_options=options, **settings)

    def close(self) -> Any:
        """Close the connections."""
        self._http.close()


class DefaultAsyncClient(DefaultClient):
    """Async version of `DefaultClient`, for one event loop."""

    def close(self) -> Any:
        """Return an awaitable that closes the connections."""
        return self._async_http.aclose()


class Bodies:
    """Wraps the API client inside a client of the SDK, and keeps the JSON of each event.

    The SDK's objects do not have fields that its types do not know; the JSON has them.
    """

    def __init__(self, api_client: Any) -> None:
        self._api_client = api_client
        self._body: str | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api_client, name)

    def request_streamed(self, *args: Any, **options: Any) -> Iterator[Any]:
        """Yield the events of the SDK's API client, and keep the JSON of each."""
        for event in self._api_client.request_streamed(*args, **options):
            self._body = event.body
            yield event

    async def async_request_streamed(self, *args: Any, **options: Any) -> AsyncIterator[Any]:
        """Async version of `request_streamed`."""
        events = await self._api_client.async_request_streamed(*args, **options)

        async def noted() -> AsyncIterator[Any]:
            async for event in events:
                self._body = event.body
                yield event

        return noted()

    def _kept(self, event: types.GenerateContentResponse) -> types.GenerateContentResponse:
        came = event.sdk_http_response or types.HttpResponse()
        event.sdk_http_response = came.model_copy(update={"body": self._body})
        return event

    def stream(self, models: type[Any], /, **arguments: Any) -> Iterator[Any]:
        """Yield the events as objects of the SDK, each with its JSON in `sdk_http_response.body`."""
        events = models(self).generate_content_stream(**arguments)
        with closing(events):
            for event in events:
                yield self._kept(event)

    async def astream(self, models: type[Any], /, **arguments: Any) -> AsyncIterator[Any]:
        """Async version of `stream`. Awaiting it returns an iterator as soon as the response begins."""
        events = await models(self).generate_content_stream(**arguments)

        async def kept() -> AsyncIterator[Any]:
            async for event in events:
                yield self._kept(event)

        return kept()


def with_bodies(method: Any) -> Any:
    """Return the SDK's streaming method, changed so that each event has its JSON in `sdk_http_response.body`.

    If the structure of this SDK release is not known, the method is returned unchanged.
    """
    models: Any = getattr(method, "__self__", None)
    kind: type[Any] = models.__class__
    if kind not in (Models, AsyncModels) or not hasattr(models, "_api_client"):
        return method
    note_responses(getattr(models._api_client, "_httpx_client", None))  # so that another thread can end a read
    bodies = Bodies(models._api_client)
    return partial(bodies.stream if kind is Models else bodies.astream, kind)
