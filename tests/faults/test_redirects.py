"""Redirects are followed, and no key goes to another host: default clients of every provider, sync and async.

Sources: curl's and httpx's documentation of `Authorization` on redirects; CVE-2018-18074 (requests) and CVE-2022-27774
(curl) for keys that follow a redirect to another port or host. httpx and requests send `x-api-key`, `api-key` and
`x-goog-api-key` on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from typing import Any

import httpx
import httpx2
import pytest
from mistralai.client.sdkconfiguration import SERVERS

from mirascope_like.core import ProviderError
from mirascope_like.core.dialects.transport import stays
from mirascope_like.core.dialects.transport.http_clients import http_options
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer, Text
from tests.harness.server import Reply, Request, Server

# The retired SDK has no types, and says at each import that it is retired; the rows have imported it.
generativeai: Any = import_module("google.generativeai")
generativeai_client: Any = import_module("google.generativeai.client")

REMOTE = [row for row in EVERY if row.name != "local"]
every_row = pytest.mark.parametrize("row", REMOTE, ids=lambda row: row.id)
both_ways = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
SECRETS = ("authorization", "x-api-key", "api-key", "x-goog-api-key", "x-portkey-api-key", "cookie")


@pytest.fixture
def hosts() -> Iterator[tuple[Server, Server]]:
    """The host that is called, and another one. A different port is a different host."""
    with Server() as first, Server() as other:
        yield first, other


@pytest.fixture
def key(row: BaseRow, hosts: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment of a default client that calls the first host; returns its key."""
    first = hosts[0]
    key = f"sk-secret-{first.port}"  # a new one, so that a new client is made
    for name, value in {**row.settings, row.key: key, row.base_url or "": row.url(first)}.items():
        if name:
            monkeypatch.setenv(name, value)
    if row.name == "mistral":
        monkeypatch.setitem(SERVERS, "global", first.url)
    if row.name == "gemini":
        monkeypatch.setattr(generativeai_client, "_client_manager", generativeai_client._ClientManager())
        generativeai.configure(api_key=key, transport="rest", client_options={"api_endpoint": first.url})
    return key


def asked(row: BaseRow, asynchronous: bool, **options: Any) -> str:
    async def aask() -> Any:
        return await row.aask(**options)

    found = asyncio.run(aask()) if asynchronous else row.ask(**options)
    return str(found.content)


def moved(*targets: str) -> Any:
    """Redirect in turn to each target, with the query of the request as proxies do."""

    def reply(request: Request) -> Reply:
        number = int(request.path.partition("?")[0].rpartition("/moved")[2] or 0) if "/moved" in request.path else 0
        query = request.path.partition("?")[2]
        location = f"{targets[number]}/moved{number + 1}" + (f"?{query}" if query else "")
        return Reply(status=307, headers={"location": location}, framing="length")

    return reply


def sent(request: Request) -> str:
    """All that a request tells its server, apart from the prompt."""
    return str({"path": request.path, **request.headers})


@every_row
@both_ways
def test_another_host_gets_no_key(row: BaseRow, asynchronous: bool, hosts: tuple[Server, Server], key: str) -> None:
    first, other = hosts
    first.reply_with(moved(other.url))
    other.always(row.wire.answered(Answer(Text("moved"))))
    if row.name == "bedrock":  # boto3 follows no redirects
        with pytest.raises(ProviderError):
            asked(row, asynchronous)
        assert not other.requests
        return
    assert asked(row, asynchronous) == "moved"
    assert key in sent(first.request)
    assert key not in sent(other.request)
    assert not [name for name in SECRETS if name in other.request.headers]


@every_row
@both_ways
def test_the_same_host_gets_the_key(row: BaseRow, asynchronous: bool, hosts: tuple[Server, Server], key: str) -> None:
    if row.name == "bedrock":
        pytest.skip("boto3 follows no redirects")
    first = hosts[0]
    first.reply(moved(first.url)(Request("POST", "/", {}, b"", 0)), row.wire.answered(Answer(Text("moved"))))
    assert asked(row, asynchronous) == "moved"
    assert "/moved1" in first.request.path
    assert key in sent(first.request)


libraries = pytest.mark.parametrize("library", [httpx2, httpx], ids=lambda library: library.__name__)


@libraries
@both_ways
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_headers_and_queries(library: Any, asynchronous: bool, status: int, hosts: tuple[Server, Server]) -> None:
    """Over several hosts; the first one gets no key either, once another host has chosen what is asked of it."""
    first, other = hosts
    chain = moved(first.url, other.url, other.url, first.url)

    def reply(request: Request) -> Reply:
        if "/moved4" in request.path:
            return Reply.json({})
        found = chain(request)
        return Reply(status=status, headers=found.headers, framing="length")

    first.reply_with(reply)
    other.reply_with(reply)
    headers = {name: f"sk-in-{name}" for name in SECRETS} | {"anthropic-version": "2023-06-01", "x-title": "app"}
    url = f"{first.url}/v1?key=sk-query/1&alt=sse"
    options = {"follow_redirects": True, **http_options(library, asynchronous=asynchronous)}

    async def post() -> None:
        async with library.AsyncClient(**options) as client:
            await client.post(url, headers=headers)

    if asynchronous:
        asyncio.run(post())
    else:
        with library.Client(**options) as client:
            client.post(url, headers=headers)
    before, same_host, back = first.requests
    assert "x-api-key" in same_host.headers
    assert "sk-query" in before.path
    assert "sk-query" in same_host.path
    for request in (*other.requests, back):
        assert "sk-" not in sent(request)
        assert "alt=sse" in request.path
        assert request.headers["anthropic-version"] == "2023-06-01"
        assert request.headers["x-title"] == "app"
    assert len(other.requests) == 2


@libraries
def test_the_user_of_a_url(library: Any, hosts: tuple[Server, Server]) -> None:
    first, other = hosts
    first.reply_with(moved(f"{other.url}/of/pa%20ssword"))
    other.always(Reply.json({}))
    with ExitStack() as stack:
        client = stack.enter_context(library.Client(follow_redirects=True, **http_options(library)))
        client.get(first.url.replace("://", "://user1:pa%20ssword@"))
    assert "authorization" in first.request.headers
    assert "ssword" not in sent(other.request)
    assert "authorization" not in other.request.headers


@pytest.mark.parametrize(
    ("first", "following", "kept"),
    [
        ("https://a.example/v1", "https://a.example/v2", True),
        ("https://a.example/v1", "https://A.example:443/v2", True),
        ("http://a.example/v1", "https://a.example/v2", True),  # as httpx does: to https, on the usual ports
        ("https://a.example/v1", "http://a.example/v2", False),
        ("http://a.example:8000/v1", "https://a.example:8443/v2", False),
        ("http://a.example/v1", "http://a.example:8000/v1", False),
        ("https://a.example/v1", "https://b.example/v1", False),
        ("https://a.example/v1", "https://a.example.b.example/v1", False),
        ("https://a.example/v1", "https://a.example@b.example/v1", False),
        ("https://a.example/v1", "https://sub.a.example/v1", False),
    ],
)
def test_what_is_the_same_host(first: str, following: str, kept: bool) -> None:
    assert stays(first, following) is kept
