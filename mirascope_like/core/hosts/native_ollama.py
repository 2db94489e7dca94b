"""Ollama's own `/api/chat`, called with a client of the package `ollama`. Requests and responses are converted from and
to chat completions.

Fields that only Ollama returns (durations, in nanoseconds) are kept. Parameters that only Ollama has (`options`,
`keep_alive`, `think`) are passed in `extra_body`. Ollama's tool calls have no ids, so ids are made here. Source:
Ollama's documentation of its API, and the types of its package.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import aclosing, closing
from datetime import datetime
from inspect import isawaitable
from typing import Any

import jiter
from pydantic_core import to_json

from ..base.errors import ConfigurationError, PromptError
from ..base.messages import shown
from ..base.parsing import as_list, as_object, dumped
from ..dialects.chat_completions import content_text

JSON = dict[str, Any]

_OPTIONS = {
    "max_tokens": "num_predict",
    "max_completion_tokens": "num_predict",
    **{name: name for name in ("temperature", "top_p", "seed", "stop", "frequency_penalty", "presence_penalty")},
}
"""Maps parameters of chat completions to the names of Ollama's options."""
_PASSED = ("model", "tools", "logprobs", "top_logprobs")
_ENCODED = frozenset({*_OPTIONS, *_PASSED, "messages", "reasoning_effort", "response_format", "extra_body"})
"""The keys of a payload that are converted for Ollama."""
_IGNORED = frozenset({"stream_options", "tool_choice"})
"""Keys that are dropped. Ollama always reports its tokens, and a tool call cannot be forced."""


def is_native(value: Any) -> bool:
    """Return True if a client or an error is from the package `ollama`."""
    return any(kind.__module__.partition(".")[0] == "ollama" for kind in type(value).__mro__)


def native_create(client: Any) -> Callable[..., Any]:
    """Return a function with the arguments of `create` of OpenAI's SDK. It calls Ollama's client and returns results
    as dicts.
    """

    def create(*, stream: bool = False, **payload: Any) -> Any:
        answer = client.chat(**arguments(payload), stream=stream)
        if isawaitable(answer):
            return _athen(answer, stream)
        return _chunks(answer) if stream else completion(answer)

    return create


def arguments(payload: Mapping[str, Any]) -> JSON:
    """Return the arguments of Ollama's `chat` for a payload of chat completions.

    Raises `ConfigurationError` for a parameter, and `PromptError` for a message part, that Ollama's API does not have.
    """
    if unsupported := [key for key, value in payload.items() if value is not None and key not in _ENCODED | _IGNORED]:
        raise ConfigurationError(
            f"Ollama's own API has no parameter {', '.join(unsupported)}: put Ollama's parameters into extra_body, "
            "and set headers and a timeout on the client"
        )
    options = {name: payload[key] for key, name in _OPTIONS.items() if payload.get(key) is not None}
    extra = dict(as_object(payload.get("extra_body")))
    options.update(as_object(extra.pop("options", None)))
    request = {key: payload[key] for key in _PASSED if payload.get(key) is not None}
    if options:
        request["options"] = options
    if (effort := payload.get("reasoning_effort")) is not None:
        request["think"] = effort != "none" and effort
    if (form := as_object(payload.get("response_format"))).get("type") == "json_schema":
        request["format"] = as_object(form.get("json_schema")).get("schema")
    elif form.get("type") == "json_object":
        request["format"] = "json"
    names: dict[str, str] = {}
    return {**request, "messages": [_message(as_object(one), names) for one in payload["messages"]], **extra}


def _message(message: JSON, names: dict[str, str]) -> JSON:
    parts = as_list(message.get("content")) if isinstance(message.get("content"), list) else []
    encoded: JSON = {"role": message["role"], "content": content_text(message.get("content"))}
    if images := [_image(part) for part in map(as_object, parts) if part.get("type") != "text"]:
        encoded["images"] = images
    if thinking := message.get("reasoning"):
        encoded["thinking"] = thinking
    for call in as_list(message.get("tool_calls")):
        function = as_object(call["function"])
        names[call.get("id") or ""] = function["name"]
        made = {"name": function["name"], "arguments": jiter.from_json((function["arguments"] or "{}").encode())}
        encoded.setdefault("tool_calls", []).append({"function": made})
    if message["role"] == "tool":
        encoded["tool_name"] = names.get(message.get("tool_call_id") or "", message.get("name") or "")
    return encoded


