"""Ctrl-C in a map: the first lets the requests in progress end, the second cancels them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mirascope_like.scale import Item, Limits, amap, map_calls
from mirascope_like.testing import fake
from tests.harness.clocks import MovedClock, never, run_by_clock, waits
from tests.scale.test_map import ask, ask_sync, echo


@pytest.fixture(autouse=True)
def _pythons_handler() -> Iterator[None]:
    """Sets Python's handler of Ctrl-C. It is missing where the parent ignores the signal, as of background jobs."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_lets_requests_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No further call starts; what was in progress is read and stored, and the same run continues later."""
    store = tmp_path / "run.db"

    def reply(request: Any) -> str:
        if request.number == 5:
            press()
        return echo(request)

    found = list[Item[str, Any]]()
    with fake(reply) as model, pytest.raises(KeyboardInterrupt) as raised:
        found.extend(
            map_calls(
                ask, (str(number) for number in range(1000)), limits=Limits(rpm=60_000, concurrency=3), store=store
            )
        )
    assert 5 <= len(model.requests) == len(found) < 50  # the event loop sees the signal a little later
    assert "the same map with this store continues" in "".join(raised.value.__notes__)
    assert str(store) in "".join(raised.value.__notes__)
    shown = capsys.readouterr().err
    assert "stopping: requests in progress (" in shown
    assert f"The same map with the store '{store}' continues." in shown
    with fake(echo) as again:
        items = map_calls(ask, (str(number) for number in range(50)), store=store, limits=Limits(rpm=60_000)).results()
    assert len(again.requests) == 50 - len(found)
    assert [item.source for item in items].count("store") == len(found)


def test_calls_that_wait_are_cancelled() -> None:
    """Only requests that are being sent have time to end: these calls wait for something else."""
    running = 0

    async def wait(_: int) -> None:
        nonlocal running
        running += 1
        if running == 3:
            press()
        try:
            await never()
        finally:
            running -= 1

    with pytest.raises(KeyboardInterrupt):
        list(map_calls(wait, range(3)))
    assert running == 0


def test_the_second_ctrl_c_cancels() -> None:
    began = cancelled = 0

    async def main() -> None:
        nonlocal began, cancelled
        run = amap(hold, range(3))
        with pytest.raises(KeyboardInterrupt):
            await run

    async def hold(number: int) -> None:
        nonlocal began, cancelled
        from mirascope_like.scale.outgoing import CURRENT

        state = CURRENT.get()
        assert state is not None
        state.sending += 1  # as while a request is being sent
        began += 1
        if began == 3:
            press()
            asyncio.get_running_loop().call_soon(lambda: asyncio.get_running_loop().call_soon(press))
        try:
            await never()
        except asyncio.CancelledError:
            cancelled += 1
            raise

    asyncio.run(main())
    assert (began, cancelled) == (3, 3)


def test_requests_have_thirty_seconds_to_end(clock: MovedClock) -> None:
    async def hold(number: int) -> None:
        from mirascope_like.scale.outgoing import CURRENT

        state = CURRENT.get()
        assert state is not None
        state.sending += 1
        press()
        await never()

    async def read() -> None:
        with pytest.raises(KeyboardInterrupt):
            await amap(hold, range(3), limits=Limits(concurrency=1))

    async def main() -> None:
        reading = asyncio.ensure_future(read())
        await waits(reading)
        clock.skip(29)
        await waits(reading)
        assert not reading.done()
        clock.skip(1.1)
        await reading

    run_by_clock(main())


def test_a_handler_of_the_program_stays() -> None:
    pressed = list[int]()

    async def wait(_: int) -> None:
        press()

    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
    try:
        assert len(map_calls(wait, range(2)).results()) == 2
    finally:
        signal.signal(signal.SIGINT, before)
    assert pressed == [1, 1]


@pytest.mark.parametrize("asynchronous", [False, True])
def test_the_handler_is_restored(asynchronous: bool) -> None:
    async def same(number: int) -> int:
        return number

    async def main() -> None:
        before = signal.getsignal(signal.SIGINT)
        await amap(same, range(3))
        assert signal.getsignal(signal.SIGINT) is before

    program = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        asyncio.run(main()) if asynchronous else map_calls(same, range(3)).results()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, program)


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("place", ["async function", "sync function", "inputs"])
def test_the_function_ends_the_program(raised: type[BaseException], place: str) -> None:
    """What it raises is raised after the items that have ended, as Ctrl-C is."""

    def check(text: str) -> str:
        if text == "b":
            raise raised
        return text

    async def asked(text: str) -> str:
        return (await ask(check(text))).content

    def asked_sync(text: str) -> str:
        return ask_sync(check(text)).content

    inputs: Any = map(check, ["a", "b"]) if place == "inputs" else ["a", "b"]
    function: Any = asked_sync if place == "sync function" else ask if place == "inputs" else asked
    items: list[Any] = []
    with fake(echo), pytest.raises(raised):
        items.extend(map_calls(function, inputs, limits=Limits(concurrency=1)).ordered())
    with fake(echo):
        assert len(map_calls(ask, ["a"]).results()) == 1


def test_a_call_that_cancels_the_task_of_the_map() -> None:
    """Its item would be missing: the run reports it."""

    async def cancels(text: str) -> str:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)
        return text

    with pytest.raises(RuntimeError, match="a call has cancelled the task of the map"):
        map_calls(cancels, ["a", "b"]).results()


def rest_in_thread(reading: Iterator[Item[Any, Any]]) -> list[Item[Any, Any]]:
    """What another thread reads from the place at which the main thread has stopped."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(list, reading).result()


def test_a_run_that_another_thread_ends() -> None:
    """That thread cannot restore the handler of Ctrl-C: the next Ctrl-C does, and is Python's KeyboardInterrupt."""

    async def same(number: int) -> int:
        return number

    reading = iter(map_calls(same, range(5)).ordered())
    assert next(reading).number == 0
    assert [item.number for item in rest_in_thread(reading)] == [1, 2, 3, 4]
    with pytest.raises(KeyboardInterrupt):
        press()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_run_that_the_main_thread_ends() -> None:
    async def same(number: int) -> int:
        return number

    reading = iter(map_calls(same, range(1000), limits=Limits(concurrency=1)).ordered())
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(next, reading).result().number == 0
    assert len(list(reading)) == 999
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_while_another_thread_reads() -> None:
    """The requests in progress end, and no further call starts."""
    with fake(echo) as model:
        reading = iter(map_calls(ask, (str(number) for number in range(1000)), limits=Limits(concurrency=1)))
        next(reading)
        press()
        with pytest.raises(KeyboardInterrupt):
            rest_in_thread(reading)
    assert len(model.requests) < 1000
    with pytest.raises(KeyboardInterrupt):
        press()
