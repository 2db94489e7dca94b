"""What a stream owes its reader, whatever happens: it closes, lets go, and calls back once."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import weakref
from typing import Any

import pytest

from mirascope_like.core import ServerError, StreamClosedError, StreamNotConsumedError, StreamState
from mirascope_like.core.base.provider import limited
from mirascope_like.core.base.streams import detached
from mirascope_like.core.base.streams.stream_state import CloseRequest
from mirascope_like.core.dialects.transport import AsyncByteSource, ByteSource
from tests.harness.clocks import PATIENCE
from tests.memory.scripts import MemoryProvider, Reader, delta, text, texts
from tests.memory.test_policies import failing

SYNC = Reader(False)


def freed(stream: Any) -> list[Any]:
    """Weak references to what a stream is made of."""
    return [weakref.ref(stream), weakref.ref(stream._loop), weakref.ref(stream._transcript)]


def use(stream: Any, how: str) -> None:
    if how == "read":
        list(stream)
    elif how == "step":
        next(stream)
    elif how == "close":
        next(stream)
        stream.close()


@pytest.mark.parametrize("how", ["unread", "step", "close", "read"])
@pytest.mark.parametrize("watched", [False, True], ids=["plain", "watched"])
def test_a_dropped_stream_is_freed_by_its_reference_count(how: str, watched: bool) -> None:
    ends: list[StreamState] = []
    provider = MemoryProvider([failing()], text("Hel", "lo"))
    gc.disable()
    try:
        stream = SYNC.stream(provider, retry=1).ended(lambda ended: ends.append(ended.state))
        if watched:
            stream.timeout(total=60, first=60, idle=60, stall=60).on(text=lambda _: None).until(99)
            next(iter(stream.text())) if how == "step" else None
        use(stream, how)
        parts = freed(stream)
        del stream
        assert [part() for part in parts] == [None] * 3
        assert ends == [StreamState.DONE if how == "read" else StreamState.CLOSED]
        assert provider.open_sources == 0
    finally:
        gc.enable()


def test_a_detached_stream_keeps_nothing_open() -> None:
    provider = MemoryProvider(text("Hel", "lo"))
    stream = SYNC.stream(provider)
    copy = detached(stream)
    next(stream)
    assert copy.content == "Hel"
    assert list(copy) == []
    copy.close()
    assert stream.state is StreamState.OPEN
    del stream
    assert (provider.open_sources, copy.state, copy.content) == (0, StreamState.CLOSED, "Hel")


def test_a_detached_stream_that_goes_ends_nothing() -> None:
    ends: list[StreamState] = []
    stream = SYNC.stream(MemoryProvider(text("Hi"))).ended(lambda ended: ends.append(ended.state))
    detached(stream)
    assert (ends, stream.state) == ([], StreamState.NEW)


@pytest.mark.parametrize("fails", [False, True], ids=["done", "failed"])
def test_a_callback_that_raises(reader: Reader, caplog: pytest.LogCaptureFixture, fails: bool) -> None:
    ends: list[str] = []

    def broken(_: Any) -> None:
        ends.append("broken")
        raise LookupError("mine")

    error = failing()
    stream = reader.stream(MemoryProvider([error] if fails else text("Hi"))).ended(broken)
    stream.ended(lambda ended: ends.append("second"))
    with caplog.at_level(logging.CRITICAL, "mirascope_like"):
        _, raised = reader.read(stream)
    assert (raised is error) if fails else isinstance(raised, LookupError)
    assert ends == ["broken", "second"]


def test_an_async_callback_is_awaited_and_one_that_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    ends: list[str] = []

    async def broken(_: Any) -> None:
        await asyncio.sleep(0)
        ends.append("broken")
        raise LookupError("mine")

    error = failing()
    stream = Reader(True).stream(MemoryProvider([error])).ended(broken)
    assert Reader(True).read(stream)[1] is error
    assert ends == ["broken"]
    assert "on-end callback" in caplog.text


def test_a_listener_that_raises_leaves_the_stream_open(reader: Reader) -> None:
    async def main() -> None:
        async def step() -> Any:
            return await anext(stream) if reader.asynchronous else next(stream)

        def listen(piece: str) -> None:
            if piece == "a":
                raise LookupError("mine")

        provider = MemoryProvider(text("a", "b", "c"))
        stream = reader.stream(provider).on(text=listen)
        with pytest.raises(LookupError):
            await step()
        assert stream.state is StreamState.OPEN
        assert (await step())[0].content == "a"  # nothing that arrived is lost
        assert (await step())[0].content == "b"
        await stream.close() if reader.asynchronous else stream.close()
        assert (stream.content, provider.open_sources) == ("ab", 0)

    asyncio.run(main())


def test_a_pair_whose_listener_raised_is_not_given_once_closed(reader: Reader) -> None:
    async def main() -> None:
        stream = reader.stream(MemoryProvider(text("a", "b"))).on(text=lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await anext(stream) if reader.asynchronous else next(stream)
        await stream.close() if reader.asynchronous else stream.close()
        assert texts([pair async for pair in stream] if reader.asynchronous else list(stream)) == ""

    asyncio.run(main())


@pytest.mark.parametrize("read_before", [False, True])
def test_a_tool_may_return_a_stream_that_until_ends(reader: Reader, read_before: bool) -> None:
    async def main() -> str:
        stream = reader.stream(MemoryProvider(text("ab", "cd", "ef"))).until(3)
        if read_before:
            _ = [pair async for pair in stream] if reader.asynchronous else list(stream)
        if reader.asynchronous:
            await stream._read_for_tool()
        return str(stream._as_tool_output())

    assert asyncio.run(main()) == "abcd"


def test_the_error_of_a_stopped_response_names_the_option_for_a_partial_one(reader: Reader) -> None:
    stream = reader.stream(MemoryProvider(text("ab", "cd"))).until(1)
    with pytest.raises(StreamNotConsumedError, match=r"the stream is closed: it ended before .*partial=True"):
        reader.collect(stream)
    assert stream.construct_call_response(partial=True).content == "ab"


def test_until_closes_with_the_pair_that_is_enough(reader: Reader) -> None:
    received: list[str] = []
    provider = MemoryProvider(text("aa", "bb", "cc"))
    stream = reader.stream(provider).until(3).on(text=received.append, done=lambda _: received.append("done"))
    pairs, error = reader.read(stream)
    assert (texts(pairs), error, received) == ("aabb", None, ["aa", "bb"])
    assert (stream.state, stream.error, provider.open_sources) == (StreamState.CLOSED, None, 0)


def test_the_error_of_a_callback_does_not_replace_the_last_pair_of_until(reader: Reader) -> None:
    """The reader receives all text that the stream has as its content, and then the error."""
    provider = MemoryProvider(text("aa", "bb", "cc"))
    stream = reader.stream(provider).until(3).ended(lambda _: 1 / 0)
    pairs, error = reader.read(stream)
    assert (texts(pairs), type(error)) == ("aabb", ZeroDivisionError)
    assert (stream.content, stream.state, provider.open_sources) == ("aabb", StreamState.CLOSED, 0)
    assert reader.read(stream) == ([], None)  # the error is raised once


def test_closing_after_until_raises_the_error_of_a_callback(reader: Reader) -> None:
    """If the reader leaves with the last pair, it is not lost."""

    async def main() -> None:
        stream = reader.stream(MemoryProvider(text("aa", "bb"))).until(1).ended(lambda _: 1 / 0)
        pair = await anext(stream) if reader.asynchronous else next(stream)
        assert pair[0].content == "aa"
        with pytest.raises(ZeroDivisionError):
            await stream.close() if reader.asynchronous else stream.close()

    asyncio.run(main())


def test_done_is_called_once_at_the_end(reader: Reader) -> None:
    contents: list[str] = []
    stream = reader.stream(MemoryProvider(text("a"))).on(done=lambda response: contents.append(response.content))
    reader.read(stream)
    reader.read(stream)
    assert contents == ["a"]


@pytest.mark.parametrize("error", [None, ServerError("no")], ids=["quiet", "failing"])
def test_closed_by_a_read_of_its_own(reader: Reader, error: Exception | None) -> None:
    """Closing while a read is going on ends the stream quietly, even where closing makes the read fail."""
    stream: Any = None

    def close() -> None:
        if reader.asynchronous:
            closing.append(asyncio.ensure_future(stream.close()))
        else:
            stream.close()

    closing: list[Any] = []
    rest: list[Any] = [error] if error is not None else text("b")
    provider = MemoryProvider([delta("a"), close, [], *rest])
    ends: list[StreamState] = []
    stream = reader.stream(provider).ended(lambda ended: ends.append(ended.state))
    pairs, raised = reader.read(stream)
    assert (texts(pairs)[:1], raised, stream.error) == ("a", None, None)
    assert (stream.state, ends, provider.open_sources) == (StreamState.CLOSED, [StreamState.CLOSED], 0)


def test_opening_what_was_closed() -> None:
    stream = SYNC.stream(MemoryProvider())
    stream.close()
    with pytest.raises(StreamClosedError):
        stream.open()
    assert list(stream) == []


def test_opening_yields_no_pair(reader: Reader) -> None:
    async def main() -> None:
        provider = MemoryProvider(text("Hel", "lo"))
        stream = reader.stream(provider)
        if reader.asynchronous:
            assert await stream is stream
            assert provider.sent == []
            await stream.open()
            assert len(provider.sent) == 1
            assert texts([pair async for pair in stream]) == "Hello"
        else:
            stream.open()
            assert len(provider.sent) == 1
            assert texts(list(stream)) == "Hello"

    asyncio.run(main())


def test_closing_and_waiting_never_miss_each_other() -> None:
    """If the stream is closed first, the wait does not start; otherwise it ends."""
    ended: list[str] = []
    closing = CloseRequest()
    assert closing.interrupt_with(lambda: ended.append("first wait"))
    assert closing.interrupt_with(lambda: ended.append("second wait"))
    closing.request()
    assert (ended, closing.requested) == (["second wait"], True)
    assert not closing.interrupt_with(lambda: ended.append("third wait"))
    closing.forget()
    closing.request()
    assert ended == ["second wait"]


# A read that gives bytes and no event


class Response:
    """An HTTP response, in pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.headers: dict[str, str] = {}
        self.extensions: dict[str, Any] = {}
        self.is_stream_consumed = False
        self._pieces = pieces

    def iter_raw(self) -> Any:
        yield from self._pieces

    async def aiter_raw(self) -> Any:
        for piece in self._pieces:
            yield piece

    def close(self) -> None:
        """Nothing is open."""


