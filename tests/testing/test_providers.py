"""Every provider, with its default client and no key, answered by the fake model: each kind of reply, read by the real
SDK.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import (
    ConnectionFailedError,
    RateLimitError,
    StreamInterruptedError,
    StreamState,
    StreamTimeoutError,
    ToolLoop,
)
from mirascope_like.testing import (
    UnscriptedRequestError,
    UnusedRepliesError,
    answer,
    cut,
    error,
    fake,
    refusal,
    reply,
    text,
    thinking,
    tool,
)
from tests.harness.clocks import PATIENCE, eventually, waits
from tests.testing.rows import Row, both, every_row, rows_where


class Book(BaseModel):
    """A book."""

    title: str
    year: int


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits of the SDKs before they repeat a request, left out: the SDKs wait by `time.sleep` and the loop."""
    sleep = anyio.sleep
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(anyio, "sleep", lambda seconds: sleep(0))
    monkeypatch.setattr(asyncio, "sleep", _yields)


async def _yields(seconds: float = 0, result: Any = None) -> Any:
    await asyncio.tasks.__sleep0()  # type: ignore[attr-defined]
    return result


@every_row
@both
def test_text(row: Row, asynchronous: bool) -> None:
    async def main() -> None:
        with fake("Hi there") as model:
            response = await row.either(asynchronous)
        assert response.content == "Hi there"
        assert type(response.response).__name__ == row.sdk_type
        assert response.common_finish_reasons == ["stop"]
        assert (response.input_tokens, response.output_tokens) == (1, 2)  # the words
        assert (model.request.provider, model.request.model, model.request.text) == (row.provider, "m1", "Hello")
        assert not model.request.stream

    asyncio.run(main())


@every_row
@both
def test_stream(row: Row, asynchronous: bool) -> None:
    async def main() -> None:
        with fake("Hi there you", text("Now", " in", " pieces", gap=0.001)) as model:
            words = [chunk.content for chunk, _ in await row.pairs(asynchronous) if chunk.content]
            pieces = [chunk.content for chunk, _ in await row.pairs(asynchronous) if chunk.content]
        assert words == ["Hi", " there", " you"]
        assert pieces == ["Now", " in", " pieces"]
        assert [request.stream for request in model.requests] == [True, True]

    asyncio.run(main())


@every_row
@both
def test_a_stream_rebuilds_the_response_of_the_sdk(row: Row, asynchronous: bool) -> None:
    async def main() -> None:
        with fake("Hi there", reply("Hi there", usage=(7, 9), cached=2, finish="length")):
            whole = await row.either(asynchronous)
            stream = await row.either(asynchronous, stream=True)
            response = await stream.collect() if asynchronous else stream.collect()
        assert type(response.response) is type(whole.response)
        assert response.content == "Hi there"
        assert response.common_finish_reasons == ["length"]
        assert (response.input_tokens, response.cached_tokens, response.output_tokens) == (7, 2, 9)

    asyncio.run(main())


@every_row
@both
def test_finish_reasons(row: Row, asynchronous: bool) -> None:
    async def main() -> None:
        reasons = ["stop", "length", *(["content_filter"] if row.filters else [])]
        with fake(*(reply("Hi", finish=reason) for reason in reasons for _ in range(2))):
            for reason in reasons:
                whole = await row.either(asynchronous)
                stream = await row.either(asynchronous, stream=True)
                rebuilt = await stream.collect() if asynchronous else stream.collect()
                assert whole.common_finish_reasons == rebuilt.common_finish_reasons == [reason]
                assert whole.finish_reasons == rebuilt.finish_reasons

    asyncio.run(main())


@every_row
@both
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_tools(row: Row, asynchronous: bool, streamed: bool) -> None:
    async def main() -> None:
        calls = tool("add", a=1, b=2), tool(add, {"a": 3, "b": 4})
        with fake(reply("I add.", *calls)) as model:
            if streamed:
                found = [one for _, one in await row.pairs(asynchronous, tools=[add]) if one is not None]
            else:
                response = await row.either(asynchronous, tools=[add])
                assert response.common_finish_reasons == ["tool_calls"] or row.provider in (
                    "google",
                    "vertex",
                    "gemini",
                )
                found = response.tools
        assert [one.args for one in found] == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]
        assert [one.call() for one in found] == [3, 7]
        assert model.request.tools == ["add"]

    asyncio.run(main())


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"sunny in {city}"


STREAMED_ARGUMENTS = {"tool_config": {"function_calling_config": {"stream_function_call_arguments": True}}}
"""Without it, Gemini sends a call in one piece; only Vertex accepts it."""
WHOLE_CALLS = frozenset({"groq", "ollama", "mistral", "gemini", "google"})


