"""The HTTP clients of default clients: pools, connect timeouts, keep-alive options, and the environment's proxies."""

from __future__ import annotations

import importlib
import socket
from typing import Any

import anthropic as anthropic_sdk
import httpx
import httpx2
import pytest
from cohere.core.http_client import get_keepalive_socket_options

from mirascope_like.core import bedrock
from mirascope_like.core.anthropic.provider import AnthropicProvider
from mirascope_like.core.cohere.provider import CohereProvider
from mirascope_like.core.dialects.transport import http_clients

libraries = pytest.mark.parametrize("library", [httpx2, httpx], ids=lambda library: library.__name__)


@libraries
@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"HTTP_PROXY": "http://a:1", "HTTPS_PROXY": "b:2"},
        {"ALL_PROXY": "http://a:1", "NO_PROXY": "localhost,example.com,.example.org,127.0.0.1,::1"},
        {"HTTPS_PROXY": "http://u:p@a:1", "NO_PROXY": "http://intern"},
        {"HTTP_PROXY": "http://a:1", "NO_PROXY": "*"},
    ],
)
def test_proxies_are_those_of_the_library(
    library: Any, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    theirs = importlib.import_module(f"{library.__name__}._utils").get_environment_proxies()
    assert http_clients.environment_proxies(library) == theirs


# The SDKs' default is 5 s; a timeout given as one number has the same value for reading.
@pytest.mark.parametrize(
    ("connect", "read", "found"), [(5.0, 600, 30), (None, None, 30), (300, 300, 30), (5.0, 5.0, 5), (2.0, 600, 2)]
)
def test_connect_timeout(connect: float | None, read: float | None, found: float) -> None:
    assert http_clients.connect_seconds({"connect": connect, "read": read}) == found


@pytest.mark.skipif(not hasattr(socket, "TCP_KEEPIDLE"), reason="the names of these options are Linux's")
def test_keep_alive_is_the_sdks() -> None:
    assert CohereProvider.keep_alive is not None
    assert AnthropicProvider.keep_alive is not None
    cohere = get_keepalive_socket_options(idle=60, intvl=30, cnt=5)  # as the SDK's `BaseCohere` calls it
    assert set(CohereProvider.keep_alive.socket_options()) == set(cohere)
    with anthropic_sdk.DefaultHttpxClient() as client:
        pool: Any = vars(client)["_transport"]._pool
        assert set(AnthropicProvider.keep_alive.socket_options()) == set(pool._socket_options)


@libraries
def test_pools_hold_a_thousand_connections(library: Any) -> None:
    for asynchronous in (False, True):
        transport: Any = http_clients.http_options(library, asynchronous=asynchronous)["transport"]
        assert transport._pool._max_connections >= 1000


def test_bedrocks_default_client_keeps_a_thousand_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    config = bedrock.call._provider._defaults.sync().meta.config
    assert (config.max_pool_connections, config.connect_timeout) == (1000, 30)
