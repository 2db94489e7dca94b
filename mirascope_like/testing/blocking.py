"""Requests that would leave the machine, as errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from .errors import RequestBlockedError
from .interception import Exchange, handling
from .keys import placeholder_keys
from .places import recognise


class RequestBlock:
    """Requests are blocked until its `with` block ends, or until `stop()` is called."""

    answers = False

    def __init__(self, allow: Sequence[str], *, keys: bool) -> None:
        self._allow = tuple(one.lower() for one in allow)
        self._entered = ExitStack()
        self._entered.enter_context(handling(self))
        if keys:
            self._entered.enter_context(placeholder_keys())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Allow requests again."""
        self._entered.close()

    def exchange(self, method: str, url: str, headers: Mapping[str, str]) -> Exchange | None:
        """Raise `RequestBlockedError` for a request that must not be sent. For the interception."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        if is_local(host) or any(host == one or host.endswith(f".{one}") for one in self._allow):
            return None
        place = recognise(url, headers)
        of = f" ({place.provider})" if place is not None else ""
        where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        raise RequestBlockedError(
            f"blocked {method} {where}{of}: block_requests() is active. Answer the call with testing.fake(...), or "
            f"allow the host: block_requests(allow=[{host!r}])"
        )


def block_requests(*, allow: Sequence[str] = (), keys: bool = True) -> RequestBlock:
    """Make every HTTP request that would leave the machine raise `RequestBlockedError`, from now on: call it in
    `conftest.py`. As a context manager, only inside a `with` block.

    Covers httpx, httpx2, aiohttp, requests, boto3 and the gRPC channels of Google's retired SDK, thus every provider
    and SDK client. Requests to this machine, to the hosts in `allow` and to hosts below them are sent. A request that
    `fake` answers is not sent at all. `keys` sets the keys of all providers to a placeholder if they are unset, so that
    modules which make their clients on import can be imported.
    """
    return RequestBlock(allow, keys=keys)


def is_local(host: str) -> bool:
    """Return True for a name or an address of this machine."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified
