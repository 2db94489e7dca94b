"""LangSmith: `wrap_openai` and `wrap_anthropic` patch `create` of a client."""

from __future__ import annotations

from typing import Any, ClassVar

import openai
from langsmith import Client
from langsmith.wrappers import wrap_anthropic, wrap_openai

from tests.conformance.wires.answer import JSON
from tests.tracers.tracer import BaseTracer


class Kept(Client):
    """A client that keeps what it would send."""

    def __init__(self) -> None:
        super().__init__(info={}, auto_batch_tracing=False)
        self.kept: dict[str, JSON] = {}

    def create_run(self, *args: Any, **kwargs: Any) -> None:
        self._keep(**dict(zip(("name", "inputs", "run_type"), args, strict=False)), **kwargs)

    def update_run(self, *args: Any, **kwargs: Any) -> None:
        self._keep(**dict(zip(("run_id",), args, strict=False)), **kwargs)

    def _keep(self, **run: Any) -> None:
        known = self.kept.setdefault(str(run.get("run_id") or run["id"]), {})
        known.update({name: value for name, value in run.items() if value is not None})


class Tracer(BaseTracer):
    wraps: ClassVar = True
    measured: ClassVar = (r"(^|\.)(id|run_id|trace_id|dotted_order|start_time|end_time|time)$",)
    unsupported: ClassVar = {
        "^messages, .*streamed$": "it calls Anthropic's `accumulate_event` without an argument that newer SDKs demand"
    }

    def __init__(self) -> None:
        self.client = Kept()

    def wrap(self, client: Any) -> Any:
        wrap = wrap_openai if isinstance(client, openai.OpenAI | openai.AsyncOpenAI) else wrap_anthropic
        return wrap(client, tracing_extra={"client": self.client})

    def collect(self) -> list[JSON]:
        runs, self.client.kept = list(self.client.kept.values()), {}
        return runs
