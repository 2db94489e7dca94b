"""A client that the user made: deadlines and `close()` from elsewhere hold after the first event too.

The SDK hands out a generator of its own objects, which another thread or task cannot close while it waits.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from google import genai
from google.genai import types

from mirascope_like.core import StreamState, StreamTimeoutError
from tests.conformance.rows import GOOGLE
from tests.conformance.wires.answer import Answer, Text
from tests.harness.clocks import PATIENCE, MovedClock, once_begun, run_by_clock
from tests.harness.server import Server, Stall


def plain(server: Server) -> genai.Client:
    """A client with the SDK's own HTTP clients; the async one is aiohttp's if that is installed."""
    return genai.Client(api_key="sk-test", http_options=types.HttpOptions(base_url=server.url))


def given(server: Server) -> genai.Client:
    """A client with HTTP clients that the user made."""
    http: Any = httpx2.Client(verify=False), httpx2.AsyncClient(verify=False)
    options = types.HttpOptions(base_url=server.url, httpx_client=http[0], httpx_async_client=http[1])
    return genai.Client(api_key="sk-test", http_options=options)


# aiohttp says so of a class that the SDK derives from its own.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
every_client = pytest.mark.parametrize("make", [plain, given], ids=lambda make: make.__name__)


@pytest.fixture
def silent(server: Server) -> Server:
    """A server that says "Hel" and then nothing."""
    events = GOOGLE.wire.events(Answer(Text("Hel"), ended=False))
    return server.always(GOOGLE.wire.stream(*events, Stall()))


@every_client
@pytest.mark.parametrize("deadline", ["idle", "total"])
def test_deadline(make: Callable[[Server], Any], deadline: Any, silent: Server, clock: MovedClock) -> None:
    stream = once_begun(GOOGLE.stream(make(silent)), deadline, clock)
    with pytest.raises(StreamTimeoutError) as caught:
        stream.collect()
    assert (caught.value.deadline, stream.content) == (deadline, "Hel")
    assert silent.wait_closed()


@every_client
def test_deadline_async(make: Callable[[Server], Any], silent: Server, clock: MovedClock) -> None:
    async def main() -> Any:
        stream = once_begun(GOOGLE.astream(make(silent)), "total", clock)
        with pytest.raises(StreamTimeoutError):
            await stream.collect()
        assert await asyncio.to_thread(silent.wait_closed)
        return stream.content

    assert run_by_clock(main()) == "Hel"


@every_client
def test_closed_by_another_thread(make: Callable[[Server], Any], silent: Server) -> None:
    stream = GOOGLE.stream(make(silent))
    begun = threading.Event()
    stream.on(text=lambda _: begun.set())
    reading = threading.Thread(target=lambda: list(stream), daemon=True)
    reading.start()
    assert begun.wait(PATIENCE)
    stream.close()
    reading.join(PATIENCE)
    assert not reading.is_alive()
    assert (stream.state, stream.content) == (StreamState.CLOSED, "Hel")
    assert silent.wait_closed()


@every_client
def test_closed_by_another_task(make: Callable[[Server], Any], silent: Server) -> None:
    async def main() -> None:
        stream = GOOGLE.astream(make(silent))
        begun = asyncio.Event()
        stream.on(text=lambda _: begun.set())

        async def read() -> None:
            async for _ in stream:
                pass

        reading = asyncio.create_task(read())
        await asyncio.wait({reading, asyncio.create_task(begun.wait())}, return_when=asyncio.FIRST_COMPLETED)
        await stream.close()
        await asyncio.wait_for(reading, PATIENCE)
        assert (stream.state, stream.content) == (StreamState.CLOSED, "Hel")
        assert await asyncio.to_thread(silent.wait_closed)

    asyncio.run(main())
