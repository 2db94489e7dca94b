"""The observer that records calls: a span for each request, tool, tool loop and session's exchange.

    invoke_agent                the exchange of a session, or a call with a tool loop
      chat gpt-4o-mini          each request, also retries and fallbacks
      execute_tool get_weather  each tool of the loop

A call that is neither has only its `chat` spans. The span of a request is the current one while the SDK sends the
request or reads from the connection, and that of a tool while the tool runs. None is current between two chunks of a
stream.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any, ClassVar

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, set_span_in_context

from ...core.base.observation import ObservedCall, ObservedRequest, ObservedTool, Observer, warn_once
from ...core.base.response import counted_usage
from ...core.base.runtime import error_text
from ...core.base.tools import call_of, tool_description, tool_name
from .call_facts import agent_totals, content_of, is_agent
from .content import as_json
from .conventions import Conventions
from .events import Events
from .metrics import Metrics, of_request
from .request_attributes import request_attributes
from .response_attributes import error_type, response_attributes
from .settings import Capture

Attributes = dict[str, Any]
_SENT = otel_context.create_key("mirascope_like_payload")
"""The key of a context whose value is the payload that is being sent."""
_OPENLLMETRY = "suppress_language_model_instrumentation"
"""The key with which OpenLLMetry's instrumentations are turned off in a context. Source: `opentelemetry.semconv_ai`."""
_INSTRUMENTATION: tuple[str, ...] = (
    "suppress_instrumentation",
    *filter(None, [getattr(otel_context, "_SUPPRESS_INSTRUMENTATION_KEY", None)]),
)
"""The keys with which all of OpenTelemetry's instrumentations are turned off in a context: those of OpenInference,
Logfire, and HTTP clients. Source: `suppress_instrumentation` of `opentelemetry.instrumentation.utils`, which sets both.
"""
Node = ObservedCall | ObservedRequest | ObservedTool


class Recorded:
    """A span, and the attributes that it has."""

    __slots__ = ("attributes", "context", "metric_attributes", "span")

    def __init__(self, span: Span, attributes: Attributes, parent: Context) -> None:
        self.span: Span = span
        self.attributes: Attributes = attributes
        self.context: Context = set_span_in_context(span, parent)
        """The context in which the span is the current one."""
        self.metric_attributes: Attributes | None = None
        """The attributes of the metrics of chunks; None before the first chunk."""

    def set(self, attributes: Mapping[str, Any]) -> None:
        """Set attributes."""
        self.attributes.update(attributes)
        self.span.set_attributes(attributes)

    def fail(self, error: BaseException) -> None:
        """Record the error that ended what the span describes."""
        self.set({"error.type": error_type(error)})
        text = error_text(error)
        try:
            self.span.record_exception(error)
        except Exception:  # the SDK needs a text that the class of the error fails to make
            self.span.add_event("exception", _described(error, text))
        self.span.set_status(StatusCode.ERROR, text)


class CallRecord:
    """What is known of a call while it lasts."""

    __slots__ = ("agent", "parent")

    def __init__(self, parent: Context) -> None:
        self.parent: Context = parent
        """The context in which the call was made."""
        self.agent: Recorded | None = None
        """The span `invoke_agent`; None if the call has none, or before its first request."""

    @property
    def context(self) -> Context:
        """The context of the spans of requests and tools."""
        return self.agent.context if self.agent is not None else self.parent


class Active:
    """Context manager that makes a span the current one. Used once."""

    __slots__ = ("_context", "_token")

    def __init__(self, context: Context) -> None:
        self._context = context

    def __enter__(self) -> None:
        self._token = otel_context.attach(self._context)

    def __exit__(self, *_: object) -> None:
        otel_context.detach(self._token)


