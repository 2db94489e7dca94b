"""A detached stream reads and ends nothing; and a stream has one reader."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from mirascope_like.core import StreamError, StreamNotConsumedError, StreamState
from mirascope_like.core.base.streams import detached, event_reader, observers
from mirascope_like.core.openai.types import OpenAIAsyncStream
from tests.memory.scripts import MemoryProvider, Reader, asked, delta, text, texts


@pytest.mark.parametrize("how", ["close", "with", "open", "await", "views"])
def test_a_detached_stream_leaves_the_other_as_it_was(reader: Reader, how: str) -> None:
    ends: list[StreamState] = []

    async def use(copy: Any) -> None:
        if how == "close":
            await copy.close() if reader.asynchronous else copy.close()
        elif how == "with" and reader.asynchronous:
            async with copy:
                pass
        elif how == "with":
            with copy:
                pass
        elif how == "open":
            opened = await copy.open() if reader.asynchronous else copy.open()
            assert opened is copy
        elif how == "await":
            assert (await copy if reader.asynchronous else copy) is copy
        elif reader.asynchronous:
            assert [event async for event in copy.events()] == []
            await copy.close()
        else:
            assert list(copy.events()) == []
            copy.close()

    async def main() -> str:
        provider = MemoryProvider(text("Hel", "lo"))
        stream = reader.stream(provider).ended(lambda ended: ends.append(ended.state))
        await use(detached(stream))
        assert (stream.state, provider.sent, ends) == (StreamState.NEW, [], [])
        return texts([pair async for pair in stream] if reader.asynchronous else list(stream))

    assert asyncio.run(main()) == "Hello"
    assert ends == [StreamState.DONE]


def test_a_detached_stream_has_no_response_before_the_end(reader: Reader) -> None:
    copy = detached(reader.stream(MemoryProvider(text("Hi"))))
    with pytest.raises(StreamNotConsumedError):
        copy.construct_call_response()
    with pytest.raises(StreamNotConsumedError):
        reader.collect(copy)


def test_opening_while_another_task_waits_for_the_prompt() -> None:
    """Only the task that reads gets the pairs; the other task gets a `StreamError`."""
    ready = asyncio.Event()
    provider = MemoryProvider(text("Hel", "lo"))

    async def prepare() -> Any:
        await ready.wait()
        return asked()

    async def main() -> None:
        stream: Any = OpenAIAsyncStream(provider, prepare)
        reading = asyncio.ensure_future(stream.collect())
        await asyncio.sleep(0)
        for wait in (stream.open, lambda: stream._prepared()):
            with pytest.raises(StreamError, match="another task is reading this stream"):
                await wait()
        ready.set()
        assert (await reading).content == "Hello"

    asyncio.run(main())


@pytest.mark.parametrize("how", ["pairs", "on", "events", "text"])
def test_two_tasks_that_read(how: str) -> None:
    go = asyncio.Event()
    provider = MemoryProvider(text("Hel", "lo"))

    async def prepare() -> Any:
        await go.wait()
        return asked()

    async def main() -> None:
        stream: Any = OpenAIAsyncStream(provider, prepare)
        if how == "on":
            stream.on(text=lambda _: None)
        views = {"events": stream.events, "text": lambda: stream.text(max_delay=60)}
        view: Any = views.get(how, lambda: stream)

        async def read() -> list[Any]:
            return [one async for one in view()]

        first = asyncio.ensure_future(read())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(StreamError, match="another task is reading this stream"):
            await read()
        go.set()
        await first
        assert (stream.state, stream.content) == (StreamState.DONE, "Hello")

    asyncio.run(main())


def test_async_iterators_cannot_be_read_in_sync_code() -> None:
    """A sync step would read an async loop."""
    assert not hasattr(observers.AsyncObserved, "__next__")
    assert not hasattr(event_reader.AsyncEventReader, "__next__")


@pytest.mark.parametrize(
    "change",
    [
        lambda stream: stream.on(text=print),
        lambda stream: stream.until(3),
        lambda stream: stream.timeout(total=1),
        lambda stream: stream.otherwise([Exception], []),
        lambda stream: stream.ended(print),
    ],
    ids=["on", "until", "timeout", "otherwise", "ended"],
)
def test_nothing_is_set_on_a_detached_stream(reader: Reader, change: Callable[[Any], object]) -> None:
    stream = reader.stream(MemoryProvider(text("Hi")))
    with pytest.raises(StreamError, match="this stream is detached"):
        change(detached(stream))
    assert reader.collect(stream).content == "Hi"


def test_a_second_task_in_a_view_of_a_stream() -> None:
    """Python's own error for an async generator that two tasks step says nothing of streams."""

    async def main(read: Callable[[Any], Any], other: Callable[[Any], Any]) -> None:
        waits, go = asyncio.Event(), asyncio.Event()

        class Waiting(MemoryProvider):
            async def aopen(self, request: Any, payload: Any) -> Any:
                source = await super().aopen(request, payload)

                async def read() -> Any:
                    waits.set()
                    await go.wait()
                    for item in text("one ", "two"):
                        yield [item]

                source._read = read
                return source

        stream = Reader(True).stream(Waiting([]))
        first = read(stream)
        second = first if other is read else other(stream)
        reading = asyncio.ensure_future(anext(first))
        await waits.wait()
        with pytest.raises(StreamError, match="another task is reading this stream"):
            await anext(second)
        go.set()
        await reading

    views: list[Callable[[Any], Any]] = [
        lambda stream: stream.text(),
        lambda stream: stream.events(),
        lambda stream: stream.cumulative(),
        lambda stream: stream,
    ]
    for read in views:
        for other in views:
            asyncio.run(main(read, other))


def test_a_closed_stream_whose_loop_still_runs_ends_at_a_later_step() -> None:
    """The closing thread steps the stream while the reader's read cannot be cut; the reader then ends it."""
    in_read, go = threading.Event(), threading.Event()

    def wait() -> None:
        in_read.set()
        go.wait(30)

    provider = MemoryProvider([wait, [delta("a"), delta("b")], *text("c")])
    stream = Reader(False).stream(provider)
    pairs: list[Any] = []
    thread = threading.Thread(target=lambda: pairs.extend(stream))
    thread.start()
    assert in_read.wait(30)
    stream.close()
    with pytest.raises(StreamError, match="another thread is reading"):
        next(stream)
    go.set()
    thread.join(30)
    assert (texts(pairs), stream.state, provider.open_sources) == ("", StreamState.CLOSED, 0)


def test_a_closed_stream_whose_read_cannot_be_cut_reads_no_further(reader: Reader) -> None:
    """Keep-alives make the reads of a silent provider return."""
    closing: list[Any] = []

    def close() -> None:
        stream._transcript.closing.request()
        closing.append(True)

    provider = MemoryProvider([delta("a"), close, [], [delta("b")], *text("c")])
    stream = reader.stream(provider)
    pairs, error = reader.read(stream)
    assert (texts(pairs), error, closing) == ("a", None, [True])
    assert (stream.state, provider.open_sources) == (StreamState.CLOSED, 0)
    assert len(provider.sources[0].script) == 4  # nothing was read after the keep-alive


def test_opening_what_a_callback_of_a_closed_stream_received_does_nothing(reader: Reader) -> None:
    received: list[Any] = []
    stream = reader.stream(MemoryProvider(text("a"))).ended(received.append)

    async def main() -> None:
        await stream.close() if reader.asynchronous else stream.close()
        (copy,) = received
        assert (await copy.open() if reader.asynchronous else copy.open()) is copy

    asyncio.run(main())
