"""Decisions without I/O: what is retried and when, where a continuation joins its text, when another round follows."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import openai
import pytest

from mirascope_like.core import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    StreamInterruptedError,
    StreamTimeoutError,
    ToolLoop,
)
from mirascope_like.core.base.errors import both
from mirascope_like.core.base.flows import calls, forget, plain, resume, retry_policy, rounds, wait_after
from mirascope_like.core.base.request import Structure
from tests.memory.scripts import MemoryProvider, Reader, asked, called, delta, text, texts
from tests.memory.test_policies import Prefill, Request, beginning, failing, tools

FIRST_WAIT = retry_policy.FIRST_WAIT
"""As the package has it; the tests set it to zero."""

# Whether, and when


def test_the_first_wait_is_that_of_the_sdks() -> None:
    assert (FIRST_WAIT, openai._constants.INITIAL_RETRY_DELAY) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (failing(kind=ServerError), True),
        (failing(kind=OverloadedError), True),
        (failing(kind=ConnectionFailedError), True),
        (failing(kind=RequestTimeoutError), True),
        (failing(kind=RateLimitError, status_code=429), True),
        (failing(kind=RateLimitError), True),
        (failing(kind=RateLimitError, status_code=402), False),
        (failing(kind=RateLimitError, status_code=429, body={"error": {"code": "insufficient_quota"}}), False),
        (failing(kind=RateLimitError, status_code=429, body={"error": {"type": "billing_error"}}), False),
        (failing(kind=BadRequestError), False),
        (failing(kind=AuthenticationError), False),
        (failing(kind=PermissionDeniedError), False),
        (failing(kind=NotFoundError), False),
        (StreamInterruptedError("no"), True),
        (both(StreamInterruptedError, BadRequestError)("no"), False),
        (both(StreamInterruptedError, NotFoundError)("no"), False),
        *((StreamTimeoutError("no", deadline=name), name != "total") for name in ("total", "first", "idle", "stall")),
        (ValueError("no"), False),
    ],
    ids=lambda value: type(value).__name__ + getattr(value, "deadline", "") if isinstance(value, Exception) else "",
)
def test_what_may_pass(error: Exception, passes: bool) -> None:
    assert retry_policy.passes(error) is passes
    assert (wait_after(error, 0) is not None) is passes


def test_waits_double_up_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_policy, "FIRST_WAIT", 0.5)
    monkeypatch.setattr(retry_policy, "uniform", lambda least, most: most)
    assert [wait_after(failing(), tries) for tries in range(6)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]


@pytest.mark.parametrize(("asks", "waits"), [(-1.0, 0.0), (0.0, 0.0), (7.5, 7.5), (60.0, 60.0), (60.1, None)])
def test_waits_that_the_provider_asks_for(asks: float, waits: float | None) -> None:
    assert wait_after(failing(kind=RateLimitError, retry_after=asks), 3) == waits


def test_an_error_that_is_kept_forgets_where_it_was_raised() -> None:
    def fail(inner: bool) -> None:
        if inner:
            raise KeyError("context")
        try:
            fail(True)
        except KeyError:
            raise failing() from LookupError("cause")

    try:
        fail(False)
    except ServerError as error:
        kept = error
    known = [kept, kept.__cause__, kept.__context__]
    assert [one is not None for one in known] == [True] * 3
    assert kept.__traceback__ is not None
    assert kept.__context__ is not None
    kept.__context__.__context__ = kept  # a circle
    forget(kept)
    assert [one.__traceback__ for one in known if one is not None] == [None] * 3


# What can be resumed


@pytest.mark.parametrize("form", ["response_format", "output_config", "audio"])
def test_forms_that_are_no_plain_text(form: str) -> None:
    assert not plain(asked(call_params={form: {"type": "json"}}))
    assert plain(asked(call_params={form: None}))


@pytest.mark.parametrize(("n", "is_plain"), [(None, True), (0, True), (1, True), (2, False)])
def test_several_choices_are_no_plain_text(n: int | None, is_plain: bool) -> None:
    assert plain(asked(call_params={"n": n})) is is_plain


def test_structured_answers_are_no_plain_text() -> None:
    assert plain(asked())
    assert not plain(asked(json_mode=True))
    assert not plain(asked(structure=Structure("Book", "", {}, "tool")))


# Where a text and its continuation meet


@pytest.mark.parametrize(
    ("before", "pieces", "new"),
    [
        ("Hello", [" world"], [" world"]),
        ("Hello ", [" world"], ["world"]),
        ("Hello ", ["world"], ["world"]),
        ("Hello ", ["\nworld"], ["\nworld"]),
        ("Hello \n", [" ", "\n", "world"], ["", "", "world"]),
        ("Hello \n", [" x", "\n"], ["x", "\n"]),
        ("Hello", ["", " world"], ["", " world"]),
    ],
)
def test_whitespace_that_is_generated_again_is_dropped(before: str, pieces: list[str], new: list[str]) -> None:
    seam = resume.Seam(before, echoes=False)
    assert seam.sent == before.rstrip()
    assert [seam.new(piece) for piece in pieces] == new


@pytest.mark.parametrize(
    ("before", "pieces", "new"),
    [
        ("Hello", ["Hello world"], [" world"]),
        ("Hello", ["Hel", "lo", " world"], ["", "", " world"]),
        ("Hello", ["Hel", "lo wor", "ld"], ["", " wor", "ld"]),
        ("Hello ", ["Hello", " ", "world"], ["", "", "world"]),
        ("Hello", ["Hel", "p me"], ["", "Help me"]),
        ("Hello", ["Other"], ["Other"]),
        ("Hello", ["Jello", "Hello"], ["Jello", "Hello"]),  # as long as the text, and another one
        ("Hello", ["A long one"], ["A long one"]),
        ("Hello", ["Ho"], ["Ho"]),  # shorter, and not its beginning
        ("Hello", ["Hello", "Hello"], ["", "Hello"]),  # the text may say it again
        ("Hello \n", ["Hello", " x\n"], ["", "x\n"]),  # other whitespace ends what is dropped
    ],
)
def test_an_echo_is_dropped(before: str, pieces: list[str], new: list[str]) -> None:
    seam = resume.Seam(before, echoes=True)
    assert seam.open
    assert [seam.new(piece) for piece in pieces] == new
    assert seam.open is False


class Echoing(MemoryProvider):
    def prefill(self, request: Request) -> Prefill | None:
        return Prefill(echoes=True)


def test_a_stream_shows_an_echo_once(reader: Reader) -> None:
    provider = Echoing([delta("Hel"), failing()], text("H", "el", "lo", " world"))
    stream = reader.stream(provider, resume=1)
    pairs, error = reader.read(stream)
    assert (texts(pairs), stream.content, error) == ("Hello world", "Hello world", None)
    assert stream.construct_call_response().content == "Hello world"
    assert [beginning(sent) for sent in provider.sent] == [None, "Hel"]


@pytest.mark.parametrize("script", [[delta("  ")], called(("1", "f", "{"))[:1], [delta("a", finish="stop")]], ids=str)
def test_what_cannot_be_resumed(reader: Reader, script: Any) -> None:
    error = failing()
    provider = Echoing([*script, error], text("never"))
    assert reader.read(reader.stream(provider, resume=3))[1] is error
    assert len(provider.sent) == 1


def test_a_resume_that_adds_nothing_is_of_the_same_interruption() -> None:
    first, later = failing("first"), failing("later")
    before = resume.find_interruption(first, None, _received("ab"), Prefill())
    assert before is not None
    assert (before.text, before.error, before.is_new) == ("ab", first, True)
    again = resume.find_interruption(later, before, _received("".join(["a", "b"])), Prefill())
    assert again is not None
    assert (again.text, again.error, again.is_new) == ("ab", first, False)
    # A text that is another one, though it comes earlier in the alphabet, is an interruption of its own.
    for text_so_far in ("abc", "aa"):
        other = resume.find_interruption(later, before, _received(text_so_far), Prefill())
        assert other is not None
        assert (other.text, other.error, other.is_new) == (text_so_far, later, True)


def _received(content: str) -> Any:
    return SimpleNamespace(resumable_text=content)


# Rounds


def test_the_flow_of_a_call_that_is_not_streamed() -> None:
    """`rounds` yields requests and tools to run, is sent their results, and returns the last of both."""
    loop = ToolLoop(max_rounds=4)
    request = asked(tool_loop=loop)
    tool: Any = object()

    class Response:
        def __init__(self, *tools: Any) -> None:
            self.tools = tools
            self._before: Any = ()

        @property
        def rounds(self) -> list[Any]:
            return [*self._before, self]

        def _tool_round_messages(self, results: Any) -> list[Any]:
            return list(results)

    provider: Any = SimpleNamespace(untooled=lambda request: replace(request, json_mode=True))
    first, second, third, last = Response(tool), Response(tool), Response(tool), Response(tool)
    flow = rounds(request, provider)
    assert next(flow) is request
    sent: Any = request
    for response, earlier in [(first, []), (second, [first]), (third, [first, second])]:
        assert flow.send(response) == (loop, (tool,))  # type: ignore[arg-type]
        assert response.rounds == [*earlier, response]
        sent = flow.send([f"result of round {len(earlier)}"])
        assert sent.json_mode is (response is third)  # the fourth offers no tools
    assert sent.messages == [*request.messages, "result of round 0", "result of round 1", "result of round 2"]
    with pytest.raises(StopIteration) as ended:
        flow.send(last)  # type: ignore[arg-type]
    assert ended.value.value == (sent, last)
    assert last.rounds == [first, second, third, last]


def test_when_tools_are_run() -> None:
    loop = ToolLoop(max_rounds=3)
    request = asked(tool_loop=loop)
    tool: Any = object()
    assert calls(request, [tool], 0) == (loop, [tool])
    assert calls(request, [tool], 1) == (loop, [tool])
    assert calls(request, [tool], 2) is None  # the last round offers none
    assert calls(request, [], 0) is None
    assert calls(request, None, 0) is None
    assert calls(asked(), [tool], 0) is None
    for before in range(10):
        assert (calls(asked(tool_loop=ToolLoop(max_rounds=6)), [tool], before) is not None) is (before < 5)


def test_the_last_round_offers_no_tools(reader: Reader) -> None:
    def note() -> str:
        """Note."""
        return "done"

    call = called(("1", "note", "{}"))
    provider = MemoryProvider(*[call] * 5)
    stream = reader.stream(provider, tools=tools(note), tool_loop=ToolLoop(max_rounds=5))
    assert reader.read(stream)[1] is None
    offered = ["tools" in sent and sent.get("tool_choice") != "none" for sent in provider.sent]
    assert offered == [True, True, True, True, False]
    assert len(stream.construct_call_response().rounds) == 5
    assert [len(sent["messages"]) for sent in provider.sent] == [1, 3, 5, 7, 9]
