"""Every fault, against both formats, sync and async: the right error, what had come, and nothing left behind.

Streams that are cut are also tested in `tests/errors/test_interrupted.py`, at places drawn over larger recordings.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings

from mirascope_like.core import (
    MirascopeLikeError,
    OverloadedError,
    RateLimitError,
    ServerError,
    StreamInterruptedError,
    StreamState,
    StreamTimeoutError,
)
from tests.conformance.providers import ANTHROPIC, OPENAI, Row
from tests.conformance.reading import Read
from tests.harness.clocks import PATIENCE, MovedClock, no_tasks_left, once_begun, run_by_clock
from tests.harness.recordings import exchange
from tests.harness.server import CloseEarly, Pause, Reply, Reset, Server, Stall

both_formats = pytest.mark.parametrize("row", [OPENAI, ANTHROPIC], ids=lambda row: row.name)
both_ways = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


def begun(row: Row, *steps: Any) -> Reply:
    """Return a stream that sends "Hel" and then has a fault."""
    return Reply.sse(*row.texts("Hel", finish=None), *steps, named=row is ANTHROPIC)


FAULTS: dict[str, tuple[Callable[[Row], Reply], type[Exception], str]] = {
    "stall": (lambda row: begun(row, Stall()), StreamTimeoutError, "Hel"),
    "stall in an event": (lambda row: begun(row, b'data: {"cho', Stall()), StreamTimeoutError, "Hel"),
    "silence": (lambda row: replace(begun(row), delay=30), StreamTimeoutError, ""),
    "reset": (lambda row: begun(row, Pause(0.05), Reset()), StreamInterruptedError, "Hel"),
    "close": (lambda row: begun(row, CloseEarly()), StreamInterruptedError, "Hel"),
    "500": (lambda row: Reply.error(500), ServerError, ""),
    "503": (lambda row: Reply.error(503), OverloadedError, ""),
    "429": (lambda row: Reply.error(429), RateLimitError, ""),
    "error event": (
        lambda row: begun(row, {"type": "error", "error": {"type": "server_error", "message": "no"}}),
        StreamInterruptedError,
        "Hel",
    ),
    "wrong content type": (
        lambda row: Reply((b"<html>hello</html>",), 200, {"content-type": "text/html"}),
        MirascopeLikeError,
        "",
    ),
    "invalid UTF-8": (lambda row: begun(row, b"data: \xff\xfe\x80{\n\n", Stall()), StreamInterruptedError, "Hel"),
    "truncated JSON": (lambda row: begun(row, b'data: {"a": [1, 2\n\n', Stall()), StreamInterruptedError, "Hel"),
    "empty": (lambda row: Reply.sse(), StreamInterruptedError, ""),
}


def begun_to_read(stream: Any, silent_after: str | None, clock: MovedClock) -> Read:
    """A stream to read, which has long to do so; if it falls silent after a text, only until then."""
    if silent_after is None:
        return Read(stream.timeout(total=PATIENCE))
    if not silent_after:
        return Read(stream.timeout(total=0.1))
    return Read(once_begun(stream, "total", clock))


def read(row: Row, server: Server, *, asynchronous: bool, silent_after: str | None, clock: MovedClock) -> Read:
    """Read a stream to its end or its error; the client is open while what is left behind is counted."""
    if asynchronous:
        return run_by_clock(_aread(row, server, silent_after, clock))  # type: ignore[no-any-return]
    with row.client(server) as client:
        found = begun_to_read(row.stream(client), silent_after, clock)
        try:
            found.pairs.extend(found.stream)  # type: ignore[call-overload]
        except Exception as error:
            found.error = error
        assert server.wait_until(lambda: answered(server))
    for thread in [one for one in threading.enumerate() if one.name == "stream-watchdog"]:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    return found


def answered(server: Server) -> bool:
    """Whether the server waits no more: each reply was sent, or its connection is gone."""
    return all(served.state != "sending" for served in server.served)


async def _aread(row: Row, server: Server, silent_after: str | None, clock: MovedClock) -> Read:
    async with row.aclient(server) as client:
        found = begun_to_read(row.astream(client), silent_after, clock)
        try:
            async for pair in found.stream:  # type: ignore[attr-defined]
                found.pairs.append(pair)  # what came before the error is wanted
        except Exception as error:
            found.error = error
        assert await asyncio.to_thread(server.wait_until, lambda: answered(server))
        assert await no_tasks_left()
    return found


@both_formats
@both_ways
@pytest.mark.parametrize("fault", FAULTS)
def test_fault(row: Row, asynchronous: bool, fault: str, server: Server, clock: MovedClock) -> None:
    make, kind, text = FAULTS[fault]
    server.always(make(row))
    silent_after = text if kind is StreamTimeoutError else None
    found = read(row, server, asynchronous=asynchronous, silent_after=silent_after, clock=clock)
    assert isinstance(found.error, kind), repr(found.error)
    assert found.stream.state is StreamState.FAILED
    assert found.text == found.stream.content == text
    assert "sk-test" not in repr(found.error)
    if text:
        assert found.stream.construct_call_response(partial=True).content == text
        assert found.error.partial.content == text  # type: ignore[attr-defined]
    assert server.wait_closed()


@both_formats
@both_ways
def test_rate_limit_then_success(row: Row, asynchronous: bool, server: Server) -> None:
    server.reply(Reply.error(429, retry_after="0"), row.text("Hello"))

    async def main() -> Any:
        async with row.aclient(server, max_retries=1) as client:
            return await row.astream(client).collect()

    if asynchronous:
        response = asyncio.run(main())
    else:
        with row.client(server, max_retries=1) as client:
            response = row.stream(client).collect()
    assert response.content == "Hello"
    assert len(server.requests) == 2


RECORDED = {"openai": ("stream-gpt-5-nano-d37041a5", 0), "anthropic": ("stream-claude-haiku-4-5-9f436d8f", 1)}
"""A short recorded stream of each format: its file, and which of the exchanges in it."""


def text_in(body: bytes) -> str:
    """The text of the events in a stream's body; the last one counts once its data is whole."""
    texts: list[str] = []
    for event in body.split(b"\n\n"):
        data = event.rpartition(b"data: ")[2].strip()
        try:
            read = json.loads(data)
        except ValueError:
            continue
        choice = (read.get("choices") or [read])[0]
        delta = choice.get("delta", {})
        texts.append(delta.get("content") or delta.get("text") or "")
    return "".join(texts)


