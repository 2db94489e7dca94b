"""`resume`: a broken-off text continues without a gap or a repetition, or the error is raised. No text starts anew."""

from __future__ import annotations

import asyncio
import pickle
import re
from typing import Any

import anthropic as anthropic_sdk
import openai as openai_sdk
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mistralai.client import Mistral

import mirascope_like.core
from mirascope_like import llm
from mirascope_like.core import (
    BadRequestError,
    ConfigurationError,
    OverloadedError,
    StreamInterruptedError,
    StreamState,
    StreamTimeoutError,
    ToolLoop,
    mistral,
    openai,
    openrouter,
    vllm,
)
from mirascope_like.core.base.calls import RESUMABLE
from mirascope_like.core.base.flows import resume
from mirascope_like.core.base.request import Request as Asked
from tests.conformance.providers import chat_text
from tests.harness.clocks import PATIENCE, MovedClock, once_begun, run_by_clock
from tests.harness.rounds import chat_stream, message_stream
from tests.harness.server import CloseEarly, Pause, Reply, Request, Reset, Server, Stall
from tests.streams.mending import CHAT, MESSAGES, OPENAI, OVERLOADED, Reader, Side, beginning, sent

pytestmark = pytest.mark.usefixtures("at_once")

BREAKS: dict[str, list[Any]] = {
    "end": [],
    "close": [CloseEarly()],
    "reset": [Pause(0.05), Reset()],
    "error event": [OVERLOADED],
    "garbage": [b"data: {]\n\n", Stall()],
}


@pytest.mark.parametrize("fault", BREAKS)
def test_goes_on(reader: Reader, side: Side, server: Server, fault: str) -> None:
    async def use(stream: Any) -> None:
        pairs = await reader.all(stream)
        assert "".join(chunk.content for chunk, _ in pairs) == "One, two, three."
        assert stream.state is StreamState.DONE
        assert stream.error is None
        assert stream.content == "One, two, three."
        response = stream.construct_call_response()
        assert response.content == "One, two, three."
        assert response.resumed == 1
        assert [one.content for one in response.interruptions] == ["One, two"]
        assert response.finish_reasons == (["end_turn"] if side.named else ["stop"])
        assert response.message_param["role"] == "assistant"
        assert response.common_message_param.content == "One, two, three."
        assert response.messages == stream.messages == side.asked(None)
        assert pickle.loads(pickle.dumps(response)).resumed == 1

    server.reply(side.begun("One,", " two", then=BREAKS[fault]), side.text(", three", "."))
    reader.run(side, server, use, resume=True)
    assert sent(server) == [side.asked(None), side.asked("One, two")]


@pytest.mark.parametrize("view", ["text", "words", "events", "items", "cumulative"])
def test_every_view_goes_on(reader: Reader, side: Side, server: Server, view: str) -> None:
    async def use(stream: Any) -> None:
        made = {"text": stream.text, "words": lambda: stream.text(by="word", max_delay=0.2)}
        given = await reader.all(made.get(view, getattr(stream, view, None))())
        found = {
            "events": lambda: "".join(one.text for one in given if type(one).__name__ == "TextEvent"),
            "items": lambda: "".join(one for one in given if isinstance(one, str)),
            "cumulative": lambda: given[-1].response,
        }.get(view, lambda: "".join(given))()
        assert found == "One, two, three."

    server.reply(side.begun("One,", " two", then=[CloseEarly()]), side.text(", three", "."))
    reader.run(side, server, use, resume=True)


def test_silence(reader: Reader, side: Side, server: Server) -> None:
    asked: list[Any] = []

    def answer(_: Request) -> Reply:
        asked[0].timeout(idle=PATIENCE)
        return side.text(" two")

    async def use(stream: Any) -> None:
        asked.append(stream)
        stream.on(text=lambda text: stream.timeout(idle=0.05 if text == "One," else PATIENCE))
        response = await reader.value(stream.collect())
        assert response.content == "One, two"
        assert response.resumed == len(server.requests) - 1

    server.reply(side.begun("One,", then=[Stall()])).reply_with(answer)
    reader.run(side, server, use, resume=1000)  # on a busy machine, the answer to a request may be late, too
    first, *further = sent(server)
    assert first == side.asked(None)
    assert further == [side.asked("One,")] * len(further)
    assert further
    assert server.wait_closed()


