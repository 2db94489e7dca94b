"""OpenLIT: it patches `create` of the SDKs' classes."""

from __future__ import annotations

from tempfile import NamedTemporaryFile
from typing import Any, ClassVar

import openlit
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from tests.tracers.spans import SpanTracer


class Tracer(SpanTracer):
    counts_twice = "OpenLIT cannot be turned off for a call"
    measured: ClassVar = (
        r"time_to_first_token$",
        r"time_per_output_token$",
        r"time_between_token$",
        r"time_to_first_chunk$",
        r"duration$",
    )

    def install(self) -> Any:
        provider = TracerProvider()
        provider.add_span_processor(self.processor)
        trace.set_tracer_provider(provider)
        with NamedTemporaryFile("w", suffix=".json") as prices:  # else it would fetch a list
            prices.write("{}")
            prices.flush()
            openlit.init(disable_metrics=True, disable_events=True, pricing_json=prices.name)
        return provider
