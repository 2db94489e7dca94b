"""Which span is whose parent, and when a span is the current one."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx2
import pytest
from opentelemetry import trace

from mirascope_like.core import Session, ToolLoop, openai
from mirascope_like.integrations.otel import instrument, uninstrument, with_otel
from tests.conformance.capabilities import each_row
from tests.conformance.contract import BaseRow
from tests.conformance.providers import ANTHROPIC, OPENAI, Row
from tests.conformance.wires.answer import Answer, Call
from tests.harness.server import Server
from tests.integrations.otel.telemetry import Telemetry

both = pytest.mark.parametrize("row", [OPENAI, ANTHROPIC], ids=lambda row: row.name)
ADDING = Answer(Call("call_1", "add", '{"a": 1, "b": 2}'))


def current() -> str | None:
    """The name of the current span; None if there is none."""
    return getattr(trace.get_current_span(), "name", None)


@each_row
def test_no_span_is_current_between_two_chunks(row: BaseRow, server: Server, telemetry: Telemetry) -> None:
    server.reply(row.wire.streamed(Answer("Hel", "lo")), row.wire.streamed(Answer("Hel", "lo")))
    found: list[str | None] = []
    with row.client(server) as client, telemetry.tracer.start_as_current_span("reader"):
        found.extend(current() for _ in with_otel(**telemetry.options)(row.decorated(client, stream=True))("Hi"))

    async def main() -> None:
        async with row.aclient(server) as client:
            with telemetry.tracer.start_as_current_span("reader"):
                stream = with_otel(**telemetry.options)(row.adecorated(client, stream=True))("Hi")
                found.extend([current() async for _ in stream])

    asyncio.run(main())
    assert found
    assert set(found) == {"reader"}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_the_span_of_a_request_is_current_while_it_is_sent_and_read(
    stream: bool, server: Server, telemetry: Telemetry
) -> None:
    """A client that is instrumented below the SDK, as OpenTelemetry's instrumentation of httpx is."""
    found: list[str | None] = []

    class Stream(httpx2.SyncByteStream):
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def __iter__(self) -> Any:
            for piece in self._inner:
                found.append(current())
                yield piece

        def close(self) -> None:
            self._inner.close()

    class Transport(httpx2.HTTPTransport):
        def handle_request(self, request: Any) -> Any:
            found.append(current())
            response = super().handle_request(request)
            response.stream = Stream(response.stream)
            return response

    answer = Answer("Hel", "lo")
    server.reply(OPENAI.wire.streamed(answer) if stream else OPENAI.wire.answered(answer))
    with httpx2.Client(transport=Transport()) as http, OPENAI.client(server, http_client=http) as client:
        made = with_otel(**telemetry.options)(OPENAI.decorated(client, stream=stream))("Hi")
        if stream:
            made.collect()
    assert len(found) >= 2
    assert set(found) == {"chat m"}


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("parallel", [False, True], ids=["in turn", "parallel"])
@both
def test_spans_inside_a_tool(
    row: Row, parallel: bool, asynchronous: bool, server: Server, telemetry: Telemetry
) -> None:
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        with telemetry.tracer.start_as_current_span(f"work {a}"):
            return a + b

    twice = Answer(Call("call_1", "add", '{"a": 1, "b": 2}'), Call("call_2", "add", '{"a": 3, "b": 4}'))
    server.reply(row.wire.answered(twice), row.wire.answered(Answer("3 and 7")))
    options: dict[str, Any] = {"tools": [add], "tool_loop": ToolLoop(parallel=parallel)}

    async def main() -> None:
        async with row.aclient(server) as client:
            await with_otel(**telemetry.options)(row.adecorated(client, **options))("Hi")

    if asynchronous:
        asyncio.run(main())
    else:
        with row.client(server) as client:
            with_otel(**telemetry.options)(row.decorated(client, **options))("Hi")
    parents = dict(telemetry.tree())
    assert (parents["work 1"], parents["work 3"]) == ("execute_tool add", "execute_tool add")
    assert sorted(name for name, _ in telemetry.tree()) == [
        *("chat m", "chat m", "execute_tool add", "execute_tool add", "invoke_agent say", "work 1", "work 3"),
    ]
    ids = {span.attributes["gen_ai.tool.call.id"] for span in telemetry.spans if span.name == "execute_tool add"}
    assert ids == {"call_1", "call_2"}


