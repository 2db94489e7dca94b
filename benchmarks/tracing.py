"""What tracing costs: calls that OpenTelemetry's SDK records and does not export, beside the same calls without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

from mirascope_like.integrations.otel import with_otel

from .contenders import Contest
from .measure import Work

UNTRACED, TRACED = "ours", "ours, traced"
MEASURED, WITH_CONTENT = "ours, traced with metrics", "ours, traced with metrics and contents"


def calling(contest: Contest, client: Any, times: int) -> dict[str, Work]:
    """Calls of one message; each contender returns the number of calls."""
    return _works(contest.prompt(client, stream=False), times, lambda response: 1)


def streaming(contest: Contest, client: Any, times: int) -> dict[str, Work]:
    """Streams that are read to their end; each contender returns the number of chunks."""
    return _works(contest.prompt(client, stream=True), times, lambda stream: sum(1 for _ in stream))


def _works(prompt: Callable[[], Any], times: int, use: Callable[[Any], int]) -> dict[str, Work]:
    providers: dict[str, Any] = {
        "tracer_provider": TracerProvider(shutdown_on_exit=False),
        "meter_provider": MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False),
    }
    calls = {
        UNTRACED: prompt,
        TRACED: with_otel(metrics=False, content=False, **providers)(prompt),
        MEASURED: with_otel(content=False, **providers)(prompt),
        WITH_CONTENT: with_otel(content="attributes", **providers)(prompt),
    }

    def work(call: Callable[[], Any]) -> Work:
        return lambda: sum(use(call()) for _ in range(times))

    return {name: work(call) for name, call in calls.items()}
