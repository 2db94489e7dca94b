"""OpenInference, of Arize Phoenix: it patches `request` of OpenAI's clients and the methods of Anthropic's."""

from __future__ import annotations

from typing import ClassVar

from openinference.instrumentation.anthropic import AnthropicInstrumentor
from openinference.instrumentation.openai import OpenAIInstrumentor

from tests.tracers.spans import SpanTracer


class Tracer(SpanTracer):
    instrumentors: ClassVar = (OpenAIInstrumentor, AnthropicInstrumentor)
