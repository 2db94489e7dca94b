"""Races: the first candidate with output wins, and the connections of the others are closed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like import budget, llm
from mirascope_like.core import (
    BadRequestError,
    ConfigurationError,
    ServerError,
    StreamInterruptedError,
    StreamState,
    ToolLoop,
    openai,
)
from mirascope_like.retries import FallbackError, race
from mirascope_like.spending import Spent
from tests.conformance.capabilities import both_ways, each_row
from tests.conformance.contract import BaseRow
from tests.conformance.wires.answer import Answer, Text
from tests.harness.clocks import PATIENCE, MovedClock, eventually, run_by_clock
from tests.harness.rounds import Side, chat, chat_stream, message, message_stream
from tests.harness.server import CloseEarly, Gate, Reply, Request, Server, Stall

LONG = 1000.0
"""Seconds after which the next candidate is started, which only a clock that is set forward reaches."""


def by_model(row: Any, replies: dict[str, Reply]) -> Callable[[Request], Reply]:
    """Replies by the model of the request."""

    def reply(request: Request) -> Reply:
        sent = f"{request.path} {request.body!r}"
        return next(one for name, one in replies.items() if name in sent)

    return reply


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"sunny in {city}"


class Book(BaseModel):
    title: str


# Every provider


@each_row
@both_ways
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_the_first_with_output_wins(row: BaseRow, streamed: bool, asynchronous: bool, server: Server) -> None:
    """Both are started at once; the first stalls, so the second wins."""
    made = row.wire.streamed if streamed else row.wire.answered
    answer = made(Answer(Text("Hel", "lo"), input=30, output=50))
    server.reply_with(by_model(row, {"slow-model": answer.insert(0, Stall()), "fast-model": answer}))
    options: dict[str, Any] = {"model": "slow-model", **({"stream": True} if streamed else {})}

    async def main() -> Any:
        async with row.aclient(server) as client:
            call = race(after=0, others=["fast-model"])(row.adecorated(client, **options))
            return await (call("Hi").collect() if streamed else call("Hi"))

    if asynchronous:
        response = asyncio.run(main())
    else:
        with row.client(server) as client:
            call = race(after=0, others=["fast-model"])(row.decorated(client, **options))
            response = call("Hi").collect() if streamed else call("Hi")
    assert response.content == "Hello"
    assert response.input_tokens == 30
    assert "fast-model" in f"{response.call_kwargs}" or row.name in ("gemini", "local")


# The time


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_others_are_started_after_their_time(side: Side, streamed: bool, server: Server, clock: MovedClock) -> None:
    made = side.streamed if streamed else side.whole
    stalled = made("never").insert(0, Stall())
    server.reply_with(by_model(side, {"first": stalled, "second": stalled, "third": made("Hello")}))
    call = race(after=LONG, others=["second", "third"])(
        side.module.call("first", client=side.client(server), stream=streamed)(lambda: "Hi")
    )
    found: list[Any] = []
    asking = threading.Thread(target=lambda: found.append(call().collect() if streamed else call()), daemon=True)
    asking.start()
    assert server.wait_requests(1)
    clock.skip(LONG)
    assert server.wait_requests(2)
    assert [request.json["model"] for request in server.requests] == ["first", "second"]
    clock.skip(LONG)
    asking.join(PATIENCE)
    assert found[0].content == "Hello"
    assert server.wait_until(lambda: server.aborted == 2)  # the server sees that the others are closed


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_async_others_are_started_after_their_time(
    side: Side, streamed: bool, server: Server, clock: MovedClock
) -> None:
    made = side.streamed if streamed else side.whole
    stalled = made("never").insert(0, Stall())
    server.reply_with(by_model(side, {"first": stalled, "second": made("Hello")}))

    async def main() -> Any:
        async with side.aclient(server) as client:

            @race(after=LONG, others=["second"])
            @side.module.call("first", client=client, stream=streamed)
            async def ask() -> str:
                return "Hi"

            made: Any = ask()
            asking = asyncio.ensure_future(made.collect() if streamed else made)
            assert await eventually(lambda: len(server.requests) == 1)
            clock.skip(LONG)
            return await asking

    assert run_by_clock(main()).content == "Hello"
    assert server.wait_until(lambda: server.aborted == 1)


def test_the_first_is_alone_if_it_is_fast(side: Side, server: Server) -> None:
    server.reply(side.whole("Hello"), side.streamed("Hello"))
    client = side.client(server)
    assert race(after=LONG, others=["b"])(side.module.call("a", client=client)(lambda: "Hi"))().content == "Hello"
    stream = race(after=LONG, others=["b"])(side.module.call("a", client=client, stream=True)(lambda: "Hi"))()
    assert stream.state is StreamState.NEW
    assert len(server.requests) == 1  # a stream races when it is opened
    assert "".join(stream.text()) == "Hello"
    assert [request.json["model"] for request in server.requests] == ["a", "a"]
    assert stream.state is StreamState.DONE


def test_a_stream_without_output_loses(side: Side, server: Server) -> None:
    """Its response has begun, but what came is no output: the first event, and then nothing."""
    whole = side.streamed("Hello you").by_event()
    begun = whole.insert(1, Stall())
    server.reply_with(by_model(side, {"first": begun, "second": whole}))
    stream = race(after=0, others=["second"])(
        side.module.call("first", client=side.client(server), stream=True)(lambda: "Hi")
    )()
    assert stream.collect().content == "Hello you"
    assert stream.model == "m-1"
    assert server.wait_until(lambda: server.aborted == 1)


# Errors


@both_ways
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_the_next_is_started_at_once_if_one_fails(
    side: Side, streamed: bool, asynchronous: bool, server: Server
) -> None:
    made = side.streamed if streamed else side.whole
    failed = Reply.error(500, x_should_retry="false")
    server.reply_with(by_model(side, {"first": failed, "second": failed, "third": made("Hello"), "fourth": failed}))

    def run(others: list[Any]) -> Any:
        if not asynchronous:
            call = side.module.call("first", client=side.client(server), stream=streamed)(lambda: "Hi")
            found = race(after=LONG, others=others)(call)()
            return found.collect() if streamed else found

        async def main() -> Any:
            async with side.aclient(server) as client:

                @race(after=LONG, others=others)
                @side.module.call("first", client=client, stream=streamed)
                async def ask() -> str:
                    return "Hi"

                return await (ask().collect() if streamed else ask())

        return asyncio.run(main())

    assert run(["second", "third"]).content == "Hello"
    assert len(server.requests) == 3
    with pytest.raises(FallbackError, match="all 3 calls failed: ServerError") as caught:
        run(["second", "fourth"])
    assert all(isinstance(error, ServerError) for error in caught.value.errors)
    assert caught.value.__cause__ is caught.value.errors[-1]


def test_an_error_of_the_program_is_raised_at_once(side: Side, server: Server) -> None:
    def prompt() -> str:
        raise ZeroDivisionError

    for streamed in (False, True):
        call = side.module.call("first", client=side.client(server), stream=streamed)(prompt)
        with pytest.raises(ZeroDivisionError):
            race(after=LONG, others=["second"])(call)()
    assert not server.requests


def test_a_stream_that_breaks_after_it_has_won_is_not_raced_again(side: Side, server: Server) -> None:
    whole = side.streamed("Hello you there").by_event()
    broken = whole.insert(4, CloseEarly())
    server.reply_with(by_model(side, {"first": whole.insert(0, Stall()), "second": broken}))
    stream = race(after=0, others=["second"])(
        side.module.call("first", client=side.client(server), stream=True)(lambda: "Hi")
    )()
    with pytest.raises(StreamInterruptedError) as caught:
        stream.collect()
    assert caught.value.partial.content.startswith("Hello")
    assert [request.json["model"] for request in server.requests if request.json["model"] == "second"] == ["second"]


# What a call may be


def test_functions_as_candidates(side: Side, server: Server) -> None:
    client = side.client(server)
    for streamed in (False, True):
        made = side.streamed if streamed else side.whole
        server.reply_with(by_model(side, {"first": made("never").insert(0, Stall()), "other": made("Hello")}))
        other = side.module.call("other", client=client, stream=streamed)(lambda name: f"Hello, {name}")
        call = race(after=0, others=[other])(
            side.module.call("first", client=client, stream=streamed)(lambda name: f"Hi {name}")
        )
        found = call("Ann")
        assert (found.collect() if streamed else found).content == "Hello"
        sent = [request.json for request in server.requests if request.json["model"] == "other"][-1]
        assert "Hello, Ann" in str(sent["messages"])


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_structured(side: Side, streamed: bool, server: Server) -> None:
    name = Book.__name__
    call = ("call_1", name, '{"title": "Dune"}')
    made = side.streamed if streamed else side.whole
    server.reply_with(by_model(side, {"first": made("", call).insert(0, Stall()), "second": made("", call)}))
    ask = race(after=0, others=["second"])(
        side.module.call("first", client=side.client(server), stream=streamed, response_model=Book)(lambda: "Hi")
    )
    found = ask()
    assert (list(found)[-1] if streamed else found) == Book(title="Dune")
    if streamed:
        with pytest.raises(ConfigurationError, match="others of race must be a list of model names"):
            race(after=0, others=[ask])(
                side.module.call("first", client=side.client(server), stream=True, response_model=Book)(lambda: "Hi")
            )()


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_a_tool_loop_goes_on_with_the_winner(side: Side, streamed: bool, server: Server) -> None:
    call = ("call_1", "get_weather", '{"city": "Oslo"}')
    made = side.streamed if streamed else side.whole
    rounds = iter([made("", call), made("It is sunny.")])

    def reply(request: Request) -> Reply:
        return made("never").insert(0, Stall()) if request.json["model"] == "first" else next(rounds)

    server.reply_with(reply)
    ask = race(after=0, others=["second"])(
        side.module.call(
            "first", client=side.client(server), stream=streamed, tools=[get_weather], tool_loop=ToolLoop()
        )(lambda: "Hi")
    )
    found = ask()
    assert (found.collect() if streamed else found).content == "It is sunny."
    sent = [request.json["model"] for request in server.requests]
    assert sent.count("second") == 2
    assert sent.count("first") <= 1  # none if the second has won before


def test_llm_calls_race_providers(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": f"{server.url}/v1",
        "ANTHROPIC_API_KEY": "k",
        "ANTHROPIC_BASE_URL": server.url,
    }.items():
        monkeypatch.setenv(name, value)

    def reply(request: Request) -> Reply:
        streamed = request.json.get("stream")
        if "chat" in request.path:
            return (chat_stream if streamed else chat)("never").insert(0, Stall())
        return (message_stream if streamed else message)("Hello")

    server.reply_with(reply)

    @race(after=0, others=["anthropic:claude"])
    @llm.call("openai:gpt")
    def ask() -> str:
        return "Hi"

    @race(after=0, others=["anthropic:claude"])
    @llm.call("openai:gpt", stream=True)
    async def stream() -> str:
        return "Hi"

    async def read() -> Any:
        return await stream().collect()

    for response in (ask(), asyncio.run(read())):
        assert (response.content, response.provider_name) == ("Hello", "anthropic")
        assert isinstance(response, llm.CallResponse)


def test_calls_that_a_tool_makes_do_not_race(side: Side, server: Server) -> None:
    @side.module.call("inner", client=side.client(server))
    def inner() -> str:
        return "Hi"

    def look(city: str) -> str:
        """Look."""
        return inner().content

    call = ("call_1", "look", '{"city": "Oslo"}')
    server.reply(side.whole("", call), side.whole("inside"), side.whole("done"))
    ask = race(after=LONG, others=["second"])(
        side.module.call("first", client=side.client(server), tools=[look], tool_loop=ToolLoop())(lambda: "Hi")
    )
    assert ask().content == "done"
    assert [request.json["model"] for request in server.requests] == ["first", "inner", "first"]


def test_what_losers_cost_in_a_budget(side: Side, server: Server) -> None:
    """A request whose response has not begun counts as its input, as it may have been read."""
    whole = side.streamed("Hello")
    server.reply_with(by_model(side, {"first": whole.insert(0, Stall()), "second": whole}))
    with budget() as spending:
        stream = race(after=0, others=["second"])(
            side.module.call("first", client=side.client(server), stream=True, call_params={"max_tokens": 50})(
                lambda: "Hi"
            )
        )()
        assert stream.collect().content == "Hello"
    assert server.wait_until(lambda: spending.reserved == Spent())
    assert spending.spent.requests == 2
    assert 15 < spending.spent.tokens < 15 + 50  # 10 + 5 of the winner, and the input of the other


# Streams: closing, settings, and what the winner keeps


def test_closing_a_stream_ends_the_race(side: Side, server: Server) -> None:
    server.always(side.streamed("never").insert(0, Stall()))
    stream = race(after=0, others=["second"])(
        side.module.call("first", client=side.client(server), stream=True)(lambda: "Hi")
    )()
    reading = threading.Thread(target=lambda: list(stream), daemon=True)
    reading.start()
    assert server.wait_requests(2)
    stream.close()
    reading.join(PATIENCE)
    assert not reading.is_alive()
    assert stream.state is StreamState.CLOSED
    assert server.wait_until(lambda: server.aborted == 2)


def test_cancelling_a_task_ends_the_race(side: Side, server: Server) -> None:
    server.always(side.streamed("never").insert(0, Stall()))

    async def main() -> None:
        async with side.aclient(server) as client:
            for streamed in (False, True):

                @race(after=0, others=["second"])
                @side.module.call("first", client=client, stream=streamed)
                async def ask() -> str:
                    return "Hi"

                server.requests.clear()
                made: Any = ask()
                asking = asyncio.ensure_future(made.collect() if streamed else made)
                assert await eventually(lambda: len(server.requests) == 2)
                asking.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asking

    asyncio.run(main())
    assert server.wait_until(lambda: server.aborted == 4)


def test_callbacks_and_until_apply_to_the_winner(side: Side, server: Server) -> None:
    whole = side.streamed("Hello you there")
    server.reply_with(by_model(side, {"first": whole.insert(0, Stall()), "second": whole}))
    ended: list[Any] = []
    texts: list[str] = []
    stream = race(after=0, others=["second"])(
        side.module.call("first", client=side.client(server), stream=True)(lambda: "Hi")
    )()
    stream.ended(lambda last: ended.append((last.state, last.content))).on(text=texts.append)
    assert stream.collect().content == "".join(texts) == "Hello you there"
    assert ended == [(StreamState.DONE, "Hello you there")]


@pytest.fixture
def options() -> dict[str, Any]:
    return {"after": 1.0, "others": ["b"]}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"after": -1}, "after must be a number of seconds, 0 or more, not -1"),
        ({"after": "1"}, "after must be a number"),
        ({"after": float("nan")}, "after must be a number"),
        ({"others": []}, "others must be a list"),
        ({"others": "gpt"}, "others must be a list"),
        ({"others": ["gpt", 42]}, "others must be names of models or calls, not 42"),
    ],
)
def test_wrong_options(options: dict[str, Any], changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        race(**{**options, **changed})


def test_race_and_fallback_exclude_each_other() -> None:
    call = race(after=1, others=["b"])(openai.call("a", stream=True, fallback=["c"])(lambda: "Hi"))
    with pytest.raises(ConfigurationError, match="race cannot be used with fallback"):
        call()


def test_bad_requests_are_grouped_too(side: Side, server: Server) -> None:
    server.always(Reply.error(400))
    call = race(after=0, others=["b"])(side.module.call("a", client=side.client(server))(lambda: "Hi"))
    with pytest.raises(FallbackError) as caught:
        call()
    assert [isinstance(error, BadRequestError) for error in caught.value.errors] == [True, True]


def test_a_late_winner_is_closed(side: Side, server: Server) -> None:
    """Both have output at the same moment; one is returned, and the other is closed."""
    gate = Gate()
    server.always(side.streamed("Hello you").insert(0, gate).then(Stall()))
    stream = race(after=0, others=["second"])(
        side.module.call("first", client=side.client(server), stream=True)(lambda: "Hi")
    )()
    reading = threading.Thread(target=stream.collect, daemon=True)
    reading.start()
    assert server.wait_requests(2)
    gate.open()
    reading.join(PATIENCE)
    assert stream.content == "Hello you"
    del stream, reading
    assert server.wait_until(lambda: server.aborted == 2)


def test_on_trio(side: Side, server: Server) -> None:
    trio = pytest.importorskip("trio")
    for streamed in (False, True):
        made = side.streamed if streamed else side.whole
        server.reply_with(by_model(side, {"first": made("never").insert(0, Stall()), "second": made("Hello")}))

        async def main(streamed: bool = streamed) -> Any:
            async with side.aclient(server) as client:

                @race(after=0, others=["second"])
                @side.module.call("first", client=client, stream=streamed)
                async def ask() -> str:
                    return "Hi"

                return await (ask().collect() if streamed else ask())

        assert trio.run(main).content == "Hello"
