"""Which errors a map repeats, which make an item fail, and which stop the run."""

from __future__ import annotations

import asyncio
from typing import Any

import mistralai.client as mistral_sdk
import openai as openai_sdk
import pytest
from google import genai
from google.genai import types as google_sdk

from mirascope_like import budget
from mirascope_like.core import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    ContentFilterError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    google,
    mistral,
    openai,
)
from mirascope_like.scale import Done, Failed, Limits, Run, amap, map_calls
from mirascope_like.scale.retrying import PATIENCE, AwaitingBudget
from mirascope_like.spending import BudgetExceededError, UnknownPriceError
from mirascope_like.testing import cut, error, fake, reply
from tests.harness.clocks import MovedClock, run_by_clock, waits
from tests.harness.server import Reply, Server
from tests.scale.test_map import ask, ask_sync, echo, last
from tests.testing.rows import ROWS, Row

BOTH = pytest.mark.parametrize("call", [ask, ask_sync], ids=["async", "sync"])


def hurried(run: Run[Any, Any], clock: MovedClock) -> list[Any]:
    """The items of a run. Whenever it waits, the clock is set forward."""

    async def main() -> list[Any]:
        reading = asyncio.ensure_future(run._collect())
        while not reading.done():
            await waits(reading)
            clock.skip(0.5)
        return await reading

    found: list[Any] = run_by_clock(main())
    return found


@BOTH
def test_errors_of_the_server_are_repeated(call: Any, clock: MovedClock) -> None:
    with fake(error(500, times=2), cut(), error(529), "in the end"):
        (item,) = hurried(amap(call, ["a"]), clock)
    assert isinstance(item, Done)
    assert item.value.content == "in the end"
    assert item.attempts == 5


@pytest.mark.parametrize(("reply", "kind"), [(error(500, times=3), ServerError), (cut(), ConnectionFailedError)])
def test_after_the_last_attempt_the_item_has_failed(reply: Any, kind: type[Exception], clock: MovedClock) -> None:
    with fake(*([reply] if kind is ServerError else [reply] * 3)) as model:
        (item,) = hurried(amap(ask, ["a"], attempts=3), clock)
    assert isinstance(item, Failed)
    assert isinstance(item.error, kind)
    assert item.attempts == len(model.requests) == 3


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("status", [500, 503])
def test_the_sdk_repeats_nothing(row: Row, asynchronous: bool, status: int) -> None:
    """By default most SDKs send a request three times."""

    def prompt(text: str) -> str:
        return text

    async def async_prompt(text: str) -> str:
        return text

    call = row.call("m")(async_prompt if asynchronous else prompt)
    with fake(error(status)) as model:
        (item,) = map_calls(call, ["a"], attempts=1)
    assert isinstance(item, Failed)
    assert isinstance(item.error, ServerError)
    assert len(model.requests) == 1
    with fake(error(429, retry_after=0), "ok") as model:
        run = map_calls(call, ["a"])
        (item,) = run
    assert isinstance(item, Done)
    assert (len(model.requests), run.counts.refused, item.attempts) == (2, 1, 1)


@pytest.mark.usefixtures("at_once")
def test_clients_whose_user_has_configured_retries(server: Server) -> None:
    """Each request of a map is sent once, and a stream as often as its `retry` says, whatever the client would do."""
    server.reply_with(lambda _: Reply.error(503))
    retries = mistral_sdk.utils.RetryConfig(
        "backoff", mistral_sdk.utils.BackoffStrategy(1, 10, 1.0, 1000), retry_connection_errors=True
    )
    options = google_sdk.HttpOptions(
        base_url=server.url, retry_options=google_sdk.HttpRetryOptions(attempts=3, initial_delay=0.01)
    )
    clients: list[tuple[Any, Any]] = [
        (mistral, mistral_sdk.Mistral(api_key="k", server_url=server.url, retry_config=retries)),
        (google, genai.Client(api_key="k", http_options=options)),
        (openai, openai_sdk.OpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=2)),
    ]
    for number, (provider, client) in enumerate(clients):
        with client:

            @provider.call("m", client=client)
            def say(text: str) -> str:
                return text

            @provider.call("m", client=client, stream=True, retry=1)
            def stream(text: str) -> str:
                return text

            (item,) = map_calls(say, ["a"], attempts=1)
            assert isinstance(item, Failed)
            assert isinstance(item.error, ServerError), item.error
            assert len(server.requests) == 3 * number + 1
            with pytest.raises(ServerError):
                stream("a").collect()
            assert len(server.requests) == 3 * number + 3


@BOTH
def test_a_rate_limit_costs_no_attempt(call: Any, clock: MovedClock) -> None:
    with fake(error(429, times=4), "ok") as model:
        run = amap(call, ["a"], attempts=1)
        (item,) = hurried(run, clock)
    assert isinstance(item, Done)
    assert item.attempts == 1
    assert len(model.requests) == 5
    assert run.counts.refused == 4


def test_a_rate_limit_of_hours_stops_the_run() -> None:
    with fake(error(429, retry_after=PATIENCE + 1)), pytest.raises(RateLimitError):
        list(map_calls(ask, ["a"]))


