"""Clients of the user: in the decorator, in a dynamic config, wrapped, patched, or of another class."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Iterator
from types import MethodType, SimpleNamespace
from typing import Any

import openai
import pytest

from mirascope_like.core import StreamInterruptedError
from tests.conformance.providers import OPENAI, Row, openai_like
from tests.harness.clocks import eventually
from tests.harness.server import Reply, Server, Stall

HI = [{"role": "user", "content": "Hi"}]


# Where a client is given


@openai_like
def test_dynamic_client_does_not_stick(row: Row, server: Server) -> None:
    server.always(Reply.json(row.whole("Hello")))
    with row.client(server, api_key="sk-decorator") as given, row.client(server, api_key="sk-dynamic") as dynamic:

        @row.module.call("m", client=given)
        def say(client: Any = None) -> Any:
            return {"messages": HI, **({"client": client} if client is not None else {})}

        for client, key in ((None, "sk-decorator"), (dynamic, "sk-dynamic"), (None, "sk-decorator")):
            response = say(client)
            assert key in str(server.request.headers)
            assert "sk-" not in response.model_dump_json()


@openai_like
def test_dynamic_client_of_an_async_stream(row: Row, server: Server) -> None:
    async def main() -> None:
        async with row.aclient(server, api_key="sk-a") as first, row.aclient(server, api_key="sk-b") as second:

            @row.module.call("m", client=first, stream=True)
            async def say(client: Any = None) -> Any:
                return {"messages": HI, "client": client} if client else {"messages": HI}

            for client, key in ((None, "sk-a"), (second, "sk-b"), (None, "sk-a")):
                assert (await say(client).collect()).content == "Hello"
                assert key in str(server.request.headers)

    server.always(row.text("Hello"))
    asyncio.run(main())


def test_subclass_of_the_sdks_client(server: Server) -> None:
    class Mine(openai.OpenAI):
        pass

    server.reply(OPENAI.text("Hello"), Reply.json(OPENAI.whole("Hello")))
    with Mine(base_url=OPENAI.url(server), api_key="sk-test") as client:
        assert OPENAI.stream(client).collect().content == "Hello"
        assert OPENAI.ask(client).content == "Hello"


# Clients that are not the SDK's


class Wrapped:
    """A client that hands everything on, as gateways and tracers do."""

    def __init__(self, inner: Any, notes: list[str]) -> None:
        self._inner = inner
        self._notes = notes

    def __getattr__(self, name: str) -> Any:
        self._notes.append(name)
        return getattr(self._inner, name)


def properties_of(found: Any) -> tuple[Any, ...]:
    return (
        found.content,
        found.model,
        found.id,
        found.finish_reasons,
        found.usage,
        found.input_tokens,
        found.output_tokens,
        found.message_param,
        found.response,
    )


@openai_like
def test_wrapped_client_gives_the_same(row: Row, server: Server) -> None:
    notes: list[str] = []
    with row.client(server) as client:
        wrapped = Wrapped(client, notes)
        server.reply(row.text("Hel", "lo"), row.text("Hel", "lo"))
        fast, slow = row.stream(client), row.stream(wrapped)
        assert [(c.content, c.chunk) for c, _ in slow] == [(c.content, c.chunk) for c, _ in fast]
        assert properties_of(slow.construct_call_response()) == properties_of(fast.construct_call_response())
        server.reply(Reply.json(row.whole("Hello")), Reply.json(row.whole("Hello")))
        assert properties_of(row.ask(wrapped)) == properties_of(row.ask(client))
    assert notes
    assert [request.json for request in server.requests[:1]] == [server.requests[1].json]


@openai_like
def test_wrapped_async_client_gives_the_same(row: Row, server: Server) -> None:
    async def main() -> None:
        async with row.aclient(server) as client:
            wrapped = Wrapped(client, [])
            server.reply(row.text("Hel", "lo"), row.text("Hel", "lo"))
            fast, slow = await row.astream(client).collect(), await row.astream(wrapped).collect()
            assert properties_of(slow) == properties_of(fast)
            server.reply(Reply.json(row.whole("Hello")), Reply.json(row.whole("Hello")))
            assert properties_of(await row.aask(wrapped)) == properties_of(await row.aask(client))

    asyncio.run(main())


@openai_like
def test_wrapped_client_lets_the_connection_go(row: Row, server: Server) -> None:
    server.reply(row.streamed(*row.texts("Hel", finish=None), Stall()))
    with row.client(server) as client:
        for chunk, _ in row.stream(Wrapped(client, [])):
            if chunk.content:
                break
        assert server.wait_closed()


def alike(row: Row, create: Any) -> Any:
    """An object with nothing but the method that a call needs."""
    if row.name == "anthropic":
        return SimpleNamespace(messages=SimpleNamespace(create=create))
    if "responses" in row.path:
        return SimpleNamespace(responses=SimpleNamespace(create=create))
    return SimpleNamespace(chat=SimpleNamespace(completions=SimpleNamespace(create=create)))


@openai_like
def test_dicts(row: Row) -> None:
    asked: list[dict[str, Any]] = []

    def create(**given: Any) -> Any:
        asked.append(given)
        return iter(row.texts("Hel", "lo")) if given.get("stream") else row.whole("Hello")

    client = alike(row, create)
    stream = row.stream(client)
    chunks = [chunk for chunk, _ in stream]
    assert "".join(chunk.content for chunk in chunks) == "Hello"
    assert {type(chunk.chunk).__module__.partition(".")[0] for chunk in chunks} == {row.sdk.__name__}
    response = stream.construct_call_response()
    assert (response.content, response.input_tokens, response.output_tokens) == ("Hello", 3, 5)
    assert row.ask(client).content == "Hello"
    assert row.ask(client).message_param == response.message_param
    assert asked[0]["model"] == "m"
    assert asked[0]["stream"] is True
    assert "stream" not in asked[1]


@openai_like
def test_async_dicts(row: Row) -> None:
    closed: list[bool] = []

    async def events() -> AsyncIterator[Any]:
        try:
            for event in row.texts("Hel", "lo"):
                yield event
        finally:
            closed.append(True)

    async def create(**given: Any) -> Any:
        return events() if given.get("stream") else row.whole("Hello")

    async def main() -> None:
        client = alike(row, create)
        assert (await row.astream(client).collect()).content == "Hello"
        assert (await row.aask(client)).content == "Hello"
        async for chunk, _ in row.astream(client):
            if chunk.content:
                break
        assert await eventually(lambda: closed == [True, True])

    asyncio.run(main())
    assert closed == [True, True]


@openai_like
def test_generator_is_closed_when_the_stream_is_left(row: Row) -> None:
    closed: list[bool] = []

    def create(**_: Any) -> Iterator[Any]:
        try:
            yield from row.texts("Hel", "lo")
        finally:
            closed.append(True)

    for chunk, _ in row.stream(alike(row, create)):
        if chunk.content:
            break
    assert closed == [True]


@openai_like
def test_iterable_that_stops_early_is_an_interruption(row: Row) -> None:
    stream = row.stream(alike(row, lambda **_: row.texts("Hel", finish=None)))
    with pytest.raises(StreamInterruptedError) as caught:
        list(stream)
    assert isinstance(caught.value, row.base_error)
    assert caught.value.partial.content == "Hel"


@openai_like
def test_errors_of_another_client_pass(row: Row) -> None:
    class TheirError(Exception):
        pass

    def create(**_: Any) -> Any:
        raise TheirError("theirs")

    with pytest.raises(TheirError, match="theirs"):
        row.ask(alike(row, create))
    stream = row.stream(alike(row, create))
    with pytest.raises(TheirError, match="theirs"):
        stream.collect()


# Clients that somebody has instrumented


def target(row: Row, client: Any) -> Any:
    """The object of the SDK that has `create`."""
    if row.name == "anthropic":
        return client.messages
    return client.responses if "responses" in row.path else client.chat.completions


def traced(create: Any, seen: list[dict[str, Any]]) -> Any:
    @functools.wraps(create)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        seen.append(kwargs)
        return create(*args, **kwargs)

    return wrapper


class Proxy:
    """What tracers put in the place of a function: it pretends to be what it wraps."""

    def __init__(self, wrapped: Any, seen: list[dict[str, Any]]) -> None:
        self.__wrapped__ = wrapped
        self._seen = seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    @property
    def __class__(self) -> Any:
        return MethodType

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._seen.append(kwargs)
        return self.__wrapped__(*args, **kwargs)


@openai_like
@pytest.mark.parametrize("how", ["function", "proxy", "class"])
def test_patched_create_is_called(row: Row, server: Server, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []
    with row.client(server) as client:
        owner = target(row, client)
        if how == "class":
            monkeypatch.setattr(type(owner), "create", traced(type(owner).create, seen))
        else:
            put = traced(owner.create, seen) if how == "function" else Proxy(owner.create, seen)
            monkeypatch.setattr(owner, "create", put)
        server.reply(row.text("Hel", "lo"), Reply.json(row.whole("Hello")))
        assert row.stream(client).collect().content == "Hello"
        assert row.ask(client).content == "Hello"
    assert [given["model"] for given in seen] == ["m", "m"]
    assert [given.get("stream", False) for given in seen] == [True, False]


@openai_like
def test_patched_async_create_is_called(row: Row, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []

    async def main() -> None:
        async with row.aclient(server) as client:
            owner = target(row, client)
            monkeypatch.setattr(owner, "create", traced(owner.create, seen))
            server.reply(row.text("Hel", "lo"), Reply.json(row.whole("Hello")))
            assert (await row.astream(client).collect()).content == "Hello"
            assert (await row.aask(client)).content == "Hello"

    asyncio.run(main())
    assert len(seen) == 2
