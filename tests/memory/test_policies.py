"""What follows an attempt that ended or failed: retries, resumes, fallbacks, rounds; and who is called at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from mirascope_like.core import (
    BadRequestError,
    ConfigurationError,
    RateLimitError,
    ServerError,
    StreamInterruptedError,
    StreamState,
    ToolExecutionError,
    ToolLoop,
)
from mirascope_like.core.base.errors import FallbackError
from mirascope_like.core.base.flows import retry_policy
from mirascope_like.core.base.request import Prefill, Request
from mirascope_like.core.base.tools import tool_type
from mirascope_like.core.openai.types import OpenAITool
from tests.memory.scripts import Clock, MemoryProvider, Reader, called, delta, text, texts, usage


def failing(message: str = "no", kind: type[Exception] = ServerError, **attributes: Any) -> Exception:
    error = kind(message)
    vars(error).update(attributes)
    return error


def tools(*functions: Callable[..., Any]) -> list[Any]:
    return [tool_type(function, OpenAITool) for function in functions]


class Resuming(MemoryProvider):
    """A provider whose model continues from the beginning of an answer."""

    def prefill(self, request: Request) -> Prefill | None:
        return Prefill()


def beginning(payload: Any) -> str | None:
    last = payload["messages"][-1]
    return last["content"] if last["role"] == "assistant" else None


ENDS: list[Any] = []


@pytest.fixture(autouse=True)
def _no_ends() -> None:
    ENDS.clear()


def recording_end(name: str, stream: Any) -> Any:
    return stream.ended(lambda ended: ENDS.append((name, ended.state, ended.content, type(ended.error).__name__)))


# Retries


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_retries(reader: Reader, failures: int) -> None:
    provider = MemoryProvider(*[[failing()] for _ in range(failures)], text("Hel", "lo"))
    stream = recording_end("own", reader.stream(provider, retry=2))
    pairs, error = reader.read(stream)
    assert (texts(pairs), error, len(provider.sent), provider.open_sources) == ("Hello", None, failures + 1, 0)
    assert ENDS == [("own", StreamState.DONE, "Hello", "NoneType")]
    assert stream.error is None


def test_no_more_retries_than_allowed(reader: Reader) -> None:
    last = failing("third")
    provider = MemoryProvider([failing("first")], [failing("second")], [last], text("never"))
    stream = recording_end("own", reader.stream(provider, retry=2))
    assert reader.read(stream) == ([], last)
    assert (stream.error, stream.state, len(provider.sent)) == (last, StreamState.FAILED, 3)
    assert ENDS == [("own", StreamState.FAILED, "", "ServerError")]


def test_an_error_within_the_answer_is_retried_before_output_alone(reader: Reader) -> None:
    provider = MemoryProvider([delta(""), failing()], text("Hi"))
    assert texts(reader.read(reader.stream(provider, retry=1))[0]) == "Hi"
    error = failing()
    provider = MemoryProvider([delta("H"), error], text("Hi"))
    pairs, raised = reader.read(reader.stream(provider, retry=1))
    assert (texts(pairs), raised, len(provider.sent), provider.open_sources) == ("H", error, 1, 0)


def test_an_error_that_does_not_pass_is_raised(reader: Reader) -> None:
    error = failing(kind=BadRequestError)
    provider = MemoryProvider([error], text("Hi"))
    assert reader.read(reader.stream(provider, retry=9)) == ([], error)


def test_no_wait_that_total_leaves_no_time_for(reader: Reader, clock: Clock) -> None:
    error = failing(kind=RateLimitError, retry_after=5.0)
    provider = MemoryProvider([error], text("Hi"))
    assert reader.read(reader.stream(provider, retry=9).timeout(total=5)) == ([], error)


def test_each_attempt_has_a_start_of_its_own(reader: Reader, clock: Clock) -> None:
    def first() -> None:
        clock.now += 7

    first.before = True  # type: ignore[attr-defined]
    provider = MemoryProvider([first, failing()], text("Hi"))
    stream = reader.stream(provider, retry=1)
    reader.read(stream)
    assert (stream.start_time, stream.end_time) == (1007_000.0, 1007_000.0)


@pytest.mark.parametrize("low", [False, True])
def test_waits_are_spread(monkeypatch: pytest.MonkeyPatch, low: bool) -> None:
    """Streams that failed together must not all return together."""
    bounds: list[tuple[float, float]] = []

    def uniform(least: float, most: float) -> float:
        bounds.append((least, most))
        return least if low else most

    monkeypatch.setattr(retry_policy, "FIRST_WAIT", 2.0)
    monkeypatch.setattr(retry_policy, "uniform", uniform)
    assert retry_policy.wait_after(failing(), 1) == (3.0 if low else 4.0)
    assert bounds == [(0.75, 1)]
    assert retry_policy.wait_after(failing(kind=RateLimitError, retry_after=3.0), 1) == 3.0
    assert len(bounds) == 1


def test_a_reason_that_is_an_error_is_retried_before_output_alone(reader: Reader) -> None:
    failed = [delta(finish="error"), b"[DONE]"]
    provider = MemoryProvider(failed, failed, text("ok"))
    pairs, error = reader.read(reader.stream(provider, retry=2))
    assert (texts(pairs), error, len(provider.sent)) == ("ok", None, 3)
    provider = MemoryProvider(failed, failed, text("never"))
    stream = reader.stream(provider, retry=1)
    assert reader.read(stream)[1] is None
    assert (stream.state, stream.finish_reasons, len(provider.sent)) == (StreamState.DONE, ["error"], 2)
    for script in ([delta("a"), *failed], text(), [delta(finish="length"), b"[DONE]"]):  # output, or no error
        provider = MemoryProvider(script, text("never"))
        assert (reader.read(reader.stream(provider, retry=2))[1], len(provider.sent)) == (None, 1)


def test_a_reason_that_is_an_error_is_not_retried_after_resuming(reader: Reader) -> None:
    """The text that was resumed has been shown."""
    provider = Resuming([delta("a"), failing()], [delta(finish="error"), b"[DONE]"], text("never"))
    pairs, error = reader.read(reader.stream(provider, retry=2, resume=1))
    assert (texts(pairs), error, len(provider.sent)) == ("a", None, 2)


# Resumes


def test_resumes(reader: Reader) -> None:
    provider = Resuming(
        [delta("Hel"), failing("one")], [delta("lo "), failing("two")], [*text("world")[:-1], usage(1, 2), b"[DONE]"]
    )
    stream = recording_end("own", reader.stream(provider, resume=2))
    pairs, error = reader.read(stream)
    assert (texts(pairs), error) == ("Hello world", None)
    assert [beginning(sent) for sent in provider.sent] == [None, "Hel", "Hello"]
    response = stream.construct_call_response()
    assert (response.content, response.resumed) == ("Hello world", 2)
    assert [one.content for one in response.interruptions] == ["Hel", "Hello "]
    assert ENDS == [("own", StreamState.DONE, "Hello world", "NoneType")]
    assert response.total_usage.total_tokens == 3  # the attempts that broke off told none


def test_no_more_resumes_than_allowed(reader: Reader) -> None:
    last = failing("two")
    provider = Resuming([delta("a"), failing("one")], [delta("b"), last], text("never"))
    pairs, error = reader.read(reader.stream(provider, resume=1))
    assert (texts(pairs), error, len(provider.sent)) == ("ab", last, 2)


def test_a_resume_that_adds_nothing_raises_why_the_text_broke_off(reader: Reader) -> None:
    first, refusal = failing("first"), failing("refused", BadRequestError)
    provider = Resuming([delta("a"), first], [refusal])
    pairs, error = reader.read(reader.stream(provider, resume=3))
    assert (texts(pairs), error, len(provider.sent)) == ("a", first, 2)
    assert first.__cause__ is refusal


def test_a_resume_that_adds_nothing_is_made_again_and_counts(reader: Reader) -> None:
    first = failing("first")
    provider = Resuming([delta("a"), first], [failing("second")], [failing("third")], text("never"))
    pairs, error = reader.read(reader.stream(provider, resume=2))
    assert (texts(pairs), error, len(provider.sent)) == ("a", first, 3)


def test_retries_and_resumes_are_counted_apart(reader: Reader) -> None:
    provider = Resuming([failing()], [delta("a"), failing()], text("b"))
    pairs, error = reader.read(reader.stream(provider, retry=1, resume=1))
    assert (texts(pairs), error, len(provider.sent)) == ("ab", None, 3)


def test_a_provider_that_cannot_resume(reader: Reader) -> None:
    error = failing()
    assert reader.read(reader.stream(MemoryProvider([delta("a"), error]), resume=3))[1] is error


# Fallbacks


def other(reader: Reader, name: str, *scripts: Any, **options: Any) -> Any:
    """Return a call that returns a stream, and its provider."""
    provider = MemoryProvider(*scripts)
    return lambda: recording_end(name, reader.stream(provider, **options))


def test_falls_back(reader: Reader) -> None:
    first, second = failing("one", BadRequestError), failing("two")
    stream = recording_end("own", reader.stream(MemoryProvider([first])))
    others = [other(reader, "two", [second]), other(reader, "three", text("Hi"))]
    stream.otherwise([Exception] * 3, others)
    pairs, error = reader.read(stream)
    assert (texts(pairs), error, stream._caught) == ("Hi", None, [first, second])
    assert ENDS == [
        ("two", StreamState.FAILED, "", "ServerError"),
        ("three", StreamState.DONE, "Hi", "NoneType"),
        ("own", StreamState.DONE, "Hi", "NoneType"),
    ]


def test_all_fail(reader: Reader) -> None:
    first, second = failing("one"), failing("two")
    stream = recording_end("own", reader.stream(MemoryProvider([first])))
    stream.otherwise([Exception] * 2, [other(reader, "two", [second])], [failing("zero")])
    _, error = reader.read(stream)
    assert isinstance(error, FallbackError)
    assert [str(one) for one in error.errors] == ["zero", "one", "two"]
    assert error.__cause__ is second
    assert [(name, state) for name, state, _, _ in ENDS] == [("two", StreamState.FAILED), ("own", StreamState.FAILED)]


@pytest.mark.parametrize("which", [0, 1])
def test_an_error_that_is_not_to_be_caught(reader: Reader, which: int) -> None:
    first, second = failing("one"), failing("two", BadRequestError)
    stream = reader.stream(MemoryProvider([first]))
    catches: list[Any] = [BadRequestError, ServerError] if which == 0 else [ServerError, ServerError]
    stream.otherwise(catches, [other(reader, "two", [second])])
    assert reader.read(stream)[1] is (first if which == 0 else second)


def test_no_fallback_after_output(reader: Reader) -> None:
    error = failing()
    stream = reader.stream(MemoryProvider([delta("a"), error])).otherwise(
        [Exception] * 2, [other(reader, "two", text("b"))]
    )
    assert reader.read(stream)[1] is error
    assert ENDS == []


def test_a_fallback_has_retries_and_fallbacks_of_its_own(reader: Reader) -> None:
    inner = other(reader, "inner", [failing("two")], [failing("three", BadRequestError)], retry=1)

    def make() -> Any:
        return inner().otherwise([Exception] * 2, [other(reader, "innermost", [failing("four")])])

    stream = recording_end("own", reader.stream(MemoryProvider([failing("one")])))
    stream.otherwise([Exception] * 3, [make, other(reader, "last", text("Hi"))])
    pairs, error = reader.read(stream)
    assert (texts(pairs), error) == ("Hi", None)
    assert [str(one) for one in stream._caught] == ["one", "three", "four"]
    assert [(name, state) for name, state, _, _ in ENDS] == [
        ("innermost", StreamState.FAILED),
        ("inner", StreamState.FAILED),
        ("last", StreamState.DONE),
        ("own", StreamState.DONE),
    ]


def test_a_fallback_that_cannot_be_made(reader: Reader) -> None:
    def make() -> Any:
        raise LookupError("no such call")

    stream = recording_end("own", reader.stream(MemoryProvider([failing()]))).otherwise([ServerError] * 2, [make])
    error = reader.read(stream)[1]
    assert isinstance(error, LookupError)
    assert ENDS == [("own", StreamState.FAILED, "", "LookupError")]


def test_a_fallback_that_is_no_stream(reader: Reader) -> None:
    stream = reader.stream(MemoryProvider([failing()])).otherwise([Exception] * 2, [lambda: "Hi"])
    with pytest.raises(ConfigurationError, match="must return a stream, not str"):
        reader.collect(stream)


def test_the_partial_response_of_an_error_is_that_of_its_own_attempt(reader: Reader) -> None:
    stream = reader.stream(MemoryProvider([delta("")]))  # it ends without the final event
    stream.otherwise([Exception, Exception], [other(reader, "other", text("fine"))])
    assert reader.collect(stream).content == "fine"
    (caught,) = stream._caught
    assert caught.partial.content == ""


def test_errors_that_a_fallback_brings_with_it(reader: Reader) -> None:
    before, first, second = failing("before"), failing("first"), failing("second")

    def make() -> Any:
        return other(reader, "other", [second])().otherwise([Exception], [], [before])

    stream = reader.stream(MemoryProvider([first])).otherwise([Exception, Exception], [make])
    error = reader.read(stream)[1]
    assert isinstance(error, FallbackError)
    assert list(error.errors) == [first, before, second]


# Rounds of a tool loop


def test_rounds(reader: Reader) -> None:
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    provider = MemoryProvider([delta("Let me see. "), *called(("1", "add", '{"a": 1, "b": 2}'))], text("3"))
    stream = recording_end("own", reader.stream(provider, tools=tools(add), tool_loop=ToolLoop()))
    pairs, error = reader.read(stream)
    assert (texts(pairs), error, stream.content) == ("Let me see. 3", None, "Let me see. 3")
    assert [tool.args for _, tool in pairs if tool is not None] == [{"a": 1, "b": 2}]
    assert ENDS == [("own", StreamState.DONE, "Let me see. 3", "NoneType")]
    assert provider.sent[1]["messages"][-1]["content"] == "3"
    # one pair for each event, and one for the results, before the next request
    assert len(pairs) == 3 + 1 + 2


def test_nothing_is_yielded_before_the_tools_run(reader: Reader) -> None:
    ran: list[int] = []
    seen: list[tuple[str, Any, int]] = []

    def note() -> str:
        """Note."""
        ran.append(1)
        return "done"

    provider = MemoryProvider(called(("1", "note", "{}")), text("Hi"))
    stream = reader.stream(provider, tools=tools(note), tool_loop=ToolLoop())
    stream.on(tool=lambda tool: seen.append(("tool", tool is not None, len(ran))))
    pairs, _ = reader.read(stream)
    empty = [number for number, (chunk, tool) in enumerate(pairs) if not chunk.content and tool is None]
    assert seen == [("tool", True, 0)]
    # The call's beginning, its arguments (to which more could come until the end), the finish reason, and the results.
    assert len(empty) == 4


def test_a_failure_of_a_later_round_is_retried_and_never_falls_back(reader: Reader) -> None:
    def note() -> str:
        """Note."""
        return "done"

    def scripts(*failures: Exception) -> list[Any]:
        return [called(("1", "note", "{}")), *([one] for one in failures), text("Hi")]

    provider = MemoryProvider(*scripts(failing(), failing()))
    options = {"tools": tools(note), "tool_loop": ToolLoop()}
    assert texts(reader.read(reader.stream(provider, retry=2, **options))[0]) == "Hi"
    error = failing()
    stream = reader.stream(MemoryProvider(*scripts(error)), **options)
    stream.otherwise([Exception] * 2, [other(reader, "two", text("b"))])
    assert reader.read(stream)[1] is error


def test_retries_are_counted_for_each_round(reader: Reader) -> None:
    def note() -> str:
        """Note."""
        return "done"

    provider = MemoryProvider([failing()], called(("1", "note", "{}")), [failing()], text("Hi"))
    stream = reader.stream(provider, retry=1, tools=tools(note), tool_loop=ToolLoop())
    assert texts(reader.read(stream)[0]) == "Hi"


def test_a_tool_that_fails_loudly(reader: Reader) -> None:
    def fail() -> str:
        """Fail."""
        raise ValueError("no")

    provider = MemoryProvider(called(("1", "fail", "{}")), text("never"))
    stream = recording_end(
        "own", reader.stream(provider, retry=3, tools=tools(fail), tool_loop=ToolLoop(on_error="raise"))
    )
    stream.otherwise([Exception] * 2, [other(reader, "two", text("never"))])
    error = reader.read(stream)[1]
    assert isinstance(error, ToolExecutionError)
    assert (stream.error, len(provider.sent)) == (error, 1)
    assert ENDS == [("own", StreamState.FAILED, "", "ToolExecutionError")]


def test_an_answer_without_its_end(reader: Reader) -> None:
    stream = recording_end("own", reader.stream(MemoryProvider([delta("Hel")])))
    pairs, error = reader.read(stream)
    assert isinstance(error, StreamInterruptedError)
    assert (texts(pairs), error.partial.content, stream.state) == ("Hel", "Hel", StreamState.FAILED)
    assert any("error.partial" in note for note in error.__notes__)


def test_a_failed_round_runs_no_tools(reader: Reader) -> None:
    """The call is complete, and the response is not."""
    ran: list[str] = []

    def add(a: int) -> str:
        """Add."""
        ran.append("add")
        return "done"

    error = failing()
    provider = MemoryProvider([*called(("1", "add", '{"a": 1}'))[:-1], error], text("never"))
    stream = reader.stream(provider, tools=tools(add), tool_loop=ToolLoop())
    assert reader.read(stream)[1] is error
    assert (ran, len(provider.sent)) == ([], 1)


@pytest.mark.parametrize("state", [StreamState.OPEN, StreamState.CLOSED, StreamState.DONE, StreamState.FAILED])
def test_a_fallback_that_was_opened(reader: Reader, state: StreamState) -> None:
    used = reader.stream(MemoryProvider([delta("a"), failing()] if state == "failed" else text("a")))

    async def use() -> None:
        if state != "closed":
            await used.open() if reader.asynchronous else used.open()
        if state == "closed":
            await used.close() if reader.asynchronous else used.close()
        elif state == "done":
            await used.collect() if reader.asynchronous else used.collect()

    async def main() -> None:
        await use()
        if state == "failed":
            with pytest.raises(ServerError):
                await used.collect() if reader.asynchronous else used.collect()
        assert used.state is state
        stream = reader.stream(MemoryProvider([failing()])).otherwise([Exception, Exception], [lambda: used])
        with pytest.raises(ConfigurationError, match=f"must return a new stream, not one that is {state.value}"):
            await stream.collect() if reader.asynchronous else stream.collect()

    asyncio.run(main())


def test_when_a_stream_ended(reader: Reader, clock: Clock) -> None:
    def later() -> None:
        clock.now += 5

    stream = reader.stream(MemoryProvider([delta("a"), later, *text("b")]))

    async def main() -> None:
        await anext(stream) if reader.asynchronous else next(stream)
        clock.now += 1
        assert stream.construct_call_response(partial=True).end_time == 1_001_000
        await stream.collect() if reader.asynchronous else stream.collect()
        clock.now += 100
        assert stream.construct_call_response().end_time == stream.end_time == 1_006_000
        unsent = reader.stream(MemoryProvider(text("a")))
        await unsent.close() if reader.asynchronous else unsent.close()
        assert (unsent.state, unsent.end_time) == (StreamState.CLOSED, None)
        failed = reader.stream(MemoryProvider([failing()]))
        with pytest.raises(ServerError):
            await failed.collect() if reader.asynchronous else failed.collect()
        assert failed.end_time == 1_106_000

    asyncio.run(main())


def test_a_cancelled_reader_is_the_error_of_its_stream() -> None:
    async def main() -> None:
        waits = asyncio.Event()

        class Silent(MemoryProvider):
            async def aopen(self, request: Request, payload: dict[str, Any]) -> Any:
                waits.set()
                return await asyncio.get_running_loop().create_future()

        stream = Reader(True).stream(Silent())
        reading = asyncio.ensure_future(stream.collect())
        await waits.wait()
        reading.cancel()
        await asyncio.wait({reading})
        assert stream.state is StreamState.CLOSED
        assert isinstance(stream.error, asyncio.CancelledError)

    asyncio.run(main())
