"""What a transcript contains after each event, and what policies cannot change."""

from __future__ import annotations

from typing import Any

import pytest

from mirascope_like.core import (
    ConnectionFailedError,
    RateLimitError,
    StreamInterruptedError,
    StreamTimeoutError,
    ToolLoop,
)
from tests.memory.scripts import Clock, MemoryProvider, Reader, called, delta, text, texts
from tests.memory.test_policies import Resuming, failing, other, tools


def note() -> str:
    """Note."""
    return "done"


LOOP: dict[str, Any] = {"tools": tools(note), "tool_loop": ToolLoop()}
CALL = called(("1", "note", "{}"))


def test_an_error_of_the_transport_becomes_one_of_ours(reader: Reader) -> None:
    broken = OSError("the cable")
    pairs, error = reader.read(reader.stream(MemoryProvider([delta("a"), broken])))
    assert isinstance(error, StreamInterruptedError)
    assert isinstance(error, ConnectionFailedError)
    assert (error.__cause__, error.partial.content, texts(pairs)) == (broken, "a", "a")


def test_a_whole_response_is_rebuilt_once(reader: Reader, clock: Clock) -> None:
    stream = reader.stream(MemoryProvider([clock.later(2), *text("a")]))
    assert stream.start_time is None
    reader.read(stream)
    response = stream.construct_call_response()
    assert stream.construct_call_response() is response
    assert (response.start_time, response.end_time) == (1000_000.0, 1002_000.0)
    assert (stream.start_time, stream.end_time) == (1000_000.0, 1002_000.0)


def test_between_two_answers_the_last_one_that_arrived_is_shown(reader: Reader) -> None:
    seen: list[str] = []
    stream: Any = None

    def look() -> None:
        seen.append(stream.construct_call_response(partial=True).content)

    first, second = [delta("one"), *CALL], [delta("two"), *called(("2", "note", "{}"))]
    provider = Resuming(first, [look, *second], [look, delta("three"), failing()], [look, *text(" four")])
    stream = reader.stream(provider, resume=1, **LOOP)
    pairs, error = reader.read(stream)
    assert (texts(pairs), error) == ("onetwothree four", None)
    assert seen == ["one", "two", "three"]


def test_stall_covers_the_beginning_of_a_later_round(reader: Reader, clock: Clock) -> None:
    provider = MemoryProvider(CALL, [clock.later(9), delta(""), *text("Hi")])
    _, error = reader.read(reader.stream(provider, **LOOP).timeout(stall=5))
    assert isinstance(error, StreamTimeoutError)
    assert error.deadline == "stall"
    provider = MemoryProvider([clock.later(9), delta(""), *text("Hi")])
    assert reader.read(reader.stream(provider).timeout(stall=5))[1] is None  # there is no output to count from


def test_a_passed_total_is_no_reason_to_fall_back(reader: Reader, clock: Clock) -> None:
    stream = reader.stream(MemoryProvider([clock.later(9), delta(""), *text("a")])).timeout(total=5)
    _, error = reader.read(stream.otherwise([Exception] * 2, [other(reader, "two", text("b"))]))
    assert isinstance(error, StreamTimeoutError)
    assert error.deadline == "total"


@pytest.mark.parametrize(("asks", "waits"), [(0.0, True), (5.0, False), (9.0, False)])
def test_no_wait_for_which_total_leaves_no_time(reader: Reader, clock: Clock, asks: float, waits: bool) -> None:
    error = failing(kind=RateLimitError, retry_after=asks)
    found = reader.read(reader.stream(MemoryProvider([error], text("Hi")), retry=9).timeout(total=5))[1]
    assert found is (None if waits else error)


def test_tools_of_an_answer_that_broke_off_do_not_run(reader: Reader) -> None:
    error = failing()
    provider = MemoryProvider([*CALL[:1], error], text("never"))
    assert reader.read(reader.stream(provider, **LOOP))[1] is error
    assert len(provider.sent) == 1


def test_a_deadline_that_is_given_after_the_first_output(reader: Reader, clock: Clock) -> None:
    stream: Any = None
    script = [delta("a"), lambda: stream.timeout(first=1, stall=20), delta(""), clock.later(9), delta(""), *text("b")]
    stream = reader.stream(MemoryProvider(script))
    assert reader.read(stream)[1] is None
    script = [delta(""), lambda: stream.timeout(first=1, stall=20), delta(""), clock.later(9), delta(""), *text("b")]
    stream = reader.stream(MemoryProvider(script))
    error = reader.read(stream)[1]
    assert isinstance(error, StreamTimeoutError)
    assert error.deadline == "first"
