"""`text()`: what is held back, when it is yielded, and that nothing is lost."""

from __future__ import annotations

import asyncio
import threading
from time import monotonic
from typing import Any

import pytest

from mirascope_like.core import ConfigurationError, StreamInterruptedError
from mirascope_like.core.base.streams.views import HeldUnits
from tests.harness.clocks import PATIENCE, MovedClock, no_tasks_left, run_by_clock, waits
from tests.harness.rounds import Side
from tests.harness.server import CloseEarly, Do, Gate, Pause, Server, Stall
from tests.streams.views.reading import ADD, Reader, Views, add, ask, texts

PIECES = ("Hel", "lo", " wor", "ld. ", "How", " are", " you?\n", "Fine")
JOINED = "Hello world. How are you?\nFine"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [*PIECES]),
        ({"buffer": 3}, ["Hello wor", "ld. How are", " you?\nFine"]),
        ({"buffer": 5}, ["Hello world. How", " are you?\nFine"]),
        ({"buffer": 99}, [JOINED]),
        ({"min_chars": 5}, ["Hello", " world. ", "How are", " you?\n", "Fine"]),
        ({"min_chars": 5, "buffer": 3}, ["Hello wor", "ld. How are", " you?\nFine"]),
        ({"by": "word"}, ["Hello ", "world. ", "How ", "are ", "you?\n", "Fine"]),
        ({"by": "word", "buffer": 2}, ["Hello world. ", "How are ", "you?\nFine"]),
        ({"by": "word", "min_chars": 8}, ["Hello world. ", "How are ", "you?\nFine"]),
        ({"by": "line"}, ["Hello world. How are you?\n", "Fine"]),
        ({"by": "sentence"}, ["Hello world. ", "How are you?\n", "Fine"]),
        ({"by": "sentence", "buffer": 2}, ["Hello world. How are you?\n", "Fine"]),
        ({"max_delay": 60, "buffer": 3}, ["Hello wor", "ld. How are", " you?\nFine"]),
    ],
    ids=str,
)
def test_buffering(reader: Reader, side: Side, server: Server, options: Any, expected: list[str]) -> None:
    async def use(stream: Any, views: Views) -> list[str]:
        found = await views.all(stream.text(**options))
        assert stream.construct_call_response().content == "".join(found) == JOINED
        return found

    server.reply(texts(side, *PIECES))
    assert reader.run(side, server, use) == expected


@pytest.mark.parametrize(
    ("by", "deltas", "expected"),
    [
        ("word", ["  a", " ", " b\t", "c"], ["  a  ", "b\t", "c"]),
        ("word", ["a b c d"], ["a ", "b ", "c ", "d"]),
        ("word", ["   "], ["   "]),
        ("word", ["a   "], ["a   "]),
        ("line", ["\n\na", "\n", "b"], ["\n", "\n", "a\n", "b"]),
        (
            "sentence",
            ["It is 3.", "14. Is", ' it? "No', '." He left'],
            ["It is 3.14. ", "Is it? ", '"No." ', "He left"],
        ),
        ("sentence", ["Wait", "..", ". What", "?!", " Yes."], ["Wait... ", "What?! ", "Yes."]),
        ("sentence", ["你好", "。再", "见。"], ["你好。", "再见。"]),
    ],
)
def test_units(reader: Reader, side: Side, server: Server, by: str, deltas: list[str], expected: list[str]) -> None:
    async def use(stream: Any, views: Views) -> list[str]:
        return await views.all(stream.text(by=by))

    server.reply(texts(side, *deltas))
    assert reader.run(side, server, use) == expected


def test_held_text_comes_before_a_tool(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any, views: Views) -> None:
        assert await views.some(stream.text(buffer=99), 1) == ["Let me see. "]
        assert stream.tools is None
        *rest, response = await views.all(stream.items())
        assert [(one.name, one.result) for one in rest] == [("add", 3)]
        assert response.content == "Let me see. "

    server.reply(side.streamed("Let me see. ", ADD))
    reader.run(side, server, use, tools=[add])


