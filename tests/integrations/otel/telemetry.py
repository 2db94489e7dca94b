"""OpenTelemetry's own exporters in memory: spans, metrics and events, read as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


class _Starts(SpanProcessor):
    """Keeps the attributes that each span has when it starts: what samplers see."""

    def __init__(self) -> None:
        self.attributes: dict[str, dict[str, Any]] = {}

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        self.attributes[span.name] = dict(span.attributes)


class Telemetry:
    """Receives spans, metrics and events. `options` are those of `with_otel` and `instrument`."""

    def __init__(self) -> None:
        self._spans, self._reader, self._logs = (
            InMemorySpanExporter(),
            InMemoryMetricReader(),
            InMemoryLogRecordExporter(),
        )
        self._starts = _Starts()
        self.tracer_provider = TracerProvider(shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(self._starts)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._spans))
        self.meter_provider = MeterProvider([self._reader], shutdown_on_exit=False)
        self.logger_provider = LoggerProvider(shutdown_on_exit=False)
        self.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self._logs))

    @property
    def options(self) -> dict[str, Any]:
        return {
            "tracer_provider": self.tracer_provider,
            "meter_provider": self.meter_provider,
            "logger_provider": self.logger_provider,
        }

    @property
    def tracer(self) -> Any:
        """A tracer of the program itself."""
        return self.tracer_provider.get_tracer("program")

    @property
    def spans(self) -> list[ReadableSpan]:
        """The finished spans, in the order in which they began."""
        return sorted(self._spans.get_finished_spans(), key=lambda span: span.start_time or 0)

    def one(self) -> Any:
        """The only finished span."""
        (span,) = self.spans
        return span

    def starts(self, name: str) -> dict[str, Any]:
        """The attributes that the span of this name had when it started."""
        return self._starts.attributes[name]

    def tree(self) -> list[tuple[str, str | None]]:
        """The names of the finished spans and of their parents, in the order in which they began."""
        names = {span.context.span_id: span.name for span in self.spans if span.context}
        return [(span.name, names.get(span.parent.span_id, "?") if span.parent else None) for span in self.spans]

    def clear(self) -> None:
        self._spans.clear()

    @property
    def events(self) -> list[Any]:
        """The log records."""
        return [one.log_record for one in self._logs.get_finished_logs()]

    @property
    def metrics(self) -> dict[str, list[Any]]:
        """The points of each metric since the last time, by its name."""
        found: dict[str, list[Any]] = {}
        data: Any = self._reader.get_metrics_data()
        for resource in data.resource_metrics if data is not None else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    found.setdefault(metric.name, []).extend(metric.data.data_points)
        return found

    def shutdown(self) -> None:
        self.tracer_provider.shutdown()
        self.meter_provider.shutdown()
        self.logger_provider.shutdown()


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    made = Telemetry()
    yield made
    made.shutdown()
