"""What a stream of Cohere's chat amounts to, by adding its events up plainly, and how its answers look on the wire."""

from __future__ import annotations

import json
from typing import Any

from tests.harness.recordings import Exchange

JSON = dict[str, Any]


def expected_raw(exchange: Exchange) -> JSON:
    """The whole response that a recorded exchange amounts to."""
    text = exchange.response.body.decode()
    if not exchange.stream:
        whole: JSON = json.loads(text)
        return whole
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    return sum_events([json.loads(line) for line in lines if line != "[DONE]"])


def sum_events(events: list[JSON]) -> JSON:
    """Every list of the message is summed by the `index` of its events; an empty one is left out."""
    answer: JSON = {}
    message: JSON = {}
    lists: dict[str, dict[int, JSON]] = {"content": {}, "tool_calls": {}, "citations": {}}
    logprobs: list[Any] = []
    for event in events:
        piece = (event.get("delta") or {}).get("message") or {}
        match event["type"].rpartition("-"):
            case "message", _, "start":
                answer["id"] = event["id"]
                message["role"] = piece["role"]
            case "message", _, "end":
                answer.update(event["delta"])
            case "tool-plan", _, "delta":
                message["tool_plan"] = message.get("tool_plan", "") + piece["tool_plan"]
            case ("content" | "tool-call" | "citation") as name, _, ("start" | "delta"):
                key = {"content": "content", "tool-call": "tool_calls", "citation": "citations"}[name]
                _add(lists[key].setdefault(event["index"], {}), piece[key])
        if "logprobs" in event:
            logprobs.append(event["logprobs"])
    message.update({key: [items[index] for index in sorted(items)] for key, items in lists.items() if items})
    return {**answer, "message": message, **({"logprobs": logprobs} if logprobs else {})}


def _add(whole: JSON, piece: JSON) -> None:
    for key, value in piece.items():
        if isinstance(value, str) and key in ("text", "thinking", "arguments"):
            whole[key] = whole.get(key, "") + value
        elif isinstance(value, dict):
            _add(whole.setdefault(key, {}), value)
        else:
            whole[key] = value
