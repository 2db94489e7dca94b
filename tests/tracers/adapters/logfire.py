"""Pydantic Logfire: it patches `request` of the SDKs' classes, and of a client that it is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import logfire
from opentelemetry import trace

import mirascope_like
from tests.tracers.spans import SpanTracer


class Tracer(SpanTracer):
    measured: ClassVar = (r"^attributes\.duration$",)
    allowed: ClassVar = {r"^attributes\.code\.": "the line of the user's code is that of our call"}

    def install(self) -> Any:
        processors = [self.processor]
        logfire.configure(send_to_logfire=False, console=False, additional_span_processors=processors)
        logfire.add_non_user_code_prefix(Path(mirascope_like.__file__).parent)  # as it is where it is installed
        logfire.instrument_openai()
        logfire.instrument_anthropic()
        return trace.get_tracer_provider()
