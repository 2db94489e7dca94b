"""Sentry: it patches `create` of the SDKs' classes."""

from __future__ import annotations

from typing import Any, ClassVar

import sentry_sdk

from tests.conformance.wires.answer import JSON
from tests.tracers.tracer import BaseTracer


class Tracer(BaseTracer):
    measured: ClassVar = (
        r"^(span_id|parent_span_id|trace_id|start_timestamp|timestamp)$",
        r"thread\.id$",
        r"time_to_first_token$",
    )

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.root: Any = None
        sentry_sdk.init(
            dsn="http://key@127.0.0.1:1/1",
            traces_sample_rate=1.0,
            send_default_pii=True,
            enable_http_request_source=False,  # it notes the line of the caller of what takes more than 0.1 s
            before_send=self._keep,
            before_send_transaction=self._keep,
        )
        self._begin()

    def _begin(self) -> None:
        self.root = sentry_sdk.start_transaction(name="exchange")
        self.root.__enter__()

    def _keep(self, event: Any, hint: Any) -> None:
        self.events.append(event)

    def collect(self) -> list[JSON]:
        self.root.__exit__(None, None, None)
        events, self.events = self.events, []
        self._begin()
        found: list[JSON] = []
        for event in events:
            found += event.get("spans", ())
            for error in event.get("exception", {}).get("values", ()):
                found.append({name: error[name] for name in ("type", "value", "mechanism")})
        return found
