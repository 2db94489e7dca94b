"""What spans record of a call as a whole, and of the contents of its requests."""

from __future__ import annotations

from typing import Any

from ...core.base.observation import ObservedCall, ObservedRequest
from ...core.base.response import counted_usage, made_response
from .content import finish_reasons, input_content, output_content
from .conventions import Conventions
from .request_attributes import Attributes, tool_definitions


def is_agent(request: ObservedRequest) -> bool:
    """Return True if the call of a request is the exchange of a session, or has a tool loop."""
    group = request.call.group
    return request.request.tool_loop is not None or (group is not None and group.kind == "session")


def content_of(request: ObservedRequest, response: Any, table: Conventions) -> dict[str, Any]:
    """Return the contents of a request and its response, as attributes with structured values. `response` is None if
    nothing was received.
    """
    instructions, messages = input_content(response if response is not None else unanswered(request))
    found: dict[str, Any] = {"gen_ai.input.messages": messages}
    if instructions:
        found["gen_ai.system_instructions"] = instructions
    if request.request.tools or request.request.native_tools:
        found["gen_ai.tool.definitions"] = tool_definitions(request.request, request.payload)
    if response is not None:
        found["gen_ai.output.messages"] = output_content(response, table, complete=request.state == "done")
    return found


def unanswered(request: ObservedRequest) -> Any:
    """Return a response without content, whose messages are those of the request."""
    provider = getattr(request.provider, "inner", request.provider)  # of `llm`: the provider that it wraps
    start = request.start_time
    return made_response(provider.response_type, request.request, request.payload, None, start, start)


def agent_totals(call: ObservedCall) -> Attributes:
    """Return the tokens of all requests of a call, and the finish reasons of the last one.

    The tokens do not have the names of those of a request, because backends that sum up all spans of a trace would
    count them twice. The names are those that Pydantic AI uses for the same reason.
    """
    usages = [usage for one in call.requests if one.response is not None and (usage := counted_usage(one.response))]
    found: Attributes = {}
    for name in ("input_tokens", "output_tokens"):
        counts = [count for usage in usages if (count := getattr(usage, name)) is not None]
        if counts:
            found[f"gen_ai.aggregated_usage.{name}"] = sum(counts)
    if call.requests and (response := call.requests[-1].response) is not None:
        found["gen_ai.response.finish_reasons"] = finish_reasons(response, complete=call.state == "done")
    return found
