"""Makes the rows of a log from what observers see of a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from pydantic_core import to_json

from ...core.base.observation import ObservedCall, ObservedRequest, ObservedTool
from ...core.base.parsing import as_object, at
from ...core.base.response import (
    FrozenValues,
    Usage,
    dumped_raw,
    dumped_rest,
    from_json_bytes,
    json_bytes,
    plain_json,
    usage_and_cost,
)
from ...core.base.runtime import error_summary
from ...core.base.tools import tool_name
from .logged_call import Row
from .plain_text import message_text, without_keys
from .row_format import plain

CONTENT = (
    *("arguments", "prompt", "system", "messages", "options", "tools", "tool_calls", "response_text", "response_json"),
    *("reasoning", "settings", "fields"),
)
"""The values that a row does not have with `content=False`. Of errors, only the class is kept."""


class EndedCall:
    """A call that has ended, as it was at that moment. The rows are made later, by the thread that writes them: many
    calls one after another, which takes half the time, and does not delay the call.

    What users may change afterwards is converted at once: the arguments, messages and options, and the response of a
    call that does not stream. What a stream has received does not change any more.
    """

    def __init__(self, call: ObservedCall, tags: Mapping[str, str], *, content: bool) -> None:
        self._call = call
        self._tags = tags
        self._content = content
        self._requests = [_EndedRequest(request, call) for request in call.requests]
        self._arguments = None if call.requests else json_bytes(plain_json(dict(call.arguments)))
        self._ran = {id(one.tool): _tool_result(one) for one in call.tools} if call.tools else {}

    def rows(self) -> list[Row]:
        """Return the rows of the call: one for the call, and one for each request before its last."""
        return [plain(row) for row in self.rows_in_json()]

    def rows_in_json(self) -> list[Row]:
        """Return the rows with the fields that are JSON as bytes: see `row_format.plain`."""
        call, requests = self._call, self._requests
        if requests:
            row = self._request_values(requests[-1], call.started)
        else:
            row = Row(provider=call.provider, model=call.model, number=0, streamed=False, arguments=self._arguments)
        rows = [row | _call_values(call)]
        rows += [
            self._request_values(one, one.request.started) | _further_values(one.request, call) for one in requests[:-1]
        ]
        tags = json_bytes(dict(self._tags)) if self._tags else b"{}"
        for row in rows:
            row["function"], row["tags"] = call.name, tags
            if not self._content:
                for name in CONTENT:
                    row[name] = None
                row["error"] = row["error"].partition(":")[0] if row["error"] else None
        return rows

    def _request_values(self, ended: _EndedRequest, started: float) -> Row:
        request, response = ended.request, ended.response()
        messages, inputs = ended.inputs.texts()
        row: Row = {
            "provider": request.request.provider,
            "model": request.request.model,
            "number": request.number,
            "streamed": request.streamed,
            "tools": to_json([tool_name(kind) for kind in request.request.tools]),
            "chunks": _chunks(request.reads, started) if request.reads else None,
            "arguments": inputs["fn_args"],
            "messages": messages,
            "options": inputs["call_params"],
            "settings": inputs["call_kwargs"],
            "prompt": _prompt(messages),
            "system": _system(messages, inputs["call_kwargs"]),
        }
        if response is not None:
            row |= _response_values(response)
            row["fields"] = _fields(response, inputs)
            row["response_json"] = ended.raw if ended.raw is not None else _raw(response)
            if (tools := response.tools) is not None:
                row["tool_calls"] = json_bytes([self._tool_call(tool) for tool in tools])
        return row

    def _tool_call(self, tool: Any) -> dict[str, Any]:
        name = tool_name(cast("Any", type(tool)))
        return {"name": name, "arguments": plain_json(tool.args), **self._ran.get(id(tool), {})}


class _EndedRequest:
    """A request that has ended: its inputs, and its response if that does not come from a stream."""

    def __init__(self, request: ObservedRequest, call: ObservedCall) -> None:
        self.request = request
        self._call = call
        self._last = request is call.requests[-1]
        stream_alone = request.streamed and len(call.requests) == 1
        found = None if stream_alone else self._found()
        self.raw: bytes | None = _raw(found) if found is not None else None
        if found is not None:
            self.inputs = FrozenValues.of(found)
            return
        sent, payload = request.request, request.payload
        messages = request.messages
        kwargs = {name: value for name, value in payload.items() if value is not messages and value != messages}
        self.inputs = FrozenValues(sent.metadata, sent.fn_args, messages, sent.dynamic_config, sent.call_params, kwargs)

    def _found(self) -> Any:
        return self._call.response if self._last else self.request.response

    def response(self) -> Any:
        """Return the response, as far as it was received; None if nothing was received."""
        return self._found()


def _raw(response: Any) -> bytes:
    return json_bytes(dumped_raw(response))


def _fields(response: Any, inputs: Mapping[str, bytes]) -> bytes:
    """Return the JSON of the field `fields`."""
    kind: type[Any] = cast("Any", type(response))
    rest = json_bytes(dumped_rest(response))
    for name, default in ("metadata", b"{}"), ("dynamic_config", b"null"):
        if inputs[name] != default:
            rest = b'{"%b":%b,%b' % (name.encode(), inputs[name], rest[1:])
    return b'{"class":"%b","rest":%b}' % (f"{kind.__module__}:{kind.__qualname__}".encode(), rest)


def _chunks(reads: Iterable[tuple[float, int]], started: float) -> bytes:
    return to_json([(round((time - started) * 1000), count) for time, count in reads])


def _call_values(call: ObservedCall) -> Row:
    return {
        "call_id": call.id,
        "parent_id": call.parent.id if call.parent is not None else None,
        "kind": "call",
        "conversation_id": _conversation(call),
        "state": call.state,
        "error": _error(call.error),
        "datetime_utc": _time(call.start_time),
        "duration_ms": _ms(call.duration),
        "first_ms": _ms(call.first_chunk),
    }


def _further_values(request: ObservedRequest, call: ObservedCall) -> Row:
    first = request.first_chunk
    return {
        "call_id": f"{call.id[:24]}{request.number:04x}{call.id[28:]}",
        "parent_id": call.id,
        "kind": "request",
        "conversation_id": _conversation(call),
        "state": request.state,
        "error": _error(request.error),
        "datetime_utc": _time(request.start_time),
        "duration_ms": _ms(request.duration),
        "first_ms": _ms(first - request.started) if first is not None else None,
    }


def _conversation(call: ObservedCall) -> str | None:
    return call.group.name if call.group is not None and call.group.kind == "session" else None


def _response_values(response: Any) -> Row:
    reasons, (counted, cost) = response.common_finish_reasons, usage_and_cost(response)
    usage = counted or Usage()
    return {
        "response_text": response.content,
        "reasoning": response.thinking,
        "resolved_model": response.model,
        "finish_reason": reasons[0] if reasons else None,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "token_details": _token_details(usage),
        "cost": cost,
    }


def _tool_result(tool: ObservedTool) -> dict[str, Any]:
    return {"error": _error(tool.error)} if tool.error is not None else {"result": plain_json(tool.result)}


def _token_details(usage: Usage) -> bytes | None:
    names = ("cached_tokens", "cache_write_tokens", "reasoning_tokens")
    found = {name: count for name in names if (count := getattr(usage, name))}
    return to_json(found) if found else None


def _prompt(messages: Sequence[bytes]) -> str | None:
    for message in _of_role(reversed(messages), _USER):
        if text := message_text(message):
            return text
    return None


def _system(messages: Iterable[bytes], settings: bytes) -> str | None:
    found = [*_of_role(messages, _INSTRUCTIONS)]
    if b"system" in settings or b"instructions" in settings:
        kwargs = from_json_bytes(settings)
        found += [{"content": one} for path in _SYSTEM if (one := at(kwargs, path))]
    return "\n".join(filter(None, map(message_text, found))) or None


_USER = {b'"role":"user"': "user"}
_INSTRUCTIONS = {b'"role":"system"': "system", b'"role":"developer"': "developer"}
"""How a role is written in the JSON of a message, and the role."""


def _of_role(messages: Iterable[bytes], roles: Mapping[bytes, str]) -> Iterator[Any]:
    """Yield the messages of some roles. Others are not decoded."""
    for text in messages:
        for written, role in roles.items():
            if written in text and as_object(message := from_json_bytes(text)).get("role") == role:
                yield message


_SYSTEM = ("system", "instructions", "system_instruction", "config.system_instruction")
"""The paths of the system prompt in the keyword arguments of SDKs."""


def _error(error: BaseException | None) -> str | None:
    if error is None:
        return None
    return without_keys(error_summary(error))


def _ms(seconds: float | None) -> int | None:
    return round(seconds * 1000) if seconds is not None else None


def _time(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp / 1000, UTC).isoformat(timespec="milliseconds")
