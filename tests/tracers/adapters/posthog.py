"""PostHog: clients of its own, which inherit from the SDKs' and whose `create` sends an event."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

from posthog import Posthog

from tests.conformance.wires.answer import JSON
from tests.tracers.tracer import BaseTracer


class Tracer(BaseTracer):
    wraps: ClassVar = True
    measured: ClassVar = (r"(^|\.)(\$ai_latency|\$ai_time_to_first_token|\$ai_trace_id|distinct_id|timestamp|uuid)$",)

    def __init__(self) -> None:
        self.events: list[JSON] = []
        self.client = Posthog("phc-test", host="http://127.0.0.1:1", send=False, sync_mode=True, before_send=self._keep)

    def _keep(self, event: Any) -> None:
        self.events.append(event)

    def wrap(self, client: Any) -> Any:
        sdk = type(client).__module__.partition(".")[0]
        kind = getattr(import_module(f"posthog.ai.{sdk}"), type(client).__name__)
        return kind(posthog_client=self.client, http_client=client._client)

    def collect(self) -> list[JSON]:
        events, self.events = self.events, []
        return events
