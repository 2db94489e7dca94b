"""What a block that records and one that replays have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from ..interception import Exchange, handling
from .exchange import RecordedRequest


class Recording(ABC):
    """Requests that are recorded, or answered from a recording, while its `with` or `async with` block runs.

    `record` and `replay` make one; it can be entered once.
    """

    answers = True

    def __init__(self, path: Path) -> None:
        self.path = path
        """The file."""
        self._entered: ExitStack | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {str(self.path)!r}: {len(self.requests)} requests>"

    @property
    @abstractmethod
    def requests(self) -> list[RecordedRequest]:
        """The requests of the block so far, without keys, in the order in which they were sent."""

    @abstractmethod
    def exchange(self, method: str, url: str, headers: Mapping[str, str]) -> Exchange | None:
        """Return the exchange of an HTTP request. For the interception."""

    @abstractmethod
    def _begin(self, entered: ExitStack) -> None: ...

    @abstractmethod
    def _end(self, error: BaseException | None) -> None: ...

    def __enter__(self) -> Self:
        if self._entered is not None:
            raise RuntimeError("a recording can be entered once: make another one with record(...) or replay(...)")
        self._entered = ExitStack()
        self._begin(self._entered)
        self._entered.enter_context(handling(self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._entered is not None:
            self._entered.close()
        self._end(error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)
