"""Attempts (requests of a stream), and the steps of the loop that sends them. Does no I/O; sync and async code share
it.

The functions of `policies` return steps, and `stream_loop` executes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

from ..flows import RunTools
from ..request import Request
from ..response import Accumulator

if TYPE_CHECKING:
    from ..flows import Interruption


@dataclass(slots=True, eq=False)
class Attempt:
    """One request of a stream, and what has arrived of its response.

    Each request is a separate attempt: the first request of a call or fallback, each retry, each resume, and each round
    of a tool loop. `retried` and `resumed` count the earlier attempts of the same round; they are 0 at the beginning of
    a round.
    """

    provider: Any
    """The `Provider` that encodes and sends the request and decodes the response."""
    request: Request
    payload: dict[str, Any]
    """The request, encoded by the provider. Retries and resumes of this attempt start from it."""
    sent: dict[str, Any]
    """The payload that is sent: `payload`, or, if this attempt resumes, `payload` with the received text as its last
    message.
    """
    accumulator: Accumulator[Any, Any]
    retried: int = 0
    """The number of retries in this round (attempts after a failure before any output)."""
    resumed: int = 0
    """The number of resumes in this round (attempts after a failure later than the first output)."""
    resumed_from: Interruption | None = None
    """The text from which this attempt resumes, and the error that interrupted it; None if this attempt does not
    resume.
    """
    interrupted: Sequence[Any] = ()
    """The partial responses of the interrupted attempts from which this attempt resumes."""
    round: int = 0
    """The number of earlier rounds of the tool loop."""

    @classmethod
    def first(cls, provider: Any, request: Request, *, round: int = 0) -> Self:
        """Return the first attempt of a round."""
        payload = provider.payload(request)
        return cls(provider, request, payload, payload, _accumulator(provider, request, round), round=round)

    def again(self, **changes: Any) -> Self:
        """Return the next attempt of the same round: a copy of this one with an empty accumulator and the given
        changes.
        """
        return replace(self, accumulator=_accumulator(self.provider, self.request, self.round), **changes)

    def decoder(self, *, typed: bool) -> Callable[[Any], Iterator[tuple[Any, Any]]]:
        """Return the function that decodes the events of one read. It yields (chunk, tool or None) pairs.

        `typed` is True if the events are objects of the SDK, and False if they are bytes.
        """
        accumulator, resumed_from = self.accumulator, self.resumed_from
        decode = accumulator.read_objects if typed else accumulator.read
        return decode if resumed_from is None else lambda events: resumed_from.pairs(decode(events), accumulator)


def _accumulator(provider: Any, request: Request, round: int) -> Accumulator[Any, Any]:
    accumulator: Accumulator[Any, Any] = provider.accumulator(request)
    if request.structure is not None:
        request.answer_deltas.begin(round)
        accumulator.collect_answer(request.structure.name, request.answer_deltas)
    return accumulator


class Send(NamedTuple):
    """Step: send a request."""

    attempt: Attempt
    delay: float = 0.0
    """The seconds to wait before sending it."""


class Switch(NamedTuple):
    """Step: fall back. `make` returns the stream whose request is read next."""

    make: Callable[[], Any]
    error: Exception
    """The error after which this fallback is tried."""


class Finish(NamedTuple):
    """Step: end the stream without an error."""


class Fail(NamedTuple):
    """Step: end the stream with an error."""

    error: Exception


Step: TypeAlias = Send | Switch | RunTools | Finish | Fail
