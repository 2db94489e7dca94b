"""A stream that is closed while it waits for another attempt, or for its answer to begin, ends at once and quietly."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from mirascope_like.core import StreamError, StreamState
from mirascope_like.core.base.streams import in_use
from tests.harness.clocks import PATIENCE, no_tasks_left
from tests.harness.server import Gate, Pause, Reply, Request, Server, Stall
from tests.streams.mending import OPENAI, Side

HELD = 60
"""Seconds that the server makes a stream wait: far more than a test may take."""
"""Seconds in which a stream must have ended, on a machine of any speed."""


class Reading(threading.Thread):
    """A thread that reads a stream."""

    def __init__(self, stream: Any) -> None:
        super().__init__(daemon=True)
        self.error: BaseException | None = None
        self.texts: list[str] = []
        self._stream = stream
        self.start()

    def run(self) -> None:
        try:
            for chunk, _ in self._stream:
                self.texts.append(chunk.content)  # what arrives before an error is wanted
        except BaseException as error:
            self.error = error

    def end(self) -> None:
        self.join(PATIENCE)
        assert not self.is_alive()


@pytest.fixture
def client(side: Side, server: Server) -> Iterator[Any]:
    """A sync client of the side."""
    with side.client(server, max_retries=0) as made:
        yield made


@pytest.fixture
def openai_client(server: Server) -> Iterator[Any]:
    """A sync client of OpenAI's SDK."""
    with OPENAI.client(server, max_retries=0) as made:
        yield made


def opened(side: Side, client: Any, **options: Any) -> tuple[Any, list[StreamState]]:
    """A stream, and the states in which its callback is called."""

    @side.call("m", client=client, stream=True, **options)
    def say() -> str:
        return "Hi"

    ends: list[StreamState] = []
    return say().ended(lambda ended: ends.append(ended.state)), ends


def aopened(side: Side, client: Any, **options: Any) -> tuple[Any, list[StreamState]]:
    @side.call("m", client=client, stream=True, **options)
    async def say() -> str:
        return "Hi"

    ends: list[StreamState] = []
    return say().ended(lambda ended: ends.append(ended.state)), ends


def check(stream: Any, ends: list[StreamState]) -> None:
    assert (stream.state, stream.error, ends) == (StreamState.CLOSED, None, [StreamState.CLOSED])


def waits(kind: str, side: Side) -> Reply:
    """A reply after which a stream waits for long."""
    if kind == "retry":
        return Reply.error(429, retry_after="50")
    if kind == "headers":
        return replace(side.text("Hello"), delay=HELD)
    return side.begun(then=[Stall()])


KINDS = ["retry", "headers", "body"]
DEADLINES: list[dict[str, float]] = [{}, {"total": 300}, {"first": 300, "idle": 300, "stall": 300}]
deadlines_given = pytest.mark.parametrize("deadlines", DEADLINES, ids=["no deadline", "total", "all but total"])
kinds = pytest.mark.parametrize("kind", KINDS)


def waiting(server: Server, kind: str) -> bool:
    """Wait until the server has sent what the script says, or holds the connection."""
    return server.wait_until(lambda: bool(server.served) and (kind != "retry" or server.served[0].state == "sent"))


@kinds
@deadlines_given
def test_by_another_thread(side: Side, client: Any, server: Server, kind: str, deadlines: Any) -> None:
    server.always(waits(kind, side))
    stream, ends = opened(side, client, retry=3)
    reading = Reading(stream.timeout(**deadlines))
    assert waiting(server, kind)
    stream.close()
    reading.end()
    assert (reading.texts, reading.error) == ([], None)
    check(stream, ends)
    assert len(server.requests) == 1


@kinds
@deadlines_given
def test_by_another_task(side: Side, server: Server, kind: str, deadlines: Any) -> None:
    server.always(waits(kind, side))

    async def main() -> None:
        async with side.aclient(server, max_retries=0) as client:
            stream, ends = aopened(side, client, retry=3)
            reading = asyncio.create_task(stream.timeout(**deadlines).text().__anext__())
            assert await asyncio.to_thread(waiting, server, kind)
            await stream.close()
            async with asyncio.timeout(PATIENCE):
                with pytest.raises(StopAsyncIteration):
                    await reading
            check(stream, ends)
            if kind != "retry":  # after an error the connection is kept for others
                assert await asyncio.to_thread(server.wait_closed)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert len(server.requests) == 1


@kinds
def test_by_another_task_while_a_view_does_not_wait(side: Side, server: Server, kind: str) -> None:
    server.always(waits(kind, side))

    async def main() -> None:
        async with side.aclient(server, max_retries=0) as client:
            stream, ends = aopened(side, client, retry=3)
            reading = asyncio.create_task(anext(stream.text(buffer=9, max_delay=0.001)))
            assert await asyncio.to_thread(waiting, server, kind)
            await stream.close()
            async with asyncio.timeout(PATIENCE):
                with pytest.raises(StopAsyncIteration):
                    await reading
            check(stream, ends)

    asyncio.run(main())


@kinds
def test_by_its_own_task_being_cancelled(side: Side, server: Server, kind: str) -> None:
    server.always(waits(kind, side))

    async def main() -> None:
        async with side.aclient(server, max_retries=0) as client:
            stream, ends = aopened(side, client, retry=3)
            reading = asyncio.create_task(stream.collect())
            assert await asyncio.to_thread(waiting, server, kind)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            assert (stream.state, ends) == (StreamState.CLOSED, [StreamState.CLOSED])
            assert isinstance(stream.error, asyncio.CancelledError)

    asyncio.run(main())


