"""Records the metrics of requests, tools and agents, under the names of one version of the conventions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from opentelemetry.metrics import Counter, Histogram, Meter, MeterProvider, get_meter

from ...core.base.response import Usage
from .conventions import Conventions, Metric

SCOPE = "mirascope_like"
"""The name of the tracer, meter and logger."""
_OF_REQUESTS = (
    *("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model"),
    *("server.address", "server.port"),
)
"""The attributes of a span that its metrics have too."""


class Metrics:
    """The instruments of one version of the conventions. Each is made when it is first used."""

    def __init__(self, table: Conventions, provider: MeterProvider | None, version: str) -> None:
        self._table = table
        self._provider = provider
        self._version = version
        self._made: dict[str, Counter | Histogram] = {}

    @cached_property
    def _meter(self) -> Meter:
        return get_meter(SCOPE, self._version, self._provider, self._table.schema_url)

    def _record(self, metric: Metric, value: float, attributes: Mapping[str, Any]) -> None:
        if (instrument := self._made.get(metric.name)) is None:
            instrument = self._made[metric.name] = self._instrument(metric)
        if isinstance(instrument, Counter):
            instrument.add(value, attributes)
        else:
            instrument.record(value, attributes)

    def _instrument(self, metric: Metric) -> Counter | Histogram:
        if metric.buckets is None:
            return self._meter.create_counter(metric.name, metric.unit, metric.description)
        return self._meter.create_histogram(
            metric.name, metric.unit, metric.description, explicit_bucket_boundaries_advisory=list(metric.buckets)
        )

    def first_chunk(self, seconds: float, span: Mapping[str, Any]) -> None:
        """Record the seconds from the request to the first chunk."""
        self._record(self._table.time_to_first_chunk, seconds, of_request(span))

    def next_chunk(self, seconds: float, attributes: Mapping[str, Any]) -> None:
        """Record the seconds from one chunk to the next. `attributes` are those of `of_request`, made once."""
        self._record(self._table.time_per_output_chunk, seconds, attributes)

    def request(self, seconds: float, span: Mapping[str, Any], usage: Usage | None) -> None:
        """Record the duration of a request in seconds, and its tokens. `span` are the attributes of its span."""
        attributes = of_request(span)
        error = {"error.type": span["error.type"]} if "error.type" in span else {}
        self._record(self._table.duration, seconds, {**attributes, **error})
        for one in self._table.tokens:
            count = getattr(usage, one.field, None)
            if count is None and one.always:
                count = 0
            if count is not None:
                failed = error if one.with_error else {}
                self._record(one.metric, count, {**attributes, **one.attributes, **failed})

    def tool(self, seconds: float, span: Mapping[str, Any]) -> None:
        """Record the seconds that a tool ran, if the version of the conventions has a metric for it."""
        if (metric := self._table.tool_duration) is not None:
            self._record(metric, seconds, _selected(span, "gen_ai.tool.name", "gen_ai.tool.type", "error.type"))

    def agent(self, seconds: float, span: Mapping[str, Any]) -> None:
        """Record the seconds of a session's exchange or of a tool loop, if the conventions have a metric for it."""
        if (metric := self._table.agent_duration) is not None:
            self._record(metric, seconds, _selected(span, "gen_ai.agent.name", "gen_ai.request.model", "error.type"))


def of_request(span: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of the metrics of a request, selected from those of its span."""
    return _selected(span, *_OF_REQUESTS)


def _selected(span: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: span[name] for name in names if name in span}
