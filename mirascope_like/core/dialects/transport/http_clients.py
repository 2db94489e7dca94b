"""HTTP clients for our default clients: those of the SDK, with pools for 1,000 streams and the network backend of
`network`.

TLS, HTTP/2, timeouts, keep-alive options and the proxies of the environment are the same as in the SDK's own HTTP
clients. Redirects are followed as there, but no key is sent to another host: see `redirects`. Only public interfaces of
the HTTP libraries are used: a transport, `mounts`, and `network_backend`.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from importlib import import_module
from inspect import signature
from ipaddress import ip_address, ip_network
from types import ModuleType
from typing import Any, NamedTuple
from urllib.request import getproxies

from ...base.provider import Places
from ...base.runtime import on_asyncio
from .http_bodies import body_type, close_after, close_in
from .network import OPENING, AsyncBackend, WatchedBackend, check_abandoned, pool_seconds
from .patches import made_by
from .redirects import drop_keys

MAX_CONNECTIONS = 1000
"""The maximum number of connections of a default client. Further streams wait until a connection is free."""
MAX_KEPT = 100
"""The maximum number of idle connections that are kept open. OpenAI's SDK has the same value."""
CONNECT_SECONDS = 30.0
"""The connect timeout of a default client, in seconds."""
SDK_CONNECT_SECONDS = 5.0
"""The connect timeout of OpenAI's, Anthropic's and Groq's SDK, in seconds. It is too short for many connections at
once.
"""


class KeepAlive(NamedTuple):
    """TCP keep-alive options: the seconds before the first probe, the seconds between probes, and how many probes
    may fail.
    """

    idle: int
    interval: int
    probes: int

    def socket_options(self) -> list[tuple[int, int, int]]:
        """Return these options as socket options of the operating system."""
        names = {"TCP_KEEPIDLE": self.idle, "TCP_KEEPINTVL": self.interval, "TCP_KEEPCNT": self.probes}
        if not hasattr(socket, "TCP_KEEPIDLE"):
            names["TCP_KEEPALIVE"] = self.idle  # macOS
        given = [(getattr(socket, name, None), value) for name, value in names.items()]
        options = [(socket.IPPROTO_TCP, option, value) for option, value in given if option is not None]
        return [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), *options]


def http_library(function: Callable[..., Any], parameter: str) -> ModuleType:
    """Return the HTTP library of an SDK, httpx2 or httpx: the library in the annotation of a parameter."""
    annotation = str(signature(function).parameters[parameter].annotation)
    named = re.search(r"\bhttpx2?\b", annotation)
    return import_module(named.group() if named is not None else "httpx2")


def http_options(
    library: ModuleType, *, asynchronous: bool = False, keep_alive: KeepAlive | None = None, proxies: bool = True
) -> dict[str, Any]:
    """Return the options `transport` and `mounts` for a client of `library`, which is httpx2 or httpx.

    `proxies` is False for a server that must not be reached through the proxies of the environment.
    """
    kind = AsyncTransport if asynchronous else Transport
    options = keep_alive.socket_options() if keep_alive is not None else None
    mounts = environment_proxies(library) if proxies else {}
    return {
        "transport": kind(library, options),
        "mounts": {key: None if url is None else kind(library, options, url) for key, url in mounts.items()},
    }


def environment_proxies(library: ModuleType) -> dict[str, str | None]:
    """Return the proxies of the environment as patterns for `mounts`: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, and None for
    the hosts in NO_PROXY. The rules are those of `library`.

    The library itself ignores the environment if a transport is passed.
    """
    given = getproxies()
    found: dict[str, str | None] = {
        f"{scheme}://": url if "://" in url else f"http://{url}"
        for scheme in ("http", "https", "all")
        if (url := given.get(scheme))
    }
    for host in [one.strip() for one in given.get("no", "").split(",")]:
        if host == "*":
            return {}
        if host and (pattern := _no_proxy_pattern(host)) is not None:
            found[pattern] = None
    return {pattern: url for pattern, url in found.items() if _is_url(library, pattern)}


def _no_proxy_pattern(host: str) -> str | None:
    if "://" in host:
        return host
    address, slash, subnet = host.partition("/")
    version = _ip_version(address)
    if slash and (version is None or not _is_network(host)):
        return None
    if version == 6:
        return f"all://[{address}]{slash}{subnet}"
    whole = version == 4 or host.lower() == "localhost" or host.startswith(("[", "*."))
    return f"all://{host}" if whole else f"all://*{host}"


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _ip_version(text: str) -> int | None:
    try:
        return ip_address(text).version
    except ValueError:
        return None


def _is_url(library: ModuleType, pattern: str) -> bool:
    try:
        library.URL(pattern)
    except library.InvalidURL:
        return False
    return True


def trusted(library: ModuleType) -> ssl.SSLContext:
    """Return the TLS settings of an HTTP library: the certificates of certifi, SSL_CERT_FILE or SSL_CERT_DIR."""
    return _context(library, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=8)
def _context(library: ModuleType, file: str | None, folder: str | None) -> ssl.SSLContext:
    # Made once, because it takes longer than the rest of a client.
    context: ssl.SSLContext = library.create_ssl_context()
    return context