def test_a_rate_limit_that_does_not_end_stops_the_run(clock: MovedClock) -> None:
    def refuse(request: Any) -> Any:
        clock.skip(600)
        return error(429, headers={"retry-after": "10"})

    with fake(refuse) as model, pytest.raises(RateLimitError):
        hurried(amap(ask, ["a"]), clock)
    assert 3 <= len(model.requests) <= PATIENCE / 600 + 1


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, None, AuthenticationError),
        (403, None, PermissionDeniedError),
        (404, None, NotFoundError),
        (402, None, RateLimitError),
        (429, "insufficient_quota", RateLimitError),
    ],
)
def test_errors_of_all_items_stop_the_run(status: int, code: str | None, kind: type[Exception]) -> None:
    """What is done is read first; then the error is raised once."""
    found = list[Any]()
    run = map_calls(ask, (str(number) for number in range(1000)), limits=Limits(rpm=60_000, concurrency=2))
    with (
        fake(lambda request: echo(request) if int(last(request)) < 10 else error(status, code=code)) as model,
        pytest.raises(kind),
    ):
        found.extend(run)
    assert sorted(item.number for item in found) == list(range(10))
    assert len(model.requests) <= 12


def test_such_errors_may_be_items() -> None:
    with fake(error(404), "ok"):
        first, second = map_calls(ask, ["a", "b"], limits=Limits(concurrency=1), on_fatal="fail").results()
    assert isinstance(first, Failed)
    assert isinstance(first.error, NotFoundError)
    assert isinstance(second, Done)


def test_a_missing_key_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from mirascope_like.core import ConfigurationError

    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        list(map_calls(ask, (str(number) for number in range(1000))))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(error(400), BadRequestError), (error(400, code="content_filter"), ContentFilterError)],
)
def test_errors_of_one_item(answer: Any, kind: type[Exception]) -> None:
    with fake(answer, "ok") as model:
        first, second = map_calls(ask, ["a", "b"], limits=Limits(concurrency=1)).results()
    assert isinstance(first, Failed)
    assert isinstance(first.error, kind)
    assert isinstance(second, Done)
    assert len(model.requests) == 2


def test_errors_of_the_function_are_items() -> None:
    def divide(number: int) -> float:
        return 1 / number

    first, second = map_calls(divide, [0, 1]).results()
    assert isinstance(first, Failed)
    assert isinstance(first.error, ZeroDivisionError)
    assert isinstance(second, Done)


def test_a_wait_that_the_server_names(clock: MovedClock) -> None:
    with fake(error(503, retry_after=300), "ok"):
        (item,) = hurried(amap(ask, ["a"]), clock)
    assert isinstance(item, Done)
    assert item.attempts == 2
    assert item.seconds > 300


# Budgets


def test_a_budget_stops_the_run() -> None:
    """gpt-4o-mini costs 0.6 dollars for a million output tokens (openai.com/api/pricing): each call may cost 0.0006."""

    @openai.call("gpt-4o-mini", call_params={"max_tokens": 1000})
    async def write(text: str) -> str:
        return text

    found = list[Any]()
    run = map_calls(
        write, (str(number) for number in range(100)), budget=0.0031, limits=Limits(rpm=60_000, concurrency=20)
    )
    with fake(lambda request: reply("x", usage=(1, 1000))), pytest.raises(BudgetExceededError):
        found.extend(run)
    assert len(found) == 5
    assert run.counts.cost == pytest.approx(0.003, rel=0.01)


def test_requests_wait_for_what_others_have_reserved() -> None:
    """Each may cost 0.0006 dollars and costs a thousandth of it: the budget suffices for all, but not at once."""

    @openai.call("gpt-4o-mini", call_params={"max_tokens": 1000})
    async def write(text: str) -> str:
        return text

    with fake(lambda request: reply("x", usage=(1, 1))):
        items = map_calls(
            write, (str(number) for number in range(25)), budget=0.0013, limits=Limits(rpm=60_000, concurrency=20)
        ).results()
    assert all(isinstance(item, Done) for item in items)


def test_a_budget_that_is_shared() -> None:
    spent = budget(requests=3)
    with fake(echo), pytest.raises(BudgetExceededError):
        list(map_calls(ask, (str(number) for number in range(100)), budget=spent, limits=Limits(concurrency=2)))
    assert spent.spent.requests == 3
    with fake(echo), pytest.raises(BudgetExceededError), budget(requests=2) as around:
        list(map_calls(ask, (str(number) for number in range(100)), limits=Limits(concurrency=9)))
    assert around.spent.requests == 2
    assert spent.reserved.requests == 0


def test_a_budget_needs_a_price() -> None:
    @openai.call("no-such-model")
    async def write(text: str) -> str:
        return text

    with fake() as model, pytest.raises(UnknownPriceError):
        list(map_calls(write, ["a"], budget=1.0))
    assert model.requests == []


@pytest.mark.parametrize("woken", [False, True], ids=["while it waits", "when it was woken"])
def test_a_request_that_no_longer_waits_for_the_budget_leaves_its_turn(woken: bool) -> None:
    """A function may limit the time of its call. The request behind it must not wait for ever."""
    full = True

    class Provider:
        async def answer(self, outgoing: Any) -> Any:
            if outgoing == "first":
                await ended.wait()
            elif full:
                raise BudgetExceededError("the budget is reserved")
            return outgoing

    async def main() -> None:
        nonlocal full
        queue: Any = AwaitingBudget(Provider())

        async def answered_first() -> None:
            assert await queue.answer("first") == "first"
            if woken:
                second.cancel()

        first = asyncio.ensure_future(answered_first())
        second, third = (asyncio.ensure_future(queue.answer(one)) for one in ("second", "third"))
        await waits(third)
        if not woken:
            second.cancel()
        full = False
        ended.set()
        await first
        await waits(third)
        assert third.done()
        assert third.result() == "third"
        assert second.cancelled()

    ended = asyncio.Event()
    asyncio.run(main())
