"""Whether a request is counted once where a tracer and the library's own OpenTelemetry tracing are both on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from unittest.mock import patch

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan

from mirascope_like.integrations.otel import instrument, uninstrument
from tests.harness.server import Server
from tests.tracers.exchanges import Exchange, Wrap
from tests.tracers.spans import SpanTracer


def counted(spans: Iterable[ReadableSpan]) -> list[str]:
    """The names of the spans that count tokens, as those of language models do."""
    return [span.name for span in spans if any("token" in name or "usage" in name for name in span.attributes or {})]


def beside(tracer: SpanTracer, server: Server, exchanges: Iterable[Exchange], wrap: Wrap | None) -> list[str]:
    """Make the exchanges with the library's own tracing for the tracer's provider; return the names of those in which
    not exactly one span counts tokens, the library's.
    """
    wrong: list[str] = []
    provider: Any = tracer.provider
    with patch.object(trace, "get_tracer_provider", lambda: provider):
        instrument(tracer_provider=provider)
        try:
            for exchange in exchanges:
                server.reply_with(exchange.reply)
                with tracer.surrounding():
                    exchange.ours(wrap)
                tracer.collect()
                names = counted(tracer.last)
                if names != [f"chat {exchange.api.model}"]:
                    wrong.append(f"{exchange.name}: {', '.join(names) or 'nothing'}")
        finally:
            uninstrument()
    return wrong
