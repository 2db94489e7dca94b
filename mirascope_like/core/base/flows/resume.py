"""Resumes an interrupted response from the text that was already received.

Does no I/O, so that sync and async code share it. Imported when a stream fails for the first time.
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
"""Call parameters that request something else than plain text, such as JSON or audio."""


def plain(request: Request) -> bool:
    """Return True if the request asks for one response in plain text. Only such a response can be resumed."""
    params = request.call_params
    formed = request.structure is not None or request.json_mode or any(params.get(one) for one in _FORMS)
    return not formed and (params.get("n") or 1) == 1


class Seam:
    """Joins an interrupted text with its continuation, and removes text that the continuation repeats.

    Some providers repeat the whole text at the beginning of the continuation. The whitespace at the end of the text is
    not sent (Anthropic rejects it; other models continue badly after it), so the model generates that whitespace again.
    """

    def __init__(self, text: str, *, echoes: bool) -> None:
        self.sent: str = text.rstrip()
        self._echo: str = self.sent if echoes else ""
        self._space: str = text[len(self.sent) :]
        self._held: str = ""

    @property
    def open(self) -> bool:
        """True while the next piece of the continuation may still repeat received text."""
        return bool(self._echo or self._space)

    def new(self, piece: str) -> str:
        """Return the part of a piece that is new: the piece without text that was received before."""
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
    """The text of a resumed response. Starts with the received text; pieces of the continuation are appended to it
    without repetitions.
    """

    __slots__ = ("_seam",)

    def __init__(self, text: str, seam: Seam) -> None:
        super().__init__([text])
        self._seam = seam

    def append(self, piece: str, /) -> None:
        """Append the new part of a piece of the continuation; text that the piece repeats is dropped."""
        super().append(self._seam.new(piece) if self._seam.open else piece)


@dataclass(frozen=True, slots=True)
class Interruption:
    """The text and the error of an interrupted response, from which the next attempt resumes."""

    text: str
    error: Exception
    """The error that interrupted the response."""
    is_new: bool
    """True if the failed attempt added text. False if it added none: it resumed from the same text as this
    interruption.
    """
    seam: Seam

    def initial_text(self) -> Text:
        """Return the text object with which the accumulator of the next attempt starts."""
        return ContinuedText(self.text, self.seam) if self.seam.open else Text([self.text])

    def pairs(
        self, pairs: Iterator[tuple[ChunkT, ToolT | None]], accumulator: Accumulator[Any, Any]
    ) -> Iterator[tuple[ChunkT, ToolT | None]]:
        """Yield the (chunk, tool) pairs of the continuation. Text that the interrupted response already had is
        removed from the content of the chunks.
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
    """Return the interruption from which the next attempt can resume, or None if the response cannot be resumed.

    `before` is the interruption that the failed attempt resumed from, or None. If the attempt added no text, the error
    of `before` is kept in place of `error`.
    """
    text = accumulator.resumable_text
    if text is None or not text.strip():
        return None
    seam = Seam(text, echoes=prefill.echoes)
    if before is not None and before.text == text:
        return Interruption(text, before.error, False, seam)
    return Interruption(text, error, True, seam)
