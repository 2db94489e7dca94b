"""An event of a response is an error that the SDK's own iterator raises, and the connection stays open.

If it is the first event, some SDKs raise it before they return a stream to close. The connection must be closed all the
same, also while somebody keeps the error, whose traceback keeps the SDK's generators.
"""

from __future__ import annotations

import asyncio

import pytest

from mirascope_like.core import ProviderError
from tests.conformance.contract import BaseRow
from tests.conformance.odd_wire import aclient_of, client_of, format_of
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer, Text
from tests.harness.clocks import PATIENCE
from tests.harness.server import Server, Stall

BROKEN = b'data: {"id": \n\n'
FAILED: dict[str, dict[str, bytes]] = {
    "chat": {"error": b'data: {"error": {"message": "Overloaded", "code": 503}}\n\n', "no JSON": BROKEN},
    "responses": {"error": b'data: {"error": {"message": "Overloaded", "code": 503}}\n\n', "no JSON": BROKEN},
    "messages": {
        "error": b'event: error\ndata: {"type": "error", "error": {"type": "api_error", "message": "Overloaded"}}\n\n',
        "no JSON": b"event: message_start\n" + BROKEN,
    },
    "gemini": {
        "error": b'data: {"error": {"code": 503, "message": "Overloaded"}}\n\n',
        "text": b'data: {"error": "Overloaded"}\n\n',
        "list": b'data: [{"error": "Overloaded"}]\n\n',
        "number": b"data: 5\n\n",
        "no JSON": BROKEN,
    },
    "cohere": {"no type": b"data: {}\n\n", "no JSON": BROKEN},
}
"""What the SDKs raise errors of, per wire format."""

# aiohttp says so of a class that the SDK derives from its own.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

ROWS = [
    row for row in EVERY if row.id in ("openai", "groq", "anthropic", "openai.responses", "cohere", "mistral", "google")
]
every_place = pytest.mark.parametrize("later", [False, True], ids=["first", "later"])
every = pytest.mark.parametrize(
    ("row", "event"),
    [pytest.param(row, event, id=f"{row.id} {name}") for row in ROWS for name, event in FAILED[format_of(row)].items()],
)


def fail(row: BaseRow, event: bytes, server: Server, *, later: bool) -> None:
    earlier = row.wire.events(Answer(Text("Hel"), ended=False)) if later else []
    server.always(row.wire.stream(*earlier, event, Stall()))


@every
@every_place
def test_sync(row: BaseRow, event: bytes, later: bool, server: Server) -> None:
    fail(row, event, server, later=later)
    with client_of(row, server, wrapped=True) as client:
        with pytest.raises(ProviderError) as kept:
            row.stream(client).timeout(total=PATIENCE).collect()
        assert server.wait_closed()
    del kept


@every
@every_place
def test_async(row: BaseRow, event: bytes, later: bool, server: Server) -> None:
    fail(row, event, server, later=later)

    async def main() -> None:
        async with aclient_of(row, server, wrapped=True) as client:
            with pytest.raises(ProviderError) as kept:
                await row.astream(client).timeout(total=PATIENCE).collect()
            assert await asyncio.to_thread(server.wait_closed)
        del kept

    asyncio.run(main())