def test_silence_while_text_is_held(side: Side, server: Server, clock: MovedClock) -> None:
    async def use(stream: Any) -> None:
        given: list[str] = []
        async for one in stream.timeout(idle=100).text(max_delay=0.05, buffer=9):
            given.append(one)
            if one == "One,":  # the view waits for the provider already, and did so while it held the text
                clock.skip(200)
        assert given == ["One,", " two"]

    server.reply(side.begun("One,", then=[Stall()]), side.text(" two"))
    Reader(True, run_by_clock).run(side, server, use, resume=True)


def test_the_last_deadline_is_the_last(reader: Reader, side: Side, server: Server, clock: MovedClock) -> None:
    async def use(stream: Any) -> None:
        text, error = await reader.broken(once_begun(stream, "total", clock))
        assert text == "One,"
        assert isinstance(error, StreamTimeoutError)
        assert error.deadline == "total"
        assert stream.state is StreamState.FAILED

    server.reply(side.begun("One,", then=[Stall()]))
    reader.run(side, server, use, resume=True)
    assert len(server.requests) == 1


def test_breaks_off_again(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any) -> None:
        response = await reader.value(stream.collect())
        assert response.content == "One, two, three."
        assert response.resumed == 2
        assert [one.content for one in response.interruptions] == ["One,", "One, two,"]

    server.reply(side.begun("One,"), side.begun(" two", ","), side.begun(), side.text(" three", "."))
    reader.run(side, server, use, resume=3)
    asked = [side.asked(None), side.asked("One,"), side.asked("One, two,"), side.asked("One, two,")]
    assert sent(server) == asked


def test_no_more_often_than_it_may(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any) -> None:
        text, error = await reader.broken(stream)
        assert text == "abcd"
        assert isinstance(error, StreamInterruptedError)
        assert error.partial.content == stream.content == "abcd"
        assert error.partial.resumed == 3
        assert stream.error is error

    server.reply(*(side.begun(one) for one in "abcd"))
    reader.run(side, server, use, resume=True)


def test_refused(reader: Reader, side: Side, server: Server) -> None:
    refusal = "This model does not support assistant message prefill. The conversation must end with a user message."
    ends: list[Any] = []

    async def use(stream: Any) -> None:
        stream.ended(lambda ended: ends.append((ended.state, ended.error, ended.content)))
        text, error = await reader.broken(stream)
        assert text == "One, two"
        assert isinstance(error, StreamInterruptedError)
        assert isinstance(error, OverloadedError)
        assert isinstance(error.__cause__, BadRequestError)
        assert not isinstance(error.__cause__, StreamInterruptedError)
        assert refusal in str(error.__cause__)
        assert error.partial.content == "One, two"
        assert stream.construct_call_response(partial=True).content == "One, two"
        assert stream.state is StreamState.FAILED
        assert ends == [(StreamState.FAILED, error, "One, two")]
        assert not await reader.all(stream)

    server.reply(side.begun("One,", " two", then=[OVERLOADED]), Reply.error(400, refusal, type="invalid_request_error"))
    reader.run(side, server, use, resume=True)
    assert len(server.requests) == 2


@pytest.mark.parametrize("how", ["close", "drop"])
@pytest.mark.parametrize("count", [1, 2])
def test_left_early(side: Side, server: Server, how: str, count: int) -> None:
    ends: list[Any] = []
    server.reply(side.begun("One,", then=[Stall()] if count == 1 else []), side.begun(" two", then=[Stall()]))
    with side.client(server) as client:

        @side.call("m", client=client, stream=True, resume=True, retry=1, fallback=["two"])
        def say() -> str:
            return "Hi"

        stream = say().ended(lambda ended: ends.append((ended.state, ended.content)))
        texts = stream.text()
        assert [next(texts) for _ in range(count)] == ["One,", " two"][:count]
        texts.close()
        if how == "close":
            stream.close()
        del stream, texts
        assert server.wait_closed()
        assert ends == [(StreamState.CLOSED, "One, two"[: 4 * count])]


