"""`with_otel`: records each call as a span of OpenTelemetry. `configure` and `with_hyperdx` also send the spans."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, ParamSpec, TypeVar, cast

from pydantic_core import to_json

from ..core.base.errors import StreamNotConsumedError, load_sdk
from ..core.base.messages import BaseMessageParam, TextPart, ToolCallPart, ToolResultPart
from ..core.base.response import BaseCallResponse
from .middleware import middleware_factory

load_sdk("opentelemetry.trace", extra="otel")

from opentelemetry import trace  # noqa: E402  # after the check whether it is installed, whose error names the extra
from opentelemetry.trace import Span, TracerProvider  # noqa: E402

P = ParamSpec("P")
R = TypeVar("R")

_HYPERDX = "https://in-otel.hyperdx.io/v1/traces"
"""The address to which HyperDX receives spans. Source: HyperDX's documentation of OpenTelemetry."""
_PROVIDERS = {
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "mistral": "mistral_ai",
    "xai": "x_ai",
}
"""Maps providers to their names in OpenTelemetry's semantic conventions, if they differ."""
_PARAMS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "seed": "seed",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}
"""Maps call parameters to the attributes that OpenTelemetry's semantic conventions define for them."""


def with_otel(
    *, content: bool = False, tracer_provider: TracerProvider | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that records each call as a span: unstreamed, streamed or structured, sync or async.

    The span starts with the call, and ends with the response or when the stream ends in any state. Its parent is the
    current span. Its attributes are those of OpenTelemetry's semantic conventions for generative AI (provider, models,
    finish reasons, tokens, parameters), and `mirascope_like.cost` in US dollars. Prompts and responses are recorded
    only with `content=True`, because they may be private. If a structured output cannot hold its response (such as a
    `list[str]`), the span has no attributes.

    Importing this module raises `ImportError` if `opentelemetry-api` is not installed.
    """
    tracer = trace.get_tracer("mirascope_like", tracer_provider=tracer_provider)

    @contextmanager
    def spanned(function: Callable[..., Any]) -> Generator[Span]:
        span = tracer.start_span("chat", kind=trace.SpanKind.CLIENT)
        span.set_attribute("code.function.name", f"{function.__module__}.{function.__qualname__}")
        try:
            yield span
        finally:
            span.end()

    def record_response(result: Any, _: Any, span: Span) -> None:
        answer: Any = (
            cast("Any", result) if isinstance(result, BaseCallResponse) else getattr(result, "_response", None)
        )
        if answer is not None:
            describe(span, answer, content=content)

    def record_stream(stream: Any, _: Any, span: Span) -> None:
        with suppress(StreamNotConsumedError):  # nothing arrived
            describe(span, getattr(stream, "stream", stream).construct_call_response(partial=True), content=content)

    def record_error(error: BaseException, _: Any, span: Span) -> None:
        span.set_attribute("error.type", type(error).__qualname__)
        span.record_exception(error)
        span.set_status(trace.StatusCode.ERROR, str(error))
        if (partial := getattr(error, "partial", None)) is not None:
            describe(span, partial, content=content)

    return middleware_factory(
        custom_context_manager=spanned,
        handle_call_response=record_response,
        handle_stream=record_stream,
        handle_response_model=record_response,
        handle_structured_stream=record_stream,
        handle_error=record_error,
    )


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
    return trace.get_tracer("mirascope_like")


def with_hyperdx(*, content: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
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


def describe(span: Span, response: BaseCallResponse[Any, Any], *, content: bool) -> None:
    """Set the attributes of a response on a span."""
    requested = response.call_kwargs.get("model") or response.model
    params: Mapping[str, Any] = {**response.call_kwargs, **response.call_params}
    provider = response.provider_response.provider
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": _PROVIDERS.get(provider, provider),
        "gen_ai.request.model": requested,
        "gen_ai.response.model": response.model,
        "gen_ai.response.id": response.id,
        "gen_ai.response.finish_reasons": response.finish_reasons and [str(one) for one in response.finish_reasons],
        "gen_ai.usage.input_tokens": response.input_tokens,
        "gen_ai.usage.cache_read.input_tokens": response.cached_tokens,
        "gen_ai.usage.output_tokens": response.output_tokens,
        "mirascope_like.cost": response.cost,
        **{f"gen_ai.request.{name}": params[key] for key, name in _PARAMS.items() if key in params},
    }
    if content:
        attributes["gen_ai.input.messages"] = messages_as_json(response.common_messages)
        attributes["gen_ai.output.messages"] = messages_as_json([response.common_message_param])
    if requested:
        span.update_name(f"chat {requested}")
    for name, value in attributes.items():
        if value is not None:
            span.set_attribute(name, value)


def messages_as_json(messages: Iterable[BaseMessageParam]) -> str:
    """Return messages as JSON in the format of the semantic conventions. Media are recorded without their content."""
    return to_json([{"role": one.role, "parts": [_part(part) for part in _parts(one)]} for one in messages]).decode()


def _parts(message: BaseMessageParam) -> Iterable[Any]:
    return [TextPart(text=message.content)] if isinstance(message.content, str) else message.content


def _part(part: Any) -> dict[str, Any]:
    match part:
        case TextPart():
            return {"type": "text", "content": part.text}
        case ToolCallPart():
            return {"type": "tool_call", "id": part.id, "name": part.name, "arguments": part.args}
        case ToolResultPart():
            return {"type": "tool_call_response", "id": part.id, "response": part.text}
        case _:
            return {"type": part.type}
