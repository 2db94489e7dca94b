"""Converts errors: those of the SDK and its HTTP library, and error events in the middle of a stream.

Every raised error is an instance of a class of the SDK and of one of our classes, and shows no key of its request. A
provider defines the table of classes, and makes the errors of the SDK.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from traceback import walk_tb
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from jiter import from_json

from ...base.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    ErrorEventError,
    MalformedEventError,
    MirascopeLikeError,
    NotFoundError,
    PermissionDeniedError,
    ProviderError,
    RequestTimeoutError,
    StreamInterruptedError,
    adopt,
    described,
    error_kind,
    reported_error,
)
from ...base.parsing import EventTooLongError, at
from ...base.provider import Provider, client_address
from ...base.request import Request
from ...base.response import BaseCallResponse, BaseCallResponseChunk
from ...base.runtime import error_notes, error_text
from ...base.tools import BaseTool
from .keys import hide_in_request, hide_keys, requests_of, secrets_of

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)

_HTTP = frozenset({"httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "anyio", "h11", "h2", "ssl", "urllib3"})
_OF_SETTINGS = (AuthenticationError, PermissionDeniedError, NotFoundError, ConnectionFailedError)
"""Errors that wrong settings cause: a key or an address."""


class FailingProvider(Provider[ResponseT, ChunkT, ToolT]):
    """Base class of providers that converts errors."""

    kinds: ClassVar[Mapping[type[Exception], type[MirascopeLikeError]]] = {}
    """Maps the SDK's error classes to ours. If several entries match an error, the first applies."""
    readers: ClassVar[tuple[str, ...]] = ()
    """Names of the modules in which the SDK decodes responses. Any error raised there, or in what these call, means
    that the response cannot be decoded.
    """

    def identify(self, error: Exception) -> type[MirascopeLikeError] | None:
        """Return our class for an error of the SDK; None for any other error."""
        return next((ours for theirs, ours in self.kinds.items() if isinstance(error, theirs)), None)

    @abstractmethod
    def broken(self, message: str, response: Any, *, timed_out: bool) -> Exception:
        """Return an SDK error for a connection that was lost or timed out. `response` is the HTTP response that was
        being read, or None.
        """

    @abstractmethod
    def reported(self, message: str, response: Any, body: Any = None) -> Exception:
        """Return an SDK error for an error event, or for a response that cannot be decoded. `body` is the decoded
        body or event.
        """

    def missing_key_error(self, error: Exception) -> Exception | None:
        """Return an SDK error that names the key to set, if `error` is about a missing API key; otherwise None."""
        return None

    environment: tuple[str, ...] = ()
    """The environment variables that the SDK reads. The first one contains the API key."""
    endpoints: tuple[str, ...] = ()
    """The environment variables of different kinds of endpoints, if there are several kinds. The first that is set is
    used. Errors that wrong settings cause have a note that names it.
    """

    @property
    def sdk_package(self) -> str | None:
        """The package of the SDK whose iterator reads streams; None if it raises its own errors only."""
        return None

    def _failed_to_read(self, error: Exception) -> bool:
        """Return True if the SDK raised a built-in error, because an event has a structure that it does not expect."""
        package = self.sdk_package
        built_in = isinstance(error, AttributeError | TypeError | LookupError)
        return built_in and package is not None and _raised_in(error).partition(".")[0] == package

    def server_of(self, request: Request) -> str:
        """Return the address of the server of a request, for errors that have no HTTP request; "" if unknown."""
        return client_address(request.client)

    def failure(self, error: Exception, request: Request, source: Any = None) -> Exception:
        found = self._mapped(error, request, source)
        requests = requests_of(found, source)
        if source is None and (isinstance(found, ConnectionFailedError) or _not_connected(found)):
            urls = [str(one.url) for one in requests if getattr(one, "url", None)]
            # botocore's errors have an address and no request
            url = urls[0] if urls else at(found, "kwargs.endpoint_url") or self.server_of(request)
            _name_server(found, url)
        if source is None and request.client is None and isinstance(found, _OF_SETTINGS):
            _note_endpoint(found, self.endpoints, self.name)
        secrets = secrets_of(request.client, request.call_params, self.environment, requests)
        hide_keys(found, secrets)
        for one in requests:
            hide_in_request(one, secrets)
        return found

    def _mapped(self, error: Exception, request: Request, source: Any) -> Exception:
        found, *kinds = self._classified(error, source)
        if found is not error:
            found.__cause__ = error
        if not kinds:
            return found
        if source is not None:
            kinds.insert(0, StreamInterruptedError)
        headers = getattr(getattr(source, "response", None), "headers", None) or getattr(source, "headers", None)
        return adopt(found, *kinds, provider=self.name, model=request.model, headers=headers)

    def _classified(self, error: Exception, source: Any) -> tuple[Exception, *tuple[type[MirascopeLikeError], ...]]:
        """Return the error to raise (of the SDK, or made here in its place), followed by our classes that the error
        gets.
        """
        response = getattr(source, "response", None)
        if isinstance(error, ErrorEventError):
            return self.reported(str(error), response, error.body), error_kind(*described(error.body))
        if isinstance(error, MalformedEventError | EventTooLongError) or _modules(error) & {*self.readers}:
            read = "response" if source is None else "stream"
            return self.reported(f"the {read} cannot be read: {error}", response), ProviderError
        if isinstance(error, StreamInterruptedError):
            return self.broken(f"{error}{_unlike(response)}", response, timed_out=False), ConnectionFailedError
        if isinstance(error, MirascopeLikeError):
            return (error,)
        if (missing_key_error := self.missing_key_error(error)) is not None:
            return missing_key_error, ConfigurationError
        if (kind := self.identify(error)) is not None:
            return error, kind
        if source is not None and (isinstance(error, ValueError) or self._failed_to_read(error)):
            # An SDK's iterator could not decode an event.
            return self.reported(f"the stream cannot be read: {error}", response), ProviderError
        if (kind := transport_kind(error)) is not None:
            timed_out = kind is RequestTimeoutError
            return self.broken(str(error) or "the connection was lost", response, timed_out=timed_out), kind
        return (error,)


