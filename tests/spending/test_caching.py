"""Caches: what is replayed, what is not stored, and who waits for whom."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai as openai_sdk
import pytest
from pydantic import BaseModel

from mirascope_like import budget, cached, llm
from mirascope_like.core import (
    ConfigurationError,
    ConnectionFailedError,
    ResponseParseError,
    ServerError,
    StoreError,
    ToolLoop,
    openai,
)
from mirascope_like.core.base.request import Request
from mirascope_like.retries import FallbackError, fallback
from mirascope_like.spending import Cache, CachedRequest, Spent, SQLiteCache, from_cache
from mirascope_like.spending.cache_keys import cache_key
from tests.conformance.capabilities import both_ways, each_row, every_row
from tests.conformance.contract import BaseRow
from tests.conformance.wires.answer import Answer, Call, Text, Thought
from tests.harness.clocks import PATIENCE, MovedClock, eventually, waits
from tests.harness.rounds import Side, chat, chat_stream
from tests.harness.server import CloseEarly, Gate, Reply, Server


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteCache]:
    with SQLiteCache(tmp_path / "cache.db") as made:
        yield made


@pytest.fixture
def client(server: Server) -> Iterator[openai_sdk.OpenAI]:
    """A client of OpenAI's SDK for the server."""
    http = openai_sdk.DefaultHttpxClient(verify=False)
    with openai_sdk.OpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0, http_client=http) as made:
        yield made


class Book(BaseModel):
    title: str


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"sunny in {city}"


def run(row: BaseRow, server: Server, store: Cache, asynchronous: bool, times: int = 2, **options: Any) -> list[Any]:
    """What a cached call returns, when it is made several times; streams as their pairs."""
    if not asynchronous:
        with row.client(server) as client:
            call = cached(store)(row.decorated(client, **options))
            made = [call("Hi") for _ in range(times)]
            return [list(one) for one in made] if options.get("stream") else made

    async def main() -> list[Any]:
        async with row.aclient(server) as client:
            call = cached(store)(row.adecorated(client, **options))
            if not options.get("stream"):
                return [await call("Hi") for _ in range(times)]
            return [[one async for one in call("Hi")] for _ in range(times)]

    return asyncio.run(main())


# Every provider


@each_row
@both_ways
def test_a_whole_response_is_replayed(row: BaseRow, asynchronous: bool, server: Server, store: SQLiteCache) -> None:
    call = Call("call_1", "get_weather", '{"city": "Oslo"}')
    server.reply(row.wire.answered(Answer("Hello", call, input=30, output=50)))
    first, second = run(row, server, store, asynchronous, tools=[get_weather])
    assert len(server.requests) == len(store) == 1
    assert type(second) is type(first)
    assert type(second.response) is type(first.response)
    assert row.raw(second) == row.raw(first)
    for name in ("content", "model", "id", "finish_reasons", "usage", "common_usage", "message_param", "call_kwargs"):
        assert getattr(second, name) == getattr(first, name), name
    assert [(tool.id, tool.name, tool.args) for tool in second.tools] == [
        (tool.id, tool.name, tool.args) for tool in first.tools
    ]
    assert (from_cache(first), from_cache(second)) == (False, True)


@each_row
@both_ways
def test_a_stream_is_replayed(row: BaseRow, asynchronous: bool, server: Server, store: SQLiteCache) -> None:
    parts = (Text("Hel", "lo ü"), Call("call_1", "get_weather", '{"city": "O', 'slo"}'))
    thought = () if "thinking" in row.lacks else (Thought("I ", "think."),)
    server.reply(row.wire.streamed(Answer(*thought, *parts, input=30, output=50)))
    first, second = run(row, server, store, asynchronous, stream=True, tools=[get_weather])
    assert len(server.requests) == len(store) == 1
    assert [chunk.data for chunk, _ in second] == [chunk.data for chunk, _ in first]
    assert [chunk.content for chunk, _ in second] == [chunk.content for chunk, _ in first]
    assert [type(chunk.chunk) for chunk, _ in second] == [type(chunk.chunk) for chunk, _ in first]
    tools = [[(one.id, one.name, one.args) for _, one in pairs if one is not None] for pairs in (first, second)]
    assert tools[0] == tools[1] != []


