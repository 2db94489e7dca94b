"""A long request that Anthropic's SDK refuses to send unstreamed raises our error, which names what to do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mirascope_like import llm
from mirascope_like.core import ConfigurationError
from tests.conformance.providers import ANTHROPIC
from tests.conformance.wires.answer import Answer
from tests.harness.server import Server

# The SDK's rule: an hour for 128,000 tokens, and at most ten minutes.
LONG: Any = {"max_tokens": 64_000}
ADVICE = r"max_tokens=64000 may: use stream=True"


def test_unstreamed(server: Server) -> None:
    async def main() -> None:
        async with ANTHROPIC.aclient(server) as client:
            await ANTHROPIC.aask(client, call_params=LONG)

    with ANTHROPIC.client(server) as client:
        for error in (ConfigurationError, ValueError):
            with pytest.raises(error, match=ADVICE):
                ANTHROPIC.ask(client, call_params=LONG)
        with pytest.raises(ConfigurationError, match=ADVICE):
            llm.call("anthropic:m", client=client, call_params=LONG)(lambda: "Hi")()
    with pytest.raises(ConfigurationError, match=ADVICE) as caught:
        asyncio.run(main())
    assert str(caught.value.__cause__).startswith("Streaming is required")
    assert not server.requests


def test_streamed(server: Server) -> None:
    server.reply(ANTHROPIC.wire.streamed(Answer("ok")))
    with ANTHROPIC.client(server) as client:
        assert ANTHROPIC.stream(client, call_params=LONG).collect().content == "ok"


def test_with_a_timeout_of_ones_own(server: Server) -> None:
    server.reply(ANTHROPIC.wire.answered(Answer("ok")))
    with ANTHROPIC.client(server) as client:
        assert ANTHROPIC.ask(client, call_params={**LONG, "timeout": 900}).content == "ok"
