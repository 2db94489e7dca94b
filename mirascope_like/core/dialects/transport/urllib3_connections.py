"""Connections of urllib3 that report their socket to the present `Opening`, so that an abandoned wait ends at once.

For SDKs that send with urllib3 (boto3). They have no interface for a connection class, so the pool classes of their
sessions are replaced; this changes neither what is sent nor how it is read.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import lru_cache
from http import HTTPStatus
from http.client import HTTPResponse
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
    if not all(issubclass(kind.ConnectionCls, _Reporting) for kind in pools.values()):
        places = Places(OPENING) if limited else None
        pools.update({scheme: _reporting_pool(kind, places) for scheme, kind in pools.items()})
        client.meta.events.register_first("needs-retry.bedrock-runtime", _end_abandoned)
    return client


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
    """A response that skips all `1xx` before it; the standard library takes any but 100 for the response."""

    def begin(self) -> None:
        """Read the headers."""
        super().begin()
        while 100 < self.status < 200 and self.status != HTTPStatus.SWITCHING_PROTOCOLS:
            self.headers = self.msg = cast("Any", None)
            super().begin()


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
