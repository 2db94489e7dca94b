"""The accumulator for Gemini streams that can be read only by the SDK's own iterator.

Most events are simple: they add a piece of text and new token counts, and repeat everything else. Of a simple event,
only the text and the token counts are read, without converting the event to JSON. All other events are converted and
merged.
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
    """Combines events that are bytes or objects of the SDK."""

    _before: Any = None
    """The value that `plain` returned for the last event, with which the next event is compared. None if the next
    event must be merged.
    """
    _growing: Text
    """The text to which simple events are appended."""
    _spent: Any = None
    """The last simple event, if its token counts were not read yet; else None."""

    @abstractmethod
    def plain(self, event: Any) -> Any:
        """Return a value with which later events are compared, if this event is simple: it only adds text and token
        counts. Otherwise None.

        All other fields of a simple event must be empty, or must change nothing when they are repeated.
        """

    @abstractmethod
    def added(self, event: Any, before: Any) -> str | None:
        """Return the text of a simple event; None for any other event. `before` is the value that `plain` returned
        for an earlier event.
        """

    @abstractmethod
    def tokens(self, event: Any) -> JSON:
        """Return the token counts of a simple event, as JSON."""

    def read_objects(self, events: Iterable[Any]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        make = self.chunks.from_object
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
        """Return True if the last part of the first candidate is a text, to which the next event can be appended."""
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
