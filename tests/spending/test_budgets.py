"""Budgets: what is reserved before a request is sent, what is counted after it, and when a request is refused."""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai as openai_sdk
import pytest
from pydantic import BaseModel

from mirascope_like import budget, llm
from mirascope_like.core import (
    BudgetExceededError,
    ConfigurationError,
    ConnectionFailedError,
    Price,
    RateLimitError,
    ServerError,
    ToolLoop,
    UnknownPriceError,
    openai,
    set_price,
)
from mirascope_like.core.base.request import OVERRIDES
from mirascope_like.retries import FallbackError, fallback
from mirascope_like.spending import Budget, Spent
from mirascope_like.spending.estimates import input_tokens, output_limit
from tests.conformance.capabilities import both_ways, each_row, every_row
from tests.conformance.contract import BaseRow
from tests.conformance.reading import asked, read, shown
from tests.conformance.wires.answer import Answer, Call, Text
from tests.harness.clocks import PATIENCE, eventually
from tests.harness.rounds import Side, chat, chat_stream
from tests.harness.server import CloseEarly, Gate, Reply, Server, Stall

PRICE = Price(input=2.0, output=10.0)
"""US dollars per million tokens."""


@pytest.fixture
def priced() -> Iterator[None]:
    """A price for the models of requests ("m") and of responses ("m-1")."""
    for model in ("m", "m-1"):
        set_price(model, PRICE)
    yield
    for model in ("m", "m-1"):
        set_price(model, None)


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"sunny in {city}"


class Book(BaseModel):
    title: str


@pytest.fixture
def client(server: Server) -> Iterator[openai_sdk.OpenAI]:
    """A client of OpenAI's SDK for the server."""
    http = openai_sdk.DefaultHttpxClient(verify=False)
    with openai_sdk.OpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0, http_client=http) as made:
        yield made


# Every provider


@each_row
@both_ways
def test_usage_replaces_the_reservation(row: BaseRow, asynchronous: bool, server: Server, priced: None) -> None:
    answer = Answer(Text("Hel", "lo"), input=30, output=50)
    server.reply(row.wire.answered(answer), row.wire.streamed(answer))
    with budget(tokens=5000, requests=2) as spending:
        asked(row, server, asynchronous, call_params={"max_tokens": 100})
        # 30 + 50 tokens, as the answer reports them: 30 * 2 + 50 * 10 millionths of a dollar
        assert spending.spent == Spent(usd=0.00056, tokens=80, requests=1)
        found = read(row, server, asynchronous=asynchronous, call_params={"max_tokens": 100})
        assert found.error is None
        assert spending.spent == Spent(usd=0.00112, tokens=160, requests=2)
        with pytest.raises(BudgetExceededError, match="the budget of 2 requests could be exceeded: 2 requests spent"):
            asked(row, server, asynchronous)
        assert isinstance(read(row, server, asynchronous=asynchronous).error, BudgetExceededError)
    assert spending.reserved == Spent()
    assert len(server.requests) == 2  # the others were not sent


@every_row
@both_ways
def test_structured_answers_and_tools_count(row: BaseRow, asynchronous: bool, server: Server) -> None:
    call = Call("call_1", "get_weather", '{"city": "Oslo"}')
    book = Answer('{"title": "Dune"}', input=30, output=50)
    server.reply(*([row.wire.answered(Answer(call, input=30, output=50))] * 2), row.wire.answered(book))
    server.reply(row.wire.streamed(Answer(call, input=30, output=50)), row.wire.streamed(book))
    with budget() as spending:
        asked(row, server, asynchronous, tools=[get_weather])
        asked(row, server, asynchronous, tools=[get_weather], response_model=Book)
        assert asked(row, server, asynchronous, response_model=Book, json_mode=True) == Book(title="Dune")
        read(row, server, asynchronous=asynchronous, tools=[get_weather])
        shown(row, server, asynchronous, response_model=Book, json_mode=True)
    assert (spending.spent.tokens, spending.spent.requests) == (5 * 80, 5)


@every_row
@both_ways
def test_an_error_status_costs_nothing(row: BaseRow, asynchronous: bool, server: Server) -> None:
    server.always(row.wire.failed(400))
    with budget(requests=1) as spending, pytest.raises(row.refusal(400)):
        asked(row, server, asynchronous)
    assert spending.spent == Spent(requests=1)
    assert spending.reserved == Spent()