def test_an_answer_that_comes_after_its_stream_was_closed_is_closed(openai_client: Any, server: Server) -> None:
    gate = Gate()
    server.reply(replace(OPENAI.text("Hello"), delay=0.2).then(gate, Stall()))
    stream, ends = opened(OPENAI, openai_client)
    reading = Reading(stream)
    assert server.wait_requests()
    stream.close()
    reading.end()
    check(stream, ends)
    gate.open()
    assert server.wait_closed()


def test_a_wait_that_is_over_is_not_ended_again(openai_client: Any, server: Server) -> None:
    """What ended the wait for the first retry must not end anything later."""
    server.reply(Reply.error(500, retry_after="0"), OPENAI.text("Hel", "lo"))
    stream, ends = opened(OPENAI, openai_client, retry=1)
    next(stream)
    stream.close()
    check(stream, ends)
    assert list(stream) == []


# At any time

CLOSINGS = 150


def script(side: Side, shares: random.Random) -> Any:
    """Answers of which every third fails, every third is late, and all are slow."""

    def answer(request: Request) -> Reply:
        kind = shares.randrange(3)
        if kind == 0:
            return Reply.error(503, retry_after="0")
        slow = [one for piece in ("a", "b", "c", "d") for one in (side.texts(piece)[0], Pause(0.001))]
        whole = side.text("a", "b", "c", "d") if side.named else Reply.chat(*slow, *side.texts("e"))
        return replace(whole, delay=0.005 if kind == 1 else 0.0)

    return answer


def test_a_running_generator_is_not_asked_to_close() -> None:
    """CPython 3.12 crashes on one of the first 200 calls of `close`, which would raise `ValueError` on the others: it
    takes a counter of the loop for an instruction. Found by the next test, once in many runs.
    """
    inside, go_on = threading.Semaphore(0), threading.Semaphore(0)

    class Source:
        def __iter__(self) -> Source:
            return self

        def __next__(self) -> int:
            inside.release()
            assert go_on.acquire(timeout=PATIENCE)
            return 1

    def steps() -> Generator[int]:
        for number in Source():
            yield number + 1  # no `yield from`, whose frame is read otherwise

    def read() -> None:
        for _ in zip(range(500), running, strict=False):
            pass

    running = steps()
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    for _ in range(500):
        assert inside.acquire(timeout=PATIENCE)
        assert not in_use.closed(running)
        go_on.release()
    reader.join(PATIENCE)
    assert in_use.closed(running)
    assert list(running) == []


def test_any_time_by_another_thread(side: Side, client: Any, server: Server) -> None:
    shares = random.Random(7)
    server.reply_with(script(side, shares))
    for number in range(CLOSINGS):
        stream, ends = opened(side, client, retry=99)
        if number % 2:
            stream.timeout(first=300, idle=300, stall=300)
        reading = Reading(stream)
        threading.Event().wait(shares.random() * 0.02)
        stream.close()
        reading.end()
        assert reading.error is None, number
        assert stream.error is None, number
        assert stream.state in (StreamState.CLOSED, StreamState.DONE), number
        assert ends == [stream.state], number


def test_any_time_by_another_task(side: Side, server: Server) -> None:
    shares = random.Random(7)
    server.reply_with(script(side, shares))

    async def one(client: Any, number: int) -> None:
        stream, ends = aopened(side, client, retry=99)
        if number % 4 == 1:
            stream.timeout(total=300, idle=300)
        view = stream.text(buffer=5, max_delay=0.001) if number % 4 == 2 else stream

        async def read() -> None:
            async for _ in view:
                pass

        reading = asyncio.create_task(read())
        await asyncio.sleep(shares.random() * 0.02)
        if number % 2:
            await stream.close()
            async with asyncio.timeout(PATIENCE):
                await reading
            assert stream.error is None, number
        else:
            reading.cancel()
            await asyncio.wait({reading})
            await stream.close()
        assert stream.state in (StreamState.CLOSED, StreamState.DONE), number
        assert ends == [stream.state], number

    async def main() -> None:
        async with side.aclient(server, max_retries=0) as client:
            for number in range(CLOSINGS):
                await one(client, number)
            assert await no_tasks_left()

    asyncio.run(main())
    assert server.wait_closed()


# Two readers


def test_two_threads_cannot_read_one_stream(side: Side, client: Any, server: Server) -> None:
    server.reply(side.begun("Hel", then=[Stall()]))
    stream, ends = opened(side, client)
    reading = Reading(stream)
    assert server.wait_until(lambda: stream.content == "Hel")
    for read in (lambda: next(stream), lambda: next(stream.text()), stream.collect):
        with pytest.raises(StreamError, match="another thread is reading this stream"):
            read()
    stream.close()
    reading.end()
    assert reading.error is None
    check(stream, ends)


def test_an_error_of_a_listener_is_its_own(openai_client: Any, server: Server) -> None:
    def listen(text: str) -> None:
        raise ValueError("generator already executing")

    server.reply(OPENAI.text("Hel", "lo"))
    stream, _ = opened(OPENAI, openai_client)
    stream.on(text=listen)
    with pytest.raises(ValueError, match="generator already executing") as caught:
        list(stream)
    assert not isinstance(caught.value, StreamError)
    assert stream.state is StreamState.OPEN
    stream.close()
