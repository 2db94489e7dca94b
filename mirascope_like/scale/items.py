"""What a map yields for each input: `Done` with the value, or `Failed` with the error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from ..core.base.response import CommonUsage

A = TypeVar("A")
R = TypeVar("R")

Source: TypeAlias = Literal["live", "store", "duplicate", "batch"]
"""Where the responses of an item are from: a request that was sent, the store of an earlier run, an equal request of
the same run, or a provider's batch. An item with several requests has the first of these that one of them has.
"""
SOURCES: tuple[Source, ...] = ("live", "batch", "duplicate", "store")
"""The sources in the order in which they name an item with several requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item(Generic[A]):
    input: A
    """The input, as it was passed."""
    number: int
    """The place of the input among all inputs, from 0."""
    sample: int = 0
    """The number of the sample, from 0. More than 0 only with `samples`."""
    key: str | None = None
    """The key of the first request, as in the store, in hexadecimal. None if no request was made."""
    attempts: int = 0
    """How many requests were sent, without those that the provider refused for a rate limit."""
    cost: float | None = None
    """The cost of the requests in US dollars, of whichever run has paid it; 0 for duplicates. None if a price is not
    known.
    """
    usage: CommonUsage | None = None
    """The tokens of all requests. None if they are not known."""
    seconds: float = 0.0
    """The seconds from the start of the call to its end, with its waits."""
    source: Source = "live"
    """Where the responses are from."""
    response: Any = None
    """The last response of the call. None if there is none. Its own `cost` is never the price in a batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(_Item[A], Generic[A, R]):
    """An input whose call returned a value."""

    value: R
    """What the call returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(_Item[A]):
    """An input whose call raised an error."""

    error: Exception
    """The error. A `ResponseParseError` has the response that does not fit; `response` has it too."""


Item: TypeAlias = Done[A, R] | Failed[A]
