"""Langfuse: `langfuse.openai` patches `create` of OpenAI's classes. For Anthropic it names OpenLLMetry's package."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

from langfuse import Langfuse
from opentelemetry import trace
from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor

from tests.conformance.wires.answer import JSON
from tests.tracers.spans import SpanTracer


class Tracer(SpanTracer):
    measured: ClassVar = (r"completion_start_time$", r"time_to_first_chunk$")
    counts_twice = "`langfuse.openai` cannot be turned off for a call: import `openai` in its place"

    def install(self) -> Any:
        Langfuse(span_exporter=self.exporter)
        import_module("langfuse.openai")
        AnthropicInstrumentor().instrument()
        return trace.get_tracer_provider()

    def collect(self) -> list[JSON]:
        self.provider.force_flush()
        return super().collect()
