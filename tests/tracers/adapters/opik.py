"""Opik: `track_openai` and `track_anthropic` patch `create` of a client."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

import openai
import opik
from opik.integrations.anthropic import track_anthropic
from opik.integrations.openai import track_openai

from tests.conformance.wires.answer import JSON
from tests.tracers.tracer import BaseTracer


class Tracer(BaseTracer):
    wraps: ClassVar = True
    measured: ClassVar = (r"(^|\.)(id|start_time|end_time|ttft|last_updated_at)$",)

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.recording: Any = opik.record_traces_locally()
        self.storage = self.recording.__enter__()

    def wrap(self, client: Any) -> Any:
        is_openai = isinstance(client, openai.OpenAI | openai.AsyncOpenAI)
        return track_openai(client) if is_openai else track_anthropic(client)

    def collect(self) -> list[JSON]:
        traces = [asdict(one) for one in self.storage.trace_trees]
        self.recording.__exit__(None, None, None)
        self._begin()
        return traces
