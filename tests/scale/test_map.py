"""The map: its items, its order, what it pulls, and what it refuses."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like import budget, cached, llm
from mirascope_like.core import (
    BadRequestError,
    ConfigurationError,
    ResponseParseError,
    ToolLoop,
    anthropic,
    openai,
)
from mirascope_like.core.base.errors import MissingSDKError
from mirascope_like.retries import fallback
from mirascope_like.scale import Done, Failed, Limits, amap, bind, map_calls
from mirascope_like.scale.inputs import Inputs
from mirascope_like.spending import SQLiteCache
from mirascope_like.testing import answer, error, fake, tool
from tests.harness.clocks import PATIENCE, no_tasks_left


class Book(BaseModel):
    title: str


def last(request: Any) -> str:
    """The last text of a request."""
    return str(request.text)


def echo(request: Any) -> str:
    return f"re {last(request)}"


@openai.call("gpt-4o-mini")
async def ask(text: str, times: int = 1) -> str:
    return text * times


@openai.call("gpt-4o-mini")
def ask_sync(text: str, times: int = 1) -> str:
    return text * times


BOTH = pytest.mark.parametrize("call", [ask, ask_sync], ids=["async", "sync"])


@BOTH
def test_each_input_has_an_item(call: Any) -> None:
    with fake(lambda request: error(400) if last(request) == "b" else echo(request)):
        first, second, third = map_calls(call, ["a", "b", "c"], limits=Limits(concurrency=2)).results()
    assert isinstance(first, Done)
    assert isinstance(third, Done)
    assert isinstance(second, Failed)
    assert [first.value.content, third.value.content] == ["re a", "re c"]
    assert isinstance(second.error, BadRequestError)
    assert [(one.input, one.number, one.attempts, one.source) for one in (first, second, third)] == [
        ("a", 0, 1, "live"),
        ("b", 1, 1, "live"),
        ("c", 2, 1, "live"),
    ]
    assert first.response is first.value
    assert first.usage is not None
    assert first.usage.total_tokens == first.value.common_usage.total_tokens
    assert first.cost == pytest.approx(first.value.cost)
    assert first.seconds > 0


def test_items_match() -> None:
    found = dict[str, Any]()
    with fake(lambda request: error(400) if last(request) == "b" else Book(title=last(request))):

        @openai.call("gpt-4o-mini", response_model=Book)
        async def recommend(genre: str) -> str:
            return genre

        for item in map_calls(recommend, ["a", "b"]):
            match item:
                case Done(input=genre, value=book):
                    found[genre] = book.title
                case Failed(input=genre, error=failure):
                    found[genre] = type(failure)
    assert found["a"] == "a"
    assert issubclass(found["b"], BadRequestError)


@BOTH
def test_several_arguments(call: Any) -> None:
    with fake(echo):
        (item,) = map_calls(call, [bind(call, "a", times=3)])
    assert isinstance(item, Done)
    assert item.value.content == "re aaa"
    assert item.input == bind(call, "a", times=3)
    assert repr(item.input) == "bind('a', times=3)"


def test_order() -> None:
    """The first call ends last: items arrive in another order than the inputs, and `ordered` restores it."""

    async def main() -> None:
        for ordered in (False, True):
            gates = [asyncio.Event() for _ in range(3)]

            async def wait(number: int, gates: list[asyncio.Event] = gates) -> int:
                if number < 2:
                    await gates[number].wait()
                if number > 0:
                    gates[number - 1].set()
                return number

            run = amap(wait, range(3))
            found = [item.number async for item in (run.ordered() if ordered else run)]
            assert found == ([0, 1, 2] if ordered else [2, 1, 0])

    asyncio.run(main())


def test_awaiting_returns_all_items_in_order() -> None:
    last = asyncio.Event()

    async def double(number: int) -> int:
        if number == 0:
            await last.wait()
        if number == 4:
            last.set()
        return number * 2

    async def main() -> list[Any]:
        return await amap(double, range(5))

    assert [item.value for item in asyncio.run(main())] == [0, 2, 4, 6, 8]


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("several", [False, True], ids=["iterable", "async iterable"])
def test_inputs_are_pulled_as_there_is_room(ordered: bool, several: bool) -> None:
    pulled = 0

    def numbers() -> Iterator[int]:
        nonlocal pulled
        for number in range(10_000):
            pulled += 1
            yield number

    async def async_numbers() -> AsyncIterator[int]:
        for number in numbers():
            yield number

    async def same(number: int) -> int:
        await asyncio.sleep(0)
        return number

    async def main() -> None:
        read = most = 0
        run = amap(same, async_numbers() if several else numbers(), limits=Limits(concurrency=5))
        async for _ in run.ordered() if ordered else run:
            read += 1
            most = max(most, pulled - read)
            if read % 100 == 0:
                await asyncio.sleep(0)
        assert read == 10_000
        assert most <= 5 * 4 + 1  # four items for each call that may run at once

    asyncio.run(main())


def test_calls_run_at_once_up_to_the_concurrency() -> None:
    running = most = 0

    async def count(_: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running -= 1

    assert len(map_calls(count, range(100), limits=Limits(concurrency=7)).results()) == 100
    assert most == 7


def test_a_run_that_is_left_sends_no_more() -> None:
    async def main() -> int:
        async for _ in amap(ask, (str(number) for number in range(1000)), limits=Limits(concurrency=3)):
            break
        assert await no_tasks_left()
        return len(model.requests)

    with fake(echo) as model:
        sent = asyncio.run(main())
    assert sent <= 3 * 4 + 1  # four items for each call that may run at once, and the one that was taken


def test_an_error_of_the_inputs_is_raised_after_the_items() -> None:
    def numbers() -> Iterator[int]:
        yield from range(3)
        raise ZeroDivisionError("the inputs")

    async def same(number: int) -> int:
        await asyncio.sleep(0)
        return number

    found = list[int]()
    run = map_calls(same, numbers())
    with pytest.raises(ZeroDivisionError, match="the inputs"):
        found.extend(item.number for item in run)
    assert sorted(found) == [0, 1, 2]


def test_an_iterator_that_runs_the_event_loop_again_is_pulled_by_one_call_at_a_time() -> None:
    """Programs in notebooks do so with nest_asyncio: other calls continue while the iterator makes its next value."""

    async def main() -> list[Any]:
        def numbers() -> Iterator[int]:
            yield 0
            asking = inputs.take()
            asking.send(None)  # raises "generator already executing" if it pulls too
            asking.close()
            yield 1

        inputs = Inputs(numbers())
        return [given.value for given in [await inputs.take(), await inputs.take()] if given is not None]

    assert asyncio.run(main()) == [0, 1]


def test_a_run_is_read_once() -> None:
    run = map_calls(ask, list[str]())
    assert run.results() == []
    with pytest.raises(RuntimeError, match="can be read once"):
        list(run)


def test_map_calls_in_a_running_loop() -> None:
    async def main() -> None:
        with pytest.raises(RuntimeError, match=r"running event loop: use `async for item in amap"):
            list(map_calls(ask, ["a"]))

    asyncio.run(main())


# What is refused


@openai.call("gpt-4o-mini", stream=True)
def streamed(text: str) -> str:
    return text


@openai.call("gpt-4o-mini", stream=True, response_model=Book)
async def structured_stream(text: str) -> str:
    return text


@pytest.mark.parametrize("call", [streamed, structured_stream])
def test_streams_are_refused(call: Any) -> None:
    with pytest.raises(ConfigurationError, match="streams, and a map needs whole responses"):
        amap(call, ["a"])
    with (
        fake() as model,
        pytest.raises(ConfigurationError, match="streams, and a map needs whole responses"),
    ):
        list(map_calls(partial(call), ["a"]))  # known only when it is called
    assert model.requests == []


def test_unknown_options() -> None:
    with pytest.raises(ConfigurationError, match="unknown option of a map 'atempts'; did you mean 'attempts'"):
        amap(ask, ["a"], atempts=3)  # type: ignore[call-overload]
    for name in ("attempts", "samples"):
        options: Any = {name: 0}
        with pytest.raises(ConfigurationError, match=f"{name} must be a whole number, 1 or more, not 0"):
            amap(ask, ["a"], **options)
    with pytest.raises(TypeError, match="inputs must be an iterable or an async iterable, not int"):
        amap(ask, 3)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("store", 5, "store must be the path of a file, not 5"),
        ("store", "", "store must be the path of a file, not ''"),
        ("store", b"run.db", "store must be the path of a file, not b'run.db'"),
        ("share", 5, "share must be 'ray' or the URL of a Redis server, not 5"),
        ("bedrock", "s3://bucket", r"bedrock must be BedrockStorage\(...\), not 's3://bucket'"),
    ],
)
def test_options_of_other_types(name: str, value: Any, text: str) -> None:
    """They are known before anything is sent."""
    options: Any = {name: value}
    with pytest.raises(ConfigurationError, match=text):
        amap(ask, ["a"], **options)


# What a call may be


def test_structured_outputs_that_do_not_fit_have_their_response() -> None:
    @anthropic.call("claude-haiku-4-5", response_model=Book, max_retries=1)
    async def recommend(genre: str) -> str:
        return genre

    with fake(lambda request: answer({"name": "x"}) if last(request) != "a" else Book(title="A")):
        first, second = map_calls(recommend, ["a", "b"], limits=Limits(concurrency=1)).results()
    assert isinstance(first, Done)
    assert first.value == Book(title="A")
    assert isinstance(first.response, anthropic.AnthropicCallResponse)
    assert isinstance(second, Failed)
    assert isinstance(second.error, ResponseParseError)
    assert isinstance(second.response, anthropic.AnthropicCallResponse)
    assert second.attempts == 2  # the request, and the one of max_retries


@pytest.mark.parametrize("asynchronous", [False, True])
def test_tool_loops(asynchronous: bool) -> None:
    def shelf(title: str) -> str:
        """Where a book is."""
        return f"{title}: B4"

    options: Any = {"tools": [shelf], "tool_loop": ToolLoop()}
    if asynchronous:

        @llm.call("openai:gpt-4o-mini", **options)
        async def find(title: str) -> str:
            return title
    else:

        @llm.call("openai:gpt-4o-mini", **options)
        def find(title: str) -> str:
            return title

    with fake(lambda request: tool(shelf, title="X") if last(request) == "Dune" else "In B4") as model:
        (item,) = map_calls(find, ["Dune"])
    assert isinstance(item, Done)
    assert item.value.content == "In B4"
    assert item.attempts == len(model.requests) == 2
    assert item.usage is not None
    assert item.usage.input_tokens == item.value.total_usage.input_tokens
    assert item.cost == pytest.approx(item.value.total_cost)


def test_a_function_of_several_calls() -> None:
    async def both(text: str) -> str:
        first, second = await asyncio.gather(ask(text), ask(text, 2))
        return f"{first.content}, {second.content}"

    with fake(echo):
        (item,) = map_calls(both, ["a"])
    assert isinstance(item, Done)
    assert item.value == "re a, re aa"
    assert item.attempts == 2


def test_decorators_around_the_call(tmp_path: Any) -> None:
    """A cache answers outside of the map, a fallback sees the errors, and a budget around the map counts."""
    with SQLiteCache(tmp_path / "cache.db") as cache, budget(requests=9) as spent:
        call = cached(cache)(ask)
        with fake("one"):
            assert [item.value.content for item in map_calls(call, ["a"]) if isinstance(item, Done)] == ["one"]
        with fake():
            (item,) = map_calls(call, ["a"])
        assert item.attempts == 0

        @fallback(BadRequestError, [{"catch": BadRequestError, "model": "anthropic:claude-haiku-4-5"}])
        @llm.call("openai:gpt-4o-mini")
        async def either(text: str) -> str:
            return text

        with fake(error(400), "two"):
            (other,) = map_calls(either, ["a"])
        assert isinstance(other, Done)
        assert other.value.content == "two"
        assert spent.spent.requests == 3  # without the response from the cache


def test_a_sync_function_that_runs_a_loop_of_its_own() -> None:
    """Its requests have the limits and the store of the map, too."""

    def run(text: str) -> str:
        return asyncio.run(_content(text))

    async def _content(text: str) -> str:
        return (await ask(text)).content

    with fake(lambda request: error(500) if request.number == 1 else echo(request)) as model:
        items = map_calls(run, ["a", "b", "a"], attempts=2, limits=Limits(rpm=60_000)).results()
    assert [item.value for item in items if isinstance(item, Done)] == ["re a", "re b", "re a"]
    assert sorted(item.source for item in items) == ["duplicate", "live", "live"]
    assert len(model.requests) == 3
    assert [item.cost is not None for item in items] == [True, True, True]


def test_a_sync_call_within_an_async_function() -> None:
    """It would wait for its own event loop: it is sent as without a map."""

    async def run(text: str) -> str:
        return ask_sync(text).content

    with fake(echo):
        (item,) = map_calls(run, ["a"])
    assert isinstance(item, Done)
    assert item.value == "re a"


def test_calls_in_threads_end_with_the_run() -> None:
    """Threads that wait for the limits when the run is left send nothing, and do not wait for ever."""

    async def main() -> None:
        async for _ in amap(ask_sync, (str(number) for number in range(100)), limits=Limits(rpm=60, concurrency=5)):
            break
        assert await no_tasks_left()

    with fake(echo) as model:
        asyncio.run(main())
        assert len(model.requests) <= 2
    assert not [thread for thread in threading.enumerate() if thread.name == "mirascope_like run store"]
    for thread in threading.enumerate():
        if thread.name.startswith("mirascope_like map"):
            thread.join(PATIENCE)
            assert not thread.is_alive()


def test_a_sync_run_that_is_left() -> None:
    with fake(echo) as model:
        for _ in map_calls(ask, (str(number) for number in range(1000)), limits=Limits(rpm=60_000, concurrency=3)):
            break
    assert len(model.requests) <= 2 * 3 * 4  # the thread of the run may take items ahead


@pytest.mark.parametrize("raised", [StopIteration(), asyncio.CancelledError()])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_odd_errors_of_the_function_are_items(raised: BaseException, asynchronous: bool) -> None:
    def fail(number: int) -> int:
        if number:
            raise raised
        return number

    async def async_fail(number: int) -> int:
        return fail(number)

    first, second = map_calls(async_fail if asynchronous else fail, [0, 1]).results()
    assert isinstance(first, Done)
    assert isinstance(second, Failed)
    assert isinstance(second.error, RuntimeError)


@pytest.mark.parametrize(("share", "package"), [("redis://localhost", "redis"), ("ray", "ray")])
def test_a_package_for_sharing_that_is_missing(share: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingSDKError, match=rf"pip install 'mirascope-like\[{package}\]'"):
        map_calls(ask_sync, ["a"], share=share).results()