@every_row
@both_ways
def test_a_request_that_is_not_sent_is_not_counted(row: BaseRow, asynchronous: bool, server: Server) -> None:
    with budget() as spending, pytest.raises(UnknownPriceError), budget(usd=1):
        asked(row, server, asynchronous, model="no-such-model-at-all")
    assert not server.requests
    assert (spending.spent, spending.reserved) == (Spent(), Spent())


@both_ways
@every_row
def test_a_stream_that_is_left_counts_as_what_was_received(
    row: BaseRow, asynchronous: bool, server: Server, priced: None
) -> None:
    server.reply(row.wire.streamed(Answer(Text("Hello", " you", " there"), input=30, output=50)))

    def first_text(pair: Any) -> bool:
        assert spending.reserved.requests == 1
        assert spending.reserved.tokens >= 100
        return bool(pair[0].content)

    async def main() -> Any:
        async with row.aclient(server) as client:
            async with row.astream(client, call_params={"max_tokens": 100}) as stream:
                async for pair in stream:
                    if first_text(pair):
                        break
            return stream

    with budget(usd=1.0) as spending:
        if asynchronous:
            stream = asyncio.run(main())
        else:
            with row.client(server) as client, row.stream(client, call_params={"max_tokens": 100}) as stream:
                assert any(map(first_text, stream))
    assert (spending.reserved, spending.spent.requests, spending.spent.unpriced) == (Spent(), 1, 0)
    # The input, as it was reserved or reported, and half a token for each character of what was received
    assert 2 + len(stream.content) // 2 <= spending.spent.tokens <= 80
    assert spending.spent.usd > 0


# What is reserved


def test_the_estimate() -> None:
    """Of the payload: 2 bytes of text a token, and the limit of the output for each of the responses asked for."""
    payload = {"model": "m", "messages": [{"role": "user", "content": "Recommend a book"}], "max_tokens": 100, "n": 3}
    # The names messages (8), role (4), content (7), max_tokens (10), n (1); the texts user (4) and the prompt (16)
    assert input_tokens(payload) == 25
    assert output_limit(payload) == 300
    assert output_limit({"config": {"max_output_tokens": 7, "candidate_count": 2}}) == 14
    assert output_limit({"inferenceConfig": {"maxTokens": 7}}) == 7
    assert output_limit({}) is None
    # 3 bytes for each of these characters
    assert input_tokens({"content": "東京"}) - input_tokens({"content": ""}) == 3
    # data counts as 1 token for 32 bytes, encoded or not
    assert input_tokens({"": b"\xff" * 3200}) == 100
    assert input_tokens({"": "A" * 6400}) == 150  # 4800 bytes in base64
    assert input_tokens({"": "data:image/png;base64," + "A" * 6400}) in (150, 151)
    assert input_tokens({"": "word " * 200}) == 500


def test_what_is_reserved_cannot_be_spent_twice(side: Side, server: Server) -> None:
    gate = Gate()
    server.always(side.whole("Hello").insert(0, gate))
    model = side.module.model("m", client=side.client(server), max_tokens=100)
    with budget(tokens=250) as spending, ThreadPoolExecutor(4) as pool:

        def ask() -> Any:
            with spending:
                return model.ask("Hi")

        first = pool.submit(ask)
        assert server.wait_requests(1)
        assert 100 < spending.reserved.tokens < 125
        second = pool.submit(ask)
        assert server.wait_requests(2)
        with pytest.raises(BudgetExceededError) as caught:
            model.ask("Hi")
        assert caught.value.budget == "tokens"
        assert caught.value.spent == Spent()
        assert (caught.value.reserved.requests, caught.value.partial) == (2, None)
        gate.open()
        assert (first.result().content, second.result().content) == ("Hello", "Hello")
        assert spending.spent == Spent(usd=0.0, tokens=30, requests=2, unpriced=2)  # 10 + 5 tokens each
        assert model.ask("Hi").content == "Hello"


def test_without_a_limit_the_largest_output_so_far_is_reserved(client: openai_sdk.OpenAI, server: Server) -> None:
    server.reply(chat("Hello"), chat("Hello").insert(0, gate := Gate()))
    model = openai.model("m", client=client)
    with budget() as spending, ThreadPoolExecutor(1) as pool:
        model.ask("Hi")
        asking = pool.submit(_asking, spending, model)
        assert server.wait_requests(2)
        reserved = spending.reserved.tokens
        gate.open()
        asking.result()
    # The output of the first answer has 5 tokens; the input, "Hi" in one message, is estimated as 13.
    assert reserved == 13 + 5


