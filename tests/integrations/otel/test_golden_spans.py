"""The span of each provider's request: sync and async, whole and streamed, against what the conventions demand.

The expected values are those of the scripted answer (`Answer`) and of the conventions' tables of attributes; the names
of the providers are the well-known values of `gen_ai.provider.name`.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest
from opentelemetry.trace import SpanKind, StatusCode
from pydantic import BaseModel

from mirascope_like.core import RateLimitError, ToolLoop
from mirascope_like.integrations.otel import with_otel
from tests.conformance.capabilities import both_ways, each_row
from tests.conformance.contract import BaseRow
from tests.conformance.wires.answer import Answer, Call
from tests.harness.server import Server
from tests.integrations.otel.telemetry import Telemetry

NAMES = {
    "azure": "azure.ai.openai",
    "azure.responses": "azure.ai.openai",
    "azure by inference variables": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "mistral": "mistral_ai",
    "openai.responses": "openai",
    "vertex": "gcp.vertex_ai",
    "xai.responses": "x_ai",
}
FINISHED = dict.fromkeys(("google", "vertex", "gemini"), "stop")
"""The finish reason of a response with tool calls: Google's API reports STOP."""
both = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


class Book(BaseModel):
    """A book."""

    title: str


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def run(row: BaseRow, server: Server, telemetry: Telemetry, asynchronous: bool, **options: Any) -> Any:
    """Make a traced call, and read it to its end."""
    decorate = with_otel(**telemetry.options)

    async def main() -> Any:
        async with row.aclient(server) as client:
            made = decorate(row.adecorated(client, **options))("Hi")
            return await (made.collect() if options.get("stream") else made)

    if asynchronous:
        return asyncio.run(main())
    with row.client(server) as client:
        made = decorate(row.decorated(client, **options))("Hi")
        return made.collect() if options.get("stream") else made


def check_request(row: BaseRow, server: Server, attributes: dict[str, Any]) -> None:
    """Check what is known before the request is sent."""
    where = urlsplit(server.url)
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": NAMES.get(row.id, row.name),
        "gen_ai.request.model": "m",
        "server.address": where.hostname,
        "server.port": where.port,
    }
    if row.name == "litellm":  # its functions have no address
        del expected["server.address"], expected["server.port"]
    assert {name: attributes.get(name) for name in expected} == expected


@both
@both_ways
@each_row
def test_a_text(row: BaseRow, asynchronous: bool, stream: bool, server: Server, telemetry: Telemetry) -> None:
    answer = Answer("Hello")
    server.reply(row.wire.streamed(answer) if stream else row.wire.answered(answer))
    run(row, server, telemetry, asynchronous, stream=stream)
    span = telemetry.one()
    assert (span.name, span.kind, span.status.status_code) == ("chat m", SpanKind.CLIENT, StatusCode.UNSET)
    assert (span.instrumentation_scope.name, span.instrumentation_scope.schema_url) == (
        "mirascope_like",
        "https://opentelemetry.io/schemas/1.41.0",
    )
    check_request(row, server, telemetry.starts("chat m"))
    attrs = span.attributes
    assert attrs["gen_ai.response.finish_reasons"] == ("stop",)
    assert (attrs["gen_ai.usage.input_tokens"], attrs["gen_ai.usage.output_tokens"]) == (3, 5)
    assert attrs.get("gen_ai.request.stream") is (True if stream else None)
    assert ("gen_ai.response.time_to_first_chunk" in attrs) is stream
    assert not [name for name in attrs if name.endswith((".messages", "instructions", "definitions"))]


@both
@each_row
def test_a_structured_output(row: BaseRow, stream: bool, server: Server, telemetry: Telemetry) -> None:
    way = row.ways["loose"]
    answer = Answer(Call("call_1", "Book", '{"title": "Emma"}') if way == "tool" else '{"title": "Emma"}')
    server.reply(row.wire.streamed(answer) if stream else row.wire.answered(answer))
    assert run(row, server, telemetry, False, stream=stream, response_model=Book) == Book(title="Emma")
    span = telemetry.one()
    assert span.attributes["gen_ai.output.type"] == "json"
    assert span.attributes["gen_ai.usage.output_tokens"] == 5


@both
@both_ways
@each_row
def test_a_tool_loop(row: BaseRow, asynchronous: bool, stream: bool, server: Server, telemetry: Telemetry) -> None:
    asks, answers = Answer(Call("call_1", "add", '{"a": 1, "b": 2}'), input=7, output=2), Answer("3")
    made = row.wire.streamed if stream else row.wire.answered
    server.reply(made(asks), made(answers))
    run(row, server, telemetry, asynchronous, stream=stream, tools=[add], tool_loop=ToolLoop())
    assert telemetry.tree() == [
        ("invoke_agent say", None),
        ("chat m", "invoke_agent say"),
        ("execute_tool add", "invoke_agent say"),
        ("chat m", "invoke_agent say"),
    ]
    agent, first, tool, last = [dict(span.attributes or {}) for span in telemetry.spans]
    assert first["gen_ai.response.finish_reasons"] == (FINISHED.get(row.name, "tool_call"),)
    assert last["gen_ai.response.finish_reasons"] == ("stop",)
    assert [one["gen_ai.usage.input_tokens"] for one in (first, last)] == [7, 3]
    assert [one["gen_ai.usage.output_tokens"] for one in (first, last)] == [2, 5]
    # Not as `gen_ai.usage`, so that a backend that sums up all spans counts no request twice.
    assert {name: value for name, value in agent.items() if "usage" in name} == {
        "gen_ai.aggregated_usage.input_tokens": 10,
        "gen_ai.aggregated_usage.output_tokens": 7,
    }
    assert agent["gen_ai.response.finish_reasons"] == ("stop",)
    assert agent["gen_ai.operation.name"] == "invoke_agent"
    assert agent["gen_ai.agent.name"] == "say"
    assert tool["gen_ai.operation.name"] == "execute_tool"
    assert (tool["gen_ai.tool.name"], tool["gen_ai.tool.type"]) == ("add", "function")
    assert tool["gen_ai.tool.description"] == "Add two numbers."


@both
@each_row
def test_a_refused_request(row: BaseRow, stream: bool, server: Server, telemetry: Telemetry) -> None:
    server.reply(row.wire.failed(429))
    with pytest.raises(RateLimitError):
        run(row, server, telemetry, False, stream=stream)
    span = telemetry.one()
    check_request(row, server, span.attributes)
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == "RateLimitError"
    assert span.attributes["gen_ai.response.finish_reasons"] == ("error",)
    assert [event.name for event in span.events] == ["exception"]


@each_row
def test_a_stream_that_is_left(row: BaseRow, server: Server, telemetry: Telemetry) -> None:
    server.reply(row.wire.streamed(Answer("Hel", "lo")))
    decorate = with_otel(**telemetry.options)
    with row.client(server) as client, decorate(row.decorated(client, stream=True))("Hi") as stream:
        next(iter(stream))
    span = telemetry.one()
    check_request(row, server, span.attributes)
    assert (span.status.status_code, span.attributes.get("error.type")) == (StatusCode.UNSET, None)
    assert span.attributes["gen_ai.response.finish_reasons"] == ("error",)
