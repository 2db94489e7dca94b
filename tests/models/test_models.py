"""Models as objects."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import ConfigurationError, StreamState, ToolLoop, openai
from mirascope_like.core.base.provider.concurrency_limit import ThreadPlaces
from tests.harness.clocks import PATIENCE, waits
from tests.harness.rounds import Side
from tests.harness.server import Gate, Server, Stall


def test_settings_are_merged_one_by_one(side: Side, server: Server) -> None:
    server.always(side.whole("Hello"))
    model = side.module.model("m", client=side.client(server), temperature=0.5, max_tokens=9)

    @model.call(call_params={"temperature": 0.25})
    def ask(top_p: float) -> Any:
        return {"messages": "Hi", "call_params": {"top_p": top_p}}

    assert ask(0.75).content == "Hello"
    body = server.request.json
    assert (body["model"], body["temperature"], body["max_tokens"], body["top_p"]) == ("m", 0.25, 9, 0.75)
    assert model.ask("Hi").content == "Hello"
    assert (server.request.json["temperature"], "top_p" in server.request.json) == (0.5, False)
    assert server.request.json["messages"] == [{"role": "user", "content": "Hi"}]


def test_bare(side: Side, server: Server) -> None:
    server.reply(side.whole("Hello"), side.streamed("Hel lo"))
    model = side.module.model("m", client=side.client(server))

    @model.call
    def ask(name: str) -> str:
        """Ask."""
        return f"Hi {name}"

    assert ask("{you}").content == "Hello"
    assert (ask.__name__, ask.__doc__) == ("ask", "Ask.")
    assert server.request.json["messages"][0]["content"] == "Hi {you}"
    assert "".join(model.stream("Hi").text()) == "Hel lo"


def test_streaming(side: Side, server: Server) -> None:
    server.reply(side.streamed("Hel lo"), side.whole("Hello"), side.whole("Hello"))
    model = side.module.model("m", client=side.client(server), stream=True)

    @model.call
    def ask() -> str:
        return "Hi"

    @model.call(stream=False)
    def whole() -> str:
        return "Hi"

    assert ask().collect().content == "Hel lo"
    assert whole().content == "Hello"
    assert model.ask("Hi").content == "Hello"


def test_async(side: Side, server: Server) -> None:
    async def main() -> None:
        async with side.aclient(server) as client:
            model = side.module.model("m", client=client)

            @model.call
            async def ask() -> str:
                return "Hi"

            server.reply(side.whole("Hello"), side.whole("Hello"), side.streamed("Hel lo"))
            assert (await ask()).content == "Hello"
            assert (await model.ask_async("Hi")).content == "Hello"
            assert [text async for text in model.stream_async("Hi").text()] == ["Hel", " lo"]

    asyncio.run(main())


def test_llm(side: Side, server: Server) -> None:
    server.reply(side.whole("Hello"), side.streamed("Hel lo"))
    model = llm.model(f"{side.name}:m", client=side.client(server), temperature=0.5)
    assert model.origin == side.name
    assert model.ask("Hi").content == "Hello"
    assert server.request.json["temperature"] == 0.5
    assert model.stream("Hi").collect().content == "Hel lo"


def test_response_models_and_tools(server: Server, side: Side) -> None:
    class Book(BaseModel):
        title: str

    def add(a: int) -> int:
        """Add one."""
        return a + 1

    server.reply(side.whole("", ("call_1", "Book", '{"title": "Emma"}')))
    model = side.module.model("m", client=side.client(server))

    @model.call(response_model=Book)
    def book() -> str:
        return "A book"

    assert book() == Book(title="Emma")
    server.reply(side.whole("", ("call_1", "add", '{"a": 1}')), side.whole("2"))
    assert model.ask("Add", tools=[add], tool_loop=ToolLoop()).content == "2"


def test_wrong_options_raise_at_once() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'temperature'"):
        openai.model("m", temprature=0)
    with pytest.raises(ConfigurationError, match="at least 1"):
        openai.model("m", max_concurrent=0)


def test_at_most_so_many_at_once(side: Side, server: Server) -> None:
    gate = Gate()
    server.always(side.whole("Hello").insert(0, gate))
    model = side.module.model("m", client=side.client(server), max_concurrent=2)
    threads = [threading.Thread(target=model.ask, args=("Hi",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert server.wait_requests(2)
    assert not server.wait_requests(3, timeout=0.2)
    gate.open()
    for thread in threads:
        thread.join()
    assert len(server.requests) == 4


def test_a_stream_holds_its_place_until_it_is_closed(side: Side, server: Server) -> None:
    text = side.streamed("Hel lo").by_event()
    server.reply(text.insert(len(text.pieces) // 2, Stall()), side.streamed("Hel lo"), side.whole("Hello"))
    model = side.module.model("m", client=side.client(server), max_concurrent=1)
    first = model.stream("Hi").open()
    other = threading.Thread(target=lambda: model.stream("Hi").collect())
    other.start()
    assert not server.wait_requests(2, timeout=0.2)
    first.close()
    other.join()
    assert model.ask("Hi").content == "Hello"


@pytest.mark.parametrize("opens_here", [False, True], ids=["worker", "caller"])
def test_closing_ends_the_wait_for_a_place(
    side: Side, opens_here: bool, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the caller's own thread opens and waits, as with a client that a tracer has patched."""
    model = side.module.model("m", client=side.client(server), max_concurrent=1)
    monkeypatch.setattr(type(side.module.call._provider), "opens_here", lambda *_: opens_here)
    server.always(side.streamed("Hel lo").insert(0, Stall()))
    first = model.stream("Hi").open()
    waiting, acquire = threading.Event(), ThreadPlaces.acquire

    def acquiring(self: ThreadPlaces, *args: Any) -> bool:
        waiting.set()
        return acquire(self, *args)

    monkeypatch.setattr(ThreadPlaces, "acquire", acquiring)
    stream = model.stream("Hi")
    reading = threading.Thread(target=lambda: list(stream), daemon=True)
    reading.start()
    assert waiting.wait(PATIENCE)
    stream.close()
    reading.join(PATIENCE)
    assert not reading.is_alive()
    assert (stream.state, stream.error, len(server.requests)) == (StreamState.CLOSED, None, 1)
    first.close()
    server.always(side.whole("Hello"))
    assert model.ask("Hi").content == "Hello"  # the place is free


def test_async_streams_hold_their_places(side: Side, server: Server) -> None:
    async def main() -> None:
        async with side.aclient(server) as client:
            model = side.module.model("m", client=client, max_concurrent=1)
            server.reply(side.streamed("Hel lo"), side.streamed("Hel lo"), side.whole("Hello"))
            first = await model.stream_async("Hi").open()
            other = asyncio.ensure_future(model.stream_async("Hi").collect())
            await waits(other)
            assert len(server.requests) == 1
            await first.close()
            assert (await other).content == "Hel lo"
            assert (await model.ask_async("Hi")).content == "Hello"

    asyncio.run(main())
    asyncio.run(asyncio.sleep(0))
