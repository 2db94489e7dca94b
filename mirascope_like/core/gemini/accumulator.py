"""The accumulator for Gemini streams that are read with the retired SDK's iterator."""

from __future__ import annotations

from typing import Any

from ..dialects.gemini import JSON, GeminiObjectAccumulator
from .types import GeminiCallResponseChunk, GeminiTool, message, wire

_ANSWER = frozenset({"candidates", "usage_metadata", "model_version"})
_CANDIDATE = frozenset({"content", "index", "safety_ratings"})
_CONTENT = frozenset({"parts", "role"})
"""Fields of an event, of its candidate and of the candidate's content that may be set in a simple event, which only
adds text.
"""


class GeminiMessageAccumulator(GeminiObjectAccumulator[GeminiCallResponseChunk, GeminiTool]):
    """Combines events of the retired SDK. To recognize a simple event, copies its text and token counts into a copy
    of the event before, and compares the two.
    """

    def plain(self, event: Any) -> Any:
        sent = message(event)
        if not _set_fields(sent) <= _ANSWER or not sent.HasField("usage_metadata") or len(sent.candidates) != 1:
            return None
        candidate = sent.candidates[0]
        content = candidate.content
        if not (_set_fields(candidate) <= _CANDIDATE and _set_fields(content) <= _CONTENT and len(content.parts) == 1):
            return None
        if content.parts[0].WhichOneof("data") != "text":
            return None
        copy = type(sent)()
        copy.CopyFrom(sent)
        return copy

    def added(self, event: Any, before: Any) -> str | None:
        response = message(event)
        try:
            text: str = response.candidates[0].content.parts[0].text
        except IndexError:
            return None
        before.candidates[0].content.parts[0].text = text
        # Merged, not copied: an event without a token count that an earlier event had is then not simple.
        before.usage_metadata.MergeFrom(response.usage_metadata)
        return text if before == response else None

    def tokens(self, event: Any) -> JSON:
        return wire(message(event).usage_metadata)


def _set_fields(message: Any) -> set[str]:
    return {field.name for field, _ in message.ListFields()}
