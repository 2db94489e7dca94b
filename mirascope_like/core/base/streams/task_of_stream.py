"""Makes an async stream a coroutine for asyncio: a task can await it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator
from typing import TYPE_CHECKING, Any


class Awaited:
    """Base class of async streams, with the methods of a coroutine that `asyncio.create_task` calls.

    A streamed call of an async function returns a stream, and in Mirascope v1 it returned a coroutine. With these
    methods, `asyncio.run`, `create_task` and a task group accept it. The result of the task is the stream.
    """

    _awaiting: Generator[Any, Any, Any] | None = None

    @abstractmethod
    def __await__(self) -> Generator[Any, Any, Any]: ...

    if not TYPE_CHECKING:  # an editor would offer them to readers of the stream

        def send(self, value: Any) -> Any:
            """Continue to await the stream. Only a task calls this."""
            return self._step("send", value)

        def throw(self, *error: Any) -> Any:
            """Raise an error, such as a cancellation, where the stream is awaited. Only a task calls this."""
            return self._step("throw", *error)

        def _step(self, name: str, *given: Any) -> Any:
            if self._awaiting is None:
                self._awaiting = self.__await__()
            try:
                return getattr(self._awaiting, name)(*given)
            except BaseException:  # also StopIteration, which has the stream
                self._awaiting = None
                raise
