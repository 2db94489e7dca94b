"""`retry` and `fallback` try again, or something else, only as long as no output has arrived."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import (
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConnectionFailedError,
    OverloadedError,
    RateLimitError,
    ServerError,
    StreamInterruptedError,
    StreamState,
    StreamTimeoutError,
    ToolLoop,
    anthropic,
    openai,
)
from mirascope_like.core.base.errors import both
from mirascope_like.core.base.flows import retry_policy
from mirascope_like.retries import FallbackError
from tests.harness.clocks import PATIENCE, MovedClock
from tests.harness.rounds import chat_stream
from tests.harness.server import CloseEarly, Reply, Request, Reset, Server, Stall
from tests.streams.mending import CHAT, MESSAGES, OPENAI, OVERLOADED, Reader, Side, sent

pytestmark = pytest.mark.usefixtures("at_once")


def failing(side: Side) -> dict[str, Reply]:
    return {
        "429": Reply.error(429, retry_after="0"),
        "500": Reply.error(500),
        "529": Reply.error(529),
        "reset": side.begun(then=[Reset()]),
        "close": side.begun(then=[CloseEarly()]),
        "empty": side.begun(),
        "garbage": side.begun(then=[b"data: {]\n\n"]),
        "error event": side.begun(then=[OVERLOADED]),
        "error after an event that says nothing": side.begun("", then=[OVERLOADED]),
    }


@pytest.mark.parametrize("fault", failing(CHAT))
def test_asks_again(reader: Reader, side: Side, server: Server, fault: str) -> None:
    ends: list[Any] = []

    async def use(stream: Any) -> None:
        stream.ended(lambda ended: ends.append((ended.state, ended.content)))
        text = "".join(await reader.all(stream.text()))
        assert text == stream.content == "Hello"
        assert stream.state is StreamState.DONE
        assert stream.error is None
        assert stream.construct_call_response().resumed == 0
        assert ends == [(StreamState.DONE, "Hello")]

    server.reply(failing(side)[fault], failing(side)[fault], side.text("Hel", "lo"))
    reader.run(side, server, use, retry=2)
    assert sent(server) == [side.asked(None)] * 3
    assert server.wait_closed()


def test_no_more_often_than_it_may_and_the_sdk_adds_none(reader: Reader, side: Side, server: Server) -> None:
    ends: list[Any] = []

    async def use(stream: Any) -> None:
        stream.ended(lambda ended: ends.append((ended.state, type(ended.error).__name__)))
        text, error = await reader.broken(stream)
        assert text == ""
        assert isinstance(error, RateLimitError)
        assert stream.state is StreamState.FAILED
        assert stream.error is error
        assert ends == [(StreamState.FAILED, "RateLimitError")]

    server.always(Reply.error(429, retry_after="0"))
    reader.run(side, server, use, retries=5, retry=2)
    assert len(server.requests) == 3


def test_each_request_fails_for_reasons_of_its_own(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any) -> None:
        _, error = await reader.broken(stream)
        assert isinstance(error, ServerError)
        assert not isinstance(error, StreamInterruptedError)

    server.reply(side.begun(then=[CloseEarly()]), Reply.error(500))
    reader.run(side, server, use, retry=1)


def test_without_it_the_sdk_retries_as_configured(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any) -> None:
        assert (await reader.value(stream.collect())).content == "Hello"

    server.reply(Reply.error(429, retry_after="0"), side.text("Hello"))
    reader.run(side, server, use, retries=1)
    assert len(server.requests) == 2


@pytest.mark.parametrize(("status", "kind"), [(400, BadRequestError), (401, AuthenticationError)])
def test_what_does_not_pass_is_raised(
    reader: Reader, side: Side, server: Server, status: int, kind: type[Exception]
) -> None:
    async def use(stream: Any) -> None:
        _, error = await reader.broken(stream)
        assert isinstance(error, kind)

    server.always(Reply.error(status))
    reader.run(side, server, use, retry=2)
    assert len(server.requests) == 1


def test_what_has_begun_is_not_asked_again(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any) -> None:
        text, error = await reader.broken(stream)
        assert text == "Hel"
        assert isinstance(error, StreamInterruptedError)

    server.reply(side.begun("Hel", then=[CloseEarly()]))
    reader.run(side, server, use, retry=2)
    assert len(server.requests) == 1


@pytest.mark.parametrize("how", ["with", "open"])
def test_opening_asks_again(side: Side, reader: Reader, server: Server, how: str) -> None:
    async def use(stream: Any) -> None:
        if how == "open":
            await reader.value(stream.open())
            assert "".join(await reader.all(stream.text())) == "Hello"
        elif reader.asynchronous:
            async with stream:
                assert "".join(await reader.all(stream.text())) == "Hello"
        else:
            with stream:
                assert "".join(await reader.all(stream.text())) == "Hello"

    server.reply(Reply.error(500), side.text("Hello"))
    reader.run(side, server, use, retry=1)


def test_a_first_deadline_is_each_requests_own(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any) -> None:
        response = await reader.value(stream.timeout(first=0.1, total=PATIENCE).collect())
        assert response.content == "Hello"

    server.reply(replace(side.text("late"), delay=30), side.begun(then=[Stall()])).always(side.text("Hello"))
    reader.run(side, server, use, retry=20)  # a busy machine may be late more than twice
    assert len(server.requests) >= 3
    assert server.wait_closed()


def test_the_last_deadline_counts_everything(reader: Reader, side: Side, server: Server, clock: MovedClock) -> None:
    ends: list[Any] = []

    async def use(stream: Any) -> None:
        stream.ended(lambda ended: ends.append((ended.state, ended.error)))
        _, error = await reader.broken(stream.timeout(total=300).on(text=lambda _: clock.skip(400)))
        assert isinstance(error, StreamTimeoutError)
        assert error.deadline == "total"
        assert ends == [(StreamState.FAILED, error)]

    server.reply(Reply.error(500), side.begun("Hello", then=[Stall()]))
    reader.run(side, server, use, retry=9)
    assert len(server.requests) == 2


@pytest.mark.parametrize(("asked", "total"), [("30", 5), ("61", None)])
def test_it_does_not_wait_longer_than_there_is_time(
    reader: Reader, side: Side, server: Server, asked: str, total: float | None
) -> None:
    async def use(stream: Any) -> None:
        _, error = await reader.broken(stream.timeout(total=total))
        assert isinstance(error, RateLimitError)
        assert error.retry_after == float(asked)

    server.always(Reply.error(429, retry_after=asked))
    reader.run(side, server, use, retry=9)
    assert len(server.requests) == 1


def test_waiting_does_not_block_the_event_loop(side: Side, server: Server) -> None:
    async def use(stream: Any) -> None:
        waiting = asyncio.ensure_future(stream.collect())
        assert await asyncio.to_thread(server.wait_until, lambda: bool(server.served) and not server.aborted)
        assert not waiting.done()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert stream.state is StreamState.CLOSED

    server.always(Reply.error(429, retry_after="50"))
    Reader(True).run(side, server, use, retry=1)


@pytest.mark.parametrize("options", [{"retry": 1}, {"fallback": ["two"]}], ids=["retry", "fallback"])
def test_dropped(side: Side, server: Server, options: Any) -> None:
    server.reply(Reply.error(500), side.begun("Hel", then=[Stall()]))
    with side.client(server, max_retries=0) as client:

        @side.call("m", client=client, stream=True, **options)
        def say() -> str:
            return "Hi"

        stream = say()
        while not stream.content:
            next(stream)
        del stream
        assert server.wait_closed()


def test_each_round_of_a_tool_loop(reader: Reader, server: Server) -> None:
    ran: list[int] = []

    def add(a: int, b: int) -> int:
        """Add two numbers."""
        ran.append(a + b)
        return a + b

    async def use(stream: Any) -> None:
        assert "".join(await reader.all(stream.text())) == "It is 3."
        assert len(stream.construct_call_response().rounds) == 2

    down = Reply.error(503)
    called = chat_stream("", ("call_1", "add", '{"a": 1, "b": 2}'))
    server.reply(down, called, down, OPENAI.begun(), chat_stream("It is 3."))
    reader.run(OPENAI, server, use, retry=2, tools=[add], tool_loop=ToolLoop())
    assert ran == [3]
    assert [len(messages) for messages in sent(server)] == [1, 1, 3, 3, 3]


def test_a_structured_stream(reader: Reader, side: Side, server: Server) -> None:
    class Book(BaseModel):
        title: str

    async def use(stream: Any) -> None:
        assert await reader.value(stream.collect()) == Book(title="Emma")
        assert stream.response.content == '{"title": "Emma"}'

    server.reply(Reply.error(500), side.begun(then=[OVERLOADED]), side.text('{"title":', ' "Emma"}'))
    reader.run(side, server, use, retry=2, response_model=Book, json_mode=True)
    assert len(server.requests) == 3


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_has_it_for_all_its_streams(server: Server, stream: bool) -> None:
    server.reply(Reply.error(500), OPENAI.text("Hello"), Reply.error(500))
    with OPENAI.client(server, max_retries=0) as client:
        model = openai.model("m", stream=stream, client=client, retry=1)
        assert model.stream("Hi").collect().content == "Hello"
        with pytest.raises(ServerError):
            model.ask("Hi")


# What passes, and how long is waited


def error(kind: type[Exception], **attributes: Any) -> Exception:
    made = kind("no")
    vars(made).update(attributes)
    return made


def test_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_policy, "FIRST_WAIT", 0.5)
    monkeypatch.setattr(retry_policy, "uniform", lambda low, high: high)
    waits = [retry_policy.wait_after(error(ServerError), tries) for tries in range(6)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert retry_policy.wait_after(error(RateLimitError, retry_after=7.5), 3) == 7.5
    assert retry_policy.wait_after(error(RateLimitError, retry_after=-1.0), 0) == 0.0
    assert retry_policy.wait_after(error(RateLimitError, retry_after=60.5), 0) is None


@pytest.mark.parametrize(
    ("made", "passes"),
    [
        (error(RateLimitError, status_code=429), True),
        (error(RateLimitError, status_code=402), False),
        (error(RateLimitError, status_code=429, body={"code": "insufficient_quota"}), False),
        (error(OverloadedError), True),
        (error(ConnectionFailedError), True),
        (error(BadRequestError), False),
        (error(AuthenticationError), False),
        (StreamInterruptedError("no"), True),
        (both(StreamInterruptedError, BadRequestError)("no"), False),
        (StreamTimeoutError("no", deadline="idle"), True),
        (StreamTimeoutError("no", deadline="total"), False),
        (ValueError("no"), False),
    ],
)
def test_what_passes(made: Exception, passes: bool) -> None:
    assert retry_policy.passes(made) is passes


# Something else instead


def by_model(**replies: Reply) -> Any:
    return lambda request: replies[request.json["model"]]


def models(server: Server) -> list[str]:
    return [request.json["model"] for request in server.requests]


def test_another_model(reader: Reader, side: Side, server: Server) -> None:
    ends: list[Any] = []

    async def use(stream: Any) -> None:
        stream.ended(lambda ended: ends.append((ended.state, ended.content)))
        assert "".join(await reader.all(stream.text())) == "Hello"
        assert [type(one).__name__ for one in stream._caught] == ["ServerError", "StreamInterruptedError"]
        assert ends == [(StreamState.DONE, "Hello")]

    silent = side.begun("", then=[OVERLOADED])
    server.reply_with(by_model(m=Reply.error(500), two=silent, three=side.text("Hello"), four=side.text("No")))
    reader.run(side, server, use, retry=1, fallback=["two", "three", "four"])
    assert models(server) == ["m", "m", "two", "two", "three"]


def test_all_fail(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any) -> None:
        _, found = await reader.broken(stream)
        assert isinstance(found, FallbackError)
        assert [type(one).__name__ for one in found.errors] == ["ServerError", "RateLimitError"]
        assert stream.state is StreamState.FAILED
        assert stream.error is found

    server.reply_with(by_model(m=Reply.error(500), two=Reply.error(429)))
    reader.run(side, server, use, fallback=["two"])


def test_what_has_begun_is_not_asked_elsewhere(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any) -> None:
        text, found = await reader.broken(stream)
        assert text == "Hel"
        assert isinstance(found, StreamInterruptedError)

    server.reply(side.begun("Hel"))
    reader.run(side, server, use, fallback=["two"])
    assert models(server) == ["m"]


def test_another_call_function(reader: Reader, server: Server) -> None:
    client, aclient = MESSAGES.client(server), MESSAGES.aclient(server)

    @anthropic.call("claude", client=client, stream=True)
    def say() -> str:
        return "Ho"

    @anthropic.call("claude", client=aclient, stream=True)
    async def asay() -> str:
        return "Ho"

    async def use(stream: Any) -> None:
        assert "".join(await reader.all(stream.text())) == "Hello"
        client.close()
        await aclient.close()

    server.reply_with(by_model(m=Reply.error(401), claude=MESSAGES.text("Hello")))
    reader.run(OPENAI, server, use, fallback=[asay if reader.asynchronous else say])
    assert models(server) == ["m", "claude"]


def test_another_call_function_with_ways_of_its_own(reader: Reader, server: Server) -> None:
    """Each `ended` is called once: the inner when its fallbacks have failed, the outer at the very end."""
    ends: list[Any] = []

    def calls(client: Any, name: str, **options: Any) -> Any:
        decorator = openai.call(name, client=client, stream=True, **options)
        if reader.asynchronous:

            @decorator
            async def asay() -> str:
                return "Ho"

            return asay

        @decorator
        def say() -> str:
            return "Ho"

        return say

    client = (OPENAI.aclient if reader.asynchronous else OPENAI.client)(server, max_retries=0)
    inner = calls(client, "two", fallback=["three"])

    def with_callback() -> Any:
        return inner().ended(lambda ended: ends.append(("inner", ended.model, ended.state)))

    async def use(stream: Any) -> None:
        stream.ended(lambda ended: ends.append(("outer", ended.model, ended.state)))
        assert (await reader.value(stream.collect())).content == "Hello"
        await reader.value(client.close())

    server.reply_with(
        by_model(m=Reply.error(500), two=Reply.error(500), three=Reply.error(401), four=OPENAI.text("Hello"))
    )
    reader.run(OPENAI, server, use, fallback=[with_callback, calls(client, "four")])
    assert models(server) == ["m", "two", "three", "four"]
    assert [end[0] for end in ends] == ["inner", "outer"]
    assert [end[2] for end in ends] == [StreamState.FAILED, StreamState.DONE]


def test_an_async_call_cannot_be_read_sync(server: Server) -> None:
    @openai.call("two", client=OPENAI.aclient(server), stream=True)
    async def other() -> str:
        return "Ho"

    async def use(stream: Any) -> None:
        with pytest.raises(ConfigurationError, match="async call cannot be the fallback"):
            stream.collect()

    server.always(Reply.error(500))
    Reader(False).run(OPENAI, server, use, fallback=[other])


def test_a_function_that_gives_no_stream(reader: Reader, server: Server) -> None:
    ends: list[Any] = []

    async def use(stream: Any) -> None:
        stream.ended(lambda ended: ends.append(ended.state))
        with pytest.raises(ConfigurationError, match="must return a stream, not str"):
            await reader.value(stream.collect())
        assert ends == [StreamState.FAILED]

    server.always(Reply.error(401))
    reader.run(OPENAI, server, use, fallback=[lambda: "Hello"])


def test_another_model_of_a_structured_stream(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any) -> None:
        assert await reader.value(stream.collect()) == [1, 2]

    server.reply_with(by_model(m=Reply.error(500), two=side.text('{"value": [1,', " 2]}")))
    reader.run(side, server, use, fallback=["two"], response_model=list[int], json_mode=True)


def test_another_provider(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, url in (("OPENAI", f"{server.url}/v1"), ("ANTHROPIC", server.url)):
        monkeypatch.setenv(f"{name}_API_KEY", "k")
        monkeypatch.setenv(f"{name}_BASE_URL", url)

    @llm.call(provider="openai", model="one", stream=True, retry=1, fallback=["two", "anthropic:three"])
    def say() -> str:
        return "Hi"

    def answer(request: Request) -> Reply:
        return MESSAGES.text("Hello") if request.json["model"] == "three" else Reply.error(503)

    server.reply_with(answer)
    with llm.context(model="zero", call_params={"temperature": 0}):
        stream = say()
    response = stream.collect()
    assert response.content == "Hello"
    assert response.provider_name == "anthropic"
    assert models(server) == ["zero", "zero", "two", "two", "three"]
    assert {request.json["temperature"] for request in server.requests} == {0}


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"retry": 1}, "retry can be used with streams only"),
        ({"retry": 1, "fallback": ["two"]}, "retry and fallback can be used with streams only"),
        ({"stream": True, "retry": -1}, "retry must be a whole number, 0 or more, not -1"),
        ({"stream": True, "retry": True}, "retry must be a whole number, 0 or more, not True"),
        ({"stream": True, "response_model": int, "fallback": [print]}, "must be a list of model names"),
        ({"stream": True, "resumes": 1}, "did you mean 'resume'"),
    ],
)
def test_options(options: Any, match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        OPENAI.call("m", **options)