def _image(part: JSON) -> str:
    """Return the base64 data of an image part."""
    if part.get("type") != "image_url":
        raise PromptError(f"Ollama's own API accepts text and images, but no parts of type {part.get('type')!r}")
    url = str(as_object(part.get("image_url")).get("url"))
    head, comma, data = url.partition(";base64,")
    if not comma or not head.startswith("data:"):
        raise PromptError(f"Ollama does not download images from URLs such as {shown(url)}: pass the bytes")
    return data


async def _athen(answer: Awaitable[Any], stream: bool) -> Any:
    return _achunks(await answer) if stream else completion(await answer)


def _chunks(parts: Generator[Any]) -> Iterator[JSON]:
    calls = 0
    with closing(parts):
        for part in parts:
            chunk = event(dumped(part), calls)
            calls += len(as_list(chunk["choices"][0]["delta"].get("tool_calls")))
            yield chunk


async def _achunks(parts: AsyncGenerator[Any]) -> AsyncIterator[JSON]:
    calls = 0
    async with aclosing(parts):
        async for part in parts:
            chunk = event(dumped(part), calls)
            calls += len(as_list(chunk["choices"][0]["delta"].get("tool_calls")))
            yield chunk


def event(part: JSON, calls: int) -> JSON:
    """Convert one object of Ollama's stream to a chat completion chunk.

    `calls` is the number of tool calls in earlier objects. The index and id of the next tool call are made from it.
    """
    delta = _message_fields(part, calls)
    for place, call in enumerate(as_list(delta.get("tool_calls")), calls):
        call["index"] = place
    choice = {"index": 0, "delta": delta, **_end_fields(part, bool(calls or delta.get("tool_calls")))}
    return {**_top_fields(part), "object": "chat.completion.chunk", "choices": [choice]}


def completion(answer: Any) -> JSON:
    """Convert an unstreamed response of Ollama to a chat completion."""
    part = dumped(answer)
    message = _message_fields(part, 0)
    choice = {"index": 0, "message": message, **_end_fields(part, bool(message.get("tool_calls")))}
    return {**_top_fields(part), "object": "chat.completion", "choices": [choice]}


def _top_fields(part: JSON) -> JSON:
    kept = {key: value for key, value in part.items() if value is not None}
    for name in ("message", "done", "done_reason", "created_at", "logprobs"):
        kept.pop(name, None)
    if (created := part.get("created_at")) is not None:
        kept["created"] = int(datetime.fromisoformat(created).timestamp())
    request, output_tokens = kept.pop("prompt_eval_count", None), kept.pop("eval_count", None)
    if part.get("done"):
        usage = {"prompt_tokens": request or 0, "completion_tokens": output_tokens or 0}
        kept["usage"] = {**usage, "total_tokens": sum(usage.values())}
    return kept


def _message_fields(part: JSON, calls: int) -> JSON:
    message = as_object(part.get("message"))
    fields: JSON = {"role": message.get("role") or "assistant", "content": message.get("content") or ""}
    if thinking := message.get("thinking"):
        fields["reasoning"] = thinking
    made = [as_object(as_object(call).get("function")) for call in as_list(message.get("tool_calls"))]
    if made:
        fields["tool_calls"] = [_call(function, place) for place, function in enumerate(made, calls)]
    return fields


def _call(function: JSON, place: int) -> JSON:
    arguments = to_json(function.get("arguments") or {}).decode()
    return {"id": f"call_{place}", "type": "function", "function": {"name": function["name"], "arguments": arguments}}


def _end_fields(part: JSON, called: bool) -> JSON:
    """Return the finish reason (None before the response has ended) and, if they were requested, the log
    probabilities.
    """
    logprobs = {"logprobs": {"content": part["logprobs"]}} if part.get("logprobs") else {}
    if not part.get("done"):
        return {"finish_reason": None, **logprobs}
    reason = part.get("done_reason") or "stop"
    return {"finish_reason": "tool_calls" if called and reason == "stop" else reason, **logprobs}
