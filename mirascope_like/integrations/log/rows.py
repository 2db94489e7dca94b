"""Makes the rows of a log from what observers see of a call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from ...core.base.observation import ObservedCall, ObservedRequest, ObservedTool
from ...core.base.parsing import as_object, at
from ...core.base.response import FrozenValues, Usage, dumped_raw, dumped_rest, plain_json, usage_and_cost
from ...core.base.tools import tool_name
from .logged_call import Row
from .plain_text import message_text, without_keys

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
        self._requests = [_EndedRequest(request) for request in call.requests]
        self._arguments = plain_json(dict(call.arguments)) if not call.requests else None
        self._ran = {id(one.tool): _tool_result(one) for one in call.tools}

    def rows(self) -> list[Row]:
        """Return the rows of the call: one for the call, and one for each request before its last."""
        last = self._requests[-1] if self._requests else None
        rows = [{**self._request_values(last, self._call), **_call_values(self._call)}]
        rows += [
            {**self._request_values(one, one.request), **_further_values(one.request)} for one in self._requests[:-1]
        ]
        for row in rows:
            row["tags"] = dict(self._tags)
            if not self._content:
                for name in CONTENT:
                    row[name] = None
                row["error"] = row["error"].partition(":")[0] if row["error"] else None
        return rows

    def _request_values(self, ended: _EndedRequest | None, of: ObservedCall | ObservedRequest) -> Row:
        call = self._call
        row: Row = {"function": call.name, "provider": call.provider, "model": call.model, "number": 0}
        if ended is None:
            return {**row, "streamed": False, "arguments": self._arguments}
        request = ended.request
        row |= {"provider": request.request.provider, "model": request.request.model, "number": request.number}
        row |= {"streamed": request.streamed, "tools": [tool_name(kind) for kind in request.request.tools]}
        if request.reads:
            row["chunks"] = [[round((time - of.started) * 1000), count] for time, count in request.reads]
        response, inputs = ended.response(), ended.inputs.dump()
        row |= {"arguments": inputs.pop("fn_args"), "messages": inputs.pop("messages")}
        row |= {"options": inputs.pop("call_params"), "settings": inputs.pop("call_kwargs")}
        row["prompt"], row["system"] = _prompt(row["messages"] or ()), _system(row)
        if response is not None:
            row |= _response_values(response)
            kind: type[Any] = cast("Any", type(response))
            rest = {**inputs, **dumped_rest(response)}
            row["fields"] = {"class": f"{kind.__module__}:{kind.__qualname__}", "rest": rest}
            row["response_json"] = ended.raw if ended.raw is not None else dumped_raw(response)
            row["tool_calls"] = [self._tool_call(tool) for tool in response.tools or ()] or None
        return row

    def _tool_call(self, tool: Any) -> dict[str, Any]:
        name = tool_name(cast("Any", type(tool)))
        return {"name": name, "arguments": plain_json(tool.args), **self._ran.get(id(tool), {})}


class _EndedRequest:
    """A request that has ended: its inputs, and its response if that does not come from a stream."""

    def __init__(self, request: ObservedRequest) -> None:
        self.request = request
        call = request.call
        self._last = request is call.requests[-1]
        stream_alone = request.streamed and len(call.requests) == 1
        found = None if stream_alone else self._found()
        self.raw: Any = dumped_raw(found) if found is not None else None
        if found is not None:
            self.inputs = FrozenValues.of(found)
            return
        sent, payload = request.request, request.payload
        messages = request.messages
        kwargs = {name: value for name, value in payload.items() if value is not messages and value != messages}
        self.inputs = FrozenValues(sent.metadata, sent.fn_args, messages, sent.dynamic_config, sent.call_params, kwargs)

    def _found(self) -> Any:
        return self.request.call.response if self._last else self.request.response

    def response(self) -> Any:
        """Return the response, as far as it was received; None if nothing was received."""
        return self._found()


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


def _further_values(request: ObservedRequest) -> Row:
    first = request.first_chunk
    return {
        "call_id": f"{request.call.id[:24]}{request.number:04x}{request.call.id[28:]}",
        "parent_id": request.call.id,
        "kind": "request",
        "conversation_id": _conversation(request.call),
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


def _token_details(usage: Usage) -> dict[str, int] | None:
    names = ("cached_tokens", "cache_write_tokens", "reasoning_tokens")
    return {name: count for name in names if (count := getattr(usage, name))} or None


def _prompt(messages: Iterable[Any]) -> str | None:
    texts = [message_text(one) for one in messages if as_object(one).get("role") == "user"]
    return next((text for text in reversed(texts) if text), None)


def _system(row: Row) -> str | None:
    found: list[Any] = [one for one in row["messages"] or () if as_object(one).get("role") in _INSTRUCTING]
    apart = [at(row["settings"], path) for path in _SYSTEM]
    found += [{"content": one} for one in apart if one]
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