@rows_where(lambda row: row.id not in WHOLE_CALLS)
@both
def test_partial_tools(row: Row, asynchronous: bool) -> None:
    async def main() -> None:
        options: Any = {"call_params": STREAMED_ARGUMENTS} if row.id == "vertex" else {}
        with fake(tool("get_weather", '{"city": "Os', 'lo"}')):
            stream = await row.either(asynchronous, tools=[get_weather], stream={"partial_tools": True}, **options)
            pairs = [pair async for pair in stream] if asynchronous else list(stream)
        *grown, whole = [one for _, one in pairs if one is not None]
        assert (whole.args, whole.delta) == ({"city": "Oslo"}, None)
        assert "Os" in [getattr(one, "city", None) for one in grown]

    asyncio.run(main())


@every_row
@both
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_tool_loop(row: Row, asynchronous: bool, streamed: bool) -> None:
    async def main() -> None:
        with fake(tool("add", a=1, b=2), "It is three.") as model:
            found = await row.either(asynchronous, tools=[add], tool_loop=ToolLoop(), stream=streamed)
            if streamed:
                found = await found.collect() if asynchronous else found.collect()
        assert found.content == "It is three."
        assert "3" in model.request.text  # the tool's result
        assert len(model.requests) == 2

    asyncio.run(main())


@every_row
@both
@pytest.mark.parametrize("options", [{}, {"json_mode": True}, {"stream": True}], ids=["tool", "json", "streamed"])
def test_structured_output(row: Row, asynchronous: bool, options: dict[str, Any]) -> None:
    async def main() -> None:
        with fake(Book(title="Dune", year=1965)):
            found = await row.either(asynchronous, response_model=Book, **options)
            if "stream" in options:
                found = [one async for one in found][-1] if asynchronous else list(found)[-1]
        assert found == Book(title="Dune", year=1965)

    asyncio.run(main())


@every_row
def test_structured_output_by_a_schema(row: Row) -> None:
    class Strict(Book):
        """A book, strictly."""

        model_config = {"strict": True}

    with fake(Strict(title="Dune", year=1965), answer(["a", "b"]), answer(7)):
        assert row.ask(response_model=Strict) == Strict(title="Dune", year=1965)
        assert row.ask(response_model=list[str]) == ["a", "b"]
        assert row.ask(response_model=int) == 7


@every_row
@both
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_thinking(row: Row, asynchronous: bool, streamed: bool) -> None:
    async def main() -> None:
        with fake(reply(thinking("Let me see."), "Yes")):
            found = await row.either(asynchronous, stream=streamed)
            if streamed:
                found = await found.collect() if asynchronous else found.collect()
        assert found.content == "Yes"
        assert found.thinking == ("Let me see." if row.thinks else None)

    asyncio.run(main())


@every_row
@both
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_refusal(row: Row, asynchronous: bool, streamed: bool) -> None:
    async def main() -> None:
        with fake(refusal("I cannot help.")):
            found = await row.either(asynchronous, stream=streamed)
            if streamed:
                found = await found.collect() if asynchronous else found.collect()
        if row.refuses:
            assert found.content == ""
            assert "I cannot help." in str(found.response)
        else:
            assert found.content == "I cannot help."
            assert found.common_finish_reasons == ["content_filter" if row.filters else "stop"]

    asyncio.run(main())


@pytest.mark.usefixtures("no_waits")
@every_row
@both
def test_rate_limit(row: Row, asynchronous: bool) -> None:
    async def main() -> None:
        limited = error(429, "slow down", retry_after=0.01, times=row.attempts)
        with fake(limited) as model, pytest.raises(RateLimitError, match="slow down") as raised:
            await row.either(asynchronous)
        assert len(model.requests) == row.attempts
        assert raised.value.status_code == 429
        assert raised.value.retry_after == (None if row.id == "gemini" else 0.01)  # gRPC has no such header

    asyncio.run(main())


@pytest.mark.usefixtures("no_waits")
@rows_where(lambda row: row.id not in ("google", "vertex", "mistral"))  # they repeat no request by default
@both
def test_the_sdk_repeats_a_request(row: Row, asynchronous: bool) -> None:
    async def main() -> None:
        with fake(error(503), "after all") as model:
            assert (await row.either(asynchronous)).content == "after all"
        assert len(model.requests) == 2

    asyncio.run(main())


@every_row
@both
def test_a_stream_is_cut(row: Row, asynchronous: bool) -> None:
    async def main() -> None:
        with fake(cut("Once upon a")), pytest.raises(StreamInterruptedError) as raised:
            await row.pairs(asynchronous)
        assert raised.value.partial.content == "Once upon a"

    asyncio.run(main())


