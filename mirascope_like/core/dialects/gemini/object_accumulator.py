"""The sum of the answers that an SDK's own iterator gives, where nothing can be read as bytes.

Most of them add a piece of text and tell the tokens so far, and else say what the one before said: of these nothing is
written back as JSON but the last tokens. Whatever is not of this kind is summed as ever.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from ...base.parsing import Text, as_list, as_object
from ...base.response import Usage
from ...base.tools import BaseTool
from .accumulator import GeminiAccumulator
from .chunk import GeminiChunk
from .response import JSON

ChunkT = TypeVar("ChunkT", bound=GeminiChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


class GeminiObjectAccumulator(GeminiAccumulator[ChunkT, ToolT]):
    """Sums answers, as bytes or as objects of the SDK."""

    _before: Any = None
    """What tells that an answer is like the last one that was summed in full, if others like it need not be."""
    _growing: Text
    """The text that they add to."""
    _spent: Any = None
    """The last of them, whose tokens are still to be told."""

    @abstractmethod
    def plain(self, event: Any) -> Any:
        """Return what others are to be held against, if an answer adds a text and tells the tokens so far; else None.

        What else it says is nothing, or nothing new if it is said again.
        """

    @abstractmethod
    def added(self, event: Any, before: Any) -> str | None:
        """Return the text that a plain answer like the one before adds; None of one that says anything else."""

    @abstractmethod
    def tokens(self, event: Any) -> JSON:
        """Return the tokens that a plain answer tells, as JSON of the wire."""

    def read_objects(self, events: Iterable[Any]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        make = self.chunk_type.from_object
        for event in events:
            before = self._before
            if before is not None and (text := self.added(event, before)) is not None:
                self._growing.append(text)
                self._spent = event
                yield make(event, text), None
            else:
                self._before = None
                self._settle()
                yield from super().read_objects((event,))
                plain = self.plain(event)
                if plain is not None and not event.candidates[0].index and self._goes_on():
                    self._before = plain

    def _goes_on(self) -> bool:
        """Whether the first candidate's last part is a text that the next piece is to be added to."""
        parts = as_list(as_object(self._candidates[0].get("content")).get("parts"))
        text = parts[-1].get("text") if parts and not parts[-1].get("thought") else None
        if isinstance(text, Text):
            self._growing = text
            return True
        return False

    def _settle(self) -> None:
        spent, self._spent = self._spent, None
        if spent is not None:
            self._spend(self.tokens(spent))

    def rebuild(self) -> JSON:
        self._settle()
        return super().rebuild()

    @property
    def usage(self) -> Usage | None:
        self._settle()
        return super().usage