@every_row
@both_ways
def test_the_rebuilt_response_of_a_replay_is_equal(
    row: BaseRow, asynchronous: bool, server: Server, store: SQLiteCache
) -> None:
    server.reply(row.wire.streamed(Answer(Text("Hel", "lo"), input=30, output=50)))

    async def main() -> list[Any]:
        async with row.aclient(server) as client:
            call = cached(store)(row.adecorated(client, stream=True))
            return [await call("Hi").collect() for _ in range(2)]

    if asynchronous:
        first, second = asyncio.run(main())
    else:
        with row.client(server) as client:
            call = cached(store)(row.decorated(client, stream=True))
            first, second = call("Hi").collect(), call("Hi").collect()
    assert len(server.requests) == 1
    assert row.raw(second) == row.raw(first)
    assert (second.content, second.usage, second.finish_reasons) == (first.content, first.usage, first.finish_reasons)
    assert (from_cache(first), from_cache(second)) == (False, True)


@every_row
@both_ways
@pytest.mark.parametrize("streamed", [False, True])
def test_structured_answers_are_replayed(
    row: BaseRow, asynchronous: bool, streamed: bool, server: Server, store: SQLiteCache
) -> None:
    answer = Answer('{"title": "Dune"}')
    server.reply((row.wire.streamed if streamed else row.wire.answered)(answer))
    options = {"response_model": Book, "json_mode": True, **({"stream": True} if streamed else {})}
    first, second = run(row, server, store, asynchronous, **options)
    assert len(server.requests) == 1
    assert first == second
    assert (first[-1] if streamed else first) == Book(title="Dune")


@every_row
@both_ways
def test_errors_are_not_stored(row: BaseRow, asynchronous: bool, server: Server, store: SQLiteCache) -> None:
    server.reply(row.wire.failed(400), row.wire.answered(Answer("Hello")))
    with pytest.raises(row.refusal(400)):
        run(row, server, store, asynchronous, times=1)
    assert len(store) == 0
    assert run(row, server, store, asynchronous, times=1)[0].content == "Hello"


@each_row
@both_ways
def test_left_and_cut_streams_are_not_stored(
    row: BaseRow, asynchronous: bool, server: Server, store: SQLiteCache
) -> None:
    whole = Answer(Text("Hello", " you", " there"))
    cut = row.wire.events(Answer(Text("Hello", " you", " there"), ended=False))
    server.reply(row.wire.streamed(whole), row.wire.stream(*cut, CloseEarly()))

    async def main() -> None:
        async with row.aclient(server) as client:
            call = cached(store)(row.adecorated(client, stream=True))
            async with call("Hi") as stream:
                async for _ in stream:
                    break
            await asyncio.gather(call("Hi").collect(), return_exceptions=True)

    if asynchronous:
        asyncio.run(main())
    else:
        with row.client(server) as client:
            call = cached(store)(row.decorated(client, stream=True))
            with call("Hi") as stream:
                next(stream)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(call("Hi").collect).exception()
    assert len(server.requests) == 2
    assert len(store) == 0


# The key


def test_what_the_key_depends_on(server: Server, store: SQLiteCache, client: openai_sdk.OpenAI) -> None:
    server.always(chat("Hello"))

    def sent(prompt: Any = "Hi", model: str = "m", **options: Any) -> bool:
        before = len(server.requests)
        cached(store)(openai.call(model, client=client, **options)(lambda: prompt))()
        return len(server.requests) > before

    assert sent()
    assert not sent()
    assert sent("Hi!")
    assert sent(model="other")
    assert sent(call_params={"temperature": 0})
    assert sent(call_params={"temperature": 1})
    assert not sent(call_params={"temperature": 0})
    assert sent(call_params={"temperature": 0, "extra_body": {"a": 1}})
    assert sent(tools=[get_weather])
    assert not sent(tools=[get_weather])
    assert not sent(call_params={"timeout": 7.0})  # it is not sent to the provider
    assert not sent(call_params={"extra_headers": {"x-key": "secret"}})
    # Anthropic's documentation: the header turns features on and off; Azure's: each version has other defaults.
    for carrier in ("extra_headers", "extra_query"):
        assert sent(call_params={carrier: {"api-version": "1", "anthropic-beta": "a"}})
        assert not sent(call_params={carrier: {"api-version": "1", "anthropic-beta": "a"}})
        assert sent(call_params={carrier: {"api-version": "2", "anthropic-beta": "a"}})
        assert sent(call_params={carrier: {"api-version": "1", "anthropic-beta": "b"}})