@every_row
@both
@pytest.mark.parametrize("deadline", ["first", "idle"])
def test_deadlines(row: Row, asynchronous: bool, deadline: str) -> None:
    async def main() -> None:
        late = reply("Once", delay=1000) if deadline == "first" else text("Once", " upon", gap=1000)
        with fake(late) as model:
            stream = await row.either(asynchronous, stream=True)
            stream.timeout(**{deadline: 0.05})
            with pytest.raises(StreamTimeoutError):
                await stream.collect() if asynchronous else stream.collect()
            model.forgive()  # on a busy machine, the first deadline may pass before the request

    asyncio.run(main())


async def _drained(stream: Any) -> None:
    async for _ in stream:
        pass


@every_row
@both
def test_a_stream_is_left(row: Row, asynchronous: bool) -> None:
    async def main() -> None:
        with fake(text("Once", " upon", " a time", gap=0.001)):
            stream = await row.either(asynchronous, stream=True)
            if asynchronous:
                async with stream:
                    async for chunk, _ in stream:
                        if chunk.content:
                            break
            else:
                with stream:
                    next(chunk for chunk, _ in stream if chunk.content)
        assert (stream.content, stream.state) == ("Once", StreamState.CLOSED)

    asyncio.run(main())


@every_row
@both
def test_a_stream_is_closed_while_it_waits(row: Row, asynchronous: bool) -> None:
    async def main() -> None:
        with fake(text("Once", " upon", gap=1000)) as model:
            stream = await row.either(asynchronous, stream=True)
            if asynchronous:
                reader = asyncio.create_task(_drained(stream))
                assert await eventually(lambda: bool(model.requests))
                await waits(reader)
                await stream.close()
                await reader
            else:
                with ThreadPoolExecutor(1) as threads:
                    reading = threads.submit(list[Any], stream)
                    assert await eventually(lambda: bool(model.requests))
                    stream.close()
                    reading.result(PATIENCE)
        assert (stream.state, stream.error) == (StreamState.CLOSED, None)

    asyncio.run(main())


@pytest.mark.usefixtures("no_waits")
@rows_where(lambda row: row.id != "gemini")  # its SDK repeats such a request for ten minutes
@both
def test_the_connection_is_lost(row: Row, asynchronous: bool) -> None:
    async def main() -> None:
        def lose(_: Any) -> Any:
            return cut()

        with fake(lose), pytest.raises(ConnectionFailedError):
            await row.either(asynchronous)

    asyncio.run(main())


@every_row
@both
def test_function(row: Row, asynchronous: bool) -> None:
    async def main() -> None:
        with fake("first", lambda request: f"echo {request.text} of {request.provider}") as model:
            found = [(await row.either(asynchronous, prompt)).content for prompt in ("a", "b", "c")]
        assert found == ["first", f"echo b of {row.provider}", f"echo c of {row.provider}"]
        assert [request.number for request in model.requests] == [1, 2, 3]

    asyncio.run(main())


@pytest.mark.usefixtures("no_waits")
@every_row
@both
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_more_requests_than_replies(row: Row, asynchronous: bool, streamed: bool) -> None:
    async def main() -> None:
        with fake("one") as model:
            await row.either(asynchronous, "a")
            with pytest.raises(UnscriptedRequestError) as raised:
                await (row.pairs(asynchronous, "b") if streamed else row.either(asynchronous, "b"))
            model.forgive()
        name = row.provider
        assert str(raised.value) == (
            f"the fake model has no reply left for request 2. The requests:\n  1. {name} m1: 'a'\n  2. {name} m1: 'b'"
        )
        assert len(model.requests) == 2  # no SDK repeats it

    asyncio.run(main())


@every_row
@both
def test_unused_replies(row: Row, asynchronous: bool) -> None:
    async def main() -> None:
        model = fake("one", tool("add", a=1), error(500, times=2))
        await model.__aenter__()
        await row.either(asynchronous, "a")
        with pytest.raises(UnusedRepliesError) as raised:
            await model.__aexit__(None, None, None)
        assert str(raised.value) == ("2 replies were not used after 1 request:\n  tool('add', {\"a\":1})\n  error(500)")

    asyncio.run(main())


@every_row
@both
def test_llm(row: Row, asynchronous: bool) -> None:
    @llm.call(f"{row.id}:m1")
    def say(prompt: str) -> str:
        return prompt

    @llm.call(f"{row.id}:m1", stream=True)
    async def astream(prompt: str) -> str:
        return prompt

    async def main() -> None:
        with fake("through llm") as model:
            if asynchronous:
                assert (await (await astream("x")).collect()).content == "through llm"
            else:
                assert say("x").content == "through llm"
        assert model.request.provider == row.provider

    asyncio.run(main())
