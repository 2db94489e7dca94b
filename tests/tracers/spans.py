"""OpenTelemetry's spans in memory, for tracers that use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.conformance.wires.answer import JSON
from tests.tracers.tracer import BaseTracer


class SpanTracer(BaseTracer):
    """A tracer whose records are OpenTelemetry's spans. `provider` is the tracer provider that keeps them."""

    instrumentors: ClassVar[tuple[Any, ...]] = ()
    """The classes of its instrumentors of the SDKs."""
    counts_twice: ClassVar[str | None] = None
    """Why a request of our calls is counted twice where our own tracing is on too; None if it is counted once."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.processor = SimpleSpanProcessor(self.exporter)
        self.provider: Any = self.install()
        self.left: list[JSON] = []
        self.last: list[ReadableSpan] = []
        """The spans that `collect` returned last."""

    def install(self) -> Any:
        """Install the tracer; return its tracer provider."""
        provider = TracerProvider()
        provider.add_span_processor(self.processor)
        for instrumentor in self.instrumentors:
            instrumentor().instrument(tracer_provider=provider)
        return provider

    @contextmanager
    def surrounding(self) -> Iterator[None]:
        with self.provider.get_tracer("program").start_as_current_span("the user's own") as span:
            yield
            after: Any = trace.get_current_span()
            if after is not span:
                self.left.append({"left open": getattr(after, "name", str(after))})

    def collect(self) -> list[JSON]:
        """Return the spans since the last time, in the order in which they began."""
        spans = sorted(self.exporter.get_finished_spans(), key=lambda span: span.start_time or 0)
        self.exporter.clear()
        left, self.left = self.left, []
        self.last = spans
        names = {span.context.span_id: span.name for span in spans if span.context}
        return [*(record(span, names) for span in spans), *left]


def record(span: ReadableSpan, names: dict[int, str]) -> JSON:
    """Return the content of a span, without its ids and times."""
    return {
        "name": span.name,
        "kind": span.kind.name,
        "parent": span.parent and names.get(span.parent.span_id, "a span that was not ended"),
        "status": span.status.status_code.name,
        "status text": span.status.description,
        "attributes": dict(span.attributes or {}),
        "events": [{"name": event.name, "attributes": dict(event.attributes or {})} for event in span.events],
    }