def test_left_before_it_begins(side: Side, server: Server) -> None:
    ends: list[Any] = []
    server.reply(side.begun(then=[Stall()]))
    with side.client(server) as client:

        @side.call("m", client=client, stream=True, resume=True, retry=1, fallback=["two"])
        def say() -> str:
            return "Hi"

        with say().ended(lambda ended: ends.append(ended.state)):
            pass
        assert server.wait_closed()
        assert ends == [StreamState.CLOSED]


def test_cancelled(side: Side, server: Server) -> None:
    ends: list[Any] = []

    async def use(stream: Any) -> None:
        stream.ended(lambda ended: ends.append((ended.state, ended.content))).timeout(idle=20, total=30)
        reading = asyncio.ensure_future(stream.collect())
        assert await asyncio.to_thread(server.wait_until, lambda: stream.content == "One, two")
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert ends == [(StreamState.CLOSED, "One, two")]
        assert await asyncio.to_thread(server.wait_closed)

    server.reply(side.begun("One,"), side.begun(" two", then=[Stall()]))
    Reader(True).run(side, server, use, resume=True, retry=1)


def test_what_is_over_is_not_resumed(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any) -> None:
        text, error = await reader.broken(stream)
        assert text == "One"
        assert isinstance(error, StreamInterruptedError)

    whole = side.texts("One")
    server.reply(Reply.sse(*(whole[:-1] if side.named else whole), OVERLOADED, named=side.named))
    reader.run(side, server, use, resume=True)
    assert len(server.requests) == 1


def test_before_the_text_begins_it_is_not_resumed(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any) -> None:
        text, error = await reader.broken(stream)
        assert text == ""
        assert isinstance(error, OverloadedError)

    server.reply(side.begun(then=[OVERLOADED]))
    reader.run(side, server, use, resume=True)
    assert len(server.requests) == 1


@pytest.mark.parametrize("side", [OPENAI, MESSAGES], ids=lambda side: side.name)
@pytest.mark.parametrize("text", ["", "Let me add."])
def test_a_tool_call_is_not_resumed(reader: Reader, side: Side, server: Server, text: str) -> None:
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    async def use(stream: Any) -> None:
        received, error = await reader.broken(stream)
        assert received == text
        assert isinstance(error, StreamInterruptedError)

    whole = (message_stream if side.named else chat_stream)(text, ("call_1", "add", '{"a": 1, "b": 2}'))
    server.reply(whole.truncate(whole.body.index(b'{\\"a\\": 1')))
    side = side if side.named else CHAT
    reader.run(side, server, use, resume=True, tools=[add])
    assert len(server.requests) == 1


def test_text_beside_tools_is_resumed_in_each_round(reader: Reader, server: Server) -> None:
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    async def use(stream: Any) -> None:
        text = "".join(await reader.all(stream.text()))
        assert text == stream.content == "Let me add. It is 3."
        response = stream.construct_call_response()
        assert response.content == " It is 3."
        assert [one.resumed for one in response.rounds] == [0, 1]
        assert response.total_usage.input_tokens == 20

    called = chat_stream("Let me add.", ("call_1", "add", '{"a": 1, "b": 2}'))
    server.reply(called, CHAT.begun(" It"), chat_stream(" is 3."))
    reader.run(CHAT, server, use, resume=True, tools=[add], tool_loop=ToolLoop())
    last = sent(server)[2]
    assert [one["role"] for one in last] == ["user", "assistant", "tool", "assistant"]
    assert last[-1] == {"role": "assistant", "content": " It", "prefix": True}


def thought(request: Request) -> Reply:
    choice = {"index": 0, "delta": {"reasoning_content": "Hm"}, "finish_reason": None}
    return Reply.sse({**chat_text("a")[0], "choices": [choice]})


def second_choice(request: Request) -> Reply:
    first = chat_text("a", finish=None)
    choice = {"index": 1, "delta": {"content": "b"}, "finish_reason": None}
    return Reply.sse(*first, {**first[0], "choices": [choice]})


@pytest.mark.parametrize("made", [thought, second_choice])
def test_other_than_one_text_is_not_resumed(reader: Reader, server: Server, made: Any) -> None:
    async def use(stream: Any) -> None:
        _, error = await reader.broken(stream)
        assert isinstance(error, StreamInterruptedError)

    server.reply_with(made)
    reader.run(CHAT, server, use, resume=True)
    assert len(server.requests) == 1