def test_the_key_depends_on_the_address_but_not_on_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(client: Any) -> str:
        request = Request(provider="openai", model="m", messages=(), client=client)
        return cache_key(openai.call.provider, request, {"model": "m"}, None)

    def given(url: str, key: str = "k") -> openai_sdk.OpenAI:
        return openai_sdk.OpenAI(api_key=key, base_url=url)

    one = key(given("http://localhost:1/v1"))
    assert key(given("http://localhost:1/v1", key="another")) == one
    assert key(given("http://user:password@localhost:1/v1")) == one
    assert key(given("http://localhost:2/v1")) != one
    assert key(openai_sdk.AsyncOpenAI(api_key="k", base_url="http://localhost:1/v1")) == one
    versions = [given("http://localhost:1/v1").with_options(default_query={"api-version": one}) for one in "12"]
    assert len({key(one) for one in versions} | {one}) == 3
    default = key(None)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    assert key(None) == default
    monkeypatch.setenv("OPENAI_BASE_URL", "http://user:password@localhost:1/v1")
    changed = key(None)
    assert changed != default
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1/v1")
    assert key(None) == changed


def test_a_key_function(server: Server, store: SQLiteCache, client: openai_sdk.OpenAI) -> None:
    server.always(chat("Hello"))
    seen: list[CachedRequest] = []

    def key(request: CachedRequest) -> object:
        seen.append(request)
        return request.payload["messages"]

    @cached(store, key=key)
    @openai.call("m", client=client)
    def ask(temperature: float) -> Any:
        return {"messages": "Hi", "call_params": {"temperature": temperature}}

    ask(0.25)
    ask(0.75)
    assert len(server.requests) == 1
    assert (seen[0].provider, seen[0].model, seen[0].arguments) == ("openai", "m", {"temperature": 0.25})
    assert seen[0].payload["temperature"] == 0.25
    with pytest.raises(ConfigurationError, match="the result of key= contains a object, which has no JSON form"):
        cached(store, key=lambda _: object())(ask)(0.25)


def test_a_payload_without_a_json_form_is_refused(store: SQLiteCache) -> None:
    @cached(store)
    @openai.call("m", call_params={"extra_body": {"x": object()}})
    def ask() -> str:
        return "Hi"

    with pytest.raises(ConfigurationError, match="cached: the payload of the request contains a object"):
        ask()


def test_no_secret_is_in_the_file(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url.replace("http://", "http://user:pass-of-url@"))
    server.always(chat("Hello"))
    with SQLiteCache(tmp_path / "cache.db") as store:

        @cached(store)
        @openai.call("m", call_params={"extra_headers": {"x-api-key": "secret-of-header"}})
        def ask() -> str:
            return "Hi"

        ask()
        files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Hello" in files
    for secret in (b"sk-secret-of-environment", b"pass-of-url", b"secret-of-header"):
        assert secret not in files


# Calls of several requests


def test_the_rounds_of_a_tool_loop_are_replayed(side: Side, server: Server, store: SQLiteCache) -> None:
    ran: list[str] = []

    def look(city: str) -> str:
        """Look."""
        ran.append(city)
        return inner(city).content

    @side.module.call("inner", client=side.client(server))
    def inner(city: str) -> str:
        return city

    @cached(store)
    @side.module.call("m", client=side.client(server), tools=[look], tool_loop=ToolLoop())
    def ask() -> str:
        return "Hi"

    call = ("call_1", "look", '{"city": "Oslo"}')
    server.reply(side.whole("", call), side.whole("sunny"), side.whole("It is sunny."), side.whole("sunny"))
    assert ask().content == ask().content == "It is sunny."
    assert ran == ["Oslo", "Oslo"]  # tools run again
    # The call that the tool makes is another call, which has no cache.
    assert [request.json["model"] for request in server.requests] == ["m", "inner", "m", "inner"]


