"""Keeps tests on this machine: connections elsewhere are refused, settings of providers are not inherited."""

from __future__ import annotations

import errno
import importlib
import ipaddress
import socket
from functools import cache, partial
from typing import Any, Self

from tests.harness.clocks import PATIENCE

PROVIDER_PREFIXES = (
    *("OPENAI_", "ANTHROPIC_", "CLAUDE_", "AZURE_", "GROQ_", "MISTRAL_", "COHERE_", "CO_API_", "GOOGLE_"),
    *("GEMINI_", "AWS_", "OLLAMA_", "XAI_", "DEEPSEEK_", "OPENROUTER_", "LANGFUSE_", "LOGFIRE_", "OTEL_"),
)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@cache
def is_provider_variable(name: str) -> bool:
    """Whether an environment variable can set a key, a URL or a proxy for a provider's SDK."""
    name = name.upper()
    return name.startswith(PROVIDER_PREFIXES) or name.endswith(("_API_KEY", "_BASE_URL")) or name in PROXIES


class NetworkBlockedError(OSError):
    """A test tried to reach another machine."""


class NetworkGuard:
    """While entered, sockets connect to (and names resolve for) loopback addresses only.

    What was refused is listed in `attempts`, since the code under test may swallow the error.
    """

    def __init__(self) -> None:
        self.attempts: list[str] = []

    def __enter__(self) -> Self:
        self._connect = connect = socket.socket.connect
        self._connect_ex = connect_ex = socket.socket.connect_ex
        self._getaddrinfo = getaddrinfo = socket.getaddrinfo

        def guarded_connect(this: socket.socket, address: Any) -> None:
            self._check_address(this, address)
            connect(this, address)

        def guarded_connect_ex(this: socket.socket, address: Any) -> int:
            self._check_address(this, address)
            return connect_ex(this, address)

        def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            self._check(host)
            return getaddrinfo(host, *args, **kwargs)

        socket.socket.connect = guarded_connect  # type: ignore[assignment,method-assign]
        socket.socket.connect_ex = guarded_connect_ex  # type: ignore[assignment,method-assign]
        socket.getaddrinfo = guarded_getaddrinfo
        return self

    def __exit__(self, *_: object) -> None:
        socket.socket.connect = self._connect  # type: ignore[method-assign]
        socket.socket.connect_ex = self._connect_ex  # type: ignore[method-assign]
        socket.getaddrinfo = self._getaddrinfo

    def _check_address(self, this: socket.socket, address: Any) -> None:
        if this.family in (socket.AF_INET, socket.AF_INET6):
            self._check(address[0])

    def _check(self, host: Any) -> None:
        name = host.decode() if isinstance(host, bytes) else host
        if name is None or _is_local(name):
            return
        self.attempts.append(name)
        reason = f"tests do not use the network: blocked a connection to {name!r}"
        raise NetworkBlockedError(errno.ENETUNREACH, reason)


def _is_local(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host in ("", "localhost", "localhost.")
    return address.is_loopback or address.is_unspecified


def be_patient() -> None:
    """Let the SDKs' clients keep an idle connection as long as they live, and wait a minute for a new one.

    By default they do either for five seconds, which pass within one test on a busy machine.
    """
    for name in ("httpx._config", "httpx2._config"):
        importlib.import_module(name).DEFAULT_LIMITS.keepalive_expiry = None
    for name in ("openai._constants", "anthropic._constants", "groq._constants"):
        constants = importlib.import_module(name)
        constants.DEFAULT_CONNECTION_LIMITS.keepalive_expiry = None
        constants.DEFAULT_TIMEOUT.connect = PATIENCE


def retry_at_once() -> None:
    """Let the SDKs wait a hundredth of a second before their first retry, not half a second."""
    for name in ("openai", "anthropic", "groq"):
        importlib.import_module(f"{name}._base_client").INITIAL_RETRY_DELAY = 0.01


def load_service_models_once() -> None:
    """Let all sessions of botocore share what they read from its data files and folders: 18,000 objects and 900 folders
    a session else.
    """
    loaders = importlib.import_module("botocore.loaders")
    load = cache(partial(loaders.JSONFileLoader.load_file, loaders.JSONFileLoader()))
    loaders.JSONFileLoader.load_file = lambda _, path: load(path)
    list_services = loaders.Loader.list_available_services
    listed: dict[tuple[str, ...], list[str]] = {}

    def list_once(loader: Any, type_name: str) -> list[str]:
        key = (type_name, *loader.search_paths)
        if key not in listed:
            listed[key] = list_services(loader, type_name)
        return list(listed[key])

    loaders.Loader.list_available_services = list_once
