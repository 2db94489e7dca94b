"""Clients that a function makes, and calls that go to other processes: they keep headers and factories, no client.

Source: Ray, Dask and joblib send functions of notebooks with cloudpickle, which pickles what a call holds. Clients hold
locks, and fail there ("cannot pickle '_thread.RLock' object").
"""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import openai as openai_sdk
import pytest

from mirascope_like import llm
from mirascope_like.core import ConfigurationError, openai
from mirascope_like.core.base.prompts import PromptFunction
from mirascope_like.core.base.provider import clients
from tests.conformance.contract import BaseRow
from tests.conformance.providers import OPENAI
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer, Text
from tests.harness.server import Reply, Server

REMOTE = [row for row in EVERY if row.name != "local"]
every_row = pytest.mark.parametrize("row", REMOTE, ids=lambda row: row.id)
SERVERS: list[Server] = []
"""The server that `module_client` calls."""


def module_client() -> openai_sdk.OpenAI:
    """A factory that pickle finds by its name."""
    return openai_sdk.OpenAI(base_url=f"{SERVERS[-1].url}/v1", api_key="sk-factory-1")


@every_row
def test_a_factory_makes_one_client(row: BaseRow, server: Server) -> None:
    answer = Answer(Text("Hello"))
    server.reply(row.wire.answered(answer), row.wire.streamed(answer), row.wire.answered(answer))
    made: list[Any] = []
    with ExitStack() as stack:

        def make() -> Any:
            made.append(stack.enter_context(row.client(server)))
            return made[-1]

        assert row.ask(make).content == "Hello"
        assert row.stream(make).collect().content == "Hello"

        @row.module.call("m")
        def say() -> Any:
            return {"messages": "Hi", "client": make}

        assert say().content == "Hello"
    assert len(made) == 1


@every_row
@pytest.mark.parametrize("awaited", [False, True])
def test_a_factory_makes_one_client_for_each_loop(row: BaseRow, awaited: bool, server: Server) -> None:
    answer = Answer(Text("Hello"))
    made: list[Any] = []

    async def main() -> None:
        async with AsyncExitStack() as stack:
            given = await stack.enter_async_context(row.aclient(server))

            async def amake() -> Any:
                await asyncio.sleep(0)
                made.append(given)
                return given

            def make() -> Any:
                made.append(given)
                return given

            factory = amake if awaited else make
            server.reply(row.wire.answered(answer), row.wire.streamed(answer))
            assert (await row.aask(factory)).content == "Hello"
            assert (await row.astream(factory).collect()).content == "Hello"

    for count in (1, 2):
        asyncio.run(main())
        assert len(made) == count


def test_factories_of_other_kinds(server: Server) -> None:
    """A class, a partial and a method; a test double of a client can be called too, and is a client."""
    server.always(Reply.json(OPENAI.whole("Hello")))
    where = {"base_url": f"{server.url}/v1", "api_key": "sk-test"}

    class Settings:
        def client(self) -> openai_sdk.OpenAI:
            return openai_sdk.OpenAI(**where)

    class Client(openai_sdk.OpenAI):
        def __init__(self) -> None:
            super().__init__(**where)

        def __call__(self) -> None:
            raise AssertionError

    with Client() as made:
        for client in (Client, made, partial(openai_sdk.OpenAI, **where), Settings().client):
            assert OPENAI.ask(client).content == "Hello"
    with llm.context(client=partial(openai_sdk.OpenAI, **where)):

        @llm.call("openai:m")
        def ask() -> str:
            return "Hi"

        assert ask().content == "Hello"


def test_wrong_factories(server: Server) -> None:
    async def make() -> openai_sdk.AsyncOpenAI:
        return openai_sdk.AsyncOpenAI(api_key="sk-test")

    with pytest.raises(ConfigurationError, match="factory that returns a client"):
        OPENAI.ask(make)

    async def ask() -> None:
        await OPENAI.aask(lambda: openai_sdk.OpenAI(api_key="sk-test"))

    with pytest.raises(ConfigurationError, match="needs an async client"):
        asyncio.run(ask())


def test_two_tasks_make_one_client() -> None:
    made: list[Any] = []
    with Server() as server:
        server.always(Reply.json(OPENAI.whole("Hello")))

        async def make() -> openai_sdk.AsyncOpenAI:
            client = openai_sdk.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="sk-test")
            made.append(client)
            await asyncio.sleep(0)
            return client

        async def main() -> None:
            await asyncio.gather(*(OPENAI.aask(make) for _ in range(3)))

        asyncio.run(main())
        assert all(client.is_closed() for client in made)


