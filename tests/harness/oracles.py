"""The response that a streamed reply adds up to: by the SDK's own accumulator, and by adding up the raw events.

`expected_raw` is the one to compare with: the SDK's accumulator, or the sum where `LOSSES` says what the SDK
loses. The sum is written from the wire formats alone, slow and literal; it shares no idea with the library.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jiter

from tests.harness.recordings import Exchange
from tests.harness.server import Reply, Server

JSON = dict[str, Any]


# The events of a stream


def events(exchange: Exchange) -> list[JSON]:
    """The JSON events of a recorded stream, up to the `[DONE]` or to the first that reports an error."""
    found: list[JSON] = []
    for event in _all_events(exchange):
        if event.get("error"):
            break
        found.append(event)
    return found


def stream_error(exchange: Exchange) -> JSON | None:
    """The event in the middle of a recorded stream that reports an error, if there is one."""
    return next((event for event in _all_events(exchange) if event.get("error")), None)


def _all_events(exchange: Exchange) -> Iterator[JSON]:
    text = exchange.response.body.decode("utf-8").replace("\r\n", "\n")
    for block in text.split("\n\n"):
        lines = [line[5:].removeprefix(" ") for line in block.split("\n") if line.startswith("data:")]
        if lines and lines != ["[DONE]"]:
            yield json.loads("\n".join(lines))


# The plain sum


def sum_events(api: str, events: Sequence[JSON]) -> JSON:
    """The whole response that raw stream events add up to, with everything they held."""
    if api == "anthropic.messages":
        return _sum_messages(copy.deepcopy(list(events)))
    if api in ("openai.chat", "azure.chat", "groq.chat"):
        return _sum_chat(copy.deepcopy(list(events)))
    if api == "mistral.chat":
        return _sum_mistral(copy.deepcopy(list(events)))
    if api == "openai.responses":
        return _sum_responses(copy.deepcopy(list(events)))
    raise NotImplementedError(f"nobody has written down how a stream of {api} adds up")


def _sum_chat(chunks: list[JSON]) -> JSON:
    """Chat completions. Outside of choices the last word counts; usage is replaced, never merged."""
    total: JSON = {}
    choices: dict[int, JSON] = {}
    for chunk in chunks:
        for choice in chunk.pop("choices", None) or []:
            whole = choices.setdefault(choice.get("index", 0), {"message": {}})
            _add_delta(whole["message"], choice.pop("delta", None) or {})
            _add_logprobs(whole, choice.pop("logprobs", None))
            _last_word(whole, choice)
        chunk.pop("obfuscation", None)  # padding of random length against eavesdroppers
        _last_word(total, chunk)
    total["object"] = "chat.completion"
    total["choices"] = [choices[index] for index in sorted(choices)]
    return total


def _sum_mistral(chunks: list[JSON]) -> JSON:
    """Sum chat completions. A call without a type is a function, as in the SDK."""
    total = _sum_chat(chunks)
    for choice in total["choices"]:
        for call in choice["message"].get("tool_calls") or ():
            call.setdefault("type", "function")
    return total


def _add_delta(message: JSON, delta: JSON) -> None:
    for call in delta.pop("tool_calls", None) or []:
        calls = message.setdefault("tool_calls", [])
        _add_pieces(_call_of(calls, call), call)
    for detail in delta.pop("reasoning_details", None) or []:
        details = message.setdefault("reasoning_details", [])
        _add_pieces(_detail_of(details, detail), detail)
    _add_pieces(message, delta)


def _add_pieces(whole: JSON, piece: JSON) -> None:
    """Texts and lists grow, objects are added key by key, of anything else the last word counts."""
    for key, value in piece.items():
        known = whole.get(key)
        if known is None:
            whole[key] = value
        elif isinstance(known, list) and isinstance(value, list):
            whole[key] = [*known, *value]
        elif isinstance(known, str) and isinstance(value, str) and _grows(key):
            whole[key] = known + value
        elif isinstance(known, dict) and isinstance(value, dict):
            _add_pieces(known, value)
        else:
            _last_word(whole, {key: value})


def _grows(key: str) -> bool:
    texts = ("content", "refusal", "arguments", "input", "transcript", "data", "text", "summary", "thinking")
    return key in texts or (key.startswith("reasoning") and key != "reasoning_id")


def _call_of(calls: list[JSON], piece: JSON) -> JSON:
    """The call that a delta belongs to: by index; without one by id; else the last, or a new one if named.

    A name with a new id is a new call, whatever its index: some hosts number every call 0.
    """
    index, id_ = piece.get("index"), piece.get("id")
    name = (piece.get("function") or piece.get("custom") or {}).get("name")
    for call in reversed(calls):
        renamed = bool(id_ and name and call.get("id") and call["id"] != id_)
        if index is not None and call.get("index") == index and not renamed:
            return call
        if index is None and id_ and call.get("id") == id_:
            return call
    if index is None and not id_ and not name and calls:
        return calls[-1]
    calls.append({"index": len(calls) if index is None else index})
    calls.sort(key=lambda call: call["index"])
    return [call for call in calls if len(call) == 1][-1]


def _detail_of(details: list[JSON], piece: JSON) -> JSON:
    """OpenRouter's details of reasoning: those of one index and type are one."""
    index, kind = piece.get("index"), piece.get("type")
    for detail in details:
        if index is not None and (detail.get("index"), detail.get("type")) == (index, kind):
            return detail
    details.append({})
    return details[-1]