@both
def test_a_call_that_a_tool_makes(row: Row, server: Server, telemetry: Telemetry) -> None:
    server.reply(*map(row.wire.answered, (ADDING, Answer("Hello"), Answer("3"))))
    with row.client(server) as client:
        inner = with_otel(**telemetry.options)(row.decorated(client, model="inner"))

        def add(a: int, b: int) -> str:
            """Add two numbers."""
            return str(inner("Add").content)

        outer = with_otel(**telemetry.options)(row.decorated(client, tools=[add], tool_loop=ToolLoop()))
        outer("Hi")
    assert telemetry.tree() == [
        ("invoke_agent say", None),
        ("chat m", "invoke_agent say"),
        ("execute_tool add", "invoke_agent say"),
        ("chat inner", "execute_tool add"),
        ("chat m", "invoke_agent say"),
    ]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_session(asynchronous: bool, stream: bool, server: Server, telemetry: Telemetry) -> None:
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    made = OPENAI.wire.streamed if stream else OPENAI.wire.answered
    server.reply(made(ADDING), made(Answer("3")), made(Answer("Bye")))

    async def main() -> None:
        async with OPENAI.aclient(server) as client:
            session = openai.model("m", client=client).session(name="thread-7", tools=[add], tool_loop=ToolLoop())
            for prompt in ("Add 1 and 2", "Thanks"):
                await (session.stream_async(prompt).collect() if stream else session.send_async(prompt))

    instrument(**telemetry.options)
    try:
        if asynchronous:
            asyncio.run(main())
        else:
            with OPENAI.client(server) as client:
                session: Session[Any, Any, Any] = openai.model("m", client=client).session(
                    name="thread-7", tools=[add], tool_loop=ToolLoop()
                )
                for prompt in ("Add 1 and 2", "Thanks"):
                    _ = session.stream(prompt).collect() if stream else session.send(prompt)
    finally:
        uninstrument()
    assert telemetry.tree() == [
        ("invoke_agent", None),
        ("chat m", "invoke_agent"),
        ("execute_tool add", "invoke_agent"),
        ("chat m", "invoke_agent"),
        ("invoke_agent", None),
        ("chat m", "invoke_agent"),
    ]
    attrs = [span.attributes.get("gen_ai.conversation.id") for span in telemetry.spans if "tool" not in span.name]
    assert attrs == ["thread-7"] * 5


@both
def test_the_parent_is_the_span_in_which_a_stream_was_made(row: Row, server: Server, telemetry: Telemetry) -> None:
    server.reply(row.wire.streamed(Answer("Hel", "lo")))
    found: list[str | None] = []
    with row.client(server) as client:
        with telemetry.tracer.start_as_current_span("maker"):
            stream = with_otel(**telemetry.options)(row.decorated(client, stream=True))("Hi")

        def read() -> None:
            with telemetry.tracer.start_as_current_span("reader"):
                found.extend(current() for _ in stream)

        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
    assert sorted(telemetry.tree(), key=str) == [("chat m", "maker"), ("maker", None), ("reader", None)]
    assert set(found) == {"reader"}


@both
def test_calls_of_tasks(row: Row, server: Server, telemetry: Telemetry) -> None:
    server.always(row.wire.streamed(Answer("Hel", "lo")))

    async def main() -> None:
        async with row.aclient(server) as client:
            call = with_otel(**telemetry.options)(row.adecorated(client, stream=True))

            async def one(number: int) -> None:
                with telemetry.tracer.start_as_current_span(f"task {number}"):
                    async for _ in call("Hi"):
                        await asyncio.sleep(0)
                        assert current() == f"task {number}"

            await asyncio.gather(*(one(number) for number in range(3)))

    asyncio.run(main())
    parents = sorted(str(parent) for name, parent in telemetry.tree() if name == "chat m")
    assert parents == ["task 0", "task 1", "task 2"]


def test_fallbacks_are_requests_of_the_call(server: Server, telemetry: Telemetry) -> None:
    refused = OPENAI.wire.failed(503)
    server.reply(refused, refused, OPENAI.wire.streamed(Answer("Hello")))
    with OPENAI.client(server) as client, telemetry.tracer.start_as_current_span("outer"):
        call = OPENAI.decorated(client, stream=True, fallback=["other", "third"])
        with_otel(**telemetry.options)(call)("Hi").collect()
    assert telemetry.tree() == [
        ("outer", None),
        ("chat m", "outer"),
        ("chat other", "outer"),
        ("chat third", "outer"),
    ]
    errors = [span.attributes.get("error.type") for span in telemetry.spans]
    assert errors == [None, "OverloadedError", "OverloadedError", None]


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_fallback_that_is_decorated_too(asynchronous: bool, server: Server, telemetry: Telemetry) -> None:
    """Both decorators see its request, which has one span."""
    server.reply(OPENAI.wire.failed(503), OPENAI.wire.streamed(Answer("Hello")))
    decorate = with_otel(**telemetry.options)

    async def main() -> None:
        async with OPENAI.aclient(server) as client:
            other = decorate(OPENAI.adecorated(client, model="other", stream=True))
            await decorate(OPENAI.adecorated(client, stream=True, fallback=[other]))("Hi").collect()

    if asynchronous:
        asyncio.run(main())
    else:
        with OPENAI.client(server) as client:
            other = decorate(OPENAI.decorated(client, model="other", stream=True))
            decorate(OPENAI.decorated(client, stream=True, fallback=[other]))("Hi").collect()
    assert telemetry.tree() == [("chat m", None), ("chat other", None)]
