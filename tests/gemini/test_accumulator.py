"""Messages of the SDK's iterator, wrapped or not, add up to the same response as messages decoded in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic_core import to_json

from mirascope_like.core.gemini.accumulator import GeminiMessageAccumulator
from mirascope_like.core.gemini.types import (
    GeminiCallResponseChunk,
    GeminiTool,
    answer,
    message,
    message_of,
    protos,
    wire,
)

JSON = dict[str, Any]


def bare(raw: bytes) -> Any:
    return message_of(protos.GenerateContentResponse, raw)


def event(*parts: JSON, candidate: JSON | None = None, spent: JSON | None = None, **others: Any) -> JSON:
    full_candidate = {"content": {"role": "model", "parts": list(parts)}, "index": 0, **(candidate or {})}
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 1, **(spent or {})}
    return {"candidates": [full_candidate], "usageMetadata": usage, "modelVersion": "m", **others}


def text(piece: str, **others: Any) -> JSON:
    return event({"text": piece}, **others)


def without(fields: JSON, name: str) -> JSON:
    return {key: value for key, value in fields.items() if key != name}


def rated(probability: str) -> JSON:
    return {"safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT", "probability": probability}]}


CALL = {"functionCall": {"name": "look", "args": {"at": 1}}}
CITED = {"citationMetadata": {"citationSources": [{"startIndex": 1, "endIndex": 2, "uri": "u"}]}}
TOP = {"logprobsResult": {"chosenCandidates": [{"token": "a", "tokenId": 1}]}}
SPENT = {"cachedContentTokenCount": 2}
STREAMS = {
    "text": [text("a"), text("b", spent={"candidatesTokenCount": 2}), text("", spent={"candidatesTokenCount": 3})],
    "tokens told once": [text("a"), text("b"), text("c", spent=SPENT), text("d"), text("e")],
    "tokens told twice": [text("a"), text("b", spent=SPENT), text("c", spent=SPENT)],
    "a call between": [text("a"), text("b"), event(CALL), text("c"), text("d")],
    "a call beside": [text("a"), text("b"), event({"text": "c"}, CALL), text("d"), text("e")],
    "code": [text("a"), event({"executableCode": {"language": "PYTHON", "code": "1"}}), text("b"), text("c")],
    "no parts": [text("a"), text("b"), event(), text("c"), text("d")],
    "two parts": [text("a"), event({"text": "b"}, {"text": "c"}), text("d"), text("e")],
    "two candidates": [text("a"), text("b", candidate={"index": 1}), text("c"), text("d", candidate={"index": 1})],
    "ratings": [text("a"), text("b", candidate=rated("LOW")), text("c", candidate=rated("LOW"))],
    "other ratings": [text("a", candidate=rated(one)) for one in ("LOW", "LOW", "HIGH", "HIGH", "LOW")],
    "citations": [text("a"), text("b"), text("c", candidate=CITED), text("d", candidate=CITED), text("e")],
    "log probabilities": [text("a", candidate=TOP), text("b", candidate=TOP), text("c")],
    "another model": [text("a"), text("b"), text("c", modelVersion="n"), text("d", modelVersion="n")],
    "no tokens": [without(text("a"), "usageMetadata"), text("b"), without(text("c"), "usageMetadata"), text("d")],
    "no model": [without(text(piece), "modelVersion") for piece in "abc"],
    "no candidate": [text("a"), text("b"), without(text(""), "candidates"), text("c")],
    "a block": [{"promptFeedback": {"blockReason": "SAFETY"}}],
    "an end": [text("a"), text("b"), text("c", candidate={"finishReason": "STOP"})],
}


class Counting(GeminiMessageAccumulator):
    decoded = 0

    def add(self, chunk: GeminiCallResponseChunk, data: Any) -> Iterator[tuple[GeminiCallResponseChunk, Any]]:
        self.decoded += 1
        return super().add(chunk, data)


def accumulator() -> Counting:
    return Counting(GeminiCallResponseChunk, GeminiTool)


def sent(events: list[JSON]) -> list[bytes]:
    """Answers as JSON of the wire, in the SDK's words: an argument that is a number has a point."""
    return [to_json(wire(message(bare(to_json(one))))) for one in events]


@pytest.mark.parametrize("make", [answer, bare])
@pytest.mark.parametrize("events", STREAMS.values(), ids=STREAMS)
def test_messages_are_summed_as_bytes_are(events: list[JSON], make: Callable[[bytes], Any]) -> None:
    raw = sent(events)
    by_bytes, by_objects = accumulator(), accumulator()
    for one in raw:
        (expected, _), *_ = by_bytes.read([one])
        (chunk, _), *_ = by_objects.read_objects([make(one)])
        assert (chunk.content, chunk.tool_deltas, chunk.data) == (expected.content, expected.tool_deltas, expected.data)
        assert type(chunk.chunk) is type(expected.chunk)
        assert message(chunk.chunk) == message(expected.chunk)
        assert by_objects.content == by_bytes.content
    assert by_objects.usage == by_bytes.usage
    assert by_objects.rebuild() == by_bytes.rebuild()
    assert (by_objects.finish_reasons, by_objects.complete) == (by_bytes.finish_reasons, by_bytes.complete)


@pytest.mark.parametrize("make", [answer, bare])
@pytest.mark.parametrize("events", STREAMS.values(), ids=STREAMS)
def test_tokens_are_reported_at_the_end_as_well(events: list[JSON], make: Callable[[bytes], Any]) -> None:
    raw = sent(events)
    by_bytes, by_objects = accumulator(), accumulator()
    assert len(list(by_bytes.read(raw))) == len(list(by_objects.read_objects(map(make, raw))))
    assert (by_objects.usage, by_objects.rebuild()) == (by_bytes.usage, by_bytes.rebuild())


@pytest.mark.parametrize("make", [answer, bare])
@pytest.mark.parametrize("candidate", [{}, rated("LOW")])
def test_most_messages_are_not_decoded(candidate: JSON, make: Callable[[bytes], Any]) -> None:
    events = map(make, sent([text(f"{at} ", candidate=candidate) for at in range(9)]))
    counting = accumulator()
    assert "".join(chunk.content for chunk, _ in counting.read_objects(events)) == "0 1 2 3 4 5 6 7 8 "
    assert counting.decoded == 1


def test_an_event_is_left_as_the_sdk_gave_it() -> None:
    events = [bare(raw) for raw in sent([text(piece) for piece in "abc"])]
    list(accumulator().read_objects(events))
    assert [one.candidates[0].content.parts[0].text for one in events] == ["a", "b", "c"]
