"""The providers whose requests a map can send directly, and maps that the SDK sends or that are direct."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import anthropic as anthropic_sdk
import groq as groq_sdk
import httpx2
import mistralai.client as mistral_sdk
import openai as openai_sdk
import pytest
from mistralai.client.utils import BackoffStrategy, RetryConfig

from mirascope_like.core import anthropic, azure, groq, hosts, mistral, openai
from mirascope_like.scale import amap
from tests.conformance.wires.answer import Wire
from tests.conformance.wires.chat import ChatWire, MistralWire
from tests.conformance.wires.messages import MessagesWire
from tests.conformance.wires.responses import ResponsesWire
from tests.harness.server import Request, Server

KEY = "sk-test-1234567890"


@dataclass(frozen=True)
class Row:
    """A provider: its call, how its clients are made, and its wire format."""

    call: Any
    sdk: Any
    names: tuple[str, str]
    wire: Wire
    path: str = ""
    options: Callable[[str], dict[str, Any]] = lambda url: {"base_url": url}
    settings: Mapping[str, Any] = field(
        default_factory=lambda: {
            "default_headers": {"x-default": "d"},
            "default_query": {"q": "ü"},
            "max_retries": 4,
        }
    )
    """Settings of a client that are part of each request."""
    params: Mapping[str, Any] = field(
        default_factory=lambda: {
            "extra_headers": {"x-mine": "1", "x-trace": "a"},
            "extra_query": {"beta": "true", "n": 2},
            "extra_body": {"own": {"deep": ["ü", None]}},
            "timeout": 77.5,
        }
    )
    """Call parameters that are sent in the head of a request."""
    limit: str = "x-ratelimit-limit-requests"
    """The header with the requests of a minute."""

    def client(self, server: Server, **options: Any) -> Any:
        return self.at(server.url, **options)

    def at(self, url: str, *, asynchronous: bool = True, **others: Any) -> Any:
        """A client that sends to a URL."""
        made = self.options(url + self.path)
        return getattr(self.sdk, self.names[asynchronous])(api_key=KEY, **made, **others)

    def timeout(self, seconds: float) -> dict[str, Any]:
        """The option of a client for the time in which a server must send something."""
        return {"timeout": self.sdk.Timeout(60, read=seconds)}

    def move(self, client: Any, old: str, new: str) -> None:
        """Set another URL on a client."""
        client.base_url = str(client.base_url).replace(old, new)

    def hurry(self, client: Any) -> None:
        """Set a short time limit on a client."""
        client.timeout = 0.1

    def ask(self, client: Any, **others: Any) -> Any:
        @self.call("gpt-4o-mini", client=client, **others)
        async def ask(text: str) -> str:
            return text

        return ask


class MistralRow(Row):
    """Its SDK has one class for sync and async clients, and other settings."""

    def timeout(self, seconds: float) -> dict[str, Any]:
        return {"timeout_ms": int(seconds * 1000)}

    def move(self, client: Any, old: str, new: str) -> None:
        client.sdk_configuration.server_url = new

    def hurry(self, client: Any) -> None:
        client.sdk_configuration.timeout_ms = 100


OPENAI = openai_sdk, ("OpenAI", "AsyncOpenAI")
ROWS = {
    "openai": Row(openai.call, *OPENAI, ChatWire(), "/v1"),
    "responses": Row(openai.responses.call, *OPENAI, ResponsesWire(), "/v1"),
    "azure": Row(
        azure.call,
        openai_sdk,
        ("AzureOpenAI", "AsyncAzureOpenAI"),
        ChatWire(),
        options=lambda url: {"azure_endpoint": url, "api_version": "2024-10-21"},
    ),
    "deepseek": Row(hosts.deepseek.call, *OPENAI, ChatWire(), "/v1"),
    "groq": Row(groq.call, groq_sdk, ("Groq", "AsyncGroq"), ChatWire()),
    "anthropic": Row(anthropic.call, anthropic_sdk, ("Anthropic", "AsyncAnthropic"), MessagesWire()),
    "mistral": MistralRow(
        mistral.call,
        mistral_sdk,
        ("Mistral", "Mistral"),
        MistralWire(),
        options=lambda url: {"server_url": url},
        settings={"timeout_ms": 66_500, "retry_config": RetryConfig("backoff", BackoffStrategy(1, 2, 1.5, 1000), True)},
        params={"http_headers": {"x-mine": "1", "user-agent": "mine 1"}, "timeout_ms": 77_500, "metadata": {"a": None}},
        limit="x-ratelimit-limit-req-minute",
    ),
}
EACH = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
BASE = ROWS["openai"]
FAMILIES = pytest.mark.parametrize("row", [BASE, ROWS["mistral"]], ids=["openai", "mistral"])
"""A provider for each kind of SDK."""


def run(call: Any, inputs: Sequence[str] = ("Hi",), *, client: Any = None, **given: Any) -> tuple[list[Any], int]:
    """The items of a direct map, and how many requests were sent directly. Closes the client."""

    async def main() -> tuple[list[Any], int]:
        async with closed(client):
            return await arun(call, inputs, **given)

    return asyncio.run(main())


async def arun(call: Any, inputs: Sequence[str] = ("Hi",), **given: Any) -> tuple[list[Any], int]:
    options: dict[str, Any] = {"transport": "direct", "on_fatal": "fail", "attempts": 1, **given}
    made: Any = amap(call, inputs, **options)
    return list(await made), made.counts.direct


@asynccontextmanager
async def closed(client: Any) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        if isinstance(client, mistral_sdk.Mistral):
            sync, asynchronous = client.sdk_configuration.client, client.sdk_configuration.async_client
            client.__exit__(None, None, None)
            await client.__aexit__(None, None, None)
            if isinstance(sync, httpx2.Client) and isinstance(asynchronous, httpx2.AsyncClient):
                sync.close()  # the SDK leaves those of the user open
                await asynchronous.aclose()
        elif hasattr(client, "__aexit__"):
            await client.close()
        elif client is not None:
            client.close()


def both(call: Any, client: Any, **given: Any) -> tuple[Any, Any]:
    """The items of a map that the SDK sends, and of a direct one. Closes the client."""

    async def main() -> tuple[Any, Any]:
        async with closed(client):
            return await aboth(call, **given)

    return asyncio.run(main())


async def aboth(call: Any, **given: Any) -> tuple[Any, Any]:
    (by_sdk,), sent = await arun(call, transport="sdk", **given)
    assert sent == 0
    (direct,), sent = await arun(call, **given)
    assert sent == 1
    return by_sdk, direct


def compared(server: Server) -> tuple[Request, Request]:
    """The last two requests, without the number of their connection."""
    first, second = server.requests[-2:]
    return replace(first, connection=0), replace(second, connection=0)


def in_order(request: Request) -> Request:
    """The request with the fields of its body in order, and without the number of its connection."""
    return replace(request, body=json.dumps(request.json, sort_keys=True).encode(), connection=0)
