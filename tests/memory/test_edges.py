"""Places where a wrong line once passed every test: the end of an answer, two answers in one, threads and contexts."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import pytest
from pydantic import BaseModel, field_validator

from mirascope_like.core import ResponseParseError, StreamTimeoutError, ToolLoop, openai
from mirascope_like.core.base.response import CommonUsage
from mirascope_like.core.base.streams import detached
from tests.harness.clocks import PATIENCE, run_by_clock
from tests.memory.scripts import Clock, MemoryProvider, Reader, call, called, delta, text, texts, usage
from tests.memory.test_policies import Resuming, failing, tools


class Book(BaseModel):
    title: str


class Books(BaseModel):
    books: list[Book]


def test_text_beside_a_tool_that_only_the_end_completes_is_given_once(reader: Reader) -> None:
    def note() -> str:
        """Note."""
        return "done"

    stream = reader.stream(MemoryProvider([call(0, "1", "note", '{"a'), delta("Noted."), b"[DONE]"]), tools=tools(note))
    pairs, error = reader.read(stream)
    assert (texts(pairs), error) == ("Noted.", None)
    assert [tool is not None for _, tool in pairs] == [False, False, True]  # cut off, and given all the same
    assert stream.content == "Noted."


def structured(reader: Reader, provider: MemoryProvider, kind: Any, **options: Any) -> Any:
    decorated = openai.call.through(provider)("m", response_model=kind, stream=True, **options)  # type: ignore[call-overload]
    if reader.asynchronous:

        @decorated
        async def asay() -> str:
            return "Hi"

        return asay()

    @decorated
    def say() -> str:
        return "Hi"

    return say()


def test_the_first_of_two_answers_counts(reader: Reader) -> None:
    answers = called(("1", "Book", '{"title": "Emma"}'), ("2", "Book", '{"title": "Dune"}'))
    stream = structured(reader, MemoryProvider(answers), Book)
    partials, error = reader.read(stream)
    assert error is None
    assert {one.title for one in partials if one.title is not None} == {"Emma"}
    assert stream.constructed_response_model == Book(title="Emma")


def piece_of(index: int, arguments: str) -> bytes:
    """An event that adds to the arguments of a call."""
    return delta(tool_calls=[{"index": index, "function": {"arguments": arguments}}])


def test_pieces_of_two_answers_are_not_mixed(reader: Reader) -> None:
    script = [
        call(0, "1", "Book", ""),
        call(1, "2", "Book", ""),
        piece_of(0, '{"title": "Em'),
        piece_of(1, '{"title": "Du'),
        piece_of(0, 'ma"}'),
        piece_of(1, 'ne"}'),
        delta(finish="tool_calls"),
        b"[DONE]",
    ]
    stream = structured(reader, MemoryProvider(script), Book)
    assert reader.read(stream)[1] is None
    assert stream.constructed_response_model == Book(title="Emma")


def test_items_after_an_answer_that_was_discarded(reader: Reader) -> None:
    """A round that calls tools has no structured response: the items of the next round are counted from its first."""

    def note() -> str:
        """Note."""
        return "done"

    def answer(*pieces: str) -> list[Any]:
        first, *rest = pieces
        return [call(0, "1", "Books", first), *(piece_of(0, one) for one in rest)]

    early = [*answer('{"books": [{"title": "A"}', ', {"title": "B"}', "]}"), call(1, "2", "note", "{}")]
    late = answer('{"books": [{"title": "C"}', ', {"title": "D"}', ', {"title": "E"}]}')
    end = [delta(finish="tool_calls"), b"[DONE]"]
    stream = structured(
        reader, MemoryProvider([*early, *end], [*late, *end]), Books, tools=[note], tool_loop=ToolLoop()
    )
    items, error = reader.read(stream.each())
    assert error is None
    assert [one.title for one in items] == ["A", "B", "C", "D", "E"]
    assert stream.constructed_response_model == Books(books=[Book(title="C"), Book(title="D"), Book(title="E")])


def test_usage_of_which_a_part_is_unknown(reader: Reader) -> None:
    known, unknown = CommonUsage(input_tokens=1, output_tokens=2, total_tokens=3), CommonUsage(input_tokens=5)
    assert CommonUsage.sum([known, unknown]) == CommonUsage(input_tokens=6, output_tokens=2, total_tokens=3)
    assert CommonUsage.sum([unknown, CommonUsage()]) == CommonUsage(input_tokens=5)
    assert CommonUsage.sum([]) == CommonUsage()
    provider = Resuming([delta("a"), failing()], [*text("b")[:-1], usage(3, 4), b"[DONE]"])
    stream = reader.stream(provider, resume=1)
    response = reader.collect(stream)
    assert (response.total_usage.input_tokens, response.total_usage.output_tokens) == (3, 4)
    assert response.total_usage.cached_tokens is None


PLACE: ContextVar[str] = ContextVar("PLACE", default="nowhere")


@pytest.mark.parametrize("count", [1, 2], ids=["alone", "at once"])
def test_tools_run_in_the_context_of_the_reader(reader: Reader, count: int) -> None:
    seen: list[str] = []

    def look() -> str:
        """Look."""
        seen.append(PLACE.get())
        return "done"

    async def alook() -> str:
        """Look."""
        seen.append(PLACE.get())
        return "done"

    calls = called(*((str(number), name, "{}") for name in ("look", "alook") for number in range(count)))
    provider = MemoryProvider(calls, text("Hi"))
    token = PLACE.set("here")
    try:
        stream = reader.stream(
            provider, tools=tools(look, alook), tool_loop=ToolLoop(timeout=60 if count == 1 else None)
        )
        assert reader.read(stream)[1] is None
    finally:
        PLACE.reset(token)
    assert seen == ["here"] * (2 * count)


@pytest.mark.parametrize("parallel", [True, False])
def test_two_slow_tools(reader: Reader, parallel: bool) -> None:
    """Parallel tools each wait until the other has started; in sequence, the first ends before the second starts."""
    begun = [threading.Event(), threading.Event()]
    order: list[str] = []

    def slow(number: int) -> str:
        """Be slow."""
        order.append(f"begin {number}")
        begun[number].set()
        if parallel:
            assert begun[1 - number].wait(PATIENCE)
        order.append(f"end {number}")
        return str(number)

    provider = MemoryProvider(called(("1", "slow", '{"number": 0}'), ("2", "slow", '{"number": 1}')), text("Hi"))
    stream = reader.stream(provider, tools=tools(slow), tool_loop=ToolLoop(parallel=parallel))
    assert reader.read(stream)[1] is None
    assert [one["content"] for one in provider.sent[1]["messages"] if one["role"] == "tool"] == ["0", "1"]
    if not parallel:
        assert order == ["begin 0", "end 0", "begin 1", "end 1"]


def test_two_tools_that_are_late_are_late_at_the_same_time(reader: Reader, clock: Clock) -> None:
    """The time of each is counted from its own beginning, not from the end of the one before."""
    let_go = threading.Event()

    def late() -> str:
        """Be late."""
        clock.now += 1  # sync tools are late by this clock, async ones by that of the event loop
        let_go.wait(PATIENCE)
        return "done"

    provider = MemoryProvider(called(("1", "late", "{}"), ("2", "late", "{}")), text("Hi"))
    stream = reader.stream(provider, tools=tools(late), tool_loop=ToolLoop(timeout=0.01))
    try:
        assert reader.read(stream)[1] is None
    finally:
        let_go.set()
    results = [one["content"] for one in provider.sent[1]["messages"] if one["role"] == "tool"]
    assert len(results) == 2
    assert all("did not finish within 0.01 seconds" in one for one in results)


def test_total_cancels_async_tools(clock: Clock) -> None:
    begun: list[str] = []
    ends: list[str] = []

    async def forever() -> str:
        """Wait."""
        begun.append("begun")
        clock.now += 600  # the deadline passes once both have begun
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise
        return "never"

    provider = MemoryProvider(called(("1", "forever", "{}"), ("2", "forever", "{}")), text("never"))
    stream = Reader(True).stream(provider, tools=tools(forever), tool_loop=ToolLoop()).timeout(total=1000)
    with pytest.raises(StreamTimeoutError) as caught:
        run_by_clock(stream.collect())
    assert caught.value.deadline == "total"
    assert (begun, ends, len(provider.sent)) == (["begun", "begun"], ["cancelled", "cancelled"], 1)
    assert [tool.args for tool in stream.tools] == [{}, {}]


def test_fail_fast_raises_the_same_error_again(reader: Reader) -> None:
    class Count(BaseModel):
        count: int

    call_of_output = called(("1", "Count", '{"count": "many"}'))
    stream = structured(reader, MemoryProvider(call_of_output), Count, fail_fast=True)
    _, error = reader.read(stream)
    assert isinstance(error, ResponseParseError)
    assert error.response is not None
    for again in (lambda: stream.constructed_response_model, lambda: reader.collect(stream)):
        with pytest.raises(ResponseParseError) as caught:
            again()
        assert caught.value is error


def test_the_items_of_an_optional_list_that_is_null(reader: Reader) -> None:
    class Tags(BaseModel):
        tags: list[str] | None = None

        @field_validator("tags")
        @classmethod
        def kept(cls, tags: list[str] | None) -> list[str] | None:
            return tags

    stream = structured(reader, MemoryProvider(called(("1", "Tags", '{"tags": null}'))), Tags)
    assert reader.read(stream.each()) == ([], None)
    assert stream.constructed_response_model.tags is None


def test_results_that_a_loop_over_pairs_has_passed_are_not_shown_later(reader: Reader) -> None:
    def note() -> str:
        """Note."""
        return "done"

    provider = MemoryProvider(called(("1", "note", "{}")), text("one ", "two"))
    stream = reader.stream(provider, tools=tools(note), tool_loop=ToolLoop())

    async def main() -> list[Any]:
        while stream.content != "one ":
            await anext(stream) if reader.asynchronous else next(stream)
        view = stream.items()
        return [item async for item in view] if reader.asynchronous else list(view)

    assert asyncio.run(main())[:-1] == ["two"]


def test_a_detached_structured_stream_takes_nothing_away(reader: Reader) -> None:
    answer = called(("1", "Books", '{"books": [{"title": "Emma"}, {"title": "Dune"}]}'))
    stream = structured(reader, MemoryProvider(answer), Books)
    copy = detached(stream)
    assert reader.read(copy.each()) == ([], None)
    assert reader.read(copy) == ([], None)
    items, error = reader.read(stream.each())
    assert ([book.title for book in items], error) == (["Emma", "Dune"], None)
    assert len(copy.constructed_response_model.books) == 2
