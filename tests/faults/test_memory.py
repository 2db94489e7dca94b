"""Streams leave no objects in memory, however they end, for each way to receive a response.

Counted are the objects of this library, of the SDKs and of their HTTP libraries: after some streams, and after more.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from mirascope_like.core import MirascopeLikeError
from tests.conformance.contract import BaseRow
from tests.conformance.providers import ANTHROPIC, GROQ, MISTRAL, OPENAI, RESPONSES
from tests.conformance.rows import BEDROCK, COHERE, GEMINI, GOOGLE
from tests.conformance.wires.answer import Answer, Text
from tests.harness.clocks import PATIENCE
from tests.harness.replies import Reply
from tests.harness.server import CloseEarly, Server, Stall

pytestmark = pytest.mark.slow

COUNTED = frozenset(
    {"mirascope_like", "httpx", "httpx2", "httpcore", "httpcore2", "h11", "openai", "anthropic", "groq", "mistralai"}
    | {"cohere", "google", "proto", "botocore", "urllib3", "requests"}
)
"""The packages of the objects that are counted."""
TRANSPORTS = {
    **{f"{row.id}, bytes": (row, True) for row in (OPENAI, RESPONSES, ANTHROPIC, GROQ, MISTRAL, COHERE, GOOGLE)},
    **{f"{row.id}, iterator": (row, False) for row in (OPENAI, ANTHROPIC, GROQ, COHERE)},
    "bedrock": (BEDROCK, True),
    "gemini": (GEMINI, True),
}
SOME, MORE, COUNTS = 2, 4, 4
"""How often each ending comes before the first count, and between two counts; and how many counts there are at most.
What leaks grows by at least `MORE` from each count to the next. A pool may keep a few connections more, once.
"""


@pytest.fixture(params=TRANSPORTS)
def row(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> BaseRow:
    found, own = TRANSPORTS[request.param]
    if not own:  # as with a client that is wrapped
        monkeypatch.setattr(type(found.module.call._provider), "_own", lambda *_: False)
    return found


def replies(row: BaseRow) -> dict[str, Reply]:
    """A reply for each ending."""
    begun = row.wire.events(Answer(Text("Hel"), ended=False))
    silent = row.wire.stream(*begun, Stall())
    return {
        "read": row.wire.streamed(Answer("Hello")),
        "failed": row.wire.stream(*begun, CloseEarly()),
        "refused": row.wire.failed(500),
        "closed": silent,
        "dropped": silent,
        "cancelled": silent,
    }


def counted() -> Counter[str]:
    for thread in [one for one in threading.enumerate() if one.name == "mirascope-like"]:
        thread.join(PATIENCE)
    gc.collect()
    kinds = Counter(type(one) for one in gc.get_objects())
    return Counter(
        {
            f"{kind.__module__}.{kind.__qualname__}": count
            for kind, count in kinds.items()
            if str(kind.__module__).partition(".")[0] in COUNTED
        }
    )


def settled(counts: list[Counter[str]]) -> bool:
    """Whether nothing has grown from the last count but one to the last. Fails if something grows each time."""
    if len(counts) < 2:
        return False
    grown = {kind: count for kind, count in (counts[-1] - counts[-2]).items() if count >= MORE}
    assert not grown or len(counts) < COUNTS, grown
    return not grown


def end(stream: Any, ending: str) -> None:
    if ending in ("read", "failed", "refused"):
        try:
            stream.collect()
        except MirascopeLikeError:
            assert ending != "read"
        else:
            assert ending == "read"
        return
    assert next(iter(stream.text())) == "Hel"
    if ending == "closed":
        stream.close()


async def aend(stream: Any, ending: str) -> None:
    if ending in ("read", "failed", "refused"):
        try:
            await stream.collect()
        except MirascopeLikeError:
            assert ending != "read"
        else:
            assert ending == "read"
    elif ending == "cancelled":
        begun = asyncio.Event()
        reading = asyncio.create_task(stream.on(text=lambda _: begun.set()).collect())
        await begun.wait()
        reading.cancel()
        await asyncio.wait({reading})
    else:
        assert await anext(aiter(stream.text())) == "Hel"
        if ending == "closed":
            await stream.close()


def turns(row: BaseRow, server: Server, times: int, *, asynchronous: bool) -> Iterator[str]:
    for _ in range(times):
        for ending, reply in replies(row).items():
            if asynchronous or ending != "cancelled":
                server.reply(reply)
                yield ending


def test_sync_streams_leave_nothing(row: BaseRow, server: Server) -> None:
    with row.client(server) as client:
        for ending in turns(row, server, SOME, asynchronous=False):
            end(row.stream(client), ending)
        counts = [counted()]
        while not settled(counts):
            for ending in turns(row, server, MORE, asynchronous=False):
                end(row.stream(client), ending)
            counts.append(counted())


def test_async_streams_leave_nothing(row: BaseRow, server: Server) -> None:
    async def main() -> None:
        async with row.aclient(server) as client:
            for ending in turns(row, server, SOME, asynchronous=True):
                await aend(row.astream(client), ending)
            counts = [await acounted()]
            while not settled(counts):
                for ending in turns(row, server, MORE, asynchronous=True):
                    await aend(row.astream(client), ending)
                counts.append(await acounted())

    async def acounted() -> Counter[str]:
        gc.collect()  # drops streams: the loop closes them in tasks
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)
        return await asyncio.to_thread(counted)

    asyncio.run(main())
