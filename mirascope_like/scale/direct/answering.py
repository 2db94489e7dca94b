"""`Direct`: sends requests over its own connections, as the SDK would send them, and lets the SDK send all others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.base.provider import Provider, ProviderWrapper, innermost, unwrapped
from ...core.base.request import Request
from ...core.dialects.transport import Additions, ClientProvider, DirectCodec, Rehearsal
from ..counts import Counts
from ..outgoing import Answer, Answerer, Outgoing
from ..sending import FromThread
from .connections import Connections, Head, Received

log: logging.Logger = logging.getLogger("mirascope_like.scale")

_ROUTES = 1000
"""The number of routes that are kept."""


@dataclass(frozen=True, slots=True)
class Route:
    """How requests of one client are sent, which differ in their bodies only."""

    client: Any
    """Kept, so that no other client has its identity."""
    rehearsal: Rehearsal
    head: Head
    additions: Additions
    """What the SDK adds to each body."""


class Direct:
    """Answers requests without the SDK where it is certain that the SDK would send the same; else passes them on."""

    def __init__(self, inner: Answerer, counts: Counts) -> None:
        self._inner = inner
        self._counts = counts
        self._connections = Connections()
        self._loop = asyncio.get_running_loop()
        self._rehearsals: dict[Hashable, tuple[Rehearsal, Sequence[Any]]] = {}
        """The rehearsals, each with the settings of its client, which are kept so that no others have their identity.
        """
        self._routes: dict[Hashable, Route | None] = {}
        self._making = asyncio.Lock()
        self._reported: set[str] = set()

    async def answer(self, outgoing: Outgoing) -> Answer:
        """Return the answer. Raises the error of the SDK."""
        request, payload = outgoing.request, outgoing.payload
        provider = _sending(outgoing.provider)
        codec: DirectCodec | None = provider.direct_codec if isinstance(provider, ClientProvider) else None
        if codec is None:
            self._report(outgoing.provider, "how it sends them is not known here")
            return await self._inner.answer(outgoing)
        fields = codec.fields(payload)
        if (body := codec.encoded(fields)) is None:
            self._report(provider, "only the SDK can encode an object in the payload")
            return await self._inner.answer(outgoing)
        if (route := await self._route(provider, codec, request, payload, body)) is None:
            return await self._inner.answer(outgoing)
        if route.additions:
            body = codec.encoded(route.additions.to(fields)) or b""
        exchange = _Exchange(self, provider, codec, route, outgoing, body)
        raw = await innermost(outgoing.provider, exchange.in_place_of).asend(request, payload)
        outgoing.provider.check(request, raw)
        if (found := exchange.received) is None:
            return Answer(raw, "live")
        return Answer(raw, "live", found.headers, found.body)

    async def post(self, route: Route, body: bytes, *, sync: bool) -> Received | Exception:
        """Send a request; return its response, or the error that the SDK's HTTP library would raise in a sync or an
        async call.

        Another map may ask for it in its event loop: the one in whose function this map runs.
        """
        if asyncio.get_running_loop() is not self._loop:
            sending = asyncio.run_coroutine_threadsafe(self.post(route, body, sync=sync), self._loop)
            return await asyncio.wrap_future(sending)
        try:
            found = await self._connections.post(route.head, body)
        except Exception as error:
            if (converted := self._connections.converted(error, route.rehearsal.library, sync=sync)) is None:
                raise
            return converted
        self._counts.direct += 1
        return found

    async def _route(
        self, provider: Any, codec: DirectCodec, request: Request, payload: dict[str, Any], body: bytes
    ) -> Route | None:
        """Return how a request is sent; None if the SDK must send it."""
        if self._connections.intercepted:
            return self._report(provider, "aiohttp is patched")
        if (client := await provider.aclient_for(request)) is None:
            return None  # the SDK raises the error
        who = id(provider), id(client), *map(id, codec.settings(client))
        key = who, request.model, codec.key(payload)
        if key not in self._routes:
            async with self._making:
                if key not in self._routes:
                    if len(self._routes) >= _ROUTES:
                        self._routes.clear()
                        self._rehearsals.clear()
                    self._routes[key] = await self._made(provider, codec, client, who, payload, body)
        return self._routes[key]

    async def _made(
        self, provider: Any, codec: DirectCodec, client: Any, who: Hashable, payload: dict[str, Any], body: bytes
    ) -> Route | None:
        if (reason := codec.obstacle(client)) is not None:
            return self._report(provider, reason)
        if who not in self._rehearsals:
            self._rehearsals[who] = codec.rehearsal(client), codec.settings(client)
        rehearsal = self._rehearsals[who][0]
        try:
            captured = await rehearsal.capture(payload)
        except Exception:
            return None  # the SDK raises the error
        added = codec.additions(body, captured.content)
        if added is None or captured.method != "POST":
            return self._report(provider, "the SDK changes the payload")
        if (reason := rehearsal.refuses(captured.url)) is not None:
            return self._report(provider, reason)
        return Route(client, rehearsal, self._connections.head(captured, rehearsal.tls), added)

    def _report(self, provider: Any, reason: str) -> Route | None:
        """Log, once for each reason, why the SDK sends requests. Return None."""
        text = f"the SDK sends the requests of {provider.name}: {reason}"
        if text not in self._reported:
            self._reported.add(text)
            log.debug(text)
        return None

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()


def _sending(provider: Any) -> Any:
    """Return the provider inside all wrappers."""
    inner = unwrapped(provider)
    return getattr(inner, "inner", inner)


class _Exchange:
    """One request that is sent without the SDK, and its response."""

    def __init__(
        self, direct: Direct, provider: Any, codec: DirectCodec, route: Route, outgoing: Outgoing, body: bytes
    ) -> None:
        self._direct = direct
        self._provider = provider
        self._codec = codec
        self._route = route
        self._request = outgoing.request
        self._sync = isinstance(outgoing, FromThread)
        self._body = body
        self.received: Received | None = None
        """The response; None if the SDK has received it."""

    def in_place_of(self, provider: Provider[Any, Any, Any]) -> Any:
        """Return a provider that sends this request, and is the given one in every other respect."""
        return _Direct(provider, self.send)

    async def send(self, payload: dict[str, Any]) -> Any:
        """Return the SDK's response object. Raises the SDK's error."""
        try:
            return await self._sent(payload, self._body)
        except Exception as error:
            corrected = self._codec.corrected(self._request, payload, error)
        return await self._sent(corrected, self._codec.encoded(self._codec.fields(corrected)) or b"")

    async def _sent(self, payload: dict[str, Any], body: bytes) -> Any:
        rehearsal = self._route.rehearsal
        found = await self._direct.post(self._route, body, sync=self._sync)
        if isinstance(found, Exception):
            return await rehearsal.replay(payload, found)
        if found.redirects:
            return await self._sent_by_sdk(payload)
        self.received = found
        if not found.compressed:
            try:
                return self._codec.received(found.status, found.body, found.headers)
            except ValueError:  # the SDK raises its error
                pass
        converted = found.converted(rehearsal.library)
        raw = await rehearsal.replay(payload, converted)
        self.received = found._replace(body=converted.content)  # without its compression
        return raw

    async def _sent_by_sdk(self, payload: dict[str, Any]) -> Any:
        if self._route.rehearsal.asynchronous:
            return await self._provider.asend(self._request, payload)
        return await asyncio.to_thread(self._provider.send, self._request, payload)


class _Direct(ProviderWrapper):
    """Stands in place of the provider inside its wrappers, such as budgets."""

    def __init__(
        self, provider: Provider[Any, Any, Any], send: Callable[[dict[str, Any]], Coroutine[Any, Any, Any]]
    ) -> None:
        super().__init__(provider)
        self._send = send

    def around(self, provider: Provider[Any, Any, Any]) -> Any:
        return _Direct(provider, self._send)

    def asend(self, request: Request, payload: dict[str, Any]) -> Coroutine[Any, Any, Any]:
        return self._send(payload)
