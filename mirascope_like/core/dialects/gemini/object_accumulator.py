"""Accumulator for streams that can be read only with an SDK's own iterator.

Most events are simple: they add a piece of text and new token counts, and repeat the rest. Of a simple event only the
text is added and the last token counts are kept, without converting it to JSON. All other events are converted and
summed in full.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from ...base.parsing import Text, as_list, as_object, has_half
from ...base.response import Usage
from ...base.tools import BaseTool
from .accumulator import GeminiAccumulator
from .chunk import GeminiChunk
from .response import JSON

ChunkT = TypeVar("ChunkT", bound=GeminiChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


class GeminiObjectAccumulator(GeminiAccumulator[ChunkT, ToolT]):
    """Sums events, as bytes or as objects of the SDK."""

    _before: Any = None
    """The value to compare events with, made by `plain`; None if the next event must be summed in full."""
    _growing: Text
    """The text that simple events extend."""
    _spent: Any = None
    """The last simple event, whose token counts are not stored yet."""

    @abstractmethod
    def plain(self, event: Any) -> Any:
        """Return a value to compare later events with if an event is simple: it only adds text and token counts.
        Otherwise None.

        Other fields must be empty, or must change nothing if they are repeated.
        """

    @abstractmethod
    def added(self, event: Any, before: Any) -> str | None:
        """Return the text of a simple event. `before` is what `plain` returned for an earlier one. None for any other
        event.
        """

    @abstractmethod
    def tokens(self, event: Any) -> JSON:
        """Return the token counts of a simple event, as JSON."""

    def read_objects(self, events: Iterable[Any]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        make = self.chunk_type.from_object
        for event in events:
            before = self._before
            plain = before is not None and not self._halves
            text = self.added(event, before) if plain else None
            if text is not None and not has_half(text):
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
        """Return True if the last part of the first candidate is a text, which the next event can extend."""
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
