"""Which deadline counts when, and how long the next wait may take: by a clock that only the test moves."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx2
import pytest
from openai import APITimeoutError, InternalServerError

from mirascope_like.core import StreamTimeoutError
from mirascope_like.core.base.streams.deadlines import Deadlines
from tests.memory.scripts import Clock, MemoryProvider, Reader, called, delta, text, texts
from tests.memory.test_policies import Resuming


def deadlines(**given: float) -> Deadlines:
    made = Deadlines()
    made.set(**{"total": None, "first": None, "idle": None, "stall": None} | given)  # type: ignore[arg-type]
    return made


def begun(*, resumed: bool = False, later_round: bool = False, **given: float) -> Deadlines:
    made = deadlines(**given)
    made.attempt_sent(resumed=resumed, later_round=later_round)
    return made


def upcoming(made: Deadlines) -> tuple[float, str] | None:
    limit = made.limit_of_wait()
    return (limit.seconds, limit.deadline) if limit is not None else None


def remaining(made: Deadlines) -> float | None:
    limit = made.limit("total")
    return limit.seconds if limit is not None else None


def test_none_is_given() -> None:
    made = begun()
    assert (made.any_set, made.watches_output, upcoming(made), remaining(made)) == (False, False, None, None)


@pytest.mark.parametrize(("name", "watches"), [("total", False), ("idle", False), ("first", True), ("stall", True)])
def test_one_is_given(name: str, watches: bool) -> None:
    made = deadlines(**{name: 5.0})
    assert (made.any_set, made.watches_output) == (True, watches)


def test_those_given_later_replace_all() -> None:
    made = begun(total=5.0, first=5.0)
    made.set(total=None, first=None, idle=3.0, stall=None)
    made.received()
    assert (upcoming(made), made.watches_output) == ((3.0, "idle"), False)


def test_a_deadline_that_no_thread_can_wait_for_is_none() -> None:
    assert not deadlines(total=float("inf"), idle=threading.TIMEOUT_MAX).any_set
    assert upcoming(begun(total=float("inf"), first=2.0)) == (2.0, "first")


def test_total_counts_from_the_first_attempt_whatever_happens(clock: Clock) -> None:
    made = deadlines(total=10.0)
    assert remaining(made) == 10.0
    made.attempt_sent(resumed=False, later_round=False)
    clock.now += 4
    made.attempt_sent(resumed=False, later_round=False)
    made.output()
    clock.now += 3
    assert (remaining(made), upcoming(made)) == (3.0, (3.0, "total"))
    clock.now += 3.5
    assert upcoming(made) == (-0.5, "total")


def test_only_differences_of_the_clock_count(clock: Clock) -> None:
    clock.now = 3.0
    made = begun(total=100.0, first=50.0)
    clock.now = 7.0
    assert remaining(made) == 96.0
    with made.waiting():
        clock.now = 20.0
    assert upcoming(made) == (37.0, "first")


def test_a_stream_without_deadlines_watches_nothing() -> None:
    made = Deadlines()
    assert (made.any_set, made.watches_output) == (False, False)


def test_first_counts_the_waits_of_an_attempt_up_to_its_first_output() -> None:
    made = begun(first=10.0)
    made.waited(4)
    assert upcoming(made) == (6.0, "first")
    made.received()  # a keep-alive is no output
    made.waited(5)
    assert upcoming(made) == (1.0, "first")
    made.attempt_sent(resumed=False, later_round=False)
    assert upcoming(made) == (10.0, "first")
    made.output()
    assert upcoming(made) is None


def test_deadlines_set_on_an_open_stream_count_as_those_set_before() -> None:
    """Reported by a reader of the code: the phase was decided by the deadlines set when the response began."""
    made = begun()
    made.response_begun()
    made.set(total=None, first=60.0, idle=10.0, stall=None)
    assert upcoming(made) == (60.0, "first")  # `first=60, idle=10` lets a model think for a minute in silence
    made = begun(first=60.0)
    made.response_begun()
    made.set(total=None, first=None, idle=1.0, stall=None)
    assert upcoming(made) == (1.0, "idle")
    made = begun(later_round=True, first=60.0)
    made.set(total=None, first=None, idle=9.0, stall=5.0)
    assert upcoming(made) == (5.0, "stall")


def test_a_deadline_replaced_during_a_wait_is_the_one_reported() -> None:
    made = begun(first=2.0)
    limit = made.limit_of_wait()
    made.set(total=None, first=None, idle=None, stall=None)
    assert limit is not None
    assert str(limit.error()) == "the stream passed its first deadline of 2 seconds"
    assert limit.error().deadline == "first"


def test_idle_counts_each_wait_once_the_answer_has_begun() -> None:
    made = begun(idle=5.0)
    assert upcoming(made) is None
    made.response_begun()
    assert upcoming(made) == (5.0, "idle")
    made.waited(4)
    made.received()
    assert upcoming(made) == (5.0, "idle")
    made.output()
    made.waited(4)
    assert upcoming(made) == (5.0, "idle")


def test_with_first_idle_counts_from_the_first_byte() -> None:
    made = begun(first=60.0, idle=5.0)
    made.response_begun()
    assert upcoming(made) == (60.0, "first")
    made.received()
    assert upcoming(made) == (5.0, "idle")


def test_stall_counts_the_waits_between_two_outputs() -> None:
    made = begun(stall=5.0)
    made.response_begun()
    made.received()
    assert upcoming(made) is None
    made.output()
    made.waited(2)
    made.received()
    made.waited(2)
    assert upcoming(made) == (1.0, "stall")
    made.output()
    assert upcoming(made) == (5.0, "stall")


@pytest.mark.parametrize("how", [{"resumed": True}, {"later_round": True}], ids=str)
def test_idle_and_stall_cover_the_beginning_of_a_later_request(how: Any) -> None:
    made = begun(idle=5.0, stall=6.0, **how)
    assert upcoming(made) == (5.0, "idle")
    made.waited(2)
    assert upcoming(made) == (4.0, "stall")


def test_first_counts_again_for_a_later_round_and_not_for_a_resume() -> None:
    assert upcoming(begun(first=3.0, idle=1.0, later_round=True)) == (3.0, "first")
    assert upcoming(begun(first=3.0, idle=1.0, resumed=True)) == (1.0, "idle")


def test_the_nearest_counts(clock: Clock) -> None:
    made = begun(total=10.0, first=20.0, idle=5.0, stall=4.0)
    assert upcoming(made) == (10.0, "total")
    made.output()
    assert upcoming(made) == (4.0, "stall")
    made.set(total=10.0, first=20.0, idle=3.0, stall=4.0)
    assert upcoming(made) == (3.0, "idle")


@pytest.mark.parametrize("name", ["total", "first", "idle", "stall"])
def test_the_error_names_the_deadline(name: Any) -> None:
    limit = deadlines(**{name: 2.5}).limit(name)
    assert limit is not None
    error = limit.error()
    assert error.deadline == name
    assert str(error) == f"the stream passed its {name} deadline of 2.5 seconds"


PING = [b""][:0]
"""A read that gave bytes and no event, as a comment does."""
EMPTY = delta("")
THINKING = delta(reasoning_content="Hm")
CALL = delta(tool_calls=[{"index": 0, "id": "1", "type": "function", "function": {"name": "f", "arguments": ""}}])


@pytest.mark.parametrize("keep_alive", [PING, EMPTY], ids=["bytes", "event"])
def test_keep_alives_do_not_end_first(reader: Reader, clock: Clock, keep_alive: Any) -> None:
    script = [item for _ in range(9) for item in (clock.later(1), keep_alive)]
    stream = reader.stream(MemoryProvider([*script, *text("Hi")])).timeout(first=5)
    _, error = reader.read(stream)
    assert isinstance(error, StreamTimeoutError)
    assert error.deadline == "first"


@pytest.mark.parametrize("keep_alive", [PING, EMPTY], ids=["bytes", "event"])
def test_keep_alives_do_not_end_stall(reader: Reader, clock: Clock, keep_alive: Any) -> None:
    script = [item for _ in range(9) for item in (clock.later(1), keep_alive)]
    stream = reader.stream(MemoryProvider([delta("a"), *script, *text("b")])).timeout(stall=5, first=1)
    pairs, error = reader.read(stream)
    assert isinstance(error, StreamTimeoutError)
    assert (error.deadline, texts(pairs), error.partial.content) == ("stall", "a", "a")


@pytest.mark.parametrize("keep_alive", [PING, EMPTY], ids=["bytes", "event"])
def test_keep_alives_are_life_for_idle(reader: Reader, clock: Clock, keep_alive: Any) -> None:
    script = [item for _ in range(9) for item in (clock.later(1), keep_alive)]
    stream = reader.stream(MemoryProvider([delta("a"), *script, *text("b")])).timeout(idle=5)
    pairs, error = reader.read(stream)
    assert (error, texts(pairs)) == (None, "ab")


@pytest.mark.parametrize("output", [delta("a"), CALL], ids=["text", "tool"])
def test_output_ends_first_and_begins_stall_anew(reader: Reader, clock: Clock, output: bytes) -> None:
    steps = [item for _ in range(9) for item in (clock.later(4), output)]
    stream = reader.stream(MemoryProvider([*steps, delta(finish="stop"), b"[DONE]"])).timeout(first=5, stall=5)
    assert reader.read(stream)[1] is None


def test_output_in_the_middle_of_a_read_counts(reader: Reader, clock: Clock) -> None:
    script = [[EMPTY, delta("a"), EMPTY], clock.later(4), PING, clock.later(4), [EMPTY, delta("b")], clock.later(4)]
    stream = reader.stream(MemoryProvider([*script, *text("c")])).timeout(first=1, stall=9)
    pairs, error = reader.read(stream)
    assert (error, texts(pairs)) == (None, "abc")


def test_the_readers_own_time_counts_for_total_alone(reader: Reader, clock: Clock) -> None:
    script = text("a", "b", "c")
    slow = reader.stream(MemoryProvider(script)).timeout(first=5, idle=5, stall=5).on(text=lambda _: clock.later(60)())
    assert reader.read(slow)[1] is None
    slow = reader.stream(MemoryProvider(script)).timeout(total=50).on(text=lambda _: clock.later(60)())
    _, error = reader.read(slow)
    assert isinstance(error, StreamTimeoutError)
    assert error.deadline == "total"


def test_a_passed_first_is_retried(reader: Reader, clock: Clock) -> None:
    provider = MemoryProvider([clock.later(9), EMPTY, EMPTY], text("Hi"))
    pairs, error = reader.read(reader.stream(provider, retry=1).timeout(first=5))
    assert (error, texts(pairs), len(provider.sent), provider.open_sources) == (None, "Hi", 2, 0)


def test_a_passed_stall_is_resumed(reader: Reader, clock: Clock) -> None:
    provider = Resuming([delta("a"), clock.later(9), EMPTY, EMPTY], text("b"))
    pairs, error = reader.read(reader.stream(provider, resume=1).timeout(stall=5))
    assert (error, texts(pairs), len(provider.sent), provider.open_sources) == (None, "ab", 2, 0)


def test_total_is_never_retried(reader: Reader, clock: Clock) -> None:
    provider = MemoryProvider([clock.later(9), EMPTY, *text("a")], text("b"))
    _, error = reader.read(reader.stream(provider, retry=3).timeout(total=5))
    assert isinstance(error, StreamTimeoutError)
    assert (error.deadline, len(provider.sent)) == ("total", 1)


def test_a_deadline_of_the_middle_counts_from_then_on(reader: Reader, clock: Clock) -> None:
    stream: Any = None
    script = [
        delta("a"),
        clock.later(50),
        lambda: stream.timeout(first=1, stall=5),
        delta("b"),
        clock.later(4),
        delta("c"),
        clock.later(6),
        PING,
        delta("d"),
    ]
    stream = reader.stream(MemoryProvider(script))
    pairs, error = reader.read(stream)
    assert isinstance(error, StreamTimeoutError)
    assert (error.deadline, texts(pairs)) == ("stall", "abc")


def test_tools_do_not_count_for_first_idle_and_stall(reader: Reader, clock: Clock) -> None:
    from mirascope_like.core import ToolLoop
    from mirascope_like.core.base.tools import tool_type
    from mirascope_like.core.openai.types import OpenAITool

    def slow() -> str:
        """Be slow."""
        clock.now += 60
        return "done"

    provider = MemoryProvider(called(("1", "slow", "{}")), text("Hi"))
    tools = [tool_type(slow, OpenAITool)]
    stream = reader.stream(provider, tools=tools, tool_loop=ToolLoop()).timeout(first=5, idle=5, stall=5)
    pairs, error = reader.read(stream)
    assert (error, texts(pairs)) == (None, "Hi")


@pytest.mark.parametrize("kind", [APITimeoutError, InternalServerError])
def test_an_error_before_the_deadline_is_no_deadline(reader: Reader, kind: Any) -> None:
    """A server's 504, or a connection that is not accepted, may be retried."""
    request = httpx2.Request("POST", "https://localhost/v1/chat/completions")
    error: Exception = (
        kind(request)
        if kind is APITimeoutError
        else kind("late", response=httpx2.Response(504, request=request), body=None)
    )
    provider = MemoryProvider([error], text("ok"))
    stream = reader.stream(provider, retry=1).timeout(total=60)
    assert reader.collect(stream).content == "ok"
    assert len(provider.sent) == 2


def test_output_of_the_read_in_which_a_deadline_is_set_counts(reader: Reader, clock: Clock) -> None:
    """Set at the first pair of a read, `first` does not count after output in the rest of that read."""

    def late() -> None:
        clock.now += 1

    provider = MemoryProvider([[delta(""), delta("one ")], late, *text("two")])
    stream = reader.stream(provider)

    async def main() -> Any:
        await anext(stream) if reader.asynchronous else next(stream)
        stream.timeout(first=0.5)
        return await stream.collect() if reader.asynchronous else stream.collect()

    assert asyncio.run(main()).content == "one two"


def test_setting_deadlines_again_does_not_restart_stall(reader: Reader, clock: Clock) -> None:
    made = begun(stall=10.0)
    made.output()
    made.waited(4)
    made.set(total=None, first=None, idle=None, stall=10.0)
    made.had_output()
    assert upcoming(made) == (6.0, "stall")
