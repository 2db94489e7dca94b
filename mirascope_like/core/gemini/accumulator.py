"""Accumulator of a stream that is read with the SDK's iterator."""

from __future__ import annotations

from typing import Any

from ..dialects.gemini import JSON, GeminiObjectAccumulator
from .types import GeminiCallResponseChunk, GeminiTool, message, wire

_ANSWER = frozenset({"candidates", "usage_metadata", "model_version"})
_CANDIDATE = frozenset({"content", "index", "safety_ratings"})
_CONTENT = frozenset({"parts", "role"})
"""Fields of an event, its candidate and the candidate's content that add nothing but text, or repeat earlier values."""


class GeminiMessageAccumulator(GeminiObjectAccumulator[GeminiCallResponseChunk, GeminiTool]):
    """Recognizes a simple event by copying the text and tokens into a copy of the event before: then both are equal."""

    def plain(self, event: Any) -> Any:
        said = message(event)
        if not _told(said) <= _ANSWER or not said.HasField("usage_metadata") or len(said.candidates) != 1:
            return None
        candidate = said.candidates[0]
        content = candidate.content
        if not (_told(candidate) <= _CANDIDATE and _told(content) <= _CONTENT and len(content.parts) == 1):
            return None
        if content.parts[0].WhichOneof("data") != "text":
            return None
        copy = type(said)()
        copy.CopyFrom(said)
        return copy

    def added(self, event: Any, before: Any) -> str | None:
        said = message(event)
        try:
            text: str = said.candidates[0].content.parts[0].text
        except IndexError:
            return None
        before.candidates[0].content.parts[0].text = text
        # No copy: an event without token counts that an earlier one had is not simple.
        before.usage_metadata.MergeFrom(said.usage_metadata)
        return text if before == said else None

    def tokens(self, event: Any) -> JSON:
        return wire(message(event).usage_metadata)


def _told(message: Any) -> set[str]:
    return {field.name for field, _ in message.ListFields()}
