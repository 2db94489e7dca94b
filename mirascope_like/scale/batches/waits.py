"""The waits of batches: how often a provider is asked. Tests replace `sleep`."""

from __future__ import annotations

from ...core.base.runtime import sleep

__all__ = ["FIRST", "LONGEST", "QUEUED", "longer", "sleep"]

FIRST = 10.0
"""The seconds before a provider is asked a second time."""
LONGEST = 300.0
"""The longest wait between two questions, in seconds."""
QUEUED = 600.0
"""The seconds before a batch is submitted again for which the provider has no room."""


def longer(wait: float) -> float:
    """Return the wait after a wait."""
    return min(LONGEST, wait * 1.5)
