"""One event of a Gemini stream. Its properties are read from the JSON of the event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar, cast

from ...base.parsing import as_object
from ...base.response import BaseCallResponseChunk, Facts, ToolDelta, Usage
from .response import FACTS, Words, finished, parts_of, read_usage, text_of, thinking_of, written

RawChunkT = TypeVar("RawChunkT")
FinishT = TypeVar("FinishT", bound=str)
UsageT = TypeVar("UsageT")


class GeminiChunk(BaseCallResponseChunk[RawChunkT, FinishT, UsageT]):
    """One event of a stream: a Gemini response that has only the new content."""

    __slots__ = ("_calls_before",)
    _facts: ClassVar[Facts] = FACTS
    _words: ClassVar[Words]
    _usage_places: ClassVar[tuple[str, ...]] = ("usage_metadata",)

    _calls_before: int
    """The number of tool calls in earlier events, from which the indexes of tool calls continue."""

    @classmethod
    def _text_of(cls, data: Mapping[str, Any]) -> str:
        return text_of(data)

    @property
    def thinking(self) -> str:
        """The piece of thinking that this event adds; empty if it adds none."""
        return thinking_of(self.data)

    @property
    def tool_deltas(self) -> Sequence[ToolDelta]:
        """The tool calls in this event. Gemini sends each tool call in one piece."""
        calls = [as_object(part["functionCall"]) for part in parts_of(self.data) if part.get("functionCall")]
        return [
            ToolDelta(
                index=getattr(self, "_calls_before", 0) + position,
                arguments=written(call),
                id=call.get("id"),
                name=call.get("name"),
            )
            for position, call in enumerate(calls)
        ]

    @classmethod
    def _read_usage(cls, raw: Any) -> Usage | None:
        return read_usage(raw)

    @property
    def _reasons(self) -> list[str] | None:
        return finished(self.data, str)

    @property
    def finish_reasons(self) -> list[FinishT] | None:
        """The finish reasons in Google's terms; None until the generation has ended."""
        return finished(self.data, self._words.reason)


def set_calls_before(chunk: GeminiChunk[Any, Any, Any], calls: int) -> None:
    """Set the number of tool calls in earlier events."""
    own: Any = chunk
    own._calls_before = calls


def words_of(kind: type[GeminiChunk[Any, Any, Any]]) -> Words:
    """Return the functions that make the objects of the SDK of a type of chunks."""
    own: Any = kind
    return cast("Words", own._words)
