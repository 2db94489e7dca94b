"""Anthropic's client is copied to turn its retries off; the copy has the settings that the client has when it sends."""

from __future__ import annotations

import asyncio
import gc
from typing import Any
from weakref import ref

import anthropic
import pytest

from mirascope_like.core import ServerError
from mirascope_like.core.anthropic import call
from mirascope_like.scale import Done, amap
from tests.conformance.providers import ANTHROPIC
from tests.harness.server import Reply, Server


def prompt(text: str) -> str:
    return text


def test_a_map_copies_its_client_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    copies: list[dict[str, Any]] = []
    copy = anthropic.AsyncAnthropic.with_options

    def with_options(client: Any, **options: Any) -> Any:
        copies.append(options)
        return copy(client, **options)

    monkeypatch.setattr(anthropic.AsyncAnthropic, "with_options", with_options)

    async def main() -> None:
        async with ANTHROPIC.aclient(server, api_key="k", max_retries=2) as client:

            @call("m", client=client)
            async def ask(text: str) -> str:
                return text

            items = await amap(ask, ["a", "b", "c"])
            assert [type(item) for item in items] == [Done] * 3

    server.always(Reply.json(ANTHROPIC.whole("Hello")))
    asyncio.run(main())
    assert copies == [{"max_retries": 0}]


def test_changed_settings_are_sent(server: Server) -> None:
    other = Server()
    with other, ANTHROPIC.client(server, api_key="first", max_retries=2) as client:
        ask = call("m", client=client, stream=True, retry=1)(prompt)
        for one in (server, other):
            one.always(ANTHROPIC.text("Hello"))
        assert ask("a").collect().content == "Hello"
        assert server.request.headers["authorization"] == "Bearer first"
        client.api_key = "second"
        ask("a").collect()
        assert server.request.headers["authorization"] == "Bearer second"
        client._custom_headers = {"anthropic-beta": "new"}
        ask("a").collect()
        assert server.request.headers["anthropic-beta"] == "new"
        client.base_url = other.url
        ask("a").collect()
        assert other.request.headers["authorization"] == "Bearer second"


@pytest.mark.usefixtures("at_once")
def test_the_client_keeps_its_retries(server: Server) -> None:
    """The copy sends once, the client itself repeats."""
    server.always(Reply.json({"type": "error", "error": {"type": "api_error", "message": "no"}}, status=500))
    with ANTHROPIC.client(server, api_key="k", max_retries=1) as client:
        with pytest.raises(ServerError):
            call("m", client=client, stream=True, retry=1)(prompt)("a").collect()
        assert len(server.requests) == 2
        with pytest.raises(ServerError):
            call("m", client=client)(prompt)("a")
        assert len(server.requests) == 4


def test_a_dropped_client_is_freed(server: Server) -> None:
    server.always(ANTHROPIC.text("Hello"))
    client = ANTHROPIC.client(server, api_key="k", max_retries=2)
    call("m", client=client, stream=True, retry=1)(prompt)("a").collect()
    client.close()
    gone = ref(client)
    del client
    gc.collect()
    assert gone() is None
