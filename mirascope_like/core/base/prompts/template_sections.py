"""Splits a template into sections: removes indentation and finds the role words that begin a section.

Does not know fields and values. Each line keeps its offset in the original text, so that errors can report positions
after indentation was removed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, NamedTuple, TypeAlias, cast

from ..errors import PromptError

Heading: TypeAlias = Literal["system", "user", "assistant", "messages"]
"""The word that begins a section: a role, or "messages" for a history."""

_HEADING = re.compile(r"(SYSTEM|USER|ASSISTANT|MESSAGES):")


class Line(NamedTuple):
    """A line without its line break, and its offset in the original text."""

    at: int
    text: str

    def cut(self, count: int) -> Line:
        """Return the line without its first `count` characters."""
        text = self.text[count:]
        return Line(self.at + len(self.text) - len(text), text)


@dataclass(frozen=True, slots=True)
class Section:
    """The text after one heading, without blank space around it."""

    heading: Heading
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The lines of the section, joined by newlines."""
        return "\n".join(line.text for line in self.lines)

    def origin(self, offset: int) -> int:
        """Convert an offset in the section's text to the offset in the original text."""
        starts = list(accumulate((len(line.text) + 1 for line in self.lines[:-1]), initial=0))
        row = bisect_right(starts, offset) - 1
        return self.lines[row].at + offset - starts[row]


def sections(template: str) -> list[Section]:
    """Return the sections of a template, in order. Empty sections are left out.

    Indentation that all lines share is removed first. Then a role word at the start of a line begins a section. Text
    before the first role word is a user message.
    """
    found: list[tuple[Heading, list[Line]]] = [("user", [])]
    for line in _dedented(_lines(template)):
        if heading := _HEADING.match(line.text):
            found.append((cast("Heading", heading[1].lower()), [line.cut(heading.end())]))
        else:
            found[-1][1].append(line)
    trimmed = [Section(heading, _trimmed(lines)) for heading, lines in found]
    return [section for section in trimmed if section.lines]


def error_at(message: str, template: str, at: int) -> PromptError:
    """Return an error for an offset in a template. Its message ends with the line and column."""
    line = template.count("\n", 0, at) + 1
    column = at - (template.rfind("\n", 0, at) + 1) + 1
    return PromptError(f"{message} (line {line}, column {column})", template=template, position=at)


def _lines(text: str) -> list[Line]:
    lines = text.split("\n")
    starts = accumulate((len(line) + 1 for line in lines[:-1]), initial=0)
    return [Line(at, line.removesuffix("\r")) for at, line in zip(starts, lines, strict=True)]


def _dedented(lines: Sequence[Line]) -> list[Line]:
    r"""Remove the indentation that comes from the source code around the template.

    A first line with text usually follows the opening quotes, so its indentation is unknown. Then the indentation of
    the other lines is removed only if a role word has that indentation, or the closing quotes are indented. Otherwise
    it belongs to the text, as in "USER: Mend this:\\n    if x:\\n        y".
    """
    first, *rest = lines
    margin = _margin(rest)
    if first.text.strip() and not any(_HEADING.match(line.text, margin) for line in rest):
        closing = rest[-1].text if rest and not rest[-1].text.strip() else ""
        margin = min(margin, max(_indent(first.text), len(closing)))
    return [first.cut(_indent(first.text)), *(line.cut(margin) for line in rest)]


def _trimmed(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Remove blank lines and blank space around the text of a section. If the text begins below its heading, remove
    its indentation.
    """
    filled = [row for row, line in enumerate(lines) if line.text.strip()]
    if not filled:
        return ()
    kept = list(lines[filled[0] : filled[-1] + 1])
    indent = _margin(kept) if filled[0] > 0 else 0  # text on the heading line: keep the indentation below it
    kept = [line.cut(indent) for line in kept]
    kept[0] = kept[0].cut(_indent(kept[0].text))
    kept[-1] = Line(kept[-1].at, kept[-1].text.rstrip())
    return tuple(kept)


def _margin(lines: Iterable[Line]) -> int:
    return min((_indent(line.text) for line in lines if line.text.strip()), default=0)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" \t"))
