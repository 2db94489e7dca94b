"""Datadog: `patch` wraps `create` of the SDKs' classes; LLM Observability records what was asked and answered."""

from __future__ import annotations

from typing import Any, ClassVar

import ddtrace
from ddtrace.llmobs import LLMObs
from ddtrace.llmobs._llmobs import CACHED_LLMOBS_EVENT_CTX_KEY
from ddtrace.trace import TraceFilter

from tests.conformance.wires.answer import JSON
from tests.tracers.tracer import BaseTracer


class Kept(TraceFilter):
    """Keeps spans, and lets none be sent."""

    def __init__(self) -> None:
        self.spans: list[JSON] = []

    def process_trace(self, trace: Any) -> None:
        for span in trace:
            kept = {name: getattr(span, name) for name in ("name", "resource", "service", "error")}
            event = span._get_ctx_item(CACHED_LLMOBS_EVENT_CTX_KEY)
            self.spans.append({**kept, "tags": span.get_tags(), "metrics": span.get_metrics(), "event": event})


class Tracer(BaseTracer):
    measured: ClassVar = (
        r"(^|\.)(span_id|trace_id|start_ns|duration|_dd\..*|llmobs_parent_id|llmobs_trace_id|parent_id|time_to_first_token|runtime-id)$",
    )

    def __init__(self) -> None:
        self.kept = Kept()
        ddtrace.tracer.configure(trace_processors=[self.kept])
        LLMObs.enable(ml_app="test", agentless_enabled=False)
        ddtrace.patch(openai=True, anthropic=True)

    def collect(self) -> list[JSON]:
        ddtrace.tracer.flush()
        spans, self.kept.spans = self.kept.spans, []
        return spans