def test_answers_that_do_not_fit_are_not_kept(server: Server, store: SQLiteCache, client: openai_sdk.OpenAI) -> None:
    @cached(store)
    @openai.call("m", client=client, response_model=Book, json_mode=True)
    def ask() -> str:
        return "Hi"

    server.reply(chat('{"title": 1}'), chat('{"title": "Dune"}'))
    with pytest.raises(ResponseParseError):
        ask()
    assert len(store) == 0
    assert ask() == ask() == Book(title="Dune")
    assert from_cache(ask())

    @cached(store)
    @openai.call("m", client=client, response_model=Book, json_mode=True, stream=True)
    def stream() -> str:
        return "Hi"

    server.reply(chat_stream('{"title": 1}'), chat_stream('{"title": "Dune"}'))
    with pytest.raises(ResponseParseError):
        list(stream())
    assert len(store) == 1  # of `ask`
    assert list(stream())[-1] == list(stream())[-1] == Book(title="Dune")
    assert len(store) == 2


def test_max_retries_are_replayed(server: Server, store: SQLiteCache, client: openai_sdk.OpenAI) -> None:
    @cached(store)
    @openai.call("m", client=client, response_model=Book, json_mode=True, max_retries=1)
    def ask() -> str:
        return "Hi"

    server.reply(chat('{"title": 1}'), chat('{"title": "Dune"}'))
    assert ask() == ask() == Book(title="Dune")
    assert len(server.requests) == 2


