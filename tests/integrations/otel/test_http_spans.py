"""Beside OpenTelemetry's instrumentation of httpx, the span of a request has one child: that of its HTTP request."""

from __future__ import annotations

import asyncio
from collections.abc import Generator

import pytest
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor, HTTPXClientInstrumentor
from opentelemetry.trace import SpanKind

from mirascope_like.core import openai
from mirascope_like.integrations.otel import instrument, uninstrument
from tests.conformance.contract import BaseRow
from tests.conformance.providers import ANTHROPIC, GROQ, OPENAI
from tests.conformance.wires.answer import Answer
from tests.harness.server import Server
from tests.integrations.otel.telemetry import Telemetry


@pytest.fixture
def http_spans(telemetry: Telemetry) -> Generator[Telemetry]:
    """Telemetry of this library and of httpx and httpx2."""
    http = (HTTPXClientInstrumentor(), HTTPX2ClientInstrumentor())
    for one in http:
        one.instrument(tracer_provider=telemetry.tracer_provider)
    instrument(**telemetry.options)
    yield telemetry
    uninstrument()
    for one in http:
        one.uninstrument()


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("row", [OPENAI, ANTHROPIC, GROQ], ids=lambda row: row.id)
def test_a_request_has_one_http_span(
    row: BaseRow, stream: bool, asynchronous: bool, server: Server, http_spans: Telemetry
) -> None:
    answer = Answer("Hel", "lo")
    server.reply(row.wire.streamed(answer) if stream else row.wire.answered(answer))

    async def main() -> None:
        async with row.aclient(server) as client:
            made = row.adecorated(client, stream=stream)("Hi")
            assert (await (made.collect() if stream else made)).content == "Hello"

    if asynchronous:
        asyncio.run(main())
    else:
        with row.client(server) as client:
            made = row.decorated(client, stream=stream)("Hi")
            assert (made.collect() if stream else made).content == "Hello"
    check_spans(http_spans)


def check_spans(telemetry: Telemetry) -> None:
    chat, http = telemetry.spans
    assert (chat.name, http.name, http.kind) == ("chat m", "POST", SpanKind.CLIENT)
    assert http.parent is not None
    assert http.parent.span_id == chat.context.span_id


def test_a_default_client(server: Server, http_spans: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made by this library, and sends by the transport that is instrumented."""
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    server.reply(OPENAI.wire.streamed(Answer("Hel", "lo")))
    assert openai.call("m", stream=True)(lambda: "Hi")().collect().content == "Hello"
    check_spans(http_spans)
