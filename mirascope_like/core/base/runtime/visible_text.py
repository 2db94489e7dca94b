"""Text that is safe to print in a terminal, whoever wrote it, and the texts of errors. Used by live displays, logs and
traces.
"""

from __future__ import annotations

import re
from typing import Any

_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""Control characters but tab and line feed, characters that change the direction of text or are invisible, and halves
of characters. Not those that join others: emoji and some scripts need them.
"""
_LIST: Any = list
"""For `isinstance` where type checkers shall not know of items of an unknown type."""


def visible(text: str) -> str:
    """Return a text with its control characters and invisible characters as escapes, such as "\\x1b"."""
    return _CONTROLS.sub(lambda match: match[0].encode("unicode_escape", "surrogatepass").decode(), text)


def visible_in_json(text: str) -> str:
    """Return JSON text of the same value, with the characters that `visible` replaces as escapes of JSON."""
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def error_text(error: BaseException) -> str:
    """Return the text of an error; "" if its class fails to make one, so that a record of the error is not lost."""
    try:
        return str(error)
    except Exception:  # a mistake in a class of the program
        return ""


def error_notes(error: BaseException) -> list[str]:
    """Return the notes of an error; none if its class has something else under their name."""
    try:
        given: Any = error.__notes__
    except Exception:  # it has none, or a mistake in a class of the program
        return []
    notes: list[Any] = given if isinstance(given, _LIST) else []
    return [note for note in notes if isinstance(note, str)]


def error_summary(error: BaseException) -> str:
    """Return the name of the class of an error, its text, and its notes, which say what to do."""
    text, *notes = [one for one in (error_text(error), *error_notes(error)) if one] or [""]
    for note in notes:
        text += f" {note}" if text.endswith((".", "!", "?", ":")) else f". {note}"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
