"""What logs, files and the command line show of an error: its class, its text and its notes, whatever these are."""

from __future__ import annotations

from typing import Any

import pytest

from mirascope_like.core.base.runtime import error_summary


class Odd(Exception):
    """An error of a program, with notes of a type that Python does not know."""

    def __init__(self, text: str, notes: Any) -> None:
        super().__init__(text)
        self.__notes__ = notes


class Broken(Exception):
    @property
    def __notes__(self) -> Any:
        raise RuntimeError

    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError(), "ValueError"),
        (ValueError("missing field a:"), "ValueError: missing field a:"),
        (Odd("a", ["b", "c.", "d"]), "Odd: a. b. c. d"),
        (Odd("a?", ["b"]), "Odd: a? b"),
        (Odd("", ["b"]), "Odd: b"),
        (Odd("a", ["b", 3, None]), "Odd: a. b"),
        (Odd("a", None), "Odd: a"),
        (Odd("a", 5), "Odd: a"),
        (Odd("a", "abc"), "Odd: a"),
        (Broken(), "Broken"),
    ],
    ids=lambda one: one if isinstance(one, str) else type(one).__name__,
)
def test_text(error: Exception, text: str) -> None:
    assert error_summary(error) == text
