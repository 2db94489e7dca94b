"""More streams than the HTTP clients of the SDKs hold are open at once on each default client.

Groq's, Cohere's, Mistral's and Google's SDK have HTTP clients with 100 connections, boto3 with ten; a stream more waits
without an error. `nox -s load` opens 1,000.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from mistralai.client.sdkconfiguration import SERVERS

from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer, Text
from tests.harness.server import Server, Stall

MANY = 120
STACKS = ("openai", "anthropic", "groq", "mistral", "cohere", "google", "bedrock")


@pytest.mark.parametrize("row", [row for row in EVERY if row.id in STACKS], ids=lambda row: row.id)
def test_many_streams(row: BaseRow, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.always(row.wire.stream(*row.wire.events(Answer(Text("Hel"), ended=False)), Stall()))
    for name, value in {**row.settings, row.key: f"sk-{server.port}", str(row.base_url): row.url(server)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(SERVERS, "global", server.url)  # Mistral's, which no environment variable sets

    async def main() -> None:
        streams: list[Any] = [row.astream() for _ in range(MANY)]
        assert await asyncio.gather(*(anext(aiter(stream.text())) for stream in streams)) == ["Hel"] * MANY
        assert server.open_connections == MANY
        await asyncio.gather(*(stream.close() for stream in streams))

    asyncio.run(main())
    assert server.wait_closed()
