"""OpenLLMetry: Traceloop's instrumentations, which patch `create` of the SDKs' classes."""

from __future__ import annotations

from typing import ClassVar

from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry.instrumentation.openai import OpenAIInstrumentor

from tests.tracers.spans import SpanTracer


class Tracer(SpanTracer):
    instrumentors: ClassVar = (OpenAIInstrumentor, AnthropicInstrumentor)