def test_fallbacks_and_llm_calls(server: Server, store: SQLiteCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    broken = Reply.error(500, x_should_retry="false")

    @cached(store)
    @fallback(ServerError, [{"catch": ServerError, "model": "two"}])
    @llm.call("openai:one")
    def ask() -> str:
        return "Hi"

    @cached(store)
    @fallback(ServerError, [{"catch": ServerError, "model": "two"}])
    @llm.call("openai:one")
    async def aask() -> str:
        return "Hi"

    server.reply(broken, chat("Hello"), broken, broken)
    assert ask().content == ask().content == asyncio.run(_awaited(aask())).content == "Hello"
    assert [request.json["model"] for request in server.requests] == ["one", "two", "one", "one"]

    @cached(store)
    @openai.call("m", stream=True, fallback=["other"])
    def stream() -> str:
        return "Hi"

    server.requests.clear()
    server.reply(broken, chat_stream("Hello"), broken)
    assert stream().collect().content == stream().collect().content == "Hello"
    assert [request.json["model"] for request in server.requests[:2]] == ["m", "other"]
    server.always(broken)
    with pytest.raises(FallbackError):
        cached(store)(openai.call("n", stream=True, fallback=["o"])(lambda: "Hi"))().collect()


async def _awaited(made: Any) -> Any:
    return await made


def test_a_hit_costs_nothing_in_a_budget(side: Side, server: Server, store: SQLiteCache) -> None:
    server.reply(side.whole("Hello"), side.streamed("Hello"))
    client = side.client(server)
    whole = cached(store)(side.module.call("m", client=client)(lambda: "Hi"))
    stream = cached(store)(side.module.call("m", client=client, stream=True)(lambda: "Hi"))
    with budget() as spending:
        assert whole().content == stream().collect().content == "Hello"
    assert (spending.spent.requests, spending.spent.tokens) == (2, 30)
    with budget(requests=0) as spending:
        assert whole().content == stream().collect().content == "Hello"
    assert spending.spent == Spent()


def test_a_hit_needs_no_key_and_no_place(server: Server, store: SQLiteCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    model = openai.model("m", max_concurrent=1)
    whole = cached(store)(model.ask)
    stream = cached(store)(model.stream)
    server.reply(chat("Hello"), chat_stream("Hello"))
    with monkeypatch.context() as keyed:
        keyed.setenv("OPENAI_API_KEY", "k")
        assert whole("Hi").content == stream("Hi").collect().content == "Hello"
    assert whole("Hi").content == stream("Hi").collect().content == "Hello"
    assert len(server.requests) == 2


# Single flight


def test_threads_wait_for_the_first(side: Side, server: Server, store: SQLiteCache) -> None:
    gate = Gate()
    server.always(side.whole("Hello").insert(0, gate))
    ask = cached(store)(side.module.call("m", client=side.client(server))(lambda: "Hi"))
    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(ask) for _ in range(8)]
        assert server.wait_requests(1)
        gate.open()
        found = [one.result(PATIENCE) for one in asking]
    assert {one.content for one in found} == {"Hello"}
    assert sum(not from_cache(one) for one in found) == len(server.requests) == 1
    assert len({id(one.response) for one in found}) == 8


def test_tasks_wait_for_the_first(side: Side, server: Server, store: SQLiteCache) -> None:
    gate = Gate()
    server.always(side.whole("Hello").insert(0, gate))

    async def main() -> list[Any]:
        async with side.aclient(server) as client:

            @cached(store)
            @side.module.call("m", client=client)
            async def ask() -> str:
                return "Hi"

            asking = [asyncio.ensure_future(ask()) for _ in range(100)]
            assert await eventually(lambda: len(server.requests) == 1)
            await waits(asking[-1])
            gate.open()
            return await asyncio.gather(*asking)

    found = asyncio.run(main())
    assert {one.content for one in found} == {"Hello"}
    assert sum(not from_cache(one) for one in found) == len(server.requests) == 1


def test_others_go_on_if_the_first_fails_or_is_cancelled(side: Side, server: Server, store: SQLiteCache) -> None:
    gate = Gate()
    server.reply(Reply.error(400).insert(0, gate))
    server.always(side.whole("Hello"))

    async def main() -> list[Any]:
        async with side.aclient(server) as client:

            @cached(store)
            @side.module.call("m", client=client)
            async def ask() -> str:
                return "Hi"

            first = asyncio.ensure_future(ask())
            assert await eventually(lambda: len(server.requests) == 1)
            second = asyncio.ensure_future(ask())
            await waits(second)
            gate.open()
            found = await asyncio.gather(first, second, return_exceptions=True)
            await asyncio.to_thread(store.clear)
            server.reply(side.whole("never").insert(0, Gate()))
            third = asyncio.ensure_future(ask())
            assert await eventually(lambda: len(server.requests) == 3)
            fourth = asyncio.ensure_future(ask())
            await waits(fourth)
            third.cancel()
            return [*found, await fourth]

    failed, second, fourth = asyncio.run(main())
    assert isinstance(failed, Exception)
    assert (second.content, fourth.content) == ("Hello", "Hello")


def test_a_sync_call_does_not_wait_for_a_task_of_its_own_thread(side: Side, server: Server, store: SQLiteCache) -> None:
    gate = Gate()
    server.reply(side.whole("Hello").insert(0, gate), side.whole("Hello"))
    sync = cached(store)(side.module.call("m", client=side.client(server))(lambda: "Hi"))

    async def main() -> None:
        async with side.aclient(server) as client:

            @cached(store)
            @side.module.call("m", client=client)
            async def ask() -> str:
                return "Hi"

            first = asyncio.ensure_future(ask())
            assert await eventually(lambda: len(server.requests) == 1)
            assert sync().content == "Hello"  # blocks the loop on which the first call waits
            gate.open()
            assert (await first).content == "Hello"

    asyncio.run(main())
    assert len(server.requests) == 2


def test_a_stream_that_is_being_read_is_not_waited_for(side: Side, server: Server, store: SQLiteCache) -> None:
    server.always(side.streamed("Hel lo"))
    stream = cached(store)(side.module.call("m", client=side.client(server), stream=True)(lambda: "Hi"))
    for number, _ in enumerate(stream()):
        if number == 1:
            assert stream().collect().content == "Hel lo"
    assert len(server.requests) == 2
    assert stream().collect().content == "Hel lo"
    assert len(server.requests) == 2


# What goes wrong


class Broken:
    """A store that fails."""

    def get(self, key: str, max_age: float | None = None) -> bytes | None:
        raise StoreError("cannot read")

    def set(self, key: str, value: bytes) -> None:
        raise StoreError("cannot write")

    def delete(self, key: str) -> None:
        raise StoreError("cannot delete")


def test_a_store_that_fails_loses_no_response(side: Side, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    server.reply(side.whole("Hello"), side.streamed("Hello"))
    client = side.client(server)
    with caplog.at_level(logging.WARNING):
        assert cached(Broken())(side.module.call("m", client=client)(lambda: "Hi"))().content == "Hello"
        stream = cached(Broken())(side.module.call("m", client=client, stream=True)(lambda: "Hi"))()
        assert stream.collect().content == "Hello"
    assert {record.message for record in caplog.records if record.name.startswith("mirascope_like")} == {
        "the cache cannot be read; the request is sent",
        "the response cannot be written to the cache",
    }


def test_an_unreadable_entry_is_a_miss(side: Side, server: Server, store: SQLiteCache) -> None:
    server.always(side.whole("Hello"))
    ask = cached(store)(side.module.call("m", client=side.client(server))(lambda: "Hi"))
    ask()
    with store._using() as database:
        (key,) = database.execute("SELECT key FROM cache").fetchone()
    for value in (b"", b"{}", b"\xff", json.dumps({"version": 999}).encode()):
        store.set(key, value)
        assert not from_cache(ask())
    assert from_cache(ask())


def test_a_lost_connection_is_not_stored(side: Side, server: Server, store: SQLiteCache) -> None:
    server.reply(side.whole("Hello").insert(0, CloseEarly()), side.whole("Hello"))
    ask = cached(store)(side.module.call("m", client=side.client(server))(lambda: "Hi"))
    with pytest.raises(ConnectionFailedError):
        ask()
    assert ask().content == "Hello"


@pytest.mark.parametrize("ttl", ["7 days", "", 0, -1, float("inf"), True, "d"])
def test_wrong_durations(ttl: Any, store: SQLiteCache) -> None:
    with pytest.raises(ConfigurationError, match='ttl must be seconds, or a text such as "12h" or "7d"'):
        cached(store, ttl=ttl)


@pytest.mark.parametrize(("ttl", "seconds"), [("90s", 90), ("15m", 900), ("12h", 43_200), ("7d", 604_800), (60, 60)])
def test_an_entry_is_used_until_it_is_too_old(
    ttl: Any, seconds: float, server: Server, store: SQLiteCache, clock: MovedClock, client: openai_sdk.OpenAI
) -> None:
    server.always(chat("Hello"))
    ask = cached(store, ttl=ttl)(openai.call("m", client=client)(lambda: "Hi"))
    ask()
    clock.skip(seconds - 30)
    assert from_cache(ask())
    clock.skip(31)
    assert not from_cache(ask())
    assert from_cache(ask())


# Names and types


def test_the_decorated_call_keeps_its_name_and_can_be_a_method(
    server: Server, store: SQLiteCache, client: openai_sdk.OpenAI
) -> None:
    server.always(chat("Hello"))

    class Librarian:
        @cached(store)
        @openai.call("m", client=client)
        def ask(self, genre: str) -> str:
            """Ask."""
            return genre

        @cached(store)
        @staticmethod
        @openai.call("m", client=client)
        def plain(genre: str) -> str:
            return genre

    assert Librarian().ask("fantasy").content == Librarian.plain("fantasy").content == "Hello"
    assert (Librarian.ask.__name__, Librarian.ask.__doc__) == ("ask", "Ask.")
    assert len(server.requests) == 1


def test_calls_in_many_threads(side: Side, server: Server, store: SQLiteCache) -> None:
    server.always(side.whole("Hello"))
    client = side.client(server)

    @cached(store)
    @side.module.call("m", client=client)
    def ask(number: int) -> str:
        return f"Hi {number}"

    barrier = threading.Barrier(4)

    def work(_: int) -> None:
        barrier.wait(PATIENCE)
        for number in range(20):
            ask(number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(server.requests) == len(store) == 20
