"""Bedrock's binary event streams, written and read, and what a stream amounts to: its events added up plainly."""

from __future__ import annotations

import base64
import json
from typing import Any

import jiter
from botocore.eventstream import EventStreamBuffer

from mirascope_like.testing.wires.bedrock import event, event_message
from tests.harness.replies import Reply, Step

JSON = dict[str, Any]


def exception(name: str, text: str) -> bytes:
    """An error in the middle of a stream."""
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return event_message(headers, {"message": text})


def delta(index: int, **fields: Any) -> bytes:
    return event("contentBlockDelta", contentBlockIndex=index, delta=fields)


def start(index: int, **fields: Any) -> bytes:
    return event("contentBlockStart", contentBlockIndex=index, start=fields)


def stop(index: int) -> bytes:
    return event("contentBlockStop", contentBlockIndex=index)


START = event("messageStart", role="assistant")
USAGE = {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8}
METADATA = event("metadata", usage=USAGE, metrics={"latencyMs": 7})


def ended(reason: str = "end_turn", **fields: Any) -> bytes:
    return event("messageStop", stopReason=reason, **fields)


def streamed(*pieces: bytes | Step) -> Reply:
    return Reply(pieces, 200, {"content-type": "application/vnd.amazon.eventstream", "x-amzn-requestid": "r-1"})


def events(body: bytes) -> list[tuple[str, JSON]]:
    """The names and the data of the events in a body."""
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    return [(each.headers[":event-type"], json.loads(each.payload)) for each in buffer]


def sum_events(body: bytes) -> JSON:
    """The whole answer, as JSON, that a body of events adds up to."""
    answer: JSON = {}
    blocks: dict[int, JSON] = {}
    role = ""
    for name, data in events(body):
        data.pop("p", None)
        index = data.get("contentBlockIndex", -1)
        if name == "messageStart":
            role = data["role"]
        elif name == "contentBlockStart":
            blocks[index] = data["start"]
        elif name == "contentBlockDelta":
            _add(blocks.setdefault(index, {}), data["delta"])
        elif name in ("messageStop", "metadata"):
            answer.update(data)
    content = [_whole(blocks[index]) for index in sorted(blocks)]
    return {**answer, "output": {"message": {"role": role, "content": content}}}


def _add(block: JSON, delta: JSON) -> None:
    for key, value in delta.items():
        if key == "citation":
            block.setdefault("citations", []).append(value)
        elif key == "toolResult":
            content = block["toolResult"].setdefault("content", [])
            for one in value:
                if "text" in one and content and "text" in content[-1]:
                    content[-1]["text"] += one["text"]
                else:
                    content.append(one)
        elif key in ("redactedContent", "bytes"):
            known = base64.b64decode(block.get(key, ""))
            block[key] = base64.b64encode(known + base64.b64decode(value)).decode()
        elif isinstance(value, str):
            block[key] = block.get(key, "") + value
        else:
            _add(block.setdefault(key, {}), value)


def _whole(block: JSON) -> JSON:
    if "citations" in block:
        return {"citationsContent": {"content": [{"text": block["text"]}], "citations": block["citations"]}}
    if "toolUse" in block:
        text = block["toolUse"].get("input") or "{}"
        return {
            "toolUse": {**block["toolUse"], "input": jiter.from_json(text.encode(), partial_mode="trailing-strings")}
        }
    thought = block.get("reasoningContent", {})
    if "text" in thought or "signature" in thought:
        return {"reasoningContent": {"reasoningText": {"text": "", **thought}}}
    return block


__all__ = [
    "METADATA",
    "START",
    "USAGE",
    "delta",
    "ended",
    "event",
    "events",
    "exception",
    "start",
    "stop",
    "streamed",
    "sum_events",
]