@pytest.mark.parametrize("params", [{"n": 2}, {"response_format": {"type": "json_object"}}])
def test_other_than_one_plain_text_is_not_resumed(reader: Reader, server: Server, params: Any) -> None:
    async def use(stream: Any) -> None:
        text, error = await reader.broken(stream)
        assert text == "{"
        assert isinstance(error, StreamInterruptedError)

    server.reply(CHAT.begun("{"))
    reader.run(CHAT, server, use, resume=True, call_params=params)
    assert len(server.requests) == 1


SPACED = ["Once\n\n", " upon", " a  ", "\ttime", "\n", "\n", "there was", " ", "a 😀", "!"]
WHOLE = "".join(SPACED)


def rest(side: Side, text: str, *, echo: bool = False) -> Reply:
    """Return the reply of a model that continues from a text, cut into the same pieces as the whole text."""
    left, at = [], 0
    for piece in SPACED:
        at += len(piece)
        left += [piece[-(at - len(text)) :]] if at - len(text) in range(1, len(piece)) else [piece] * (at > len(text))
    return side.text(*([text[:3], text[3:]] if echo and text else []), *left)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 3000), max_size=3), cut=st.integers(0, 99))
def test_wherever_it_is_cut_the_text_is_the_same(reader: Reader, side: Side, cuts: list[int], cut: int) -> None:
    with Server() as server:
        places = iter(cuts)

        def answer(request: Request) -> Reply:
            whole = rest(side, beginning(request)).cut(cut)
            place = next(places, None)
            return whole if place is None else whole.truncate(place)

        async def use(stream: Any) -> None:
            try:
                await reader.value(stream.collect())
            except StreamInterruptedError:
                assert stream.finish_reasons  # what was cut off was not of the text
            response = stream.construct_call_response(partial=True)
            assert response.content == stream.content == WHOLE
            assert all(WHOLE.startswith(one.content) for one in response.interruptions)
            if side.named:
                assert [block.type for block in response.response.content] == ["text"]

        server.reply_with(answer)
        reader.run(side, server, use, resume=3, retry=3)
        assert not any(text != text.rstrip() for text in map(beginning, server.requests))


@pytest.mark.parametrize("at", range(1, len(WHOLE)))
def test_a_provider_that_repeats_the_beginning(at: int, server: Server) -> None:
    server.reply_with(
        lambda request: rest(CHAT, beginning(request), echo=True) if beginning(request) else CHAT.begun(WHOLE[:at])
    )
    with Mistral(server_url=server.url, api_key="k") as client:

        @mistral.call("m", client=client, stream=True, resume=True)
        def say() -> str:
            return "Hi"

        stream = say()
        assert "".join(chunk.content for chunk, _ in stream) == WHOLE
        assert stream.construct_call_response().content == WHOLE
    last = server.requests[1].json["messages"][-1]
    assert last == {"role": "assistant", "content": WHOLE[:at].rstrip(), "prefix": True}


@pytest.mark.parametrize(
    ("shown", "echoes", "pieces", "new"),
    [
        ("a", False, ["b"], "b"),
        ("a \n", False, [" ", "\n", "b"], "b"),
        ("a \n", False, [" ", "\n", "\nb"], "\nb"),
        ("a \n", False, [" b\n"], "b\n"),
        ("a\n", False, ["b"], "b"),
        ("ab", True, ["abc"], "c"),
        ("ab", True, ["a", "b", "c"], "c"),
        ("ab ", True, ["ab", " ", "c"], "c"),
        ("ab", True, ["", "a", "ac"], "aac"),
        ("ab", True, ["c"], "c"),
        ("ab", True, ["abab"], "ab"),
    ],
)
def test_seam(shown: str, echoes: bool, pieces: list[str], new: str) -> None:
    seam = resume.Seam(shown, echoes=echoes)
    assert "".join(map(seam.new, pieces)) == new


