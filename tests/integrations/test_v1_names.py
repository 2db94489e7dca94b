"""Integrations under the names of Mirascope v1: they run, and record each call.

Logfire, Langfuse and the exporter of OTLP are replaced by doubles with their public surface, because each brings an
OpenTelemetry of its own. They were checked once with logfire 5.4.0 and langfuse 5.0.4.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import BaseModel

from mirascope_like import integrations
from mirascope_like.core import RateLimitError, ToolLoop
from mirascope_like.core.base.errors import MissingSDKError
from mirascope_like.integrations import otel
from tests.conformance.providers import ANTHROPIC, OPENAI, Row
from tests.conformance.wires.answer import Answer, Call
from tests.harness.server import Reply, Server

both = pytest.mark.parametrize("row", [OPENAI, ANTHROPIC], ids=lambda row: row.name)


class Book(BaseModel):
    """A book."""

    title: str


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The tracer providers that are set; OpenTelemetry itself allows only one in a process."""
    providers: list[Any] = []
    monkeypatch.setattr(trace, "set_tracer_provider", providers.append)
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: providers[-1] if providers else None)

    def tracer(name: str, *_: Any, tracer_provider: Any = None, **__: Any) -> Any:
        return (tracer_provider or providers[-1]).get_tracer(name)

    monkeypatch.setattr(trace, "get_tracer", tracer)
    yield providers
    for one in providers:
        one.shutdown()


def module(monkeypatch: pytest.MonkeyPatch, name: str, **fields: Any) -> None:
    made: Any = ModuleType(name)
    vars(made).update(fields)
    monkeypatch.setitem(sys.modules, name, made)


def recommending(row: Row, client: Any, decorator: Any, **options: Any) -> Any:
    @decorator
    @row.module.call("m", client=client, **options)
    def recommend(genre: str) -> str:
        return f"Recommend a {genre} book"

    return recommend


# OpenTelemetry


def test_configure(provider: list[Any], server: Server) -> None:
    exporter = InMemorySpanExporter()
    tracer = otel.configure([SimpleSpanProcessor(exporter)])
    assert isinstance(provider[0], TracerProvider)
    with tracer.start_as_current_span("own"):
        pass
    server.reply(OPENAI.wire.answered(Answer("Dune")))
    with OPENAI.client(server) as client:
        assert recommending(OPENAI, client, otel.with_otel())("sea").content == "Dune"
    assert [span.name for span in exporter.get_finished_spans()] == ["own", "chat m"]


def test_configure_prints_spans(provider: list[Any], capfd: pytest.CaptureFixture[str]) -> None:
    with otel.configure().start_as_current_span("own"):
        pass
    assert '"name": "own"' in capfd.readouterr().out