def _add_logprobs(choice: JSON, logprobs: JSON | None) -> None:
    if logprobs is None:
        return
    if choice.get("logprobs") is None:
        choice["logprobs"] = {}
    _add_pieces(choice["logprobs"], logprobs)


def _last_word(whole: JSON, news: JSON) -> None:
    """Take over every field; nothing (null, or an empty text) does not replace something."""
    for key, value in news.items():
        if value in (None, "") and whole.get(key) is not None:
            continue
        if isinstance(value, dict) and isinstance(whole.get(key), dict) and key != "usage":
            _last_word(whole[key], value)
        else:
            whole[key] = value


def _sum_messages(stream: list[JSON]) -> JSON:
    """Anthropic messages. Counts in `usage` are totals so far: each replaces the one before."""
    message: JSON = {}
    blocks: dict[int, JSON] = {}
    inputs: dict[int, str] = {}
    for event in stream:
        kind = event.pop("type")
        if kind == "message_start":
            message = event["message"]
        elif kind == "content_block_start":
            blocks[event["index"]] = event["content_block"]
        elif kind == "content_block_delta":
            _add_to_block(blocks[event["index"]], event["delta"], inputs, event["index"])
        elif kind == "message_delta":
            usage = {key: count for key, count in event.pop("usage", {}).items() if count is not None}
            message["usage"] = {**(message.get("usage") or {}), **usage}
            message.update(event.pop("delta"))
            message.update(event)
    for index, text in inputs.items():
        if text:
            blocks[index]["input"] = jiter.from_json(text.encode(), partial_mode=True)
    if message:
        message["content"] = [*message.get("content", []), *(blocks[index] for index in sorted(blocks))]
    return message


def _add_to_block(block: JSON, delta: JSON, inputs: dict[int, str], index: int) -> None:
    kind = delta.pop("type")
    if kind == "input_json_delta":
        inputs[index] = inputs.get(index, "") + delta.pop("partial_json")
    elif kind == "citations_delta":
        block["citations"] = [*(block.get("citations") or []), delta.pop("citation")]
    for key, value in delta.items():  # text, thinking, signature, and what is not known yet
        known = block.get(key)
        block[key] = known + value if isinstance(known, str) and isinstance(value, str) else value


def _sum_responses(stream: list[JSON]) -> JSON:
    """Responses. The last event that carries the response has all of it; before, its output is that of whole items."""
    final: JSON = [event["response"] for event in stream if "response" in event][-1]
    if final["status"] == "in_progress":
        done = [event for event in stream if event["type"] == "response.output_item.done"]
        final["output"] = [event["item"] for event in sorted(done, key=lambda event: event["output_index"])]
    return final


# The SDK's own accumulators


def sdk_sum(exchange: Exchange) -> JSON:
    """What the SDK's own accumulator makes of a recorded stream, over a socket; raises what it raises."""
    found = _sdk_sum(exchange)
    if isinstance(found, Exception):
        raise found
    return copy.deepcopy(found)


@cache
def _sdk_sum(exchange: Exchange) -> JSON | Exception:
    with Server(Reply.from_exchange(exchange)) as server:
        try:
            return sdk_sum_of(exchange.api, server, beta="beta=true" in exchange.request.path)
        except Exception as error:
            return error


def sdk_sum_of(api: str, server: Server, *, beta: bool = False) -> JSON:
    """What the SDK's own accumulator makes of the server's next reply; `beta` is Anthropic's second one."""
    if api == "openai.chat":
        return _openai_sum(server)
    if api == "anthropic.messages":
        return _anthropic_sum(server, beta=beta)
    if api == "openai.responses":
        return _responses_sum(server)
    raise NotImplementedError(f"no SDK of ours adds up a stream of {api}")


