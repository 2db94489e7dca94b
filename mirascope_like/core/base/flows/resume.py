"""What follows an error of a stream: the same question again, or one that goes on from the text that has come.

Does no I/O and knows nothing of `async`; loaded with the first error after which there is something to decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from ..parsing import Text
from ..request import Prefill, Request
from ..response import Accumulator, BaseCallResponseChunk

ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT")
_FORMS = ("response_format", "output_config", "audio")
"""Parameters by which an answer is not plain text."""


def plain(request: Request) -> bool:
    """Whether what is asked for is one answer in plain text."""
    params = request.call_params
    formed = request.structure is not None or request.json_mode or any(params.get(one) for one in _FORMS)
    return not formed and (params.get("n") or 1) == 1


class Seam:
    """Where a text that broke off and its continuation meet: drops what the continuation tells again.

    That is the whole beginning, from providers that tell it again, and the whitespace at its end, which is not sent
    (Anthropic refuses it, and it makes bad tokens elsewhere) and so is generated once more.
    """

    def __init__(self, text: str, *, echoes: bool) -> None:
        self.sent: str = text.rstrip()
        self._echo: str = self.sent if echoes else ""
        self._space: str = text[len(self.sent) :]
        self._held: str = ""

    @property
    def open(self) -> bool:
        """Whether something may still be dropped."""
        return bool(self._echo or self._space)

    def new(self, piece: str) -> str:
        """Return what is new in a piece of the continuation."""
        if self._echo:
            piece = self._held + piece
            if len(piece) < len(self._echo) and self._echo.startswith(piece):
                self._held = piece
                return ""
            piece = piece.removeprefix(self._echo)
            self._echo = ""
        while self._space and piece:
            if piece[0] != self._space[0]:
                self._space = ""
                break
            piece, self._space = piece[1:], self._space[1:]
        return piece


class ContinuedText(Text):
    """A text that broke off and grows again."""

    __slots__ = ("_seam",)

    def __init__(self, text: str, seam: Seam) -> None:
        super().__init__([text])
        self._seam = seam

    def append(self, piece: str, /) -> None:
        """Add what is new in a piece of the continuation."""
        super().append(self._seam.new(piece) if self._seam.open else piece)


@dataclass(frozen=True, slots=True)
class Interruption:
    """A text that broke off, and is gone on from."""

    text: str
    error: Exception
    """Why it broke off."""
    seam: Seam

    def initial_text(self) -> Text:
        """Return the text that an accumulator begins with."""
        return ContinuedText(self.text, self.seam) if self.seam.open else Text([self.text])

    def pairs(
        self, pairs: Iterator[tuple[ChunkT, ToolT | None]], accumulator: Accumulator[Any, Any]
    ) -> Iterator[tuple[ChunkT, ToolT | None]]:
        """Give what a accumulator reads of the continuation; of its text what is new."""
        joining = self.seam.open
        known = len(accumulator.content) if joining else 0
        for chunk, tool in pairs:
            if joining and chunk.content:
                content = accumulator.content
                chunk.content, known, joining = content[known:], len(content), self.seam.open
            yield chunk, tool


def find_interruption(
    error: Exception, before: Interruption | None, accumulator: Accumulator[Any, Any], prefill: Prefill
) -> Interruption | None:
    """Return the text that broke off with this error, and can be gone on from; None where it cannot.

    `before` is the one that was gone on from; where that added nothing, it stays.
    """
    text = accumulator.resumable_text
    if text is None or not text.strip():
        return None
    first = before.error if before is not None and before.text == text else error
    return Interruption(text, first, Seam(text, echoes=prefill.echoes))
