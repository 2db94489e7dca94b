"""`block_requests`: every request that would leave the machine is an error that names it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from inspect import iscoroutinefunction
from typing import Any

import boto3
import grpc
import httpx
import httpx2
import pytest
import requests

from mirascope_like.core import openai
from mirascope_like.testing import RequestBlockedError, block_requests, fake
from tests.harness.network import NetworkGuard
from tests.harness.recordings import ROOT
from tests.harness.server import Reply, Server
from tests.testing.rows import Row, both, every_row


@every_row
@both
def test_every_provider_is_blocked(row: Row, asynchronous: bool, network_guard: NetworkGuard) -> None:
    async def main() -> None:
        with block_requests():
            if row.id == "ollama":  # it is on this machine: refused there, as there is no server
                return
            with pytest.raises(
                RequestBlockedError,
                match=rf"^blocked POST https://.*\({row.provider}\): ".replace("gemini", "(?:gemini|google)"),
            ):
                await row.either(asynchronous)
            with fake("Hi"):
                assert (await row.either(asynchronous)).content == "Hi"

    asyncio.run(main())
    assert network_guard.attempts == []


def test_the_message_names_fake_and_allow() -> None:
    @openai.call("m")
    def ask(prompt: str) -> str:
        return prompt

    with block_requests(), pytest.raises(RequestBlockedError) as raised:
        ask("x")
    assert str(raised.value) == (
        "blocked POST https://api.openai.com/v1/chat/completions (openai): block_requests() is active. Answer the call "
        "with testing.fake(...), or allow the host: block_requests(allow=['api.openai.com'])"
    )


def test_other_hosts_and_this_machine(server: Server, network_guard: NetworkGuard) -> None:
    server.reply(Reply.json(1), Reply.json(2))
    with block_requests(allow=["example.org"]):
        assert httpx2.get(f"{server.url}/page").json() == 1
        assert requests.get(f"{server.url}/page", timeout=60).json() == 2
        with pytest.raises(RequestBlockedError, match=r"^blocked GET https://example.com/a: block_requests"):
            httpx2.get("https://example.com/a?key=secret")
        with pytest.raises(RequestBlockedError, match=r"^blocked GET http://169.254.169.254/"):
            requests.get("http://169.254.169.254/", timeout=60)
        with pytest.raises(httpx2.ConnectError):
            httpx2.get("https://api.example.org/")  # allowed, and refused by the guard of these tests
    assert network_guard.attempts == ["api.example.org"]
    network_guard.attempts.clear()


def by_httpx() -> None:
    httpx.get("https://example.com/")


def by_requests() -> None:
    requests.get("https://example.com/", timeout=60)


def by_botocore() -> None:
    boto3.client("s3", endpoint_url="https://example.com", region_name="us-east-1").list_buckets()


def by_grpc() -> None:
    with grpc.insecure_channel("example.com:443") as channel:
        channel.unary_unary("/service/Method")(b"", timeout=60)


def by_a_stream_of_grpc() -> None:
    with grpc.insecure_channel("example.com:443") as channel:
        list(channel.unary_stream("/service/Method")(b"", timeout=60))


async def by_async_httpx() -> None:
    async with httpx.AsyncClient() as client:
        await client.get("https://example.com/")


async def by_async_httpx2() -> None:
    async with httpx2.AsyncClient() as client:
        await client.get("https://example.com/")


async def by_aiohttp() -> None:
    aiohttp = pytest.importorskip("aiohttp")
    async with aiohttp.ClientSession() as session:
        await session.get("https://example.com/")


@pytest.mark.parametrize(
    "send",
    [
        by_httpx,
        by_requests,
        by_botocore,
        by_grpc,
        by_a_stream_of_grpc,
        by_async_httpx,
        by_async_httpx2,
        by_aiohttp,
    ],
)
def test_every_library_is_blocked(send: Any, network_guard: NetworkGuard) -> None:
    with block_requests(), pytest.raises(RequestBlockedError, match=r"^blocked (?:GET|POST) https://example\.com/"):
        asyncio.run(send()) if iscoroutinefunction(send) else send()
    assert network_guard.attempts == []


def test_it_is_active_until_stopped() -> None:
    block = block_requests()
    try:
        with pytest.raises(RequestBlockedError):
            httpx2.get("https://example.com/")
        assert os.environ["OPENAI_API_KEY"] == "fake-key"
    finally:
        block.stop()
    block.stop()
    assert "OPENAI_API_KEY" not in os.environ


def test_libraries_that_are_imported_later() -> None:
    code = """
import sys
from mirascope_like.testing import block_requests, fake, RequestBlockedError
assert not {"openai", "httpx", "httpx2", "httpcore", "requests", "boto3", "grpc"} & sys.modules.keys()
block_requests()
assert not {"openai", "httpx", "httpx2", "httpcore", "requests", "boto3", "grpc"} & sys.modules.keys()
with fake("Hi", "Hello"):
    from mirascope_like.core import bedrock, openai
    assert openai.call("m")(lambda: "x")().content == "Hi"
    assert bedrock.call("m")(lambda: "x")().content == "Hello"
try:
    openai.call("m")(lambda: "x")()
except RequestBlockedError as error:
    print(error)
"""
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert ran.stdout.startswith("blocked POST https://api.openai.com/v1/chat/completions"), ran.stderr
