"""However a stream ends, it leaves no connection, no thread, no task and no descriptor, for every provider."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from mirascope_like.core import MirascopeLikeError
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer
from tests.harness.clocks import PATIENCE, no_tasks_left
from tests.harness.server import Reply, Reset, Server, Stall

ENDINGS = ("end", "closed", "with", "dropped", "error", "deadline")
every_row = pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)


def script(row: BaseRow, ending: str) -> Reply:
    reply = row.wire.streamed(Answer("Hel", "lo", "!"))
    if ending == "end":
        return reply
    return reply.insert(1, Reset()) if ending == "error" else reply.insert(len(reply.pieces) // 2 + 1, Stall())


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def check_nothing_left(server: Server) -> None:
    assert server.wait_until(
        lambda: not {"mirascope-like", "stream-watchdog"} & {one.name for one in threading.enumerate()}
    )
    # A worker may refer to a stream until just after its end; connections of boto3 are closed with their pool.
    assert server.wait_until(lambda: gc.collect() >= 0 and server.open_connections == 0)


def check(once: Callable[[], None], server: Server) -> None:
    once()
    check_nothing_left(server)
    before = descriptors()  # what an SDK opens at its first call, and keeps, is in it
    once()
    check_nothing_left(server)
    assert server.wait_until(lambda: descriptors() <= before)


def end(stream: Any, ending: str) -> None:
    if ending in ("error", "deadline"):
        with pytest.raises(MirascopeLikeError):
            stream.timeout(total=0.05 if ending == "deadline" else PATIENCE).collect()
    elif ending == "end":
        assert stream.collect().content == "Hello!"
    elif ending == "with":
        with stream:
            next(stream)
    else:
        next(stream)
        if ending == "closed":
            stream.close()


async def aend(stream: Any, ending: str) -> None:
    if ending in ("error", "deadline"):
        with pytest.raises(MirascopeLikeError):
            await stream.timeout(total=0.05 if ending == "deadline" else PATIENCE).collect()
    elif ending == "end":
        assert (await stream.collect()).content == "Hello!"
    elif ending == "with":
        async with stream:
            await anext(stream)
    elif ending == "cancelled":
        begun = asyncio.Event()
        reading = asyncio.create_task(stream.on(text=lambda _: begun.set()).collect())
        await begun.wait()
        reading.cancel()
        await asyncio.wait({reading})
    else:
        await anext(stream)
        if ending == "closed":
            await stream.close()


@every_row
@pytest.mark.parametrize("ending", ENDINGS)
def test_sync(row: BaseRow, ending: str, server: Server) -> None:
    def once() -> None:
        with row.client(server) as client:
            end(row.stream(client), ending)

    server.always(script(row, ending))
    check(once, server)


@every_row
@pytest.mark.parametrize("ending", [*ENDINGS, "cancelled"])
def test_async(row: BaseRow, ending: str, server: Server) -> None:
    async def main() -> None:
        async with row.aclient(server) as client:
            await aend(row.astream(client), ending)
            gc.collect()
            assert await no_tasks_left()

    server.always(script(row, ending))
    check(lambda: asyncio.run(main()), server)