def _modules(error: Exception) -> set[Any]:
    """Return the names of the modules through which an error has passed."""
    return {frame.f_globals.get("__name__") for frame, _ in walk_tb(error.__traceback__)}


def _raised_in(error: Exception) -> str:
    """Return the name of the module in which an error was raised; empty if unknown."""
    names = [frame.f_globals.get("__name__") for frame, _ in walk_tb(error.__traceback__)]
    return str(names[-1] or "") if names else ""


def _unlike(response: Any) -> str:
    """Return the end of an error message for a response that is not an event stream, with its content type; empty
    for an event stream or if unknown.
    """
    headers = getattr(response, "headers", None)
    kind = str(headers.get("content-type") or "").partition(";")[0].strip() if headers is not None else ""
    return f": it is {kind}, not a stream of events" if kind in ("text/html", "application/json") else ""


def transport_kind(error: Exception) -> type[ConnectionFailedError | RequestTimeoutError] | None:
    """Return our class for an error of the HTTP library; None for any other error."""
    for kind in type(error).__mro__:
        if kind.__module__.partition(".")[0] in _HTTP:
            timed_out = any("Timeout" in one.__name__ for one in type(error).__mro__)
            return RequestTimeoutError if timed_out else ConnectionFailedError
    if isinstance(error, TimeoutError):
        return RequestTimeoutError
    return ConnectionFailedError if isinstance(error, OSError) else None


def _not_connected(error: Exception) -> bool:
    """Return True for a timeout of the connection itself, which a wrong address causes too."""
    names = [type(one).__name__ for one in (error.__cause__, error.__context__, error)]
    return isinstance(error, RequestTimeoutError) and any("ConnectTimeout" in name for name in names)


def _name_server(error: Exception, url: str) -> None:
    """Say in an error why a server cannot be reached, if the text of the SDK does not, and add a note with its address
    and what to check. The note has neither the user, the path nor the parameters of the URL, which may be keys.
    """
    parts, cause, text = urlsplit(url), error.__cause__ or error.__context__ or error, error_text(error)
    reason = error_text(cause) or type(cause).__name__
    if text == "Connection error.":  # of an APIConnectionError, which hides its cause
        vars(error)["message"] = text = f"Connection error: {reason}"
        error.args = (text,)
    server = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else url
    if server:
        reason = "cannot be reached" if parts.hostname and parts.hostname in reason else reason
        check = "check" if reason in text else f"{reason}. Check"
        _note(error, f"{server}: {check} the address, the network and the environment's proxies.")


def _note_endpoint(error: Exception, endpoints: Sequence[str], provider: str) -> None:
    """Add a note to an error with the environment variable whose endpoint was used, and those that are ignored."""
    used, *ignored = [name for name in endpoints if os.environ.get(name)] or [""]
    if used:
        _note(error, " ".join([f"{provider} used {used}.", *(f"{name} is ignored." for name in ignored)]))


def _note(error: Exception, text: str) -> None:
    """Add a note to an error once: an error is converted again wherever it passes."""
    if text not in error_notes(error):
        with suppress(Exception):  # a class that has something else under the name of the notes
            error.add_note(text)


def raise_reported(body: bytes) -> None:
    """Raise `ErrorEventError` if the body of a response reports an error, in any form that `reported_error` knows."""
    with suppress(ValueError):
        if (error := reported_error(from_json(body))) is not None:
            raise ErrorEventError(error)