class _Transport:
    """Base class of the sync and the async transport. A client keeps it, and each open response; after both, its
    connections are closed.
    """

    backend: type[WatchedBackend | AsyncBackend]
    prefix: str
    """The beginning of the names of httpcore's pool classes: "" or "Async"."""

    def __init__(
        self, library: ModuleType, socket_options: list[tuple[int, int, int]] | None, proxy: str | None = None
    ) -> None:
        self._library = library
        self._given = (socket_options, proxy)
        self._plain: Any = None
        """The library's own transport, once it was needed."""
        self._core = core = import_module(library.__name__.replace("httpx", "httpcore"))
        self._errors = (
            *(core.TimeoutException, core.NetworkError, core.ProtocolError, core.ProxyError),
            core.UnsupportedProtocol,
        )
        options: dict[str, Any] = {
            "ssl_context": trusted(library),
            "max_connections": MAX_CONNECTIONS,
            "max_keepalive_connections": MAX_KEPT,
            "keepalive_expiry": library.Limits().keepalive_expiry,
            "network_backend": self.backend(core, Places(OPENING)),
        }
        self._pool: Any = (
            getattr(core, f"{self.prefix}ConnectionPool")(socket_options=socket_options, **options)
            if proxy is None
            else self._proxied(library.Proxy(url=proxy), socket_options, options)
        )
        self._opened = [self._pool]
        """What has to be closed."""
        self._finalizer: Any = None

    def _proxied(self, proxy: Any, socket_options: Any, options: dict[str, Any]) -> Any:
        url = proxy.url
        where = self._core.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        options = {"proxy_url": where, "proxy_auth": proxy.raw_auth, **options}
        if url.scheme.startswith("socks5"):
            return getattr(self._core, f"{self.prefix}SOCKSProxy")(**options)
        return getattr(self._core, f"{self.prefix}HTTPProxy")(
            proxy_headers=proxy.headers.raw,
            proxy_ssl_context=proxy.ssl_context,
            socket_options=socket_options,
            **options,
        )

    def _patched(self, method: str) -> Any:
        """Return the library's own transport if its method is patched; else None.

        OpenTelemetry patches the classes of these transports, to record HTTP requests.
        """
        kind: Any = getattr(self._library, f"{self.prefix}HTTPTransport")
        if made_by(self._library, getattr(kind, method)):
            return None
        if self._plain is None:
            socket_options, proxy = self._given
            expiry = self._library.Limits().keepalive_expiry
            limits = self._library.Limits(
                max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_KEPT, keepalive_expiry=expiry
            )
            self._plain = kind(verify=trusted(self._library), limits=limits, proxy=proxy, socket_options=socket_options)
            self._opened.append(self._plain)
        return self._plain

    def _kept_by(self, response: Any) -> Any:
        """Return a response of the library's own transport, which keeps this one open."""
        response.extensions["mirascope_like.transport"] = self
        return response

    def _prepare(self, request: Any) -> None:
        drop_keys(self._library, request)
        timeouts: dict[str, Any] = request.extensions.get("timeout", {})
        timeouts.update(connect=connect_seconds(timeouts), pool=pool_seconds(timeouts))

    def _request(self, request: Any) -> Any:
        url = request.url
        where = self._core.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        return self._core.Request(
            method=request.method,
            url=where,
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )

    def _response(self, response: Any) -> Any:
        body = body_type(self._library, asynchronous=type(self) is AsyncTransport)(response.stream, self.mapped)
        return self._library.Response(
            status_code=response.status, headers=response.headers, stream=body, extensions=response.extensions
        )

    @contextmanager
    def mapped(self) -> Generator[None]:
        """Context manager that raises errors of httpcore as the errors of the HTTP library with the same names."""
        try:
            yield
        except self._errors as error:
            check_abandoned()
            kind = next(one for one in type(error).__mro__ if hasattr(self._library, one.__name__))
            raise getattr(self._library, kind.__name__)(str(error)) from error


def is_default_transport(transport: Any) -> bool:
    """Return True if a transport is that of a default client."""
    return type(transport) in (Transport, AsyncTransport)


def connect_seconds(timeouts: Mapping[str, float | None]) -> float:
    """Return the connect timeout of a request, in seconds: the given one, but at most 30. The 5 seconds of an SDK
    become 30.

    The default timeout of a client cannot be changed, because SDKs compare timeouts with their own defaults.
    """
    connect = timeouts.get("connect")
    if connect is None or connect == SDK_CONNECT_SECONDS != timeouts.get("read"):
        return CONNECT_SECONDS
    return min(connect, CONNECT_SECONDS)


def _close_all(opened: Sequence[Any]) -> None:
    for one in opened:
        one.close()


async def _aclose_all(opened: Sequence[Any]) -> None:
    for one in opened:
        await one.aclose()


class Transport(_Transport):
    """A transport for sync clients of httpx2 or httpx."""

    backend: type[WatchedBackend | AsyncBackend] = WatchedBackend
    prefix = ""

    def handle_request(self, request: Any) -> Any:
        """Send a request; return the response as soon as its headers have arrived."""
        check_abandoned()
        if self._finalizer is None:
            self._finalizer = close_after(self, _close_all, self._opened)
        self._prepare(request)
        if (patched := self._patched("handle_request")) is not None:
            return self._kept_by(patched.handle_request(request))
        with self.mapped():
            return self._response(self._pool.handle_request(self._request(request)))

    def close(self) -> None:
        """Close the connections."""
        _close_all(self._opened)

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncTransport(_Transport):
    """Async version of `Transport`."""

    backend: type[WatchedBackend | AsyncBackend] = AsyncBackend
    prefix = "Async"

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request; return the response as soon as its headers have arrived."""
        if self._finalizer is None and on_asyncio():
            closing = partial(_aclose_all, self._opened)
            self._finalizer = close_after(self, close_in, asyncio.get_running_loop(), closing)
        self._prepare(request)
        if (patched := self._patched("handle_async_request")) is not None:
            return self._kept_by(await patched.handle_async_request(request))
        with self.mapped():
            return self._response(await self._pool.handle_async_request(self._request(request)))

    async def aclose(self) -> None:
        """Close the connections."""
        if self._finalizer is not None:
            self._finalizer.detach()
        await _aclose_all(self._opened)

    async def __aenter__(self) -> AsyncTransport:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