def test_the_callers_own_beginning(reader: Reader, server: Server) -> None:
    async def use(stream: Any) -> None:
        assert (await reader.value(stream.collect())).content == " two, three"

    user = {"role": "user", "content": "Hi"}
    server.reply(MESSAGES.begun(" two"), MESSAGES.text(", three"))
    reader.run(MESSAGES, server, use, prompt=[user, {"role": "assistant", "content": "One,"}], resume=True)
    assert sent(server)[1] == [user, {"role": "assistant", "content": "One, two"}]


# How hosts are asked


def test_deepseek_is_asked_at_its_beta(reader: Reader, server: Server) -> None:
    async def use(stream: Any) -> None:
        await reader.value(stream.collect())

    server.reply(CHAT.begun("a"), CHAT.text("b"))
    reader.run(CHAT, server, use, resume=True)
    assert [one.path for one in server.requests] == ["/v1/chat/completions", "/v1/beta/chat/completions"]


def test_vllm_is_sent_the_option_to_continue_the_last_message(server: Server) -> None:
    server.reply(CHAT.begun("a"), CHAT.text("b"))
    with openai_sdk.OpenAI(api_key="k", base_url=server.url) as client:

        @vllm.call("m", client=client, stream=True, resume=True, call_params={"extra_body": {"top_k": 3}})
        def say() -> str:
            return "Hi"

        assert say().collect().content == "ab"
    body = server.requests[1].json
    assert body["messages"][-1] == {"role": "assistant", "content": "a"}
    assert (body["continue_final_message"], body["add_generation_prompt"], body["top_k"]) == (True, False, 3)
    assert "continue_final_message" not in server.requests[0].json


# Who can


def test_those_who_can_are_named() -> None:
    can: list[str] = []
    for name in mirascope_like.core.PROVIDERS:
        provider = getattr(mirascope_like.core, name).call.provider
        models = {one: provider.prefill(Asked(name, one, ())) is not None for one in ("m", "anthropic/m")}
        can += [name] if models["m"] else [f"{name} (models of Anthropic)"] if models["anthropic/m"] else []
    named = re.split(", | and ", RESUMABLE.replace(" (without tools)", ""))
    assert sorted(named) == sorted(can)


@pytest.mark.parametrize("call", [openai.call, openrouter.call])
def test_providers_that_cannot_resume_raise_at_once(call: Any) -> None:
    with pytest.raises(
        ConfigurationError, match=r"cannot resume this request: .* anthropic, deepseek, local .without tools., mistral"
    ):
        call("openai/gpt-4o", stream=True, resume=True)


def test_models_chosen_by_name_that_cannot_resume_raise_at_the_call(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")

    @llm.call(provider="openai", model="gpt-4o", stream=True, resume=True)
    def say() -> str:
        return "Hi"

    with pytest.raises(ConfigurationError, match="gpt-4o of openai cannot resume this request"):
        say()


def test_neutral_words(server: Server) -> None:
    server.reply(MESSAGES.begun("One\n"), MESSAGES.text("\n", "two"))
    with anthropic_sdk.Anthropic(api_key="k", base_url=server.url) as client:

        @llm.call("anthropic:m", client=client, stream=True, resume=True)
        def say() -> str:
            return "Hi"

        stream = say()
        assert list(stream.text()) == ["One\n", "two"]
        response = stream.construct_call_response()
        assert response.resumed == 1
        assert response.content == response.provider_response.content == "One\ntwo"


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"resume": True}, "resume can be used with streams only"),
        ({"stream": True, "resume": -1}, "resume must be a whole number, 0 or more, not -1"),
        ({"stream": True, "resume": "yes"}, "resume must be a whole number"),
        ({"stream": True, "resume": True, "json_mode": True}, "plain text"),
        ({"stream": True, "resume": True, "response_model": int}, "plain text"),
    ],
)
def test_options_that_do_not_go_together(options: Any, match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        MESSAGES.call("m", **options)


def test_usage_of_all_requests(server: Server) -> None:
    server.reply(MESSAGES.begun("One"), MESSAGES.text("two"))
    with MESSAGES.client(server) as client:

        @MESSAGES.call("m", client=client, stream=True, resume=True)
        def say() -> str:
            return "Hi"

        response = say().collect()
    one, two = response.interruptions[0].common_usage, response.common_usage
    assert one.input_tokens is not None
    assert response.total_usage.input_tokens == one.input_tokens + two.input_tokens
