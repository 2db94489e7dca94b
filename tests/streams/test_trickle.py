"""Deadlines pass while headers arrive byte by byte, which no timeout of the SDK ends: it limits each single read."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from mirascope_like.core import StreamState, StreamTimeoutError
from tests.harness.clocks import PATIENCE
from tests.streams.mending import Side
from tests.streams.trickle import WAYS, Trickle

SECONDS = 0.05
"""May pass before the request has arrived, on a busy machine: then there is no connection to close."""
ways = pytest.mark.parametrize("way", WAYS)
kept_or_new = pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
first_or_total = pytest.mark.parametrize("deadline", ["first", "total"])


def sync_call(side: Side, client: Any) -> Any:
    @side.call("m", client=client, stream=True)
    def say() -> str:
        return "Hi"

    return say


def async_call(side: Side, client: Any) -> Any:
    @side.call("m", client=client, stream=True)
    async def say() -> str:
        return "Hi"

    return say


@ways
@kept_or_new
@first_or_total
def test_deadline(side: Side, way: str, kept: bool, deadline: str) -> None:
    with Trickle(way, side.text("Hi") if kept else None) as server, side.client(server, max_retries=0) as client:  # type: ignore[arg-type]
        say = sync_call(side, client)
        if kept:
            assert say().collect().content == "Hi"
        stream = say().timeout(**{deadline: SECONDS})
        with pytest.raises(StreamTimeoutError) as caught:
            stream.collect()
        assert (caught.value.deadline, stream.state) == (deadline, StreamState.FAILED)
        if not kept:
            assert not server.asked.is_set() or server.gone.wait(PATIENCE)


@ways
@kept_or_new
@first_or_total
def test_deadline_async(side: Side, way: str, kept: bool, deadline: str) -> None:
    async def main(server: Any) -> None:
        async with side.aclient(server, max_retries=0) as client:
            say = async_call(side, client)
            if kept:
                assert (await say().collect()).content == "Hi"
            stream = say().timeout(**{deadline: SECONDS})
            with pytest.raises(StreamTimeoutError) as caught:
                await stream.collect()
            assert (caught.value.deadline, stream.state) == (deadline, StreamState.FAILED)
            assert not server.asked.is_set() or await asyncio.to_thread(server.gone.wait, PATIENCE)

    with Trickle(way, side.text("Hi") if kept else None) as server:
        asyncio.run(main(server))


@ways
@kept_or_new
def test_closed(side: Side, way: str, kept: bool) -> None:
    with Trickle(way, side.text("Hi") if kept else None) as server, side.client(server, max_retries=0) as client:  # type: ignore[arg-type]
        say = sync_call(side, client)
        if kept:
            assert say().collect().content == "Hi"
        stream = say()
        reading = threading.Thread(target=lambda: list(stream), daemon=True)
        reading.start()
        assert server.asked.wait(PATIENCE)
        stream.close()
        reading.join(PATIENCE)
        assert not reading.is_alive()
        assert (stream.state, stream.error) == (StreamState.CLOSED, None)
