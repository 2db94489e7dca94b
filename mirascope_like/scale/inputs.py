"""The inputs of a run: numbered, and pulled one by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterable, Iterator, Sized
from typing import Any, Generic, NamedTuple, TypeVar

A = TypeVar("A")


class Given(NamedTuple):
    """One input with its place."""

    number: int
    sample: int
    value: Any


class Inputs(Generic[A]):
    """Pulls inputs from an iterable or an async iterable, each `samples` times."""

    def __init__(self, inputs: Iterable[A] | AsyncIterable[A], samples: int = 1) -> None:
        self._inputs: Any = inputs
        if not isinstance(self._inputs, Iterable | AsyncIterable):
            raise TypeError(f"inputs must be an iterable or an async iterable, not {type(self._inputs).__name__}")
        self._samples = samples
        self._iterator: Any = None
        self._asynchronous = isinstance(inputs, AsyncIterable)
        self._pulling = asyncio.Lock()
        self._number = -1
        self._sample = samples - 1
        self._value: Any = None
        self.ended: bool = False
        """True once there are no further inputs."""

    @property
    def total(self) -> int | None:
        """The number of items, if it is known."""
        return len(self._inputs) * self._samples if isinstance(self._inputs, Sized) else None

    async def take(self) -> Given | None:
        """Return the next input; None if there are no more. Raises what the iterable raises."""
        async with self._pulling:
            if self.ended:
                return None
            if self._sample + 1 < self._samples:
                self._sample += 1
            else:
                try:
                    self._value = await self._next()
                except BaseException:
                    self.ended = True
                    raise
                if self._value is _END:
                    self.ended = True
                    return None
                self._number += 1
                self._sample = 0
            return Given(self._number, self._sample, self._value)

    async def _next(self) -> Any:
        """Return the next value, or `_END`."""
        if self._iterator is None:
            self._iterator = aiter(self._inputs) if self._asynchronous else iter(self._inputs)
        if self._asynchronous:
            return await anext(self._iterator, _END)
        return next(self._iterator, _END)

    def peek(self) -> Iterator[A]:
        """Return an iterator over all inputs, before the first is taken. Those of an iterator are kept in memory.

        Raises `TypeError` for an async iterable, which can be read only once.
        """
        if self._asynchronous:
            raise TypeError("the inputs of an async iterable can be read only once: collect them in a list")
        found: list[A]
        if iter(self._inputs) is self._inputs:
            found = self._inputs = list(self._inputs)
            return iter(found)
        return iter(self._inputs)


_END: Any = object()