def test_held_text_comes_before_an_error(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any, views: Views) -> None:
        found, error = await views.until_error(stream.text(buffer=99, by="sentence"))
        assert found == ["One. Two"]
        assert isinstance(error, StreamInterruptedError)
        assert error.partial.content == "One. Two"

    server.reply(texts(side, "One. ", "Two", Pause(0.02), CloseEarly(), finish=False))
    reader.run(side, server, use)


def test_sync_delay_is_kept_with_the_next_event(side: Side, server: Server, clock: MovedClock) -> None:
    read = {text: threading.Event() for text in "abcd"}
    server.reply(texts(side, "a", "b", Do(lambda: read["b"].wait(PATIENCE) and clock.skip(2000)), "c", "d"))
    stream = ask(side, side.client(server), asynchronous=False).on(text=lambda text: read[text].set())
    assert list(stream.text(buffer=99, max_delay=1000)) == ["abc", "d"]


def test_async_delay_is_a_timer(side: Side, server: Server, clock: MovedClock) -> None:
    gate = Gate()
    read = {text: threading.Event() for text in "abcd"}

    async def main() -> None:
        async with side.aclient(server) as client:
            stream = ask(side, client, asynchronous=True).on(text=lambda text: read[text].set())
            view = stream.text(buffer=99, max_delay=100)
            assert await anext(view) == "ab"  # while the server waits
            gate.open()
            assert [one async for one in view] == ["cd"]
            assert asyncio.all_tasks() == {asyncio.current_task()}

    server.reply(texts(side, "a", "b", Do(lambda: read["b"].wait(PATIENCE) and clock.skip(200)), gate, "c", "d"))
    run_by_clock(main())


def test_a_step_that_was_late_is_not_lost(side: Side, server: Server) -> None:
    async def main() -> None:
        async with side.aclient(server) as client:
            for turn in range(4):
                gate = Gate()
                server.reply(texts(side, "a", gate, "b", "c"))
                stream = ask(side, client, asynchronous=True)
                assert await anext(stream.text(buffer=99, max_delay=0.01)) == "a"
                gate.open()
                if turn == 0:
                    assert [chunk.content async for chunk, _ in stream if chunk.content] == ["b", "c"]
                elif turn == 1:
                    assert [one async for one in stream.text()] == ["b", "c"]
                elif turn == 2:
                    assert (await stream.collect()).content == "abc"
                else:
                    assert [type(one).__name__ async for one in stream.events()][:2] == ["TextEvent", "TextEvent"]
                assert stream.content == "abc"

    asyncio.run(main())


@pytest.mark.parametrize("how", ["drop", "close", "cancel"])
def test_leaving_while_a_step_is_late(side: Side, server: Server, how: str) -> None:
    async def main() -> None:
        async with side.aclient(server) as client:
            stream = ask(side, client, asynchronous=True)
            view = stream.text(buffer=99, max_delay=0.01)
            assert await anext(view) == "a"
            if how == "close":
                await stream.close()
            elif how == "cancel":
                task = asyncio.ensure_future(anext(view))
                await waits(task)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert stream.content == "a"
                del task
            del stream, view
            assert await asyncio.to_thread(server.wait_closed)
            assert await no_tasks_left()

    server.reply(texts(side, "a", Stall(), finish=False))
    asyncio.run(main())
    assert server.aborted == 1


@pytest.mark.parametrize(
    ("by", "piece"),
    [("word", "x"), ("word", " "), ("line", "x"), ("sentence", "x "), ("sentence", "."), ("line", "x\n")],
)
def test_units_of_any_length_cost_no_more_than_their_text(by: Any, piece: str) -> None:
    begun = monotonic()
    held = HeldUnits(by)
    size = 0
    for _ in range(1_000):
        held.add(piece * 10)
        while (text := held.take(1, 0)) is not None:
            size += len(text)
    held.add("e")
    assert size + len(held.take_all()) == 10_000 * len(piece) + 1
    assert monotonic() - begun < PATIENCE  # a fraction of a second; searched again for each piece, it would be minutes


def test_a_unit_that_there_is_not(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any, views: Views) -> None:
        with pytest.raises(ConfigurationError, match="unknown text unit 'words': use 'word', 'line', 'sentence'"):
            stream.text(by="words")

    reader.run(side, server, use)
