"""On-end callbacks: every one runs, once, whatever another one raises; and an error that is raised is the first."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable
from typing import Any

import pytest

from mirascope_like.core import StreamState
from tests.memory.scripts import MemoryProvider, Reader, delta, text, texts
from tests.memory.test_policies import failing


class Ends:
    """Records which callbacks ran, and makes callbacks that raise."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def raising(self, name: str) -> Callable[[Any], None]:
        def on_end(_: Any) -> None:
            self.names.append(name)
            raise LookupError(name)

        return on_end

    def quiet(self, name: str) -> Callable[[Any], None]:
        return lambda ended: self.names.append(f"{name} {ended.state}")


def test_an_interrupt_is_raised_and_the_error_before_it_logged(
    reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    def interrupt(_: Any) -> None:
        raise KeyboardInterrupt

    ends = Ends()
    stream = reader.stream(MemoryProvider(text("a"))).ended(ends.raising("first")).ended(interrupt)
    with caplog.at_level(logging.ERROR), pytest.raises(KeyboardInterrupt):
        reader.read(stream)
    assert [record.exc_info[1].args for record in caplog.records if record.exc_info and record.exc_info[1]] == [
        ("first",)
    ]


def test_closing_a_step_that_runs_in_a_task_raises_the_error_of_a_callback() -> None:
    """A view with `max_delay` steps the stream in a task, which goes on after a `break`."""
    silent = asyncio.Event()

    class Silent(MemoryProvider):
        async def aopen(self, request: Any, payload: Any) -> Any:
            source = await super().aopen(request, payload)

            async def read() -> Any:
                yield [delta("one two ")]
                silent.set()
                await asyncio.Event().wait()

            source._read = read
            return source

    async def main() -> None:
        stream = Reader(True).stream(Silent([])).ended(Ends().raising("mine"))
        async for _ in stream.text(buffer=5, max_delay=0.01):
            break
        await silent.wait()
        with pytest.raises(LookupError, match="mine"):
            await stream.close()
        assert stream.state is StreamState.CLOSED

    asyncio.run(main())


def test_a_callback_that_runs_in_the_task_of_a_step_may_close_the_stream() -> None:
    closed: list[StreamState] = []

    class Calling(MemoryProvider):
        async def aopen(self, request: Any, payload: Any) -> Any:
            source = await super().aopen(request, payload)

            async def read() -> Any:
                yield [delta("one ")]
                await asyncio.ensure_future(stream.close())  # as a tool that runs in a task of its own
                closed.append(stream.state)
                yield [delta("two ")]

            source._read = read
            return source

    stream = Reader(True).stream(Calling([]))
    found, error = Reader(True).read(stream.text(buffer=1, max_delay=60))
    assert (found, error, closed) == (["one "], None, [StreamState.OPEN])
    assert stream.state is StreamState.CLOSED


def test_a_stream_that_is_dropped_without_an_event_loop(caplog: pytest.LogCaptureFixture) -> None:
    """Without a loop, a callback that waits is given up at that wait, and one that does not wait is run whole."""
    ends: list[str] = []

    async def waiting(_: Any) -> None:
        ends.append("begun")
        await asyncio.sleep(0)
        ends.append("never")

    async def ready(_: Any) -> None:
        ends.append("ready")

    stream = Reader(True).stream(MemoryProvider(text("a"))).ended(waiting).ended(ready)
    stream = stream.ended(lambda ended: ends.append(str(ended.state)))
    del stream
    gc.collect()
    assert ends == ["begun", "ready", "closed"]


def test_two_callbacks_that_close_the_stream_in_the_task_of_a_step() -> None:
    closed: list[str] = []

    async def close(name: str) -> None:
        await stream.close()
        closed.append(name)

    stream = Reader(True).stream(MemoryProvider(text("a")))
    stream.ended(lambda _: close("first")).ended(lambda _: close("second"))
    found, error = Reader(True).read(stream.text(buffer=5, max_delay=60))
    assert (found, error, closed) == (["a"], None, ["first", "second"])
    assert stream.state is StreamState.DONE


def finish(reader: Reader, stream: Any, how: str) -> BaseException | None:
    """Read a stream to its end, or close it unread or after one step; return the error that is raised."""
    if how == "read":
        return reader.read(stream)[1]

    async def main() -> None:
        if how == "step":
            await anext(stream) if reader.asynchronous else next(stream)
        await stream.close() if reader.asynchronous else stream.close()

    try:
        asyncio.run(main())
    except LookupError as error:
        return error
    return None


@pytest.mark.parametrize("how", ["read", "step", "unread"])
def test_all_run_and_the_first_error_is_raised(reader: Reader, caplog: pytest.LogCaptureFixture, how: str) -> None:
    ends = Ends()
    provider = MemoryProvider(text("Hel", "lo"))
    stream = reader.stream(provider).ended(ends.raising("one")).ended(ends.raising("two")).ended(ends.quiet("three"))
    raised = finish(reader, stream, how)
    assert raised is not None
    assert (type(raised), raised.args) == (LookupError, ("one",))
    assert ends.names == ["one", "two", "three done" if how == "read" else "three closed"]
    assert (stream.error, provider.open_sources) == (None, 0)
    assert [record.exc_info[1].args for record in caplog.records if record.exc_info] == [("two",)]


def test_all_run_when_a_stream_is_dropped(reader: Reader, caplog: pytest.LogCaptureFixture) -> None:
    """Python reports an error of `__del__` itself, with `sys.unraisablehook`."""
    ends = Ends()

    async def main() -> None:
        stream = reader.stream(MemoryProvider(text("Hi"))).ended(ends.raising("one")).ended(ends.quiet("two"))
        del stream
        await asyncio.sleep(0)

    unraisable: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.unraisablehook", lambda args: unraisable.append(args.exc_value))
        asyncio.run(main())
        gc.collect(0)
    assert ends.names == ["one", "two closed"]


def test_errors_of_callbacks_never_replace_that_of_the_stream(reader: Reader, caplog: pytest.LogCaptureFixture) -> None:
    ends, error = Ends(), failing()
    stream = reader.stream(MemoryProvider([error])).ended(ends.raising("one")).ended(ends.raising("two"))
    assert reader.read(stream)[1] is error
    assert ends.names == ["one", "two"]
    assert [record.exc_info[1].args for record in caplog.records if record.exc_info] == [("one",), ("two",)]


@pytest.mark.parametrize("last", [False, True], ids=["another follows", "the last"])
def test_a_callback_of_a_failed_fallback_ends_nothing(
    reader: Reader, caplog: pytest.LogCaptureFixture, last: bool
) -> None:
    """The callback's stream has failed, so the callback's error is logged, and the next fallback is tried."""
    ends = Ends()
    two = lambda: reader.stream(MemoryProvider([failing("two")])).ended(ends.raising("two"))  # noqa: E731
    three = lambda: reader.stream(MemoryProvider(text("Hi"))).ended(ends.quiet("three"))  # noqa: E731
    others = [two] if last else [two, three]
    stream = reader.stream(MemoryProvider([failing("one")])).ended(ends.quiet("own"))
    with caplog.at_level(logging.ERROR, "mirascope_like"):
        pairs, error = reader.read(stream.otherwise([Exception] * (len(others) + 1), others))
    if last:
        assert type(error).__name__ == "FallbackError"
        assert ends.names == ["two", "own failed"]
    else:
        assert (texts(pairs), error) == ("Hi", None)
        assert ends.names == ["two", "three done", "own done"]
    assert [record.exc_info[1].args for record in caplog.records if record.exc_info] == [("two",)]


def test_a_failed_copy_acts_on_nothing(reader: Reader) -> None:
    """What the callback of a failed fallback receives shares no deadline, callback or list with the stream."""
    kept: list[Any] = []

    def meddle(ended: Any) -> Any:
        kept.append(ended)
        ended.timeout(total=0.0).ended(lambda _: kept.append("meddled"))
        return ended.close()

    two = lambda: reader.stream(MemoryProvider([failing("two")])).ended(meddle)  # noqa: E731
    three = lambda: reader.stream(MemoryProvider([failing("three")]))  # noqa: E731
    four = lambda: reader.stream(MemoryProvider(text("Hi")))  # noqa: E731
    stream = reader.stream(MemoryProvider([failing("one")])).otherwise([Exception] * 4, [two, three, four])
    pairs, error = reader.read(stream)
    assert (texts(pairs), error, stream.state) == ("Hi", None, StreamState.DONE)
    assert [(type(one).__name__, one.state) for one in kept] == [(type(stream).__name__, StreamState.FAILED)]
    assert [str(one) for one in kept[0]._caught] == ["one"]
    assert [str(one) for one in stream._caught] == ["one", "two", "three"]


def test_the_rest_run_where_a_task_is_cancelled_in_one() -> None:
    ends = Ends()
    waits = asyncio.Event()

    async def forever(_: Any) -> None:
        ends.names.append("forever")
        waits.set()
        await asyncio.Event().wait()

    async def main() -> None:
        stream = Reader(True).stream(MemoryProvider(text("Hi"))).ended(forever).ended(ends.quiet("last"))
        reading = asyncio.ensure_future(stream.collect())
        await waits.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    asyncio.run(main())
    assert ends.names == ["forever", "last done"]
