"""What `dir` lists of a module: completion in editors and notebooks shows that, and not what the module imports."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def listing(names: Sequence[str]) -> Callable[[], list[str]]:
    """Return the `__dir__` of a module that lists these names only."""
    return lambda: list(names)