def _openai_sum(server: Server) -> JSON:
    import openai

    with (
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="test", max_retries=0) as client,
        client.chat.completions.stream(model="recorded", messages=[]) as stream,
    ):
        return stream.get_final_completion().to_dict(warnings=False)


def _responses_sum(server: Server) -> JSON:
    import openai

    with (
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="test", max_retries=0) as client,
        client.responses.stream(model="recorded", input=[]) as stream,
    ):
        return stream.get_final_response().to_dict(warnings=False)


def _anthropic_sum(server: Server, *, beta: bool) -> JSON:
    import anthropic

    with anthropic.Anthropic(base_url=server.url, api_key="test", max_retries=0) as client:
        api = client.beta.messages if beta else client.messages  # each knows fields that the other does not
        with api.stream(model="recorded", max_tokens=1, messages=[]) as stream:
            return stream.get_final_message().to_dict(warnings=False)


@dataclass(frozen=True, slots=True)
class Loss:
    """Why the SDK's accumulator is no oracle for a recording: the fields it gets wrong, or what it raises."""

    reason: str
    fields: tuple[str, ...] = ()
    raises: str = ""


LOSSES = {
    "stream-gemini-2.0-flash-5d607234": Loss(
        "the role comes in every delta, and the SDK strings them together", ("choices[0].message.role",)
    ),
    "stream-tools-gpt-4.1-mini-db086b8c": Loss(
        "the role comes in every delta; the last chunk has no system_fingerprint, and the SDK takes that",
        ("choices[0].message.role", "system_fingerprint"),
    ),
    "stream-tools-llama3.1-0502fd37": Loss("a tool delta without an index", raises="TypeError"),
    "stream-reasoning-minimax-minimax-m2-free-3744e0ce": Loss(
        "an error in the middle of the stream; what came before it is lost", raises="APIError"
    ),
    "stream-tools-reasoning-gpt-5-mini-d1e26bd7": Loss("the final event is response.incomplete", raises="RuntimeError"),
}
"""By the name of the recording. There the sum of the events is the expectation."""

SDK_LOSES: dict[str, str] = {stem: loss.reason for stem, loss in LOSSES.items()}


def expected_raw(exchange: Exchange) -> JSON:
    """The whole response that a recorded stream amounts to; where it breaks off, what came until then.

    For an exchange that was not streamed, its body.
    """
    if not exchange.stream or exchange.is_error:
        body: JSON = json.loads(exchange.response.body)
        return body
    if exchange.stem in LOSSES or exchange.api not in ("openai.chat", "openai.responses", "anthropic.messages"):
        return sum_events(exchange.api, events(exchange))
    return sdk_sum(exchange)


# Comparing


def differences(actual: Any, expected: Any, path: str = "") -> list[str]:
    """Where two responses differ, as `path: actual is not expected`; a field that is absent equals `None`.

    The `index` of a tool call is ignored: it assigns pieces of a stream to calls, and a whole response has no pieces.
    """
    actual, expected = plain(actual), plain(expected)
    if isinstance(actual, dict) and isinstance(expected, dict):
        return [
            difference
            for key in sorted({*actual, *expected})
            if not re.search(r"\.tool_calls\[\d+\]\.index$", f"{path}.{key}")
            for difference in differences(actual.get(key), expected.get(key), f"{path}.{key}" if path else key)
        ]
    if isinstance(actual, list) and isinstance(expected, list) and len(actual) == len(expected):
        pairs = enumerate(zip(actual, expected, strict=True))
        return [found for index, (a, b) in pairs for found in differences(a, b, f"{path}[{index}]")]
    return [] if actual == expected else [f"{path}: {_short(actual)} is not {_short(expected)}"]


def same(actual: Any, expected: Any) -> None:
    """Assert that two responses (dicts, or objects of an SDK) are the same field by field."""
    found = differences(actual, expected)
    assert not found, "\n".join([f"{len(found)} fields differ:", *found])


def plain(value: Any) -> Any:
    """An object of an SDK as it was sent; any other value as it is."""
    if hasattr(value, "to_dict"):
        return value.to_dict(warnings=False)
    return value.model_dump(mode="json", by_alias=True, exclude_unset=True) if hasattr(value, "model_dump") else value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:80]} ... {text[-35:]}"