def test_hyperdx(provider: list[Any], server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    exporter, made = InMemorySpanExporter(), list[Any]()

    def otlp(**options: Any) -> Any:
        made.append(options)
        return exporter

    module(monkeypatch, "opentelemetry.exporter.otlp.proto.http.trace_exporter", OTLPSpanExporter=otlp)
    for parent in ("", ".otlp", ".otlp.proto", ".otlp.proto.http"):
        if f"opentelemetry.exporter{parent}" not in sys.modules:
            module(monkeypatch, f"opentelemetry.exporter{parent}", __path__=[])
    monkeypatch.setenv("HYPERDX_API_KEY", "key-1")
    server.reply(OPENAI.wire.answered(Answer("Dune")))
    with OPENAI.client(server) as client:
        recommending(OPENAI, client, otel.with_hyperdx())("sea")
    otel.with_hyperdx()  # a second one uses the provider that is set
    assert len(provider) == 1
    provider[0].force_flush()
    assert [span.name for span in exporter.get_finished_spans()] == ["chat m"]
    # v1's address and header (integrations/otel/_with_hyperdx.py)
    assert made == [{"endpoint": "https://in-otel.hyperdx.io/v1/traces", "headers": {"authorization": "key-1"}}]


# Logfire


def test_logfire(provider: list[Any], server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    module(monkeypatch, "logfire")
    exporter = InMemorySpanExporter()
    otel.configure([SimpleSpanProcessor(exporter)])  # as logfire.configure() does
    decorator = integrations.logfire.with_logfire()
    server.reply(OPENAI.wire.answered(Answer("Dune")), OPENAI.wire.streamed(Answer("Emma")))
    with OPENAI.client(server) as client:
        recommending(OPENAI, client, decorator)("sea")
        recommending(OPENAI, client, decorator, stream=True)("sea").collect()
    first, second = exporter.get_finished_spans()
    assert "Dune" in str(first.attributes["gen_ai.output.messages"])
    assert "Emma" in str(second.attributes["gen_ai.output.messages"])


@pytest.mark.parametrize("name", ["logfire", "langfuse"])
def test_a_missing_package(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingSDKError, match=f"pip install 'mirascope-like.{name}.'"):
        getattr(getattr(integrations, name), f"with_{name}")()


# Langfuse


class Generation:
    def __init__(self, **fields: Any) -> None:
        self.fields = fields
        self.ended = 0

    def update(self, **fields: Any) -> None:
        assert not self.ended
        self.fields |= fields

    def end(self) -> None:
        self.ended += 1


@pytest.fixture
def generations(monkeypatch: pytest.MonkeyPatch) -> list[Generation]:
    made: list[Generation] = []

    def start_observation(**fields: Any) -> Generation:
        made.append(Generation(**fields))
        return made[-1]

    module(monkeypatch, "langfuse", get_client=lambda: SimpleNamespace(start_observation=start_observation))
    return made


@both
def test_langfuse(row: Row, server: Server, generations: list[Generation]) -> None:
    decorator = integrations.langfuse.with_langfuse()
    book = Answer(Call("call_1", "Book", '{"title": "Dune"}'))
    wire = row.wire
    server.reply(wire.answered(Answer("Dune")), wire.streamed(Answer("Dune")), wire.answered(book), wire.streamed(book))
    with row.client(server) as client:
        recommending(row, client, decorator, call_params={"max_tokens": 9})("sea")
        recommending(row, client, decorator, stream=True)("sea").collect()
        assert recommending(row, client, decorator, response_model=Book)("sea").title == "Dune"
        assert recommending(row, client, decorator, response_model=Book, stream=True)("sea").collect().title == "Dune"
    assert [one.ended for one in generations] == [1, 1, 1, 1]
    for one in generations:
        assert (one.fields["name"], one.fields["as_type"]) == ("recommend", "generation")
        assert one.fields["model"]
        assert set(one.fields["usage_details"]) == {"input", "output"}
        assert "Recommend a sea book" in str(one.fields["input"])
        assert "Dune" in str(one.fields["output"])
    assert generations[0].fields["model_parameters"]["max_tokens"] == 9
    assert [one.fields["output"] for one in generations[2:]] == [Book(title="Dune")] * 2


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@both
def test_langfuse_counts_every_request_of_a_tool_loop(
    row: Row, stream: bool, server: Server, generations: list[Generation]
) -> None:
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    made = row.wire.streamed if stream else row.wire.answered
    server.reply(made(Answer(Call("call_1", "add", '{"a": 1, "b": 2}'), input=7, output=2)), made(Answer("3")))
    with row.client(server) as client:
        options: dict[str, Any] = {"stream": stream, "tools": [add], "tool_loop": ToolLoop()}
        found = recommending(row, client, integrations.langfuse.with_langfuse(), **options)("sea")
        if stream:
            found.collect()
    (one,) = generations
    assert one.fields["usage_details"] == {"input": 10, "output": 7}


def test_langfuse_in_async_code(server: Server, generations: list[Generation]) -> None:
    decorator = integrations.langfuse.with_langfuse(content=False)
    server.reply(OPENAI.wire.answered(Answer("Dune")), OPENAI.wire.streamed(Answer("Dune")))

    async def main() -> None:
        async with OPENAI.aclient(server) as client:

            @decorator
            @OPENAI.module.call("m", client=client)
            async def recommend() -> str:
                return "Hi"

            @decorator
            @OPENAI.module.call("m", client=client, stream=True)
            async def stream() -> str:
                return "Hi"

            await recommend()
            async for _ in stream():
                pass

    asyncio.run(main())
    assert [one.ended for one in generations] == [1, 1]
    assert not any({"input", "output"} & one.fields.keys() for one in generations)


def test_langfuse_records_errors(server: Server, generations: list[Generation]) -> None:
    server.reply(Reply.error(429, "slow down"))
    with OPENAI.client(server) as client, pytest.raises(RateLimitError):
        recommending(OPENAI, client, integrations.langfuse.with_langfuse())("sea")
    (one,) = generations
    assert (one.ended, one.fields["level"]) == (1, "ERROR")
    assert one.fields["status_message"].startswith("RateLimitError: ")
