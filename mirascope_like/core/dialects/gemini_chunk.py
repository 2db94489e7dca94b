"""What one event of a streamed Gemini answer says, read from the JSON of the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from pydantic_core import to_json

from ..base.chunk import BaseCallResponseChunk, ToolDelta
from ..base.usage import FinishWords, Usage
from ..base.wire import as_object
from .gemini_response import FINISH, finished, parts_of, read_usage, text_of, thinking_of

RawChunkT = TypeVar("RawChunkT")
FinishT = TypeVar("FinishT", bound=str)
UsageT = TypeVar("UsageT")


class GeminiChunk(BaseCallResponseChunk[RawChunkT, FinishT, UsageT]):
    """One event of an answer: an answer itself, with what is new."""

    __slots__ = ("calls_before",)
    finish_words: ClassVar[FinishWords] = FINISH

    calls_before: int
    """How many calls the events before this one brought."""

    def _text(self) -> str:
        return text_of(self.data)

    @property
    def thinking(self) -> str:
        """The piece of the model's thoughts that this event adds, where they are shown; else empty."""
        return thinking_of(self.data)

    @property
    def tool_deltas(self) -> Sequence[ToolDelta]:
        """The calls in this event; Gemini sends each whole."""
        calls = [as_object(part["functionCall"]) for part in parts_of(self.data) if "functionCall" in part]
        return [
            ToolDelta(
                index=getattr(self, "calls_before", 0) + position,
                arguments=to_json(call["args"]).decode() if "args" in call else "",
                id=call.get("id"),
                name=call.get("name"),
            )
            for position, call in enumerate(calls)
        ]

    @property
    def model(self) -> str | None:
        """The model that answers."""
        return self.data.get("modelVersion") or None

    @property
    def id(self) -> str | None:
        """The answer's id."""
        return self.data.get("responseId") or None

    @property
    def _usage(self) -> Usage | None:
        return read_usage(self.data.get("usageMetadata"))

    @property
    def _finish(self) -> list[str] | None:
        return finished(self.data, str)

    def _reasons(self, reason: Any) -> list[Any] | None:
        return finished(self.data, reason)
