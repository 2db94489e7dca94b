"""Sends the HTTP requests of tools: only to public addresses, with a limit for the size and the time of a response.

A host name is resolved first, each of its addresses is checked, and the request goes to the checked address, so that a
name cannot change its address after the check. Each redirect is checked like a first request. Proxies of the
environment are not used, because a proxy would resolve the name again.
"""

from __future__ import annotations

import socket
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from ..core.base.errors import load_sdk
from ..core.base.runtime import CLOCK, in_thread
from ..core.dialects.transport import secret_headers, stays

httpx: Any = load_sdk("httpx", extra="tools")

_REDIRECTS = 5
"""The maximum number of redirects that are followed."""
_PORTS = {"http": 80, "https": 443}
_MOVED = frozenset({301, 302, 303, 307, 308})


class RefusedURLError(ValueError):
    """A URL that is not requested: not HTTP, or of an address that is not public. Its text is for the model."""


class TooLargeError(ValueError):
    """A response that is larger, or takes longer, than the limits allow. Its text is for the model."""


@dataclass(frozen=True)
class Limits:
    """The limits of one request."""

    timeout: float | None
    """Seconds for connecting, for each read, and for the whole response together; None for no limit."""
    max_size: int
    """The maximum size of a response body, in bytes."""
    allow_private: bool = False
    """True to allow addresses that are not public."""


@dataclass
class Page:
    """A response: its final URL, its status and its text."""

    url: str
    status: int
    text: str
    method: str = "GET"


@dataclass
class Fetch:
    """One request of a tool. `steps` yields the arguments of each HTTP request, and receives its response."""

    method: str
    url: str
    limits: Limits
    follow_redirects: bool = True
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Arguments of httpx: `params`, `json`, `data` and `headers`."""

    def steps(self) -> Generator[dict[str, Any], Any, Page]:
        """Yield the arguments of `client.stream` for each request; return the page.

        The driver sends back the response with its body read, as (status, headers, text). Raises `RefusedURLError` for
        an address that is not public.
        """
        method, url = self.method, self.url
        options: dict[str, Any] = dict(self.options)
        for _ in range(_REDIRECTS + 1):
            status, headers, text = yield {"method": method, **options, **self._addressed(url, options)}
            target = headers.get("location")
            if status not in _MOVED or not target or not self.follow_redirects:
                return Page(url, status, text, method)
            before, url = url, urljoin(url, target)
            options.pop("params", None)
            if status == 303 or (status in (301, 302) and method == "POST"):
                method = "GET"
                options = {key: one for key, one in options.items() if key not in ("json", "data")}
            if not stays(before, url):
                given: Mapping[str, Any] = options.get("headers") or {}
                secrets = secret_headers(given)
                options["headers"] = {key: one for key, one in given.items() if key not in secrets}
        raise RefusedURLError(f"more than {_REDIRECTS} redirects")

    def _addressed(self, url: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments that send a request to a checked address of the URL's host."""
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:  # the address or port in it is malformed
            raise RefusedURLError(f"not a URL: {url[:200]!r}") from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise RefusedURLError(f"not an http or https URL: {url[:200]!r}")
        address = _checked_address(parts.hostname, port, self.limits)
        shown = f"[{address}]" if ":" in address else address
        there = urlunsplit((parts.scheme, f"{shown}:{port}", parts.path or "/", parts.query, ""))
        host = parts.netloc.rpartition("@")[2]
        given: Mapping[str, Any] = options.get("headers") or {}
        headers = {key: one for key, one in given.items() if key.lower() != "host"}
        return {
            "url": there,
            "headers": {**headers, "Host": host},
            "extensions": {"sni_hostname": parts.hostname},  # the certificate is that of the name
        }


def _checked_address(host: str, port: int, limits: Limits) -> str:
    addresses = _addresses(host, port)
    if not limits.allow_private and not all(map(is_public, addresses)):
        raise RefusedURLError(f"the host {host!r} has an address that is not public")
    return addresses[0]


def _addresses(host: str, port: int) -> list[str]:
    try:
        return [str(ip_address(host.partition("%")[0]))]
    except ValueError:  # a name
        pass
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise RefusedURLError(f"the host {host!r} cannot be found: {error}") from None
    return [str(one[4][0]) for one in found]


def is_public(address: str) -> bool:
    """Return True for an IP address that is reachable in the public internet. An IPv6 address that contains an IPv4
    address is public if that is.
    """
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and (inner := _inner(found)) is not None:
        return is_public(str(inner))
    return found.is_global and not found.is_multicast


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    well_known = int(address) >> 32 == 0x0064FF9B << 64  # NAT64, RFC 6052
    return IPv4Address(int(address) & 0xFFFFFFFF) if well_known else None


class Body:
    """Collects the body of a response within the limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._started = CLOCK.monotonic()
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        """Add a piece. Raises `TooLargeError` if a limit is exceeded."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > self._limits.max_size:
            raise TooLargeError(f"the response is larger than {self._limits.max_size} bytes")
        seconds = self._limits.timeout
        if seconds is not None and CLOCK.monotonic() - self._started > seconds:
            raise TooLargeError(f"the response took longer than {seconds} seconds")

    def text(self, encoding: str | None) -> str:
        """Return the body as text."""
        body = b"".join(self._pieces)
        try:
            return body.decode(encoding or "utf-8", "replace")
        except LookupError:  # an unknown encoding
            return body.decode("utf-8", "replace")


def _step(steps: Generator[dict[str, Any], Any, Page], answer: Any) -> dict[str, Any] | Page:
    """Return the arguments of the next request, or the page. Waits for the name server."""
    try:
        return steps.send(answer)
    except StopIteration as end:
        page: Page = end.value
        return page


def fetch(request: Fetch) -> Page:
    """Send a request; return the page. Raises `RefusedURLError`, `TooLargeError` and the errors of httpx."""
    with httpx.Client(timeout=request.limits.timeout, trust_env=False) as client:
        steps, answer = request.steps(), None
        while not isinstance(step := _step(steps, answer), Page):
            body = Body(request.limits)
            with client.stream(**step) as response:
                for piece in response.iter_bytes():
                    body.add(piece)
            answer = (response.status_code, response.headers, body.text(response.charset_encoding))
        return step


async def afetch(request: Fetch) -> Page:
    """Async version of `fetch`."""
    async with httpx.AsyncClient(timeout=request.limits.timeout, trust_env=False) as client:
        steps, answer = request.steps(), None
        while not isinstance(step := await in_thread(_step, steps, answer), Page):
            body = Body(request.limits)
            async with client.stream(**step) as response:
                async for piece in response.aiter_bytes():
                    body.add(piece)
            answer = (response.status_code, response.headers, body.text(response.charset_encoding))
        return step