def test_a_thousand_calls_at_once_never_exceed(side: Side, server: Server, priced: None) -> None:
    """The budget has room for a part of the calls. It does not matter when they run."""
    gate = Gate()
    server.always(side.whole("Hello").insert(0, gate))
    used = 10 * 2e-6 + 5 * 10e-6
    """What each answer costs."""

    async def main() -> tuple[Budget, list[Any]]:
        async with side.aclient(server) as client, budget(usd=0.1) as spending:
            model = side.module.model("m", client=client, max_tokens=100)
            tasks = [asyncio.ensure_future(model.ask_async("Hi")) for _ in range(1000)]
            assert await eventually(lambda: sum(map(_done, tasks)) + spending.reserved.requests == 1000)
            assert 0 < spending.reserved.usd <= 0.1
            gate.open()
            return spending, await asyncio.gather(*tasks, return_exceptions=True)

    spending, found = asyncio.run(main())
    refused = [one for one in found if isinstance(one, BudgetExceededError)]
    answers = [one for one in found if not isinstance(one, Exception)]
    assert len(refused) + len(answers) == 1000
    # 100 tokens of output are 0.001 dollars; with the input, each call reserves a little more
    assert 90 <= len(answers) <= 99
    assert len(server.requests) == len(answers)
    assert spending.spent.usd == pytest.approx(len(answers) * used)
    assert spending.reserved == Spent()


def _done(task: asyncio.Future[Any]) -> bool:
    return task.done()


def test_threads_share_a_budget(side: Side, server: Server) -> None:
    server.always(side.whole("Hello"))
    model = side.module.model("m", client=side.client(server))
    spending = budget(requests=20)

    def ask(_: int) -> bool:
        with spending:
            try:
                model.ask("Hi")
            except BudgetExceededError:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(100))) == 20
    assert len(server.requests) == 20
    assert spending.spent.requests == 20


# Several requests of one call


@both_ways
@pytest.mark.parametrize("streamed", [False, True])
def test_each_round_of_a_tool_loop_counts(side: Side, streamed: bool, asynchronous: bool, server: Server) -> None:
    call = ("call_1", "get_weather", '{"city": "Oslo"}')
    server.always((side.streamed if streamed else side.whole)("", call))
    options: dict[str, Any] = {"tools": [get_weather], "tool_loop": ToolLoop(max_rounds=5), "stream": streamed}

    def run() -> Any:
        if asynchronous:

            async def main() -> Any:
                async with side.aclient(server) as client:

                    @side.module.call("m", client=client, **options)
                    async def ask() -> str:
                        return "Hi"

                    return await (ask().collect() if streamed else ask())

            return asyncio.run(main())

        @side.module.call("m", client=side.client(server), **options)
        def ask() -> str:
            return "Hi"

        return ask().collect() if streamed else ask()

    with budget(requests=2) as spending, pytest.raises(BudgetExceededError) as caught:
        run()
    assert len(server.requests) == 2
    assert (spending.spent.tokens, spending.spent.requests) == (30, 2)
    assert caught.value.spent == spending.spent
    partial = caught.value.partial
    assert [tool.args for tool in partial.tools] == [{"city": "Oslo"}]
    assert len(partial.rounds) == 2
    assert [result.result for result in partial.executed] == ["sunny in Oslo"]


def test_retries_and_fallbacks_of_streams_count(client: openai_sdk.OpenAI, server: Server) -> None:
    server.always(Reply.error(500, x_should_retry="false", retry_after="0"))

    @openai.call("m", stream=True, client=client, retry=2, fallback=["other"])
    def ask() -> str:
        return "Hi"

    with budget() as spending, pytest.raises(FallbackError):
        ask().collect()
    assert spending.spent.requests == len(server.requests) == 6
    server.requests.clear()
    with budget(requests=4) as spending, pytest.raises(BudgetExceededError):
        ask().collect()
    assert [request.json["model"] for request in server.requests] == ["m", "m", "m", "other"]
    with budget(requests=0), pytest.raises(BudgetExceededError):
        ask().collect()  # a budget is no reason to fall back


