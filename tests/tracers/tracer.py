"""What the check must know of a tracer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from tests.conformance.wires.answer import JSON


class BaseTracer(ABC):
    """Installed when it is made: from then on it records the calls of this process, or those of wrapped clients."""

    wraps: ClassVar[bool] = False
    """Whether a user has to wrap each client; else all clients are traced, the library's default ones too."""
    measured: ClassVar[Sequence[str]] = ()
    """Patterns of paths in a record whose values differ from call to call: ids, times. Types are compared."""
    allowed: ClassVar[Mapping[str, str]] = {}
    """Patterns of paths that may differ from the bare SDK's record, each with the reason."""
    unsupported: ClassVar[Mapping[str, str]] = {}
    """Patterns of exchanges of which nothing is recorded for the bare SDK either, or which fail, with the reasons."""

    def wrap(self, client: Any) -> Any:
        """Return a client that is traced."""
        return client

    @contextmanager
    def surrounding(self) -> Iterator[None]:
        """Make an exchange within a span of the user's own, for tracers that have spans."""
        yield

    @abstractmethod
    def collect(self) -> list[JSON]:
        """Return what was recorded since the last time, oldest first, and forget it."""
