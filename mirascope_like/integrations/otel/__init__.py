"""Traces of OpenTelemetry: spans, metrics and events of calls, in the semantic conventions for generative AI.

`instrument` records all calls of the process, `with_otel` those of one function. `configure` and `with_hyperdx` also
send the spans. Importing this module raises `ImportError` if `opentelemetry-api` is not installed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ParamSpec, TypeVar

from ...core.base.errors import load_sdk
from ...core.base.observation import ObservedCall, observe_call, observe_process
from ...core.base.runtime import Listing

load_sdk("opentelemetry.trace", extra="otel")

# After the check whether it is installed, whose error names the extra.
from opentelemetry import trace  # noqa: E402
from opentelemetry._logs import LoggerProvider  # noqa: E402
from opentelemetry.metrics import MeterProvider  # noqa: E402
from opentelemetry.trace import TracerProvider  # noqa: E402

from .content import messages_as_json  # noqa: E402
from .conventions import Version  # noqa: E402
from .events import Events  # noqa: E402
from .metrics import SCOPE, Metrics  # noqa: E402
from .settings import Content, capture_of, conventions_of  # noqa: E402
from .tracing import MeteredTracing, Tracing  # noqa: E402

P = ParamSpec("P")
R = TypeVar("R")

_HYPERDX = "https://in-otel.hyperdx.io/v1/traces"
"""The address to which HyperDX receives spans. Source: HyperDX's documentation of OpenTelemetry."""
_stop: Callable[[], None] | None = None
"""Ends `instrument`; None while it is off."""


def instrument(
    *,
    content: Content = None,
    metrics: bool = True,
    conventions: Version = "1.41",
    conversation: Callable[[ObservedCall], str | None] | None = None,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    logger_provider: LoggerProvider | None = None,
) -> None:
    """Record all calls of the process: of every provider, model, session and task, sync and async. A second call
    replaces the settings of the first; `uninstrument` ends it.

    Each request has a span `chat MODEL` with the attributes of the conventions. A session's exchange and a call with a
    tool loop have a span `invoke_agent` around them, and each tool of the loop a span `execute_tool`. A call that is
    also decorated with `with_otel` is recorded once, with the settings of its decorator.

        content: where prompts and responses are recorded: "attributes" of the spans, "events", "both", or False for
            nowhere. None means what the environment variable `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` says
        metrics: True to record durations, times to chunks (in seconds) and tokens
        conventions: the version of the names: "1.41", or "0.1" of the repository `semantic-conventions-genai`
        conversation: a function that returns the id of the conversation of a call, or None. A session's calls have
            its name without it
        tracer_provider, meter_provider, logger_provider: what receives spans, metrics and events, if not the global
            ones

    Raises `ConfigurationError` for an unknown option.
    """
    global _stop
    made = _tracing(content, metrics, conventions, None, conversation, tracer_provider, meter_provider, logger_provider)
    uninstrument()
    _stop = observe_process(made)


def uninstrument() -> None:
    """End `instrument`. Calls that have begun are recorded to their end."""
    global _stop
    if (stop := _stop) is not None:
        _stop = None
        stop()


def with_otel(
    *,
    content: Content = None,
    metrics: bool = True,
    conventions: Version = "1.41",
    name: str | None = None,
    conversation: str | Callable[[ObservedCall], str | None] | None = None,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    logger_provider: LoggerProvider | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that records each call of a function, as `instrument` does for all calls: unstreamed,
    streamed or structured, sync or async.

    The parent of its spans is the span that is current where the call is made. The span of a stream ends when the
    stream ends, in any state. Prompts and responses are recorded only with `content`, because they may be private.

    `name` is the name of the agent in `invoke_agent`: by default the name of the function. `conversation` is the id of
    the conversation, or a function that returns it. See `instrument` for the other options.
    """
    return observe_call(
        _tracing(content, metrics, conventions, name, conversation, tracer_provider, meter_provider, logger_provider)
    )


def _tracing(
    content: Content,
    metrics: bool,
    conventions: Version,
    name: str | None,
    conversation: str | Callable[[ObservedCall], str | None] | None,
    tracer_provider: TracerProvider | None,
    meter_provider: MeterProvider | None,
    logger_provider: LoggerProvider | None,
) -> Tracing:
    table, capture, release = conventions_of(conventions), capture_of(content), _release()
    kind = MeteredTracing if metrics else Tracing
    return kind(
        trace.get_tracer(SCOPE, release, tracer_provider, table.schema_url),
        table,
        capture,
        provider=tracer_provider,
        metrics=Metrics(table, meter_provider, release) if metrics else None,
        events=Events(table, logger_provider, release) if capture.events else None,
        name=name,
        conversation=conversation,
    )


def _release() -> str:
    try:
        return version("mirascope-like")
    except PackageNotFoundError:  # the package is used from its source
        return "0"


def configure(processors: Sequence[Any] | None = None) -> trace.Tracer:
    """Set the global tracer provider of OpenTelemetry, and return a tracer. Call it once, at the start of a program.

    `processors` are span processors of `opentelemetry-sdk`, which send the spans; without them, spans are printed.
    Raises `MissingSDKError` if `opentelemetry-sdk` is not installed.
    """
    sdk: Any = load_sdk("opentelemetry.sdk.trace", extra="hyperdx")
    export: Any = load_sdk("opentelemetry.sdk.trace.export", extra="hyperdx")
    provider = sdk.TracerProvider()
    if processors is None:
        processors = [export.SimpleSpanProcessor(export.ConsoleSpanExporter(out=sys.stdout))]
    for processor in processors:
        provider.add_span_processor(processor)
    trace.set_tracer_provider(provider)
    return trace.get_tracer(SCOPE)


def with_hyperdx(*, content: Content = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that records each call as a span, as `with_otel`, and sends the spans to HyperDX.

    The key is the environment variable `HYPERDX_API_KEY`. If the program has set a tracer provider of
    `opentelemetry-sdk`, that is used, and nothing is sent to HyperDX. Raises `MissingSDKError` if the extra `hyperdx`
    is not installed.
    """
    sdk: Any = load_sdk("opentelemetry.sdk.trace", extra="hyperdx")
    if not isinstance(trace.get_tracer_provider(), sdk.TracerProvider):
        export: Any = load_sdk("opentelemetry.sdk.trace.export", extra="hyperdx")
        exporter: Any = load_sdk("opentelemetry.exporter.otlp.proto.http.trace_exporter", extra="hyperdx")
        headers = {"authorization": os.environ.get("HYPERDX_API_KEY", "")}
        sent = exporter.OTLPSpanExporter(endpoint=_HYPERDX, headers=headers)
        configure([export.BatchSpanProcessor(sent)])
    return with_otel(content=content)


__all__ = [
    "Content",
    "Version",
    "configure",
    "instrument",
    "messages_as_json",
    "uninstrument",
    "with_hyperdx",
    "with_otel",
]

__dir__: Listing = Listing(__all__)