def test_keep_alives_are_reads_without_events() -> None:
    pieces = (b": ping\n\n", b"data: {", b"}\n\n", b"\n", b"data: 1\n\ndata: 2\n\n")
    reads = [[], [], [b"{}"], [], [b"1", b"2"], []]
    assert [list(events) for events in ByteSource(Response(*pieces))] == reads

    async def main() -> list[list[bytes]]:
        return [list(events) async for events in AsyncByteSource(Response(*pieces))]

    assert asyncio.run(main()) == reads


def test_what_is_closed_while_it_waits_for_a_place_is_never_sent() -> None:
    provider = MemoryProvider(text("one"), text("two"))
    narrow = limited(provider, 1)
    holder, waiter = SYNC.stream(narrow), SYNC.stream(narrow)
    next(holder)
    begun = threading.Event()
    found: list[Any] = []

    def read() -> None:
        begun.set()
        found.append(list(waiter))

    reading = threading.Thread(target=read)
    reading.start()
    begun.wait(PATIENCE)
    while waiter.state is StreamState.NEW:
        reading.join(0.001)
    waiter.close()
    reading.join(PATIENCE)
    assert (found, waiter.state) == ([[]], StreamState.CLOSED)
    holder.close()
    later = SYNC.stream(narrow)  # the place is free again
    assert later.collect().content == "two"
    assert len(provider.sent) == 2
