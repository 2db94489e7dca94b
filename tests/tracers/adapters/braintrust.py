"""Braintrust: `auto_instrument()` patches `create` of the SDKs' classes."""

from __future__ import annotations

from typing import ClassVar

import braintrust
from braintrust.logger import _MemoryBackgroundLogger
from braintrust.test_helpers import init_test_logger

from tests.conformance.wires.answer import JSON
from tests.tracers.tracer import BaseTracer


class Tracer(BaseTracer):
    measured: ClassVar = (
        r"^(id|span_id|root_span_id|created|metrics\.(start|end|time_to_first_token)|span_parents\[\d+\]|span_attributes.exec_counter)$",
    )

    allowed: ClassVar = {r"^context\.caller_": "the SDK's method is called by a line of our library"}

    def __init__(self) -> None:
        self.kept = _MemoryBackgroundLogger()
        braintrust.logger._state._global_bg_logger = braintrust.util.LazyValue(lambda: self.kept, use_mutex=True)
        init_test_logger("test")
        braintrust.auto_instrument()

    def collect(self) -> list[JSON]:
        return list(self.kept.pop())
