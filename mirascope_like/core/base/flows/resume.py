"""Resume an interrupted response from the text that was received.

Does no I/O; sync and async code share it. Imported when a stream first fails.
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
"""Parameters that request a response which is not plain text."""


def plain(request: Request) -> bool:
    """Return True if the request asks for a single response in plain text; only such a response can be resumed."""
    params = request.call_params
    formed = request.structure is not None or request.json_mode or any(params.get(one) for one in _FORMS)
    return not formed and (params.get("n") or 1) == 1


class Seam:
    """Joins an interrupted text and its continuation: drops what the continuation repeats.

    Some providers repeat the whole text. The whitespace at its end is not sent (Anthropic rejects it, and elsewhere it
    leads to bad tokens), so the model generates it again.
    """

    def __init__(self, text: str, *, echoes: bool) -> None:
        self.sent: str = text.rstrip()
        self._echo: str = self.sent if echoes else ""
        self._space: str = text[len(self.sent) :]
        self._held: str = ""

    @property
    def open(self) -> bool:
        """True while the next piece may still begin with repeated text."""
        return bool(self._echo or self._space)

    def new(self, piece: str) -> str:
        """Return a piece of the continuation without the text that it repeats."""
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
    """The text of a resumed response: the received text, then what its continuation adds."""

    __slots__ = ("_seam",)

    def __init__(self, text: str, seam: Seam) -> None:
        super().__init__([text])
        self._seam = seam

    def append(self, piece: str, /) -> None:
        """Append a piece of the continuation, without the text that it repeats."""
        super().append(self._seam.new(piece) if self._seam.open else piece)


@dataclass(frozen=True, slots=True)
class Interruption:
    """An interrupted response whose text is resumed."""

    text: str
    error: Exception
    """The error that interrupted it."""
    is_new: bool
    """False if the last attempt added no text: it resumed the same text, and failed too."""
    seam: Seam

    def initial_text(self) -> Text:
        """Return the text that the accumulator of the continuation starts with."""
        return ContinuedText(self.text, self.seam) if self.seam.open else Text([self.text])

    def pairs(
        self, pairs: Iterator[tuple[ChunkT, ToolT | None]], accumulator: Accumulator[Any, Any]
    ) -> Iterator[tuple[ChunkT, ToolT | None]]:
        """Yield the pairs of the continuation. The content of each chunk is only text that the interrupted response did
        not have.
        """
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
    """Return the interruption to resume from, or None if the response cannot be resumed.

    `before` is the interruption that this attempt resumed. If the attempt added no text, the error of `before` is kept.
    """
    text = accumulator.resumable_text
    if text is None or not text.strip():
        return None
    seam = Seam(text, echoes=prefill.echoes)
    if before is not None and before.text == text:
        return Interruption(text, before.error, False, seam)
    return Interruption(text, error, True, seam)
