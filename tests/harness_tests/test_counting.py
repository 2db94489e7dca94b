"""How many functions a program calls, whatever garbage there is."""

from __future__ import annotations

from typing import Any

from tests.harness.counting import calls_of


class Circle:
    """Garbage whose finalizer calls functions."""

    def __init__(self) -> None:
        self.itself: Any = self

    def __del__(self) -> None:
        for _ in range(100):
            abs(1)


def test_finalizers_of_garbage_are_not_counted() -> None:
    kept: list[list[int]] = []
    for _ in range(200):
        Circle()
    counted = calls_of(lambda: kept.extend([one] for one in range(5000)))  # enough objects for a search for garbage
    assert counted <= 5010
