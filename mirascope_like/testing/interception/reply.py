"""The HTTP responses with which requests are answered, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing is sent for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Until:
    """Nothing is sent until this time of `CLOCK.monotonic()`."""

    time: float


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is lost."""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The client stops waiting: its read timeout has passed."""


@dataclass(frozen=True, slots=True)
class Fail:
    """Reading fails with an error that is not one of the library."""

    error: BaseException


HTTPStep: TypeAlias = bytes | Gap | Until | Cut | TimedOut | Fail


@dataclass(frozen=True, slots=True)
class HTTPReply:
    """An HTTP response: its status, and its body step by step."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    steps: Sequence[HTTPStep] = ()
    delay: float = 0.0
    """The time before the response, in seconds."""
    failure: Cut | TimedOut | Fail | None = None
    """What happens in place of a response; None if there is one."""
