"""The guard allows loopback connections and blocks all others, by whatever function they are opened."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from typing import Any

import httpx2
import openai
import pytest

from tests.harness.network import NetworkBlockedError, NetworkGuard, is_provider_variable
from tests.harness.server import Reply, Server

ELSEWHERE = "192.0.2.1"  # TEST-NET-1: nobody


def by_connect() -> None:
    with socket.socket() as connection:
        connection.connect((ELSEWHERE, 80))


def by_connect_ex() -> None:
    with socket.socket() as connection:
        connection.connect_ex((ELSEWHERE, 80))


def by_ipv6() -> None:
    with socket.socket(socket.AF_INET6) as connection:
        connection.connect(("2001:db8::1", 80, 0, 0))


def by_name() -> None:
    socket.create_connection(("api.openai.com", 443))


def by_asyncio() -> None:
    asyncio.run(asyncio.open_connection(ELSEWHERE, 80))


def by_asyncio_name() -> None:
    asyncio.run(asyncio.open_connection("api.openai.com", 443))


@pytest.mark.parametrize("attempt", [by_connect, by_connect_ex, by_ipv6, by_name, by_asyncio, by_asyncio_name])
def test_other_machines_are_blocked(attempt: Callable[[], Any], network_guard: NetworkGuard) -> None:
    with pytest.raises(NetworkBlockedError, match="tests do not use the network"):
        attempt()
    assert network_guard.attempts
    network_guard.attempts.clear()


@pytest.mark.parametrize("host", [ELSEWHERE, "api.openai.com"])
def test_sdks_are_blocked(host: str, network_guard: NetworkGuard) -> None:
    with (
        openai.OpenAI(base_url=f"http://{host}/v1", api_key="test", max_retries=0) as client,
        pytest.raises(openai.APIConnectionError),
    ):
        client.models.list()
    assert network_guard.attempts == [host]
    network_guard.attempts.clear()


@pytest.mark.parametrize("host", [ELSEWHERE, "api.openai.com"])
def test_aiohttp_is_blocked(host: str, network_guard: NetworkGuard) -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            await session.get(f"http://{host}/")

    with pytest.raises(aiohttp.ClientConnectionError, match="tests do not use the network"):
        asyncio.run(main())
    assert set(network_guard.attempts) == {host}
    network_guard.attempts.clear()


def test_aiohttp_reaches_loopback(server: Server) -> None:
    aiohttp = pytest.importorskip("aiohttp")
    server.always(Reply.json({"a": 1}))

    async def main() -> Any:
        async with aiohttp.ClientSession() as session, session.get(server.url) as response:
            return await response.json()

    assert asyncio.run(main()) == {"a": 1}
    assert server.wait_closed()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_open(host: str, server: Server) -> None:
    server.reply(Reply.json({}))
    assert httpx2.get(f"http://{host}:{server.port}/").json() == {}


def test_guard_is_undone() -> None:
    before = (socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo)
    with NetworkGuard():
        assert socket.socket.connect is not before[0]
    assert (socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo) == before


@pytest.mark.parametrize(
    ("name", "cleared"),
    [
        ("OPENAI_API_KEY", True),
        ("ANTHROPIC_BASE_URL", True),
        ("SOMEBODYS_API_KEY", True),
        ("https_proxy", True),
        ("PATH", False),
        ("HOME", False),
        ("MIRASCOPE_LIKE_RECORDINGS", False),
    ],
)
def test_provider_variables(name: str, cleared: bool) -> None:
    assert is_provider_variable(name) is cleared


def test_environment_is_clear() -> None:
    assert not [name for name in os.environ if is_provider_variable(name)]
