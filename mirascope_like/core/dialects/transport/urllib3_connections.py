"""Connections of urllib3 that report their socket to the present `Opening`, so that an abandoned wait ends at once.

For SDKs that send with urllib3: boto3, and Google's retired SDK over REST. They have no interface for a connection
class, so the pool classes of their sessions are replaced; this does not change what is sent.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import lru_cache
from http import HTTPStatus
from http.client import HTTPResponse, IncompleteRead, RemoteDisconnected
from typing import Any, NamedTuple, cast

from ...base.provider import PRESENT, Places
from .network import OPENING, check_abandoned


def watch_botocore(client: Any, *, limited: bool = False) -> Any:
    """Return a client of boto3, after making its new connections report themselves and its retries end once nobody
    waits for the response. A connection that was open before is not reported.

    Reads names of botocore that are not public, if they exist. `limited` opens at most `OPENING` connections at a time.
    """
    session = getattr(getattr(client, "_endpoint", None), "http_session", None)
    pools: dict[str, Any] = getattr(session, "_pool_classes_by_scheme", {})
    if not _watched(pools):
        pools.update(_reporting_pools(pools, Places(OPENING) if limited else None))
        client.meta.events.register_first("needs-retry.bedrock-runtime", _end_abandoned)
    return client


def watch_requests(client: Any) -> Any:
    """Return a REST client of Google's retired SDK, after making its new connections report themselves.

    Reads a name of the SDK that is not public, if it exists; what it holds is a session of `requests`.
    """
    session = getattr(getattr(client, "transport", None), "_session", None)
    for adapter in getattr(session, "adapters", {}).values():
        manager = adapter.poolmanager
        if not _watched(manager.pool_classes_by_scheme):
            manager.pool_classes_by_scheme = _reporting_pools(manager.pool_classes_by_scheme, None)
    return client


def _watched(pools: dict[str, Any]) -> bool:
    return all(issubclass(kind.ConnectionCls, _Reporting) for kind in pools.values())


def _reporting_pools(pools: dict[str, Any], places: Places | None) -> dict[str, Any]:
    return {scheme: _reporting_pool(kind, places) for scheme, kind in pools.items()}


def _end_abandoned(**_: Any) -> None:
    check_abandoned()


@lru_cache(maxsize=64)
def _reporting_pool(kind: Any, places: Places | None) -> Any:
    connection = type(kind.ConnectionCls.__name__, (_Reporting, kind.ConnectionCls), {"places": places})
    return type(kind.__name__, (kind,), {"ConnectionCls": connection})


class _Network(NamedTuple):
    """A socket in the form in which network streams show theirs."""

    socket: Any

    def get_extra_info(self, name: str) -> Any:
        """Return the socket."""
        return getattr(self, name, None)


class _FinalResponse(HTTPResponse):
    """A response as RFC 9110 and 9112 define it, where the standard library is more lenient: all `1xx` before it are
    skipped, not only 100, and a connection that closes within the headers or the body is an error.
    """

    def begin(self) -> None:
        """Read the headers."""
        self._begin()
        while 100 < self.status < 200 and self.status != HTTPStatus.SWITCHING_PROTOCOLS:
            self.headers = self.msg = cast("Any", None)
            self._begin()

    def _begin(self) -> None:
        response: Any = self
        file: Any = response.fp
        response.fp = _Lines(file)
        try:
            super().begin()
        finally:
            response.fp = response.fp and file  # it is None if the response was closed

    def read(self, amt: int | None = None) -> bytes:
        """Read the body, or up to `amt` bytes of it."""
        data = super().read(amt)
        if amt and not data and self.length:
            raise IncompleteRead(b"", self.length)
        return data


class _Lines:
    """A file of which the first line may be missing, but not the others."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._begun = False
        self.close = file.close
        self.flush = file.flush

    def readline(self, limit: int) -> bytes:
        """Return the next line. Raises `RemoteDisconnected` if there is none after the first."""
        line: bytes = self._file.readline(limit)
        if self._begun and not line:
            raise RemoteDisconnected("the connection was closed within the headers")
        self._begun = True
        return line


class _Reporting:
    """The part of a connection class that reports the socket before each part of a request, also the `CONNECT` for a
    proxy.
    """

    places: Places | None
    sock: Any
    response_class = _FinalResponse

    def connect(self) -> None:
        """Open the connection once there is a place."""
        with self.places.threads if self.places is not None else nullcontext():
            check_abandoned()
            self._below().connect()

    def send(self, data: Any) -> None:
        """Send a part of a request, after reporting the socket to the opening that this code runs for."""
        if self.sock is None:
            self.connect()
        if (opening := PRESENT.get()) is not None:
            opening.connected(_Network(self.sock))
            check_abandoned()
        self._below().send(data)

    def getresponse(self, *args: Any, **options: Any) -> Any:
        """Return the response once its headers have arrived. Raises `Abandoned` if the caller has stopped waiting."""
        try:
            response = self._below().getresponse(*args, **options)
        except Exception:
            check_abandoned()  # else the SDK would send the request again
            raise
        try:
            check_abandoned()  # headers that end too soon are taken for all headers
        except BaseException:
            response.close()
            raise
        return response

    def _below(self) -> Any:
        return super()