@both_formats
@both_ways
@pytest.mark.hypothesis  # `nox -s properties` cuts at every byte; the suite at every fourth, each time another
def test_cut_at_every_byte(row: Row, asynchronous: bool, server: Server) -> None:
    step = 1 if settings.get_current_profile_name() == "thorough" else 4
    offset = 1 + (2 * asynchronous + (row is ANTHROPIC)) % step
    whole = Reply.from_exchange(exchange(*RECORDED[row.name]))
    size = len(whole.body)
    server.reply_with(lambda request: whole.truncate(int(request.json["messages"][0]["content"])))

    def one(client: Any, place: int) -> tuple[int, str, Any]:
        stream = row.stream(client, str(place))
        try:
            return place, stream.collect().content, None
        except Exception as error:
            return place, stream.content, error

    async def aone(client: Any, place: int) -> tuple[int, str, Any]:
        stream = row.astream(client, str(place))
        try:
            return place, (await stream.collect()).content, None
        except Exception as error:
            return place, stream.content, error

    async def main() -> list[tuple[int, str, Any]]:
        found: list[tuple[int, str, Any]] = []
        async with row.aclient(server) as client:
            for start in range(offset, size, 50 * step):
                places = range(start, min(start + 50 * step, size), step)
                found += await asyncio.gather(*(aone(client, place) for place in places))
            assert asyncio.all_tasks() == {asyncio.current_task()}
        return found

    if asynchronous:
        results = asyncio.run(main())
    else:
        with row.client(server) as client:
            results = [one(client, place) for place in range(offset, size, step)]
    assert [place for place, _, _ in results] == list(range(offset, size, step))
    assert text_in(whole.body)
    for place, text, error in results:
        body = whole.truncate(place).body
        assert text == text_in(body), place
        if error is None:
            assert text == text_in(whole.body)
            # It did end: `message_delta` has Anthropic's stop reason and usage, and `message_stop` adds nothing.
            assert (b"event: message_delta" if row is ANTHROPIC else b'"finish_reason":"') in body
        else:
            assert isinstance(error, StreamInterruptedError), (place, error)
            assert isinstance(error, row.theirs("APIConnectionError"))
            assert (error.partial.content if error.partial is not None else "") == text
    assert server.wait_closed()


@both_formats
@both_ways
@pytest.mark.parametrize("ended", [False, True], ids=["endless", "100 MB"])
def test_long_line(row: Row, asynchronous: bool, ended: bool, server: Server) -> None:
    chunks = (b"a" * 65536,) * 1600
    server.always(begun(row, b'data: {"x": "', *chunks, *((b'"}\n\n',) if ended else ())))
    before = resident()
    found = read_long(row, server, asynchronous)
    assert isinstance(found.error, StreamInterruptedError)
    assert found.stream.content == "Hel"
    assert found.error.partial.content == "Hel"
    assert resident() - before < 400 * 2**20  # the server's own copies are in this process too
    assert server.wait_closed()


def read_long(row: Row, server: Server, asynchronous: bool) -> Read:
    if asynchronous:

        async def main() -> Read:
            async with row.aclient(server) as client:
                found = Read(row.astream(client).timeout(total=60))
                try:
                    await found.stream.collect()  # type: ignore[attr-defined]
                except Exception as error:
                    found.error = error
                return found

        return asyncio.run(main())
    with row.client(server) as client:
        found = Read(row.stream(client).timeout(total=60))
        try:
            found.stream.collect()  # type: ignore[attr-defined]
        except Exception as error:
            found.error = error
        return found


def resident() -> int:
    """Return the bytes of memory of this process; 0 if the system does not report them."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "count"), [(OPENAI, 1000), (ANTHROPIC, 200)], ids=["openai", "anthropic"]
)  # `nox -s load` opens 1,000 on every provider's client
def test_a_thousand_streams_at_once(row: Row, count: int, server: Server) -> None:
    server.always(row.text("Hel", "lo"))

    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0

    async def main() -> int:
        async with row.aclient(server, timeout=10 * PATIENCE) as client:
            texts = await asyncio.gather(*(row.astream(client).collect() for _ in range(count)))
            assert [one.content for one in texts] == ["Hello"] * count
            assert asyncio.all_tasks() == {asyncio.current_task()}
        await asyncio.to_thread(server.wait_closed)
        return descriptors()

    before = descriptors()
    after = asyncio.run(main())
    assert server.open_connections == 0
    assert after <= before + 6  # the loop's own, and the thread's that waited
