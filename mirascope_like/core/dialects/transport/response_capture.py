"""HTTP clients that pass streamed responses to us before the SDK decodes them.

They are for SDKs that accept a custom HTTP client, but return streams only as their own objects (google-genai, Mistral,
Cohere). The SDK builds, signs, sends and retries the request. The caller of `catching` then receives the streamed
response, and the SDK receives an empty one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

import httpx2

from ...base.parsing import as_list, at
from .error_mapping import raise_reported
from .http_clients import http_options
from .noted_responses import note_response, noting

_CAUGHT: ContextVar[list[httpx2.Response] | None] = ContextVar("_CAUGHT", default=None)


@contextmanager
def catching() -> Generator[list[httpx2.Response]]:
    """Context manager that collects the streamed responses that arrive inside its block, in this thread or task."""
    caught: list[httpx2.Response] = []
    token = _CAUGHT.set(caught)
    try:
        yield caught
    finally:
        _CAUGHT.reset(token)


def note_responses(http_client: Any) -> None:
    """Add an event hook to an HTTP client of httpx2 or httpx, for `noting`. Do nothing for any other client."""
    hooks: Any = getattr(http_client, "event_hooks", None)
    hook = _anote if hasattr(http_client, "aclose") else note_response
    if isinstance(hooks, dict) and hook not in (given := as_list(at(hooks, "response"))):
        http_client.event_hooks = {**hooks, "response": [*given, hook]}


async def _anote(response: Any) -> None:
    note_response(response)


@contextmanager
def reporting(http_client: Any, output: str) -> Generator[Callable[[Any], Any]]:
    """Context manager for a request that is not streamed. It raises the error that a body with status 200 reports, also
    if the SDK cannot read such a body.

    Yields a function that returns the SDK's response, and raises the error if the response has nothing at the path
    `output`.
    """
    note_responses(http_client)
    with noting() as responses:

        def checked(response: Any) -> Any:
            if responses and at(response, output) is None:
                raise_reported(responses[-1].content)
            return response

        try:
            yield checked
        except TypeError:
            checked(None)
            raise


@asynccontextmanager
async def closed_on_error(responses: Sequence[Any]) -> AsyncGenerator[None]:
    """Context manager that closes collected responses if its block raises an error or is cancelled: an SDK may not."""
    try:
        yield
    except BaseException:
        for response in responses:
            await response.aclose()
        raise


def _kept(request: httpx2.Request, response: httpx2.Response, stream: bool) -> httpx2.Response:
    caught = _CAUGHT.get()
    if caught is None or not stream or response.status_code != 200:
        return response
    caught.append(response)
    return httpx2.Response(200, request=request)


class CatchingClient(httpx2.Client):
    """An HTTP client whose streamed responses are collected inside `catching`."""

    def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        return _kept(request, super().send(request, stream=stream, **options), stream)


class CatchingAsyncClient(httpx2.AsyncClient):
    """Async version of `CatchingClient`. Each event loop has its own connections."""

    def __init__(self, make: Callable[[], httpx2.AsyncClient]) -> None:
        super().__init__(**_options(asynchronous=True))
        self._make = make
        self._of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx2.AsyncClient] = WeakKeyDictionary()

    async def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        loop = asyncio.get_running_loop()
        client = self._of_loops.get(loop) or self._of_loops.setdefault(loop, self._make())
        return _kept(request, await client.send(request, stream=stream, **options), stream)

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        if (client := self._of_loops.pop(asyncio.get_running_loop(), None)) is not None:
            await client.aclose()


def catching_clients() -> tuple[CatchingClient, CatchingAsyncClient]:
    """Return a sync and an async client without default timeouts. The SDK sets the timeout of each request."""
    return (
        CatchingClient(**_options(asynchronous=False)),
        CatchingAsyncClient(lambda: httpx2.AsyncClient(**_options(asynchronous=True))),
    )


def _options(*, asynchronous: bool) -> dict[str, Any]:
    return {"follow_redirects": True, "timeout": None, **http_options(httpx2, asynchronous=asynchronous)}
