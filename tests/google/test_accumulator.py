"""Chunks of the SDK's iterator add up to the same response as chunks read as bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mirascope_like.core.google.accumulator import GoogleAccumulator
from mirascope_like.core.google.types import GoogleCallResponseChunk, GoogleTool, answer

JSON = dict[str, Any]


def event(*parts: JSON, candidate: JSON | None = None, spent: JSON | None = None, **others: Any) -> JSON:
    full_candidate = {"content": {"role": "model", "parts": list(parts)}, "index": 0, **(candidate or {})}
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 1, **(spent or {})}
    return {"candidates": [full_candidate], "usageMetadata": usage, "modelVersion": "m", "responseId": "r", **others}


def text(piece: str, **others: Any) -> JSON:
    return event({"text": piece}, **others)


CALL = {"functionCall": {"name": "look", "args": {"at": 1}}}
RATED = {"safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}]}
STREAMS = {
    "text": [text("a"), text("b", spent={"candidatesTokenCount": 2}), text("", spent={"candidatesTokenCount": 3})],
    "other tokens": [text("a"), text("b", spent={"thoughtsTokenCount": 2}), text("c"), text("d")],
    "thoughts": [event({"text": "t", "thought": True}), event({"text": "u", "thought": True}), text("a"), text("b")],
    "a signature": [text("a"), text("b"), event({"text": "c", "thoughtSignature": "c2ln"}), text("d"), text("e")],
    "a call between": [text("a"), text("b"), event(CALL), text("c"), text("d")],
    "two parts": [text("a"), event({"text": "b"}, {"text": "c"}), text("d"), text("e")],
    "two candidates": [text("a"), text("b", candidate={"index": 1}), text("c"), text("d", candidate={"index": 1})],
    "ratings": [text("a", candidate=RATED), text("b"), text("c", candidate=RATED), text("d"), text("e")],
    "another model": [text("a"), text("b"), text("c", modelVersion="n"), text("d", modelVersion="n")],
    "no tokens": [text("a", usageMetadata={}), text("b"), {**text("c"), "usageMetadata": None}, text("d"), text("e")],
    "an end": [text("a"), text("b"), text("c", candidate={"finishReason": "STOP"})],
}


def accumulator() -> GoogleAccumulator:
    return GoogleAccumulator(GoogleCallResponseChunk, GoogleTool)


@pytest.mark.parametrize("events", STREAMS.values(), ids=STREAMS)
def test_objects_are_summed_as_bytes_are(events: list[JSON]) -> None:
    raw = [json.dumps(one).encode() for one in events]
    by_bytes, by_objects = accumulator(), accumulator()
    expected = [(chunk.content, chunk.tool_deltas, chunk.chunk) for chunk, _ in by_bytes.read(raw)]
    found = [chunk for chunk, _ in by_objects.read_objects([answer(one) for one in raw])]
    assert [(chunk.content, chunk.tool_deltas, chunk.chunk) for chunk in found] == expected
    assert [chunk.data.get("candidates") for chunk in found] == [one["candidates"] for one in events]
    assert by_objects.usage == by_bytes.usage
    assert (by_objects.content, by_objects.rebuild()) == (by_bytes.content, by_bytes.rebuild())


def test_most_events_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    summed: list[Any] = []
    read = GoogleAccumulator.add
    monkeypatch.setattr(GoogleAccumulator, "add", lambda self, *given: (summed.append(given), read(self, *given))[1])
    events = [answer(json.dumps(text(f"{at} ")).encode()) for at in range(9)]
    assert "".join(chunk.content for chunk, _ in accumulator().read_objects(events)) == "0 1 2 3 4 5 6 7 8 "
    assert len(summed) == 1
