"""Reports what passes through a response of the network to an observer, while the program reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from typing import Any

from ...core.base.provider import PRESENT
from .registry import Observer


@contextmanager
def sending(observer: Observer) -> Generator[None]:
    """Context manager: send the request in its block. An error in it is reported."""
    try:
        yield
    except BaseException as error:
        opening = PRESENT.get()
        if opening is not None and opening.abandoned:
            observer.left()
        observer.failed(error)
        raise


class ObservedBody:
    """The pieces of a sync response. `body` has them, and `close()`."""

    def __init__(self, body: Any, observer: Observer) -> None:
        self._body, self._observer = body, observer
        self._pieces: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            if self._pieces is None:
                self._pieces = iter(self._body)
            piece = next(self._pieces)
        except StopIteration:
            self._observer.ended()
            raise
        except BaseException as error:
            self._observer.failed(error)
            raise
        self._observer.received(piece)
        return piece

    def close(self) -> None:
        """Close the connection, if the response was not read to its end."""
        self._observer.left()
        self._body.close()


class AsyncObservedBody:
    """Async version of `ObservedBody`. `body` has `aclose()`."""

    def __init__(self, body: Any, observer: Observer) -> None:
        self._body, self._observer = body, observer
        self._pieces: AsyncIterator[bytes] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            if self._pieces is None:
                self._pieces = aiter(self._body)
            piece = await anext(self._pieces)
        except StopAsyncIteration:
            self._observer.ended()
            raise
        except BaseException as error:
            self._observer.failed(error)
            raise
        self._observer.received(piece)
        return piece

    async def aclose(self) -> None:
        """Close the connection, if the response was not read to its end."""
        self._observer.left()
        await self._body.aclose()


class ObservedNetwork:
    """The network stream of a response. A shutdown, with which another thread ends a read, is reported first."""

    def __init__(self, network: Any, observer: Observer) -> None:
        self._network, self._observer = network, observer

    def get_extra_info(self, name: str) -> Any:
        """Return a property of the network stream."""
        found: Any = self._network.get_extra_info(name)
        return ObservedSocket(found, self._observer) if name == "socket" and found is not None else found

    async def aclose(self) -> None:
        """Close it, if it is an async one."""
        self._observer.left()
        await self._network.aclose()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)


class ObservedSocket:
    """A socket whose shutdown is reported."""

    def __init__(self, socket: Any, observer: Observer) -> None:
        self._socket, self._observer = socket, observer

    def shutdown(self, how: int) -> None:
        """Shut the socket down."""
        self._observer.left()
        self._socket.shutdown(how)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)