@pytest.fixture
def sent(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server that default clients and `module_client` call."""
    monkeypatch.setattr(__name__ + ".SERVERS", [server])
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment-1")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    return server.always(Reply.json(OPENAI.whole("Hello")))


def test_a_pickled_model(sent: Server) -> None:
    """It keeps its settings with the headers, and sends with the default client or with its factory's."""
    settings: Any = {"max_concurrent": 2, "extra_headers": {"x-mine": "header-1"}}
    with openai_sdk.OpenAI(base_url=f"{sent.url}/v1", api_key="sk-own-1") as client:
        given = openai.model("m", client=client, **settings)
        assert given.ask("Hi").content == "Hello"
        assert sent.request.headers["authorization"] == "Bearer sk-own-1"
        pickled = pickle.dumps(given)
        assert copy.deepcopy(given).ask("Hi").content == "Hello"
        assert sent.request.headers["authorization"] == "Bearer sk-own-1"
    assert b"sk-own" not in pickled
    for data, key in (
        (pickled, "sk-environment-1"),
        (pickle.dumps(openai.model("m", client=module_client, **settings)), "sk-factory-1"),
    ):
        again = pickle.loads(data)
        assert again.ask("Hi").content == "Hello"
        assert sent.request.headers["authorization"] == f"Bearer {key}"
        assert sent.request.headers["x-mine"] == "header-1"
        assert pickle.loads(pickle.dumps(again)).name == "m"


def held_by(value: Any) -> Iterator[Any]:
    """What a function refers to besides its arguments: cloudpickle pickles these one by one."""
    if isinstance(value, partial):
        inner: list[Any] = [value.func, *value.args]
    elif isinstance(value, MethodType):
        inner = [value.__self__]
    elif isinstance(value, FunctionType):
        inner = [cell.cell_contents for cell in value.__closure__ or ()]
    else:
        yield value
        return
    for one in inner:
        yield from held_by(one)


@pytest.mark.parametrize("options", [{}, {"stream": True}], ids=["whole", "streamed"])
def test_what_a_decorated_function_holds(sent: Server, options: Any) -> None:
    """After a default client was made, and with a client of its own."""
    params = {"extra_headers": {"x-mine": "header-1"}}
    OPENAI.ask(call_params=params)
    with openai_sdk.OpenAI(base_url=f"{sent.url}/v1", api_key="sk-own-1") as client:
        ask = OPENAI.decorated(client, call_params=params, **options)
        pickled = [pickle.dumps(one) for one in held_by(ask) if not isinstance(one, PromptFunction)]
    assert any(b"header-1" in one for one in pickled)
    assert not any(b"sk-own" in one for one in pickled)


@every_row
def test_a_provider_is_pickled_by_its_place(row: BaseRow) -> None:
    """So a pickled call of another process shares the default client of its module."""
    provider = row.module.call.provider
    assert pickle.loads(pickle.dumps(provider)) is provider
    assert pickle.loads(pickle.dumps(llm.call.provider)) is llm.call.provider


def test_a_stream_cannot_be_pickled(server: Server) -> None:
    with OPENAI.client(server) as client, pytest.raises(TypeError, match="pickle the response"):
        pickle.dumps(OPENAI.stream(client))


class Holder:
    """Its method makes a client."""

    def __init__(self, row: BaseRow, server: Server, stack: ExitStack) -> None:
        self.make_client = lambda: stack.enter_context(row.client(server))

    def make(self) -> Any:
        return self.make_client()


@pytest.mark.parametrize("kind", ["function", "method", "partial"])
def test_a_factory_that_nobody_has_any_more_keeps_no_client(kind: str, server: Server) -> None:
    """Servers make a call, and its factory, for each request."""
    server.always(OPENAI.wire.answered(Answer(Text("Hello"))))
    gc.collect()  # the factories of other tests
    before = len(clients._OF_FACTORIES)
    with ExitStack() as stack:
        for _ in range(3):
            holder = Holder(OPENAI, server, stack)
            factories = {"function": lambda made=holder: made.make(), "method": holder.make}
            factory: Any = factories.get(kind, partial(holder.make))
            assert OPENAI.ask(factory).content == "Hello"
        assert len(clients._OF_FACTORIES) >= before + 1
        del holder, factory, factories
        gc.collect()
        assert len(clients._OF_FACTORIES) == before


@pytest.mark.parametrize("awaited", [False, True], ids=["sync", "async"])
def test_a_factory_that_nobody_has_any_more_leaves_its_client_open(awaited: bool, server: Server) -> None:
    """It may have given the client to others too."""
    server.always(OPENAI.wire.answered(Answer(Text("Hello"))))

    async def main() -> None:
        async with OPENAI.aclient(server) as client:
            for _ in range(3):
                assert (await OPENAI.aask(lambda: client)).content == "Hello"
                gc.collect()
                await asyncio.sleep(0)

    if awaited:
        asyncio.run(main())
        return
    with OPENAI.client(server) as client:
        for _ in range(3):
            assert OPENAI.ask(lambda: client).content == "Hello"
            gc.collect()


def test_a_stream_keeps_the_factory_of_its_client(server: Server) -> None:
    server.reply(OPENAI.wire.streamed(Answer(Text("Hel", "lo"))))
    made: list[Any] = []

    async def main() -> str:
        def make() -> Any:
            made.append(openai_sdk.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0))
            return made[0]

        @openai.call("m", stream=True, client=make)
        async def say() -> str:
            return "Hi"

        stream = say()
        await anext(stream)
        del make, say
        gc.collect()
        await asyncio.sleep(0)
        content = (await stream.collect()).content
        await made[0].close()
        return content

    assert asyncio.run(main()) == "Hello"