def test_fallbacks_of_calls_count(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    limited = Reply.error(429, retry_after="0", x_should_retry="false")

    @fallback(RateLimitError, [{"catch": (RateLimitError, ServerError), "model": "two"}])
    @llm.call("openai:one", stream=True)
    def ask() -> str:
        return "Hi"

    server.reply(limited, chat_stream("Hello"))
    with budget() as spending:
        stream = ask()
    assert stream.collect().content == "Hello"  # read outside of the block
    assert (spending.spent.requests, spending.spent.tokens) == (2, 15)


def test_max_retries_of_a_structured_answer_count(client: openai_sdk.OpenAI, server: Server) -> None:
    server.reply(chat('{"title": 1}'), chat('{"title": "Dune"}'))

    @openai.call("m", client=client, response_model=Book, json_mode=True, max_retries=1)
    def ask() -> str:
        return "Hi"

    with budget() as spending:
        assert ask() == Book(title="Dune")
    assert (spending.spent.requests, spending.spent.tokens) == (2, 30)


def test_tasks_sessions_and_limits_of_concurrency_count(client: openai_sdk.OpenAI, server: Server) -> None:
    server.always(chat("Hello"))
    model = openai.model("m", client=client, max_concurrent=1)

    @model.task
    def greet(name: str) -> str:
        """Greet."""
        return name

    with budget() as spending:
        assert greet("Ann") == "Hello"
        assert model.session().send("Hi").content == "Hello"
        assert model.ask("Hi").content == "Hello"
    assert greet.last_response is not None
    assert spending.spent.requests == 3


def test_a_request_that_waits_for_its_turn_reserves_nothing(client: openai_sdk.OpenAI, server: Server) -> None:
    gate = Gate()
    server.always(chat("Hello").insert(0, gate))
    model = openai.model("m", client=client, max_concurrent=1, max_tokens=100)
    with budget(tokens=250) as spending:
        spent = [threading.Thread(target=_asking, args=(spending, model)) for _ in range(4)]
        for thread in spent:
            thread.start()
        assert server.wait_requests(1)
        assert spending.reserved.requests == 1
        gate.open()
        for thread in spent:
            thread.join(PATIENCE)
    assert (spending.spent.requests, spending.spent.tokens) == (4, 60)


def _asking(spending: Budget, model: Any) -> None:
    with spending:
        model.ask("Hi")


# What ends without a usage


@both_ways
def test_a_lost_connection_counts_the_input(asynchronous: bool, side: Side, server: Server) -> None:
    server.reply(side.whole("Hello").insert(0, CloseEarly()))

    async def main() -> None:
        async with side.aclient(server) as client:
            await side.module.model("m", client=client, max_tokens=100).ask_async("Hi")

    with budget() as spending, pytest.raises(ConnectionFailedError):  # noqa: PT012  # one call, sync or async
        if asynchronous:
            asyncio.run(main())
        else:
            side.module.model("m", client=side.client(server), max_tokens=100).ask("Hi")
    assert spending.spent.requests == 1
    assert 2 <= spending.spent.tokens < 30  # without the 100 tokens of the output
    assert spending.reserved == Spent()


def test_cancelled_and_dropped_streams_release_what_they_reserved(side: Side, server: Server) -> None:
    server.always(side.streamed("Hel lo").insert(0, Stall()))

    async def main() -> Budget:
        async with side.aclient(server) as client, budget() as spending:
            model = side.module.model("m", client=client, max_tokens=100)
            task = asyncio.ensure_future(model.ask_async("Hi"))
            assert await asyncio.to_thread(server.wait_requests, 1)
            assert spending.reserved.requests == 1
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            stream = await model.stream_async("Hi").open()
            assert spending.reserved.requests == 1
            await stream.close()
        return spending

    spending = asyncio.run(main())
    assert spending.reserved == Spent()
    assert spending.spent.requests == 2
    with budget() as spending:
        stream = side.module.model("m", client=side.client(server), max_tokens=100).stream("Hi").open()
        assert spending.reserved.requests == 1
        del stream
    assert (spending.reserved, spending.spent.requests) == (Spent(), 1)


def test_an_answer_without_usage_counts_as_its_estimate(client: openai_sdk.OpenAI, server: Server) -> None:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "four"}}
    server.reply(Reply.json({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}))
    with budget() as spending:
        openai.model("m", client=client).ask("Hi")
    assert spending.spent.tokens == 13 + 2  # 2 bytes a token: the estimated request, and "four"


# Nested budgets, prices, and what is wrong


def test_a_block_leaves_the_settings_of_a_context_as_they_were() -> None:
    with llm.context(model="other"), budget() as first:
        before = OVERRIDES.get()
        with first, budget():
            pass
        assert OVERRIDES.get() == before
    assert OVERRIDES.get() == {}


