"""Observers see each call once, with each of its requests and tools, however the call is made and however it ends."""

from __future__ import annotations

import asyncio
import copy
import gc
import logging
import pickle
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast
from weakref import ref

import openai as openai_sdk
import pytest
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import (
    MirascopeLikeError,
    PromptError,
    ResponseParseError,
    ServerError,
    StreamInterruptedError,
    ToolLoop,
    anthropic,
    openai,
)
from mirascope_like.core.base.observation import (
    ObservedCall,
    ObservedRequest,
    ObservedTool,
    Observer,
    current_observers,
    observe,
    observe_call,
    observe_process,
)
from tests.harness.rounds import Side, chat, chat_stream, message, message_stream
from tests.harness.server import Reply, Server, Stall

BROKEN = Reply.error(500, x_should_retry="false")
ACTIVE: ContextVar[str] = ContextVar("active", default="none")


class Book(BaseModel):
    title: str


class Recorder(Observer):
    """Records what it receives."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.calls: list[ObservedCall] = []

    def call_started(self, call: ObservedCall) -> None:
        self.log.append("call")

    def request_started(self, request: ObservedRequest) -> None:
        self.log.append("request")

    def first_chunk(self, request: ObservedRequest) -> None:
        self.log.append("first chunk")

    def request_ended(self, request: ObservedRequest) -> None:
        self.log.append(f"request {request.state}")

    def tool_started(self, tool: ObservedTool) -> None:
        self.log.append(f"tool {type(tool.tool).__name__}")

    def tool_ended(self, tool: ObservedTool) -> None:
        self.log.append(f"tool {tool.state}")

    def call_ended(self, call: ObservedCall) -> None:
        self.log.append(f"call {call.state}")
        self.calls.append(call)


@pytest.fixture
def seen() -> Recorder:
    return Recorder()


@pytest.fixture
def client(server: Server) -> Generator[openai_sdk.OpenAI]:
    with openai_sdk.OpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0) as client:
        yield client


def add(a: int, b: int) -> int:
    """Add numbers."""
    return a + b


ADD = ("c1", "add", '{"a": 1, "b": 2}')
WHOLE = ["call", "request", "request done", "call done"]
STREAM = ["call", "request", "first chunk", "request done", "call done"]


def test_whole(server: Server, client: Any, seen: Recorder) -> None:
    server.reply(chat("hello"))

    @observe_call(seen)
    @openai.call("gpt-4o-mini", client=client, call_params={"temperature": 0.5})
    def ask(topic: str, tone: str = "kind") -> str:
        return f"{topic}, {tone}"

    response = ask("cats")
    assert seen.log == WHOLE
    (call,) = seen.calls
    assert call.response is response
    assert call.result is response
    assert call.name.endswith("test_whole.<locals>.ask")
    assert call.arguments == {"topic": "cats", "tone": "kind"}
    assert (call.provider, call.model, call.parent, call.group) == ("openai", "gpt-4o-mini", None, None)
    (request,) = call.requests
    assert request.messages == [{"role": "user", "content": "cats, kind"}]
    assert request.request.call_params == {"temperature": 0.5}
    assert not request.streamed
    assert call.first_chunk is None
    assert call.duration is not None
    assert request.duration is not None
    assert call.duration >= request.duration


def test_stream(server: Server, client: Any, seen: Recorder) -> None:
    server.reply(chat_stream("hello you"))

    @observe_call(seen)
    @openai.call("m", client=client, stream=True)
    def ask() -> str:
        return "hi"

    stream = ask()
    assert seen.log == ["call"]
    next(stream)
    assert seen.log == STREAM[:3]
    whole = stream.collect()
    assert seen.log == STREAM
    assert seen.calls[0].response == whole
    assert seen.calls[0].response.content == "hello you"
    assert sum(count for _, count in seen.calls[0].requests[0].reads) >= 5


def test_stream_that_nobody_collects_has_the_same_response(server: Server, client: Any, seen: Recorder) -> None:
    server.always(chat_stream("hello you"))
    ask = openai.call("m", client=client, stream=True)(lambda: "hi")
    for _ in observe_call(seen)(ask)():
        pass
    found, expected = seen.calls[0].response.model_dump(), ask().collect().model_dump()
    for one in (found, expected):
        del one["start_time"], one["end_time"]
    assert found == expected


@pytest.mark.parametrize("how", ["close", "drop", "never read"])
def test_stream_left_early(server: Server, client: Any, seen: Recorder, how: str) -> None:
    server.reply(Reply.sse({"id": "c", "choices": [{"index": 0, "delta": {"content": "hel"}}]}, Stall()))

    @observe_call(seen)
    @openai.call("m", client=client, stream=True)
    def ask() -> str:
        return "hi"

    stream = ask()
    if how != "never read":
        next(stream)
    if how == "close":
        stream.close()
    del stream
    gc.collect()
    if how == "never read":
        assert seen.log == ["call", "call closed"]
        assert seen.calls[0].response is None
    else:
        assert seen.log == ["call", "request", "first chunk", "request closed", "call closed"]
        assert seen.calls[0].response.content == "hel"


def test_structured(server: Server, client: Any, seen: Recorder) -> None:
    server.reply(chat('{"title": 1}'), chat('{"title": "Dune"}'))

    @observe_call(seen)
    @openai.call("m", client=client, response_model=Book, json_mode=True, max_retries=1)
    def ask() -> str:
        return "hi"

    book = ask()
    assert seen.log == ["call", *["request", "request done"] * 2, "call done"]
    assert seen.calls[0].result is book
    assert [one.response.content for one in seen.calls[0].requests] == ['{"title": 1}', '{"title": "Dune"}']


@pytest.mark.parametrize("streamed", [False, True])
def test_structured_that_does_not_fit(server: Server, client: Any, seen: Recorder, streamed: bool) -> None:
    server.reply(chat_stream('{"title": 1}') if streamed else chat('{"title": 1}'))
    options: Any = {"stream": True} if streamed else {}
    call: Any = cast("Any", openai).call("m", client=client, response_model=Book, json_mode=True, **options)
    ask: Any = observe_call(seen)(call(lambda: "hi"))
    with pytest.raises(ResponseParseError) as caught:
        ask().collect()
    assert seen.log == [*(STREAM if streamed else WHOLE)[:-1], "call failed"]
    assert seen.calls[0].error is caught.value
    assert seen.calls[0].response.content == '{"title": 1}'


def test_structured_stream(server: Server, client: Any, seen: Recorder) -> None:
    server.reply(chat_stream('{"title": "Dune"}'))
    ask = openai.call("m", client=client, response_model=Book, json_mode=True, stream=True)(lambda: "hi")
    assert observe_call(seen)(ask)().collect() == Book(title="Dune")
    assert seen.log == STREAM
    assert seen.calls[0].result.constructed_response_model == Book(title="Dune")


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_tool_loop(server: Server, seen: Recorder, streamed: bool, asynchronous: bool) -> None:
    reply = chat_stream if streamed else chat
    server.reply(reply("", ADD), reply("It is 3"))
    options: Any = {"tools": [add], "tool_loop": ToolLoop(), **({"stream": True} if streamed else {})}

    def prompt() -> str:
        return "1 + 2?"

    async def aprompt() -> str:
        return "1 + 2?"

    def run() -> None:
        with openai_sdk.OpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0) as client:
            result: Any = observe_call(seen)(cast("Any", openai).call("m", client=client, **options)(prompt))()
            if streamed:
                result.collect()

    async def arun() -> None:
        async with openai_sdk.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0) as client:
            result: Any = await observe_call(seen)(cast("Any", openai).call("m", client=client, **options)(aprompt))()
            if streamed:
                await result.collect()

    asyncio.run(arun()) if asynchronous else run()
    round = ["request", *(["first chunk"] if streamed else []), "request done"]
    assert seen.log == ["call", *round, "tool add", "tool done", *round, "call done"]
    (call,) = seen.calls
    assert [tool.result for tool in call.tools] == [3]
    assert [bool(one.response.tools) for one in call.requests] == [True, False]
    assert call.response.content == "It is 3"
    assert [one.content for one in call.response.rounds][-1] == "It is 3"


def test_tool_that_fails(server: Server, client: Any, seen: Recorder) -> None:
    def fail() -> int:
        """Fail."""
        raise KeyError("x")

    server.reply(chat("", ("c1", "fail", "{}"), ("c2", "fail", "{}")), chat("Sorry"))
    ask = openai.call("m", client=client, tools=[fail], tool_loop=ToolLoop())(lambda: "hi")
    assert observe_call(seen)(ask)().content == "Sorry"
    assert [tool.state for tool in seen.calls[0].tools] == ["failed", "failed"]
    assert isinstance(seen.calls[0].tools[0].error, KeyError)


def test_failed_request(server: Server, client: Any, seen: Recorder) -> None:
    server.reply(BROKEN)
    with pytest.raises(ServerError) as caught:
        observe_call(seen)(openai.call("m", client=client)(lambda: "hi"))()
    assert seen.log == ["call", "request", "request failed", "call failed"]
    (call,) = seen.calls
    assert call.error is caught.value
    assert call.requests[0].error is caught.value
    assert call.requests[0].messages == [{"role": "user", "content": "hi"}]
    assert (call.provider, call.model, call.response) == ("openai", "m", None)


def test_stream_that_breaks_off(server: Server, client: Any, seen: Recorder) -> None:
    server.reply(Reply.sse({"id": "c", "choices": [{"index": 0, "delta": {"content": "hel"}}]}))
    with pytest.raises(StreamInterruptedError) as caught:
        list(observe_call(seen)(openai.call("m", client=client, stream=True)(lambda: "hi"))())
    assert seen.log == ["call", "request", "first chunk", "request failed", "call failed"]
    assert seen.calls[0].error is caught.value
    assert seen.calls[0].response.content == "hel"


def test_retry_of_a_stream(server: Server, client: Any, seen: Recorder) -> None:
    server.reply(Reply.error(429, retry_after="0"), chat_stream("hello"))
    stream = observe_call(seen)(openai.call("m", client=client, stream=True, retry=1)(lambda: "hi"))()
    stream.collect()
    assert seen.log == ["call", "request", "request failed", *STREAM[1:]]


def test_prompt_that_fails(seen: Recorder) -> None:
    def prompt() -> str:
        return ""

    with pytest.raises(PromptError):
        observe_call(seen)(openai.call("m", client=object())(prompt))()
    assert seen.log == ["call", "call failed"]
    assert (seen.calls[0].provider, seen.calls[0].model) == ("openai", "m")


@pytest.mark.parametrize("how", ["whole", "stream", "left", "failed", "cancelled"])
def test_async(server: Server, seen: Recorder, how: str) -> None:
    replies = {
        "whole": chat("hello"),
        "stream": chat_stream("hello"),
        "failed": BROKEN,
        "cancelled": Reply.sse(Stall()),
    }
    delta = {"id": "c", "choices": [{"index": 0, "delta": {"content": "hel"}}]}
    server.reply(replies.get(how, Reply.sse(delta, Stall())))

    async def prompt() -> str:
        return "hi"

    async def main() -> None:
        async with openai_sdk.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0) as client:
            ask = observe_call(seen)(openai.call("m", client=client)(prompt))
            stream = observe_call(seen)(openai.call("m", client=client, stream=True)(prompt))
            if how == "whole":
                assert (await ask()).content == "hello"
            elif how == "stream":
                async for _ in stream():
                    pass
            elif how == "left":
                async with stream() as left:
                    await anext(left)
            elif how == "failed":
                with pytest.raises(ServerError):
                    await ask()
            else:
                asking = asyncio.ensure_future(ask())
                assert await asyncio.to_thread(server.wait_requests)
                asking.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asking

    asyncio.run(main())
    assert (
        seen.log
        == {
            "whole": WHOLE,
            "stream": STREAM,
            "left": ["call", "request", "first chunk", "request closed", "call closed"],
            "failed": ["call", "request", "request failed", "call failed"],
            "cancelled": ["call", "request", "request closed", "call closed"],
        }[how]
    )


def test_all_calls_of_a_context(server: Server, client: Any, seen: Recorder) -> None:
    server.always(chat("hello"))
    ask = openai.call("m", client=client)(lambda: "hi")
    with observe(seen):
        ask()
        ask()
    ask()
    assert seen.log == WHOLE * 2
    assert not current_observers()


def test_a_stream_of_a_context_is_observed_to_its_end(server: Server, client: Any, seen: Recorder) -> None:
    server.always(chat_stream("hello"))
    with observe(seen):
        stream = openai.call("m", client=client, stream=True)(lambda: "hi")()
    stream.collect()
    assert seen.log == STREAM


def test_all_calls_of_the_process(server: Server, client: Any, seen: Recorder) -> None:
    server.always(chat("hello"))
    ask = openai.call("m", client=client)(lambda: "hi")
    stop = observe_process(seen)
    try:
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
        with observe(seen):  # the same observer twice sees a call once
            ask()
    finally:
        stop()
    ask()
    assert seen.log == WHOLE * 2


def test_parents(server: Server, client: Any, seen: Recorder) -> None:
    @openai.call("inner", client=client)
    def inner(text: str) -> str:
        return text

    def look() -> str:
        """Look it up."""
        return inner("from a tool").content

    @openai.call("outer", client=client, tools=[look], tool_loop=ToolLoop())
    def outer() -> str:
        return inner("from the prompt").content

    server.reply(chat("a prompt"), chat("", ("c1", "look", "{}")), chat("found"), chat("done"))
    with observe(seen):
        assert outer().content == "done"
    first, second, last = seen.calls
    assert [one.model for one in seen.calls] == ["inner", "inner", "outer"]
    assert first.parent is last
    assert second.parent is last
    assert last.parent is None


def test_observer_of_one_call_does_not_see_the_calls_that_it_makes(server: Server, client: Any, seen: Recorder) -> None:
    server.always(chat("hello"))
    inner = openai.call("inner", client=client)(lambda: "hi")
    outer = observe_call(seen)(openai.call("outer", client=client)(lambda: inner().content))
    outer()
    assert [call.model for call in seen.calls] == ["outer"]


@pytest.mark.parametrize("streamed", [False, True])
def test_session(server: Server, client: Any, seen: Recorder, streamed: bool) -> None:
    server.always(chat_stream("hello") if streamed else chat("hello"))
    session = openai.model("m", client=client).session(name="thread 7")
    with observe(seen):
        if streamed:
            session.stream("hi").collect()
        else:
            session.send("hi")
    assert seen.log == (STREAM if streamed else WHOLE)
    assert seen.calls[0].group == ("session", "thread 7")
    assert seen.calls[0].name.endswith(".session.Session.stream" if streamed else ".session.Session.send")


def test_the_names_of_a_model_s_methods(server: Server, client: Any, seen: Recorder) -> None:
    async def main() -> None:
        async with openai_sdk.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0) as aclient:
            model = openai.model("m", client=aclient)
            await model.ask_async("hi")
            await model.stream_async("hi").collect()
            await model.session().send_async("hi")

    server.reply(chat("hello"), chat_stream("hello"), chat("hello"), chat_stream("hello"), chat("hello"))
    with observe(seen):
        model = openai.model("m", client=client)
        model.ask("hi")
        model.stream("hi").collect()
        asyncio.run(main())
    names = ["Model.ask", "Model.stream", "Model.ask_async", "Model.stream_async", "Session.send_async"]
    assert [".".join(call.name.split(".")[-2:]) for call in seen.calls] == names
    assert {call.name.partition(".")[0] for call in seen.calls} == {"mirascope_like"}


def test_llm(server: Server, client: Any, seen: Recorder) -> None:
    server.reply(chat("hello"), chat_stream("hello"))
    with observe(seen):
        whole = llm.call(provider="openai", model="m", client=client)(lambda: "hi")()
        stream = llm.call(provider="openai", model="m", client=client, stream=True)(lambda: "hi")()
        collected = stream.collect()
    assert seen.log == WHOLE + STREAM
    assert seen.calls[0].response is whole
    assert seen.calls[1].response == collected
    assert type(collected) is llm.CallResponse
    assert [call.provider for call in seen.calls] == ["openai", "openai"]


def test_task(server: Server, client: Any, seen: Recorder) -> None:
    server.reply(chat("hello"))

    @openai.model("m", client=client).task
    def greet(name: str) -> str:
        """Greet a person."""
        return ""

    with observe(seen):
        greet.prepare("Ann")  # sends nothing
        assert greet("Ann") == "hello"
    assert seen.log == WHOLE
    assert seen.calls[0].arguments == {"name": "Ann"}
    assert seen.calls[0].name.endswith("greet")


@pytest.mark.parametrize("kind", ["model", "function"])
def test_fallback_is_a_part_of_its_call(server: Server, client: Any, seen: Recorder, kind: str) -> None:
    server.reply(BROKEN, chat_stream("hello"))
    other = openai.call("second", client=client, stream=True)(lambda: "hi")
    fallback: Any = ["second"] if kind == "model" else [other]
    ask = openai.call("first", client=client, stream=True, fallback=fallback)(lambda: "hi")
    with observe(seen):
        stream = ask()
    assert stream.collect().content == "hello"
    assert seen.log == ["call", "request", "request failed", *STREAM[1:]]
    (call,) = seen.calls
    assert [one.request.model for one in call.requests] == ["first", "second"]
    assert call.model == "second"
    assert call.response.content == "hello"


def test_fallback_with_an_observer_of_its_own(server: Server, client: Any, seen: Recorder) -> None:
    server.reply(BROKEN, chat_stream("hello"))
    own = Recorder()
    other = observe_call(own)(openai.call("second", client=client, stream=True)(lambda: "hi"))
    ask = observe_call(seen)(openai.call("first", client=client, stream=True, fallback=[other])(lambda: "hi"))
    ask().collect()
    assert own.log == STREAM
    assert seen.log == ["call", "request", "request failed", *STREAM[1:]]


def test_active_while_code_of_the_call_runs(server: Server, client: Any) -> None:
    found: list[str] = []

    class Active(Observer):
        @contextmanager
        def active(self, node: Any) -> Generator[None]:
            token = ACTIVE.set(type(node).__name__)
            try:
                yield
            finally:
                ACTIVE.reset(token)

    def look() -> str:
        """Look it up."""
        found.append(ACTIVE.get())
        return "x"

    def prompt() -> str:
        found.append(ACTIVE.get())
        return "hi"

    server.always(chat_stream("", ("c1", "look", "{}")))
    send = client._client.send

    def sending(*args: Any, **kwargs: Any) -> Any:
        found.append(ACTIVE.get())
        return send(*args, **kwargs)

    client._client.send = sending
    loop = ToolLoop(max_rounds=2)
    stream = observe_call(Active())(
        openai.call("m", client=client, tools=[look], tool_loop=loop, stream=True)(prompt)
    )()
    for _ in stream:
        assert ACTIVE.get() == "none"
    assert found == ["ObservedCall", "ObservedRequest", "ObservedTool", "ObservedRequest"]


class Refused(MirascopeLikeError):
    pass


@pytest.mark.parametrize("streamed", [False, True])
def test_check_request_refuses(server: Server, client: Any, seen: Recorder, streamed: bool) -> None:
    class Guard(Observer):
        def check_request(self, request: ObservedRequest) -> None:
            raise Refused("no more")

    options: Any = {"stream": True, "retry": 2} if streamed else {}
    call: Any = cast("Any", openai).call("m", client=client, **options)
    ask: Any = observe_call(seen)(observe_call(Guard())(call(lambda: "hi")))
    with pytest.raises(Refused, match="no more"):
        list(ask())
    assert not server.requests
    assert seen.log == ["call", "call failed"]


def test_an_observer_that_fails_changes_nothing_and_warns_once(
    server: Server, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(Observer):
        def call_started(self, call: ObservedCall) -> None:
            raise KeyError("a")

        def first_chunk(self, request: ObservedRequest) -> None:
            raise KeyError("b")

        def request_read(self, request: ObservedRequest, events: Sequence[Any]) -> None:
            raise KeyError("c")

        def active(self, node: Any) -> Any:
            raise KeyError("d")

        def call_ended(self, call: ObservedCall) -> None:
            raise KeyError("e")

    server.always(chat_stream("hello"))
    ask = observe_call(Failing())(openai.call("m", client=client, stream=True)(lambda: "hi"))
    with caplog.at_level(logging.WARNING):
        assert [ask().collect().content for _ in range(2)] == ["hello"] * 2
    assert [record.message.split(" ")[0] for record in caplog.records] == [
        f"Failing.{name}" for name in ("call_started", "active", "first_chunk", "request_read", "call_ended")
    ]


@pytest.mark.parametrize("streamed", [False, True])
def test_another_provider(server: Server, seen: Recorder, streamed: bool) -> None:
    side = Side("anthropic", anthropic, message, message_stream)
    server.reply((message_stream if streamed else message)("hello"))
    options: Any = {"stream": True} if streamed else {}
    params: Any = {"max_tokens": 9}
    call: Any = cast("Any", anthropic).call("m", client=side.client(server), call_params=params, **options)
    result = observe_call(seen)(call(lambda: "hi"))()
    response: Any = result.collect() if streamed else result
    side.close()
    assert seen.log == (STREAM if streamed else WHOLE)
    assert seen.calls[0].response == response


class Passing(Observer):
    """Keeps no call."""

    keeps_calls = False

    def __init__(self) -> None:
        self.calls: list[ref[ObservedCall]] = []

    def call_ended(self, call: ObservedCall) -> None:
        assert call.requests[0].call is call
        self.calls.append(ref(call))


@pytest.mark.parametrize(("keeps", "freed"), [(False, True), (True, False)])
def test_a_call_that_nobody_keeps_needs_no_garbage_collection(
    server: Server, client: Any, keeps: bool, freed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Passing, "keeps_calls", keeps)
    server.reply(chat("hello"))
    seen = Passing()

    @observe_call(seen)
    @openai.call("gpt-4o-mini", client=client)
    def ask() -> str:
        return "hi"

    gc.disable()
    try:
        ask()
        assert (seen.calls[0]() is None) == freed
    finally:
        gc.enable()


def test_an_observer_can_be_pickled_after_a_call(server: Server, client: Any) -> None:
    server.reply(chat("hello"))
    observer = Observer()

    @observe_call(observer)
    @openai.call("gpt-4o-mini", client=client)
    def ask() -> str:
        return "hi"

    ask()
    assert isinstance(pickle.loads(pickle.dumps(observer)), Observer)
    assert isinstance(copy.deepcopy(observer), Observer)
