"""New Relic: its agent patches `create` of OpenAI's classes and their streams, when these are imported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import newrelic.agent
from newrelic.common import system_info

from tests.conformance.wires.answer import JSON
from tests.tracers.tracer import BaseTracer

newrelic.agent.initialize()  # before the SDKs are imported
for cloud in ("aws", "azure", "azurefunction", "azureappservice", "gcp", "pcf"):  # it asks their servers where it runs
    setattr(newrelic.agent.global_settings().utilization, f"detect_{cloud}", False)
system_info._nr_cached_ip_address = ["127.0.0.1"]  # which it finds out by connecting


class Tracer(BaseTracer):
    measured: ClassVar = (r"(^|\.)(id|span_id|trace_id|completion_id|timestamp|duration|time_to_first_token)$",)

    def __init__(self) -> None:
        self.events: list[JSON] = []
        self.application = newrelic.agent.register_application(timeout=10)
        own = newrelic.api.transaction.Transaction.record_custom_event

        def record(transaction: Any, kind: str, params: Any) -> None:
            self.events.append({"type": kind, **params})
            own(transaction, kind, params)

        newrelic.api.transaction.Transaction.record_custom_event = record

    @contextmanager
    def surrounding(self) -> Iterator[None]:
        with newrelic.agent.BackgroundTask(self.application, name="exchange"):
            yield

    def collect(self) -> list[JSON]:
        events, self.events = self.events, []
        return events
