"""Middleware is called exactly once at the end of each call, whatever the call returns or raises."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import openai as openai_sdk
import pytest
from pydantic import BaseModel

from mirascope_like.core import ResponseParseError, ServerError, StreamInterruptedError, StreamTimeoutError, openai
from mirascope_like.integrations import middleware_factory
from tests.harness.clocks import PATIENCE, MovedClock, once_begun
from tests.harness.rounds import chat_stream
from tests.harness.server import Reply, Server, Stall
from tests.memory.scripts import MemoryProvider, Reader, text


class Book(BaseModel):
    title: str


def completion(text: str) -> Reply:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    return Reply.json({"id": "c", "object": "chat.completion", "created": 1, "model": "gpt", "choices": [choice]})


def event(content: str, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt", "choices": [choice]}


BROKEN = Reply.error(500, x_should_retry="false")
Log = list[Any]


@pytest.fixture
def log() -> Log:
    return []


@pytest.fixture
def logging_to(log: Log) -> Any:
    @contextmanager
    def around(function: Any) -> Generator[str]:
        log.append(f"enter {function.__name__}")
        try:
            yield "context"
        finally:
            log.append("exit")

    def handler(name: str) -> Any:
        def handle(result: Any, function: Any, context: Any) -> None:
            log.append((name, function.__name__, context, getattr(result, "state", None) or str(result)))

        return handle

    return middleware_factory(
        custom_context_manager=around,
        handle_call_response=handler("response"),
        handle_stream=handler("stream"),
        handle_response_model=handler("model"),
        handle_structured_stream=handler("structured"),
        handle_error=handler("error"),
    )


@pytest.fixture
def client(server: Server) -> Generator[openai_sdk.OpenAI]:
    with openai_sdk.OpenAI(base_url=server.url, api_key="k", max_retries=0) as client:
        yield client


def test_response(server: Server, client: Any, logging_to: Any, log: Log) -> None:
    server.reply(completion("hello"))

    @logging_to
    @openai.call("m", client=client)
    def ask() -> str:
        return "hi"

    assert ask().content == "hello"
    assert log == ["enter ask", ("response", "ask", "context", "hello"), "exit"]


def test_response_model(server: Server, client: Any, logging_to: Any, log: Log) -> None:
    server.reply(completion('{"title": "Dune"}'))

    @logging_to
    @openai.call("m", client=client, response_model=Book, json_mode=True)
    def ask() -> str:
        return "hi"

    assert ask() == Book(title="Dune")
    assert log == ["enter ask", ("model", "ask", "context", "title='Dune'"), "exit"]


def streamed(logging_to: Any, client: Any) -> Any:
    @logging_to
    @openai.call("m", client=client, stream=True)
    def ask() -> str:
        return "hi"

    return ask()


def test_stream_read_to_its_end(server: Server, client: Any, logging_to: Any, log: Log) -> None:
    server.reply(Reply.chat(event("hel"), event("lo", "stop")))
    stream = streamed(logging_to, client)
    assert log == ["enter ask"]
    stream.collect()
    assert log == ["enter ask", ("stream", "ask", "context", "done"), "exit"]
    assert list(stream) == []
    assert len(log) == 3


def test_stream_closed_early(server: Server, client: Any, logging_to: Any, log: Log) -> None:
    server.reply(Reply.sse(event("hel"), Stall()))
    with streamed(logging_to, client) as stream:
        next(stream)
    assert log == ["enter ask", ("stream", "ask", "context", "closed"), "exit"]


def test_stream_dropped(server: Server, client: Any, logging_to: Any, log: Log) -> None:
    server.reply(Reply.sse(event("hel"), Stall()))
    for _ in streamed(logging_to, client):
        break
    gc.collect()
    assert log == ["enter ask", ("stream", "ask", "context", "closed"), "exit"]


def test_stream_that_breaks_off(server: Server, client: Any, logging_to: Any, log: Log) -> None:
    server.reply(Reply.sse(event("hel")))
    with pytest.raises(StreamInterruptedError):
        list(streamed(logging_to, client))
    assert [entry[0] if isinstance(entry, tuple) else entry for entry in log] == ["enter ask", "error", "exit"]


@pytest.mark.parametrize("total", [0, 0.3])
def test_stream_that_is_late(server: Server, client: Any, logging_to: Any, log: Log, total: float) -> None:
    server.always(Reply.sse(event("hel"), Stall()))
    stream = streamed(logging_to, client).timeout(total=total)
    with pytest.raises(StreamTimeoutError) as caught:
        list(stream)
    assert log == ["enter ask", ("error", "ask", "context", str(caught.value)), "exit"]
    assert list(stream) == []
    assert len(log) == 3


def test_stream_closed_before_it_was_read(server: Server, client: Any, logging_to: Any, log: Log) -> None:
    streamed(logging_to, client).close()
    assert log == ["enter ask", ("stream", "ask", "context", "closed"), "exit"]
    assert not server.requests


def test_structured_stream(server: Server, client: Any, logging_to: Any, log: Log) -> None:
    server.reply(Reply.chat(event('{"title": '), event('"Dune"}', "stop")))

    @logging_to
    @openai.call("m", client=client, response_model=Book, json_mode=True, stream=True)
    def ask() -> str:
        return "hi"

    assert list(ask())[-1] == Book(title="Dune")
    assert [entry[0] if isinstance(entry, tuple) else entry for entry in log] == ["enter ask", "structured", "exit"]


UNFIT = ['{"title": ["Du', 'ne"], "more": "', 'and more"}']


@pytest.mark.parametrize("how", ["read", "collect", "drain", "fail_fast"])
def test_structured_stream_whose_answer_does_not_fit(
    server: Server, client: Any, logging_to: Any, log: Log, how: str
) -> None:
    server.reply(Reply.chat(*map(event, UNFIT), event("", "stop")))
    options: Any = {"fail_fast": True} if how == "fail_fast" else {}
    call = openai.call("m", client=client, response_model=Book, json_mode=True, stream=True, **options)
    stream: Any = logging_to(call(lambda: "hi"))()
    if how == "drain":
        stream.stream.collect()
        assert log[1][0] == "error"
    with pytest.raises(ResponseParseError) as caught:
        stream.collect() if how == "collect" else list(stream)
    assert log == ["enter <lambda>", ("error", "<lambda>", "context", str(caught.value)), "exit"]
    assert stream.error is caught.value
    assert caught.value.response is not None
    assert caught.value.response.content == "".join(UNFIT[:2] if how == "fail_fast" else UNFIT)
    with pytest.raises(ResponseParseError):
        stream.constructed_response_model  # noqa: B018
    assert list(stream) == []


@pytest.mark.parametrize("how", ["read", "each", "fail_fast"])
def test_async_structured_stream_whose_answer_does_not_fit(server: Server, logging_to: Any, log: Log, how: str) -> None:
    async def use(client: Any) -> None:
        call = openai.call("m", client=client, response_model=list[int], json_mode=True, stream=True, **options)
        stream: Any = logging_to(call(prompt))("hi")
        with pytest.raises(ResponseParseError) as caught:
            async for _ in stream.each() if how == "each" else stream:
                pass
        assert log == ["enter prompt", ("error", "prompt", "context", str(caught.value)), "exit"]
        assert stream.error is caught.value

    options: Any = {"fail_fast": True} if how == "fail_fast" else {}
    server.reply(Reply.chat(event('{"value": [1, "two"'), event(", 3]}"), event("", "stop")))
    run_async(server, use)


def test_structured_stream_of_a_call_of_a_tool(server: Server, client: Any, logging_to: Any, log: Log) -> None:
    def look() -> str:
        """Look it up."""
        return "Dune"

    server.reply(chat_stream("", ("call_1", "look", "{}")))

    @logging_to
    @openai.call("m", client=client, response_model=Book, stream=True, tools=[look])
    def ask() -> str:
        return "hi"

    stream = ask()
    assert list(stream) == []
    assert [entry[0] if isinstance(entry, tuple) else entry for entry in log] == ["enter ask", "structured", "exit"]
    assert stream.error is None


def test_error(server: Server, client: Any, logging_to: Any, log: Log) -> None:
    server.reply(BROKEN)

    @logging_to
    @openai.call("m", client=client)
    def ask() -> str:
        return "hi"

    with pytest.raises(ServerError):
        ask()
    assert [entry[0] if isinstance(entry, tuple) else entry for entry in log] == ["enter ask", "error", "exit"]


def test_a_handler_that_fails_does_not_hide_the_error(server: Server, client: Any) -> None:
    def fail(error: Any, function: Any, context: Any) -> None:
        raise KeyError("mine")

    server.reply(BROKEN, Reply.sse(event("hel")))
    around = middleware_factory(handle_error=fail)

    @around
    @openai.call("m", client=client)
    def ask() -> str:
        return "hi"

    with pytest.raises(ServerError):
        ask()
    with pytest.raises(StreamInterruptedError):
        list(streamed(around, client))


@pytest.mark.parametrize("instead", ["instead", None])
def test_handle_error_may_answer_instead(server: Server, client: Any, instead: str | None) -> None:
    server.reply(BROKEN, BROKEN)
    errors: list[str | None] = []

    @contextmanager
    def around(function: Any) -> Generator[None]:
        try:
            yield
        except ServerError:
            errors.append("raised")
            raise
        errors.append(None)

    async def handle(error: Exception, function: Any, context: Any) -> str | None:
        return instead

    made = middleware_factory(
        custom_context_manager=around,
        handle_error=lambda error, function, context: instead,
        handle_error_async=handle,
    )

    @made
    @openai.call("m", client=client)
    def ask() -> str:
        return "hi"

    async def main() -> Any:
        async with openai_sdk.AsyncOpenAI(base_url=server.url, api_key="k", max_retries=0) as own:

            @made
            @openai.call("m", client=own)
            async def aask() -> str:
                return "hi"

            return await aask()

    if instead is None:
        with pytest.raises(ServerError):
            ask()
        with pytest.raises(ServerError):
            asyncio.run(main())
        assert errors == ["raised", "raised"]
    else:
        assert ask() == "instead"  # type: ignore[comparison-overlap]
        assert asyncio.run(main()) == "instead"
        assert errors == [None, None]  # mirascope 1.25.7 leaves the context manager without an error too


def test_async_handlers(server: Server) -> None:
    server.reply(completion("hello"), Reply.chat(event("hel"), event("lo", "stop")), Reply.sse(event("hel"), Stall()))
    log: Log = []

    async def handle(result: Any, function: Any, context: Any) -> None:
        await asyncio.sleep(0)
        log.append(getattr(result, "state", None) or str(result))

    around = middleware_factory(handle_call_response_async=handle, handle_stream_async=handle)

    async def main() -> None:
        async with openai_sdk.AsyncOpenAI(base_url=server.url, api_key="k") as client:

            @around
            @openai.call("m", client=client)
            async def ask() -> str:
                return "hi"

            @around
            @openai.call("m", client=client, stream=True)
            async def stream() -> str:
                return "hi"

            await ask()
            async for _ in stream():
                pass
            async with stream() as left:
                await anext(left)

    asyncio.run(main())
    assert log == ["hello", "done", "closed"]


def test_custom_decorator(server: Server, client: Any) -> None:
    server.reply(completion("hello"))
    seen: Log = []

    def decorator(function: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            seen.append("before")
            return function(*args, **kwargs)

        return call

    @middleware_factory(custom_decorator=decorator)
    @openai.call("m", client=client)
    def ask() -> str:
        return "hi"

    assert ask().content == "hello"
    assert seen == ["before"]


async def prompt(text: str) -> str:
    if not text:
        raise ValueError("no text")
    return text


def astreamed(logging_to: Any, client: Any, text: str) -> Any:
    return logging_to(openai.call("m", client=client, stream=True)(prompt))(text)


def run_async(server: Server, use: Callable[[Any], Coroutine[Any, Any, Any]]) -> None:
    async def main() -> None:
        async with openai_sdk.AsyncOpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0) as client:
            await use(client)

    asyncio.run(main())


def test_async_stream_that_is_late(server: Server, logging_to: Any, log: Log, clock: MovedClock) -> None:
    async def use(client: Any) -> None:
        with pytest.raises(StreamTimeoutError) as caught:
            await once_begun(astreamed(logging_to, client, "hi"), "idle", clock).collect()
        assert log == ["enter prompt", ("error", "prompt", "context", str(caught.value)), "exit"]

    server.reply(Reply.sse(event("hel"), Stall()))
    run_async(server, use)


def test_async_stream_closed_before_it_was_read(server: Server, logging_to: Any, log: Log) -> None:
    async def use(client: Any) -> None:
        await astreamed(logging_to, client, "hi").close()

    run_async(server, use)
    assert log == ["enter prompt", ("stream", "prompt", "context", "closed"), "exit"]


@pytest.mark.parametrize("how", ["await", "read", "open"])
def test_async_stream_whose_prompt_fails(server: Server, logging_to: Any, log: Log, how: str) -> None:
    async def use(client: Any) -> None:
        stream = astreamed(logging_to, client, "")
        with pytest.raises(ValueError, match="no text") as caught:
            await {"await": lambda: stream, "read": stream.collect, "open": stream.open}[how]()
        assert stream.state == "failed"
        assert stream.error is caught.value
        assert [pair async for pair in stream] == []

    run_async(server, use)
    assert log == ["enter prompt", ("error", "prompt", "context", "no text"), "exit"]


def test_async_call_that_is_cancelled(server: Server, logging_to: Any, log: Log) -> None:
    async def use(client: Any) -> None:
        asking = asyncio.ensure_future(logging_to(openai.call("m", client=client)(prompt))("hi"))
        assert await asyncio.to_thread(server.wait_requests)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    server.reply(Reply.sse(Stall()))
    run_async(server, use)
    assert log == ["enter prompt", ("error", "prompt", "context", ""), "exit"]


@pytest.mark.parametrize("how", ["close", "drop"])
def test_async_stream_left_while_its_next_step_is_under_way(
    server: Server, logging_to: Any, log: Log, how: str
) -> None:
    async def use(client: Any) -> None:
        stream = astreamed(logging_to, client, "hi")
        async for _ in stream.text(buffer=2, max_delay=0.01):
            break
        if how == "close":
            await stream.close()
            assert stream.error is None
        del stream
        assert await asyncio.to_thread(server.wait_closed)

    server.reply(Reply.sse(event("hel"), Stall()))
    run_async(server, use)
    assert log == ["enter prompt", ("stream", "prompt", "context", "closed"), "exit"]


@pytest.mark.parametrize("structured", [False, True], ids=["plain", "structured"])
def test_async_stream_left_as_the_program_ends(server: Server, logging_to: Any, log: Log, structured: bool) -> None:
    async def main() -> None:
        client = openai_sdk.AsyncOpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0)
        options: Any = {"response_model": Book, "json_mode": True} if structured else {}
        async for _ in logging_to(openai.call("m", client=client, stream=True, **options)(prompt))("hi"):
            break

    server.reply(Reply.sse(event('{"title": "Du'), Stall()))
    asyncio.run(main())
    kind = "structured" if structured else "stream"
    assert [entry[:2] if isinstance(entry, tuple) else entry for entry in log] == [
        "enter prompt",
        (kind, "prompt"),
        "exit",
    ]
    assert server.wait_closed()


def test_async_stream_that_is_cancelled_while_it_waits(server: Server, logging_to: Any, log: Log) -> None:
    async def use(client: Any) -> None:
        reading = asyncio.ensure_future(astreamed(logging_to, client, "hi").collect())
        assert await asyncio.to_thread(server.wait_requests)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    server.reply(Reply.sse(event("hel"), Stall()))
    run_async(server, use)
    assert log == ["enter prompt", ("error", "prompt", "context", ""), "exit"]


def test_many_async_calls_at_once_have_a_context_each(server: Server) -> None:
    number: ContextVar[int] = ContextVar("number", default=0)
    logging_to: list[tuple[int, int]] = []

    @contextmanager
    def numbered(function: Any) -> Generator[int]:
        mine = number.get() + 1
        token = number.set(mine)
        yield mine
        number.reset(token)

    saving = middleware_factory(
        custom_context_manager=numbered,
        handle_call_response=lambda response, function, mine: logging_to.append((mine, number.get())),
    )

    async def main() -> None:
        async with openai_sdk.AsyncOpenAI(api_key="k", base_url=server.url) as client:

            @saving
            @openai.call("gpt", client=client)
            async def say() -> str:
                return "hi"

            await asyncio.gather(say(), say())

    server.reply(completion("one"), completion("two"))
    asyncio.run(main())
    assert logging_to == [(1, 1), (1, 1)]


# One context for the context manager, wherever a call ends

PLACE: ContextVar[str] = ContextVar("PLACE", default="outside")


@pytest.fixture
def placed(log: Log) -> Any:
    """A decorator whose context manager sets a context variable, and resets it: only where it was set."""

    @contextmanager
    def around(function: Any) -> Generator[str]:
        token = PLACE.set("inside")
        try:
            yield PLACE.get()
        finally:
            PLACE.reset(token)
            log.append("exit")

    def handle(result: Any, function: Any, context: Any) -> None:
        log.append((context, PLACE.get()))

    async def ahandle(result: Any, function: Any, context: Any) -> None:
        await asyncio.sleep(0)
        log.append((context, PLACE.get()))

    return middleware_factory(
        custom_context_manager=around,
        handle_call_response=handle,
        handle_stream=handle,
        handle_stream_async=ahandle,
        handle_error=handle,
    )


def endless() -> Reply:
    return Reply.sse(event("Hel"), Stall())


@pytest.mark.parametrize("end", ["read", "closed", "dropped"])
def test_a_stream_that_ends_in_another_thread(placed: Any, log: Log, server: Server, end: str) -> None:
    server.reply(chat_stream("Hello") if end == "read" else endless())
    client = openai_sdk.OpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0)

    @placed
    @openai.call("m", client=client, stream=True)
    def ask() -> str:
        return PLACE.get()

    streams = [ask()]
    assert PLACE.get() == "outside"

    def run() -> None:
        if end == "read":
            streams.pop().collect()
        else:
            next(streams[0])
            if end == "closed":
                streams[0].close()
            streams.clear()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(PATIENCE)
    assert log == [("inside", "inside"), "exit"]
    assert server.request.json["messages"][0]["content"] == "inside"
    client.close()


@pytest.mark.parametrize("end", ["read", "closed", "dropped"])
def test_an_async_stream_that_ends_in_another_task(placed: Any, log: Log, server: Server, end: str) -> None:
    server.reply(chat_stream("Hello") if end == "read" else endless())

    async def main() -> None:
        async with openai_sdk.AsyncOpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0) as client:

            @placed
            @openai.call("m", client=client, stream=True)
            async def ask() -> str:
                return "Hi"

            streams = [ask()]

            async def run() -> None:
                if end == "read":
                    await streams.pop().collect()
                else:
                    await anext(streams[0])
                    if end == "closed":
                        await streams[0].close()
                    streams.clear()

            await asyncio.create_task(run())
            assert await asyncio.to_thread(server.wait_until, lambda: "exit" in log)

    asyncio.run(main())
    assert log == [("inside", "inside"), "exit"]


def test_what_a_call_sets_is_seen_after_it(placed: Any, log: Log, server: Server) -> None:
    server.reply(completion("hello"))
    client = openai_sdk.OpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0)
    mine: ContextVar[str] = ContextVar("mine", default="")

    @placed
    @openai.call("m", client=client)
    def ask() -> str:
        mine.set("set in the prompt")
        return "Hi"

    ask()
    assert (mine.get(), PLACE.get(), log) == ("set in the prompt", "outside", [("inside", "inside"), "exit"])
    client.close()


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_coroutine_that_returns_a_stream(asynchronous: bool, logging_to: Any, log: Log) -> None:
    """The handler runs when the stream ends, not when the coroutine returns it."""
    reader = Reader(asynchronous)
    stream = reader.stream(MemoryProvider(text("a", "b")))

    @logging_to
    async def ask() -> Any:
        return stream

    async def main() -> None:
        made = await ask()
        assert made is stream
        assert log == ["enter ask"]
        _ = [pair async for pair in made] if asynchronous else list(made)

    asyncio.run(main())
    assert log == ["enter ask", ("stream", "ask", "context", "done"), "exit"]
