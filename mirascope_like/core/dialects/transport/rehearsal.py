"""What an SDK would send, and what it makes of an HTTP response, without the network.

A `Rehearsal` has a copy of a client of an SDK, whose HTTP client does not send: it reports the request, or it returns
a response that was received elsewhere. So requests that are sent in another way have the URL, headers and time limits
of the SDK, and their errors are those of the SDK.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from inspect import isawaitable
from types import ModuleType
from typing import Any

from .http_clients import trusted
from .patches import made_by

_OUTCOME: ContextVar[Any] = ContextVar("_OUTCOME", default=None)
"""What the HTTP client of a rehearsal returns or raises; None to report the request."""


class _Captured(BaseException):
    """Ends the sending of a request that is only reported. Not an `Exception`, because SDKs convert these."""

    def __init__(self, request: Any) -> None:
        super().__init__()
        self.request = request


class _Script:
    """An HTTP transport without a network."""

    def handle_request(self, request: Any) -> Any:
        """Return the response that was set, or raise the error."""
        outcome = _OUTCOME.get()
        if outcome is None:
            raise _Captured(request)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def handle_async_request(self, request: Any) -> Any:
        """Async version of `handle_request`."""
        return self.handle_request(request)

    def close(self) -> None:
        """Do nothing."""

    async def aclose(self) -> None:
        """Do nothing."""


def scripted(library: ModuleType, *, asynchronous: bool) -> Any:
    """Return an HTTP client of `library` that does not send, for the copy of a client in a `Rehearsal`."""
    kind = library.AsyncClient if asynchronous else library.Client
    return kind(transport=_Script(), follow_redirects=True)


class Rehearsal:
    """A copy of one client of an SDK, which does not send."""

    def __init__(
        self, library: ModuleType, http: Any, given: Sequence[Any], send: Callable[[dict[str, Any]], Any]
    ) -> None:
        """`http` is the HTTP client of the copy, from `scripted`; `given` are those of the given client. `send` sends a
        payload with the copy; it returns the SDK's response object, or an awaitable of it.
        """
        self.library: ModuleType = library
        """The HTTP library of the SDK."""
        self.asynchronous: bool = isinstance(http, library.AsyncClient)
        """True if the copy is an async client."""
        self._http = http
        self._given = given
        self._send = send

    @property
    def tls(self) -> ssl.SSLContext:
        """The TLS settings of the given client: the certificates that are trusted."""
        found: ssl.SSLContext = getattr(self._given[0]._transport, "ssl_context", None) or trusted(self.library)
        return found

    async def capture(self, payload: dict[str, Any]) -> Any:
        """Return the HTTP request that the SDK would send. Raises the SDK's error for a request that it refuses."""
        try:
            await self.replay(payload, None)
        except _Captured as captured:
            return captured.request
        raise RuntimeError("the SDK has not sent the request")

    async def replay(self, payload: dict[str, Any], outcome: Any) -> Any:
        """Return what the SDK makes of an HTTP response, or of an error of the HTTP library. Raises the SDK's error."""
        token = _OUTCOME.set(outcome)
        try:
            found = self._send(payload)
            return await found if isawaitable(found) else found
        finally:
            _OUTCOME.reset(token)

    def refuses(self, url: Any) -> str | None:
        """Return why requests to a URL of the HTTP library cannot be sent without the HTTP client of the given client;
        None if they can.
        """
        if url.userinfo:
            return "a URL with a user"
        return next((reason for http in self._given if (reason := self._needs(http, url)) is not None), None)

    def _needs(self, http: Any, url: Any) -> str | None:
        """Return why requests to a URL need this HTTP client; None if they do not."""
        library = self.library
        asynchronous = isinstance(http, library.AsyncClient)
        prefix, method = ("Async", "handle_async_request") if asynchronous else ("", "handle_request")
        transport, client = getattr(library, f"{prefix}HTTPTransport"), getattr(library, f"{prefix}Client")
        sending = [getattr(transport, method), client.send, http.send, client._send_single_request]
        if not all(made_by(library, one) for one in sending):
            return f"{library.__name__} is patched"
        if http._transport_for_url(url) is not http._transport:
            return "a proxy"
        if http.auth is not None or http.params or dict(http.headers) != dict(self._http.headers):
            return "an HTTP client with settings"
        return None


def has_hooks(sdk: ModuleType, http: Any) -> bool:
    """Return True if an HTTP client of an SDK's client has event hooks of the user."""
    ours = __name__.partition(".")[0]
    hooks = [hook for several in http.event_hooks.values() for hook in several]
    return not all(made_by(sdk, hook) or hook.__module__.partition(".")[0] == ours for hook in hooks)
