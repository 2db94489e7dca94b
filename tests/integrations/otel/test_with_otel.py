"""A span of OpenTelemetry for every call, read by OpenTelemetry's own exporter."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from opentelemetry.trace import SpanKind, StatusCode
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import RateLimitError, StreamInterruptedError
from mirascope_like.integrations.otel import with_otel
from tests.conformance.providers import ANTHROPIC, OPENAI, Row
from tests.harness.server import CloseEarly, Reply, Server
from tests.integrations.otel.telemetry import Telemetry

both = pytest.mark.parametrize("row", [OPENAI, ANTHROPIC], ids=lambda row: row.name)


def traced(row: Row, client: Any, telemetry: Telemetry, *, content: bool = False, **options: Any) -> Any:
    @with_otel(content=content, tracer_provider=telemetry.tracer_provider)
    @row.module.call("m", client=client, **options)
    def say(prompt: str) -> str:
        return prompt

    return say


def check(span: Any, row: Row) -> None:
    attrs = span.attributes
    assert (span.name, span.kind, span.status.status_code) == ("chat m", SpanKind.CLIENT, StatusCode.UNSET)
    assert attrs["gen_ai.operation.name"] == "chat"
    assert attrs["gen_ai.provider.name"] == row.name
    assert (attrs["gen_ai.request.model"], attrs["gen_ai.response.model"]) == ("m", "m-1")
    assert attrs["gen_ai.response.id"] == {"openai": "chatcmpl-1", "anthropic": "msg_1"}[row.name]
    assert attrs["gen_ai.response.finish_reasons"] == ("stop",)
    assert (attrs["gen_ai.usage.input_tokens"], attrs["gen_ai.usage.output_tokens"]) == (3, 5)
    assert "gen_ai.input.messages" not in attrs


@both
def test_whole(row: Row, server: Server, telemetry: Telemetry) -> None:
    server.reply(Reply.json(row.whole("Hello")))
    with row.client(server) as client:
        traced(row, client, telemetry, call_params={"max_tokens": 9})("Hi")
    check(telemetry.one(), row)
    assert telemetry.one().attributes["gen_ai.request.max_tokens"] == 9


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@both
def test_llm(row: Row, server: Server, telemetry: Telemetry, stream: bool) -> None:
    server.reply(row.text("Hel", "lo") if stream else Reply.json(row.whole("Hello")))
    with row.client(server) as client:
        call = with_otel(tracer_provider=telemetry.tracer_provider)(
            llm.call(f"{row.name}:m", client=client, stream=stream)(lambda: "Hi")
        )
        given: Any = call()
        assert (given.collect() if stream else given).content == "Hello"
    assert telemetry.one().attributes["gen_ai.provider.name"] == row.name
    assert telemetry.one().attributes["gen_ai.response.finish_reasons"] == ("stop",)


@both
def test_streams_end_with_their_last_event(row: Row, server: Server, telemetry: Telemetry) -> None:
    server.reply(row.text("Hel", "lo"))
    with (
        row.client(server) as client,
        telemetry.tracer_provider.get_tracer("t").start_as_current_span("parent") as parent,
    ):
        stream = traced(row, client, telemetry, stream=True)("Hi")
        next(stream)
        assert telemetry.spans == []
        stream.collect()
        check(telemetry.one(), row)
    assert telemetry.spans[-1].parent.span_id == parent.get_span_context().span_id


@both
def test_async(row: Row, server: Server, telemetry: Telemetry) -> None:
    server.reply(Reply.json(row.whole("Hello")))

    async def main() -> None:
        async with row.aclient(server) as client:

            @with_otel(tracer_provider=telemetry.tracer_provider)
            @row.module.call("m", client=client)
            async def say() -> str:
                return "Hi"

            await say()

    asyncio.run(main())
    check(telemetry.one(), row)


@both
def test_content_where_it_is_wanted(row: Row, server: Server, telemetry: Telemetry) -> None:
    server.reply(Reply.json(row.whole("Hello")))
    with row.client(server) as client:
        traced(row, client, telemetry, content=True)("Hi")
    attrs = telemetry.one().attributes
    asked = json.loads(attrs["gen_ai.input.messages"])
    answered = json.loads(attrs["gen_ai.output.messages"])
    assert asked == [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
    outputs = {"role": "assistant", "parts": [{"type": "text", "content": "Hello"}], "finish_reason": "stop"}
    assert answered == [outputs]


def test_structured(server: Server, telemetry: Telemetry) -> None:
    class Book(BaseModel):
        title: str

    server.reply(Reply.json(OPENAI.whole('{"title": "Emma"}')), OPENAI.text('{"title": ', '"Emma"}'))
    with OPENAI.client(server) as client:
        assert traced(OPENAI, client, telemetry, response_model=Book, json_mode=True)("Hi") == Book(title="Emma")
        check(telemetry.one(), OPENAI)
        telemetry.clear()
        *_, last = traced(OPENAI, client, telemetry, response_model=Book, json_mode=True, stream=True)("Hi")
    assert last == Book(title="Emma")
    check(telemetry.one(), OPENAI)


@both
def test_errors(row: Row, server: Server, telemetry: Telemetry) -> None:
    server.reply(Reply.error(429, x_should_retry="false"), row.streamed(*row.texts("Hel", finish=None), CloseEarly()))
    with row.client(server) as client:
        with pytest.raises(RateLimitError):
            traced(row, client, telemetry)("Hi")
        span = telemetry.one()
        assert (span.status.status_code, span.attributes["error.type"]) == (StatusCode.ERROR, "RateLimitError")
        assert [event.name for event in span.events] == ["exception"]
        telemetry.clear()
        with pytest.raises(StreamInterruptedError):
            traced(row, client, telemetry, stream=True)("Hi").collect()
    span = telemetry.one()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["gen_ai.response.model"] == "m-1"


@both
def test_a_stream_that_is_dropped(row: Row, server: Server, telemetry: Telemetry) -> None:
    server.reply(row.text("Hel", "lo"))
    with row.client(server) as client:
        for _ in traced(row, client, telemetry, stream=True)("Hi"):
            break
    assert telemetry.one().attributes["gen_ai.response.model"] == "m-1"
