"""The sum of the events before the final one, and what becomes of it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from mirascope_like.core import StreamInterruptedError
from tests.conformance.providers import RESPONSES, Exchange, every_exchange, response_events
from tests.conformance.reading import read
from tests.dialects.responses.streams import (
    CREATED,
    before_the_end,
    called,
    completed,
    function_call,
    message,
    partial,
    streamed,
)
from tests.harness.oracles import JSON, differences, expected_raw, same
from tests.harness.oracles import events as recorded_events
from tests.harness.recordings import exchanges
from tests.harness.server import Reply, Server

recorded = every_exchange([RESPONSES], stream=True, error=False)
whole = exchanges("openai.responses", stream=True, error=False)


def lasting(output: list[JSON], exchange: Exchange) -> list[JSON]:
    """Return output without fields that the final event changes: OpenAI encrypts again, OpenRouter makes new ids."""
    anew = {"id"} if exchange.request.host == "openrouter.ai" else set[str]()
    return [{key: "*" if key == "encrypted_content" else item[key] for key in {*item} - anew} for item in output]


@recorded
def test_deltas_add_up_to_the_final_event(row: Any, exchange: Exchange) -> None:
    final = expected_raw(exchange)
    summed = partial(before_the_end(exchange)).rebuild()
    same(lasting(summed["output"], exchange), lasting(final["output"], exchange))
    assert summed["status"] == "in_progress"
    assert summed.get("usage") is None


@recorded
def test_deltas_alone_add_up(row: Any, exchange: Exchange) -> None:
    """Without the events that repeat a finished item, only values that no delta has are missing."""
    events = before_the_end(exchange)
    deltas = [event for event in events if not event["type"].endswith(".done")]
    summed, final = partial(deltas).rebuild()["output"], expected_raw(exchange)["output"]
    assert [item["type"] for item in summed] == [item["type"] for item in final]
    for ours, theirs in zip(summed, final, strict=True):
        for key in ("arguments", "code", "name", "call_id", "role"):
            assert ours.get(key) == theirs.get(key)
        for parts in ("content", "summary"):
            same(ours.get(parts) or [], theirs.get(parts) or [])


@recorded
@pytest.mark.parametrize("output", [[], None, "left out"], ids=repr)
def test_final_event_without_output(row: Any, exchange: Exchange, output: Any, server: Server) -> None:
    *before, final = recorded_events(exchange)
    response = {**final["response"], "output": output}
    if output == "left out":
        del response["output"]
    found = streamed(server, *before, {**final, "response": response})
    expected = expected_raw(exchange)
    raw = found.response.response.to_dict(warnings=False)
    same(lasting(raw.pop("output"), exchange), lasting(expected.pop("output"), exchange))
    same(raw, expected)
    assert found.text == found.stream.content == found.response.content


def naive(events: list[JSON]) -> dict[int, str]:
    """The text of every item in its deltas."""
    found: dict[int, str] = {}
    for event in events:
        if event["type"].endswith(".delta"):
            found[event["output_index"]] = found.get(event["output_index"], "") + event["delta"]
    return found


def item_text(item: JSON) -> str:
    parts = [*(item.get("summary") or ()), *(item.get("content") or ())]
    texts = [part.get("text") or part.get("refusal") or "" for part in parts]
    return "".join(texts) or item.get("arguments") or item.get("code") or ""


@pytest.mark.parametrize("seed", range(40))
def test_broken_off_anywhere(seed: int, server: Server) -> None:
    if not whole:
        pytest.skip("no recordings")
    generator = random.Random(seed)
    exchange = generator.choice(whole)
    body = exchange.response.body.split(b"\n\n")
    final = next(
        n for n, block in enumerate(body) if b'"response.completed"' in block or b"response.incomplete" in block
    )
    count = generator.randrange(1, final + 1)
    server.reply(Reply((b"\n\n".join(body[:count]) + b"\n\n",), headers={"content-type": "text/event-stream"}))
    found = read(RESPONSES, server, asynchronous=bool(seed % 2))
    if b"data:" not in body[0] and count == 1:
        return
    assert isinstance(found.error, StreamInterruptedError)
    response = found.error.partial
    raw = response.response.to_dict(warnings=False)
    seen = recorded_events(exchange)[: len(found.pairs)]
    started = {event["output_index"]: event["item"] for event in seen if event["type"] == "response.output_item.added"}
    done = {event["output_index"]: event["item"] for event in seen if event["type"] == "response.output_item.done"}
    assert [item["type"] for item in raw["output"]] == [started[index]["type"] for index in sorted(started)]
    texts = naive(seen)
    for position, index in enumerate(sorted(started)):
        if index in done:
            same(raw["output"][position], done[index])
        else:
            assert item_text(raw["output"][position]) == texts.get(index, "")
    assert raw["status"] == "in_progress"
    assert response.finish_reasons is None
    assert response.usage is None
    assert found.text == found.stream.content == response.content


def test_items_without_their_beginning(server: Server) -> None:
    place = {"output_index": 0, "item_id": "msg_1", "content_index": 0}
    call = {"output_index": 1, "item_id": "fc_1"}
    summary = {"output_index": 2, "item_id": "rs_1", "summary_index": 1}
    raw = partial(
        [
            {"type": "response.output_text.delta", **place, "delta": "Hel"},
            {"type": "response.output_text.delta", **place, "delta": "lo"},
            {"type": "response.function_call_arguments.delta", **call, "delta": "{}"},
            {"type": "response.reasoning_summary_text.delta", **summary, "delta": "so"},
        ]
    ).rebuild()["output"]
    assert raw == [
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hello"}],
        },
        {"id": "fc_1", "type": "function_call", "arguments": "{}"},
        {"id": "rs_1", "type": "reasoning", "summary": [{}, {"type": "summary_text", "text": "so"}]},
    ]


def test_logprobs_are_summed() -> None:
    events = response_events("Hel", "lo")
    deltas = [event for event in events if event["type"] == "response.output_text.delta"]
    for event in deltas:
        event["logprobs"] = [{"token": event["delta"], "logprob": -0.5}]
    part = partial(events[: events.index(deltas[-1]) + 1]).rebuild()["output"][0]["content"][0]
    assert part["text"] == "Hello"
    assert [one["token"] for one in part["logprobs"]] == ["Hel", "lo"]


def test_host_without_deltas(server: Server) -> None:
    item = {"type": "response.output_item.done", "output_index": 0, "item": message("Hello")}
    found = streamed(server, CREATED, item, completed(message("Hello")))
    assert found.text == found.stream.content == found.response.content == "Hello"


def test_host_with_a_final_event_alone(server: Server) -> None:
    from mirascope_like.core import BaseTool

    class format_book(BaseTool):
        """Format a book."""

        title: str

    found = streamed(server, CREATED, completed(message("Hello"), function_call()), tools=[format_book])
    assert found.text == found.stream.content == found.response.content == "Hello"
    assert [tool.title for tool in found.tools] == ["Emma"]


def test_unknown_events_are_shown(server: Server) -> None:
    events = response_events("Hello")
    odd = [
        {"type": "keepalive", "sequence_number": 3},
        {"type": "response.new_thing.delta", "output_index": 0, "delta": "?"},
        {"type": "response.audio.delta", "delta": "UklGRg=="},
        {"odd": 1},
    ]
    found = streamed(server, *events[:4], *odd, *events[4:])
    assert found.text == found.response.content == "Hello"
    assert len(found.pairs) == len(events) + len(odd)
    same(found.response.response, events[-1]["response"])


def test_status_of_items_that_run() -> None:
    item = {"type": "web_search_call", "id": "ws_1", "status": "in_progress"}
    place = {"output_index": 0, "item_id": "ws_1"}
    events: list[JSON] = [CREATED, {"type": "response.output_item.added", "output_index": 0, "item": item}]
    assert partial(events).rebuild()["output"] == [item]
    events.append({"type": "response.web_search_call.searching", **place})
    assert partial(events).rebuild()["output"] == [{**item, "status": "searching"}]


def test_calls_interleaved_and_without_end(server: Server) -> None:
    from mirascope_like.core import BaseTool

    class format_book(BaseTool):
        """Format a book."""

        title: str

    one, two = function_call(), function_call('{"title":"Persuasion"}', id="call_2")
    first, second = called(0, one, '{"title"', ':"Emma"}'), called(1, two, '{"title":', '"Persuasion"}')
    mixed = [first[0], second[0], first[1], second[1], second[2], first[2]]  # neither call is said to be done
    found = streamed(server, CREATED, *mixed, completed(), tools=[format_book])
    assert [tool.title for tool in found.tools] == ["Emma", "Persuasion"]
    assert [tool.id for tool in found.response.tools] == ["call_1", "call_2"]


def test_differences_are_seen() -> None:
    assert differences({"output": [{"a": 1}]}, {"output": [{"a": 2}]})