class Tracing(Observer):
    """Records calls as spans of one tracer."""

    keeps_calls: ClassVar[bool] = False

    def __init__(
        self,
        tracer: Tracer,
        table: Conventions,
        capture: Capture,
        *,
        provider: object = None,
        metrics: Metrics | None = None,
        events: Events | None = None,
        name: str | None = None,
        conversation: str | Callable[[ObservedCall], str | None] | None = None,
    ) -> None:
        self.provider: object = provider
        """The tracer provider that was passed; None for the global one."""
        self._tracer = tracer
        self._table = table
        self._capture = capture
        self._metrics = metrics
        self._events = events
        self._name = name
        self._conversation = conversation
        self._calls: dict[ObservedCall, CallRecord] = {}
        self._spans: dict[Node, Recorded] = {}

    # What `Observer` defines

    def call_started(self, call: ObservedCall) -> None:
        same = [one for one in call.observers if isinstance(one, Tracing) and one.provider is self.provider]
        if same[-1] is self:  # with `instrument` and `with_otel`, the call's own decorator records it
            self._calls[call] = CallRecord(otel_context.get_current())

    def request_started(self, request: ObservedRequest) -> None:
        if (record := self._calls.get(request.call)) is None:
            return
        if otel_context.get_value(_SENT) is request.payload:
            return  # a fallback with a decorator of its own, which has begun the span of this request
        attributes = request_attributes(request.request, request.payload, request.client, self._table)
        attributes.update(self._identity(request.call))
        if record.agent is None and is_agent(request):
            self._start_agent(request.call, record, attributes)
        attributes["code.function.name"] = request.call.name
        if request.request.prompt_template is not None and (prompt := _function_name(request.call)) is not None:
            attributes["gen_ai.prompt.name"] = prompt
        name = f"chat {request.request.model}"
        recorded = self._start(name, SpanKind.CLIENT, attributes, record.context, request.start_time)
        recorded.context = otel_context.set_value(_SENT, request.payload, recorded.context)
        if self.provider is None or self.provider is trace.get_tracer_provider():
            recorded.context = self._alone(request, recorded.context)
        self._spans[request] = recorded

    def first_chunk(self, request: ObservedRequest) -> None:
        if (recorded := self._spans.get(request)) is not None and request.first_chunk is not None:
            seconds = request.first_chunk - request.started
            recorded.set({"gen_ai.response.time_to_first_chunk": seconds})
            if self._metrics is not None:
                self._metrics.first_chunk(seconds, recorded.attributes)

    def request_ended(self, request: ObservedRequest) -> None:
        recorded = self._spans.pop(request, None)
        if recorded is None:
            return
        if not recorded.span.is_recording() and self._metrics is None and self._events is None:
            return  # a sampler dropped the span
        response = request.response
        if response is not None:
            recorded.set(response_attributes(response, self._table, complete=request.state == "done"))
        elif request.state != "done":
            recorded.set({"gen_ai.response.finish_reasons": ["error"]})
        if request.error is not None:
            recorded.fail(request.error)
        with suppress(Exception):  # contents that the common form has no place for must not hide the rest
            self._record_content(request, response, recorded)
        if self._events is not None and request.error is not None:
            self._events.exception(request.error, traceback.format_exception(request.error), recorded.context)
        self._end(recorded, request)
        if self._metrics is not None:
            usage = counted_usage(response) if response is not None else None
            self._metrics.request(request.duration or 0.0, recorded.attributes, usage)

    def tool_started(self, tool: ObservedTool) -> None:
        if (record := self._calls.get(tool.call)) is None:
            return
        kind, called = type(tool.tool), call_of(tool.tool)
        attributes: Attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": called.name or tool_name(kind),
            "gen_ai.tool.type": "function",
            "gen_ai.tool.description": tool_description(kind),
            **({"gen_ai.tool.call.id": called.id} if called.id else {}),
        }
        if self._capture.attributes:
            attributes["gen_ai.tool.call.arguments"] = called.arguments
        name = f"execute_tool {attributes['gen_ai.tool.name']}"
        self._spans[tool] = self._start(name, SpanKind.INTERNAL, attributes, record.context, tool.start_time)

    def tool_ended(self, tool: ObservedTool) -> None:
        recorded = self._spans.pop(tool, None)
        if recorded is None:
            return
        if tool.error is not None:
            recorded.fail(tool.error)
        elif self._capture.attributes:
            recorded.set({"gen_ai.tool.call.result": as_json(tool.result)})
        self._end(recorded, tool)
        if self._metrics is not None:
            self._metrics.tool(tool.duration or 0.0, recorded.attributes)

    def call_ended(self, call: ObservedCall) -> None:
        record = self._calls.pop(call, None)
        if record is None or (agent := record.agent) is None:
            return
        agent.set(agent_totals(call))
        if call.error is not None:
            agent.fail(call.error)
        if self._capture.attributes:
            with suppress(Exception):
                self._record_agent_content(call, agent)
        self._end(agent, call)
        if self._metrics is not None:
            self._metrics.agent(call.duration or 0.0, agent.attributes)

    def active(self, node: Node) -> AbstractContextManager[Any] | None:
        recorded = self._spans.get(node)
        return Active(recorded.context) if recorded is not None else None

    # Spans

    def _start(self, name: str, kind: SpanKind, attributes: Attributes, parent: Context, start_time: float) -> Recorded:
        at = round(start_time * 1_000_000)  # from milliseconds to nanoseconds
        span = self._tracer.start_span(name, parent, kind, attributes, start_time=at)
        return Recorded(span, attributes, parent)

    def _alone(self, request: ObservedRequest, context: Context) -> Context:
        """Return a context in which other tracers that use OpenTelemetry do not record the request a second time."""
        request.traced = True  # Anthropic's SDK
        context = otel_context.set_value(_OPENLLMETRY, True, context)
        if request.client is not None and request.provider.is_patched(request.client):
            for key in _INSTRUMENTATION:
                context = otel_context.set_value(key, True, context)
        return context

    def _end(self, recorded: Recorded, node: Node) -> None:
        recorded.span.end(round((node.start_time + (node.duration or 0.0) * 1000) * 1_000_000))

    def _start_agent(self, call: ObservedCall, record: CallRecord, request: Attributes) -> None:
        attributes = {
            name: value for name, value in request.items() if name.startswith(("gen_ai.request.", "gen_ai.c"))
        }
        attributes.pop("gen_ai.request.stream", None)
        attributes["gen_ai.operation.name"] = "invoke_agent"
        if self._table.provider_of_agents:
            attributes["gen_ai.provider.name"] = request["gen_ai.provider.name"]
        if agent := self._agent_name(call):
            attributes["gen_ai.agent.name"] = agent
        name = f"invoke_agent {agent}" if agent else "invoke_agent"
        record.agent = self._start(name, SpanKind.INTERNAL, attributes, record.parent, call.start_time)

    def _agent_name(self, call: ObservedCall) -> str | None:
        return self._name or (_function_name(call) if call.group is None else None)

    def _identity(self, call: ObservedCall) -> Attributes:
        """Return the attribute that tells to which conversation a call belongs."""
        given = self._conversation
        try:
            found = given(call) if callable(given) else given
        except Exception:  # a mistake in a function of the program must not hide the request
            warn_once(self, "conversation")
            found = None
        if found is None and call.group is not None and call.group.kind == "session":
            found = call.group.name
        return {"gen_ai.conversation.id": str(found)} if found is not None else {}

    # Contents

    def _record_content(self, request: ObservedRequest, response: Any, recorded: Recorded) -> None:
        if not (self._capture.events or (self._capture.attributes and recorded.span.is_recording())):
            return
        contents = content_of(request, response, self._table)
        if self._capture.attributes:
            recorded.set({name: as_json(value) for name, value in contents.items()})
            if request.request.prompt_template is not None:
                prefix = "gen_ai.prompt.variable."
                recorded.set({f"{prefix}{name}": str(value) for name, value in request.request.fn_args.items()})
        if self._capture.events and self._events is not None:
            self._events.details({**recorded.attributes, **contents}, recorded.context)

    def _record_agent_content(self, call: ObservedCall, agent: Recorded) -> None:
        if not call.requests:
            return
        first = content_of(call.requests[0], call.requests[0].response, self._table)
        last = content_of(call.requests[-1], call.requests[-1].response, self._table)
        found = {**first, "gen_ai.output.messages": last.get("gen_ai.output.messages")}
        agent.set({name: as_json(value) for name, value in found.items() if value is not None})


def _described(error: BaseException, text: str) -> Attributes:
    """Return the attributes of the event "exception", as `Span.record_exception` makes them."""
    kind = type(error)
    return {
        "exception.type": f"{kind.__module__}.{kind.__qualname__}",
        "exception.message": text,
        "exception.stacktrace": "".join(traceback.format_exception(error)),
    }


def _function_name(call: ObservedCall) -> str | None:
    """Return the name of the function of a call, without its module; None if it has none."""
    name: str | None = getattr(call.function, "__name__", None)
    return name if name != "<lambda>" else None


class MeteredTracing(Tracing):
    """Records calls as spans, and the time from one chunk to the next as a metric."""

    def request_read(self, request: ObservedRequest, events: Any) -> None:
        recorded, reads = self._spans.get(request), request.reads
        if recorded is None or self._metrics is None or len(reads) < 2:
            return
        if recorded.metric_attributes is None:
            recorded.metric_attributes = of_request(recorded.attributes)
        self._metrics.next_chunk(reads[-1][0] - reads[-2][0], recorded.metric_attributes)
