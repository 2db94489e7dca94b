"""What `dir` lists of a module: completion in editors and notebooks shows that, and not what the module imports."""

from __future__ import annotations

from collections.abc import Sequence


class Listing:
    """The `__dir__` of a module that lists its public names only."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def __call__(self) -> list[str]:
        """Return the names."""
        return list(self._names)