def test_nested_budgets_all_count(client: openai_sdk.OpenAI, server: Server) -> None:
    server.always(chat("Hello"))
    model = openai.model("m", client=client)
    with budget(requests=3) as outer:
        model.ask("Hi")
        with budget(requests=1) as inner:
            model.ask("Hi")
            with pytest.raises(BudgetExceededError, match="1 request could be exceeded"):
                model.ask("Hi")
        with outer:  # entered again, it still counts once
            model.ask("Hi")
        with pytest.raises(BudgetExceededError, match="3 requests"), budget() as third:
            model.ask("Hi")
    assert (outer.spent.requests, inner.spent.requests) == (3, 1)
    assert (outer.reserved, inner.reserved, third.spent, third.reserved) == (Spent(),) * 4
    model.ask("Hi")
    assert len(server.requests) == 4
    assert outer.spent.requests == 3


def test_unknown_prices(client: openai_sdk.OpenAI, server: Server) -> None:
    server.always(chat("Hello"))
    model = openai.model("m", client=client)
    with budget(usd=1), pytest.raises(UnknownPriceError, match="the price of 'm' of openai is not known") as caught:
        model.ask("Hi")
    assert isinstance(caught.value, BudgetExceededError)
    assert isinstance(caught.value, ConfigurationError)
    assert not server.requests
    with budget(usd=1, unknown="ignore") as spending:
        model.ask("Hi")
    assert spending.spent == Spent(usd=0.0, tokens=15, requests=1, unpriced=1)
    with budget(tokens=1000):  # no price is needed
        model.ask("Hi")


def test_a_price_that_is_reported_is_used(client: openai_sdk.OpenAI, server: Server, priced: None) -> None:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "cost": 0.25}
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [choice], "usage": usage}
    server.reply(Reply.json(body))
    with budget(usd=1) as spending:
        openai.model("m", client=client).ask("Hi")
    assert spending.spent.usd == 0.25


def test_prices_are_looked_up_once_but_for_large_requests(client: openai_sdk.OpenAI, server: Server) -> None:
    """A long context may have other prices, so these are looked up for each request."""
    server.always(chat("Hello"))
    for model in ("m", "m-1"):
        set_price(model, PRICE)
    try:
        with budget(usd=0.2002) as spending:
            openai.model("m", client=client, max_tokens=1000).ask("Hi")
            # 1000 of output and 18 to 23 of input: 0.0100 dollars, of which 0.00007 are spent
            with pytest.raises(BudgetExceededError, match=r"may need \$0\.210") as caught:
                openai.model("m", client=client, max_tokens=1000).ask("word " * 40_000)  # 100,000 tokens: 0.2 dollars
            assert caught.value.spent == spending.spent == Spent(usd=0.00007, tokens=15, requests=1)
    finally:
        for model in ("m", "m-1"):
            set_price(model, None)


def test_llm_calls_count(server: Server, monkeypatch: pytest.MonkeyPatch, priced: None) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    server.reply(chat("Hello"), chat_stream("Hello"))

    @llm.call("openai:m")
    def ask() -> str:
        return "Hi"

    @llm.call("openai:m", stream=True)
    async def stream() -> str:
        return "Hi"

    with budget(usd=1) as spending:
        assert ask().content == "Hello"
        assert asyncio.run(_collect(stream)).content == "Hello"
    assert spending.spent == Spent(usd=2 * (10 * 2e-6 + 5 * 10e-6), tokens=30, requests=2)


async def _collect(call: Any) -> Any:
    return await call().collect()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"usd": -1}, "usd must be a number, 0 or more, not -1"),
        ({"tokens": float("nan")}, "tokens must be a number"),
        ({"requests": True}, "requests must be a number"),
        ({"usd": "1"}, "usd must be a number"),
        ({"unknown": "no"}, "unknown must be 'refuse' or 'ignore', not 'no'"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        budget(**options)


def test_a_budget_is_not_copied() -> None:
    with pytest.raises(TypeError, match="a budget cannot be pickled"):
        pickle.dumps(budget(usd=1))
    assert repr(budget(usd=1)) == "<budget(usd=1) Spent(usd=0.0, tokens=0, requests=0, unpriced=0)>"


def test_the_error_can_be_pickled() -> None:
    with pytest.raises(BudgetExceededError) as caught, budget(requests=0):
        openai.model("m").ask("Hi")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.budget, again.spent) == (str(caught.value), "requests", Spent())
