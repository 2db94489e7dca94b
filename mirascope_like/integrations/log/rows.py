"""Makes the rows of a log from what observers see of a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from ...core.base.observation import ObservedCall, ObservedRequest
from ...core.base.parsing import as_object, at
from ...core.base.response import CommonUsage, dumped_fields, plain_json, plain_options
from ...core.base.tools import tool_name
from .logged_call import Row
from .plain_text import message_text, without_keys

CONTENT = (
    *("arguments", "prompt", "system", "messages", "options", "tools", "tool_calls", "response_text", "response_json"),
    *("reasoning", "settings", "fields"),
)
"""The values that a row does not have with `content=False`. Of errors, only the class is kept."""


def rows_of(call: ObservedCall, tags: Mapping[str, str], *, content: bool) -> list[Row]:
    """Return the rows of a call that has ended: one for the call, and one for each request before its last."""
    *earlier, last = call.requests or [None]
    rows = [_call_row(call, last)]
    rows += [_request_row(request) for request in earlier if request is not None]
    for row in rows:
        row["tags"] = dict(tags)
        if not content:
            for name in CONTENT:
                row[name] = None
            row["error"] = row["error"].partition(":")[0] if row["error"] else None
    return rows


def _call_row(call: ObservedCall, request: ObservedRequest | None) -> Row:
    return {
        **_request_fields(call, request),
        "call_id": call.id,
        "parent_id": call.parent.id if call.parent is not None else None,
        "kind": "call",
        "number": request.number if request is not None else 0,
        "state": call.state,
        "error": _error(call.error),
        "datetime_utc": _time(call.start_time),
        "duration_ms": _ms(call.duration),
        "first_ms": _ms(call.first_chunk),
    }


def _request_row(request: ObservedRequest) -> Row:
    first = request.first_chunk
    return {
        **_request_fields(request.call, request),
        "call_id": f"{request.call.id[:24]}{request.number:04x}{request.call.id[28:]}",
        "parent_id": request.call.id,
        "kind": "request",
        "number": request.number,
        "state": request.state,
        "error": _error(request.error),
        "datetime_utc": _time(request.start_time),
        "duration_ms": _ms(request.duration),
        "first_ms": _ms(first - request.started) if first is not None else None,
    }


def _request_fields(call: ObservedCall, request: ObservedRequest | None) -> Row:
    row: Row = {
        "conversation_id": call.group.name if call.group is not None and call.group.kind == "session" else None,
        "function": call.name,
        "provider": call.provider,
        "model": call.model,
        "streamed": request is not None and request.streamed,
    }
    if request is None:
        return {**row, "arguments": plain_json(dict(call.arguments))}
    row["provider"], row["model"] = request.request.provider, request.request.model
    if request.reads:
        start = request.started
        row["chunks"] = [[round((time - start) * 1000), count] for time, count in request.reads]
    response = call.response if request is call.requests[-1] else request.response
    row.update(_request_values(request) if response is None else _response_values(request, response))
    row["prompt"], row["system"] = _prompt(row["messages"] or ()), _system(row, request)
    return row


def _request_values(request: ObservedRequest) -> Row:
    """Return the values of a request without a response."""
    return {
        "arguments": plain_json(dict(request.request.fn_args)),
        "messages": plain_json(request.messages),
        "options": plain_options(dict(request.request.call_params)),
        "tools": [tool_name(kind) for kind in request.request.tools],
    }


def _response_values(request: ObservedRequest, response: Any) -> Row:
    """Return the values of a request and its response."""
    fields = dumped_fields(response)
    kind: type[Any] = cast("Any", type(response))
    reasons = response.common_finish_reasons
    return {
        "arguments": fields.pop("fn_args"),
        "messages": fields.pop("messages"),
        "options": fields.pop("call_params"),
        "settings": fields.pop("call_kwargs"),
        "tools": [tool_name(kind) for kind in request.request.tools],
        "response_json": fields.pop("response"),
        "response_text": response.content,
        "reasoning": response.thinking,
        "tool_calls": list(_tool_calls(request, response)) or None,
        "resolved_model": response.model,
        "finish_reason": reasons[0] if reasons else None,
        "input_tokens": response.input_tokens,
        "output_tokens": response.output_tokens,
        "token_details": _token_details(response.common_usage),
        "cost": response.cost,
        "fields": {"class": f"{kind.__module__}:{kind.__qualname__}", "rest": fields},
    }


def _tool_calls(request: ObservedRequest, response: Any) -> Iterator[dict[str, Any]]:
    ran = {id(one.tool): one for one in request.call.tools}
    for tool in response.tools or ():
        entry: dict[str, Any] = {"name": tool_name(cast("Any", type(tool))), "arguments": plain_json(tool.args)}
        if (one := ran.get(id(tool))) is not None:
            entry |= {"error": _error(one.error)} if one.error is not None else {"result": plain_json(one.result)}
        yield entry


def _token_details(usage: CommonUsage | None) -> dict[str, int] | None:
    names = ("cached_tokens", "cache_write_tokens", "reasoning_tokens")
    return {name: count for name in names if (count := getattr(usage, name, None))} or None


def _prompt(messages: Iterable[Any]) -> str | None:
    texts = [message_text(one) for one in messages if as_object(one).get("role") == "user"]
    return next((text for text in reversed(texts) if text), None)


def _system(row: Row, request: ObservedRequest) -> str | None:
    found: list[Any] = [one for one in row["messages"] or () if as_object(one).get("role") in _INSTRUCTING]
    apart = [at(request.payload, path) for path in _SYSTEM]
    found += [{"content": plain_json(one)} for one in apart if one]
    return "\n".join(filter(None, map(message_text, found))) or None


_INSTRUCTING = ("system", "developer")
_SYSTEM = ("system", "instructions", "system_instruction", "config.system_instruction")
"""The paths of the system prompt in the keyword arguments of SDKs."""


def _error(error: BaseException | None) -> str | None:
    return without_keys(f"{type(error).__name__}: {error}") if error is not None else None


def _ms(seconds: float | None) -> int | None:
    return round(seconds * 1000) if seconds is not None else None


def _time(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp / 1000, UTC).isoformat(timespec="milliseconds")
