"""One request of a stream, and the steps of the loop that sends it. Does no I/O; sync and async code share it.

The functions of `policies` return steps; `stream_loop` executes them.
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
    """One request and what has arrived of its response.

    Each request has its own attempt: the first one of a call or fallback, each retry, each resume, and each round of a
    tool loop. `retried` and `resumed` count the earlier attempts of the same round; each round starts at zero.
    """

    provider: Any
    """The `Provider` that encodes and sends the request, and decodes the response."""
    request: Request
    payload: dict[str, Any]
    """The request, encoded by the provider. A retry or resume of this attempt starts from it again."""
    sent: dict[str, Any]
    """The payload that is sent: `payload`, or when resuming, `payload` with the received text as its last message."""
    accumulator: Accumulator[Any, Any]
    retried: int = 0
    """How many times the round has been retried: before any output."""
    resumed: int = 0
    """How many times the round has been resumed: after some output."""
    resumed_from: Interruption | None = None
    """The text that this attempt resumes, and the error that interrupted it; None if it does not resume."""
    interrupted: Sequence[Any] = ()
    """The partial responses, of the provider's response type, of the attempts that this one resumes."""
    round: int = 0
    """The number of earlier rounds of the tool loop."""

    @classmethod
    def first(cls, provider: Any, request: Request, *, round: int = 0) -> Self:
        """Return the first attempt of a round."""
        payload = provider.payload(request)
        return cls(provider, request, payload, payload, _accumulator(provider, request, round), round=round)

    def again(self, **changes: Any) -> Self:
        """Return the next attempt of the same round: this one with an empty accumulator and the given changes."""
        return replace(self, accumulator=_accumulator(self.provider, self.request, self.round), **changes)

    def decoder(self, *, typed: bool) -> Callable[[Any], Iterator[tuple[Any, Any]]]:
        """Return the function that decodes the events of one read into pairs `(chunk, tool or None)`.

        `typed` is True for events that are objects of the SDK, False for bytes.
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
    """Send a request."""

    attempt: Attempt
    delay: float = 0.0
    """The seconds to wait before that."""


class Switch(NamedTuple):
    """Read a fallback instead: the request of the stream that `make` returns."""

    make: Callable[[], Any]
    error: Exception
    """The error that it is tried after."""


class Finish(NamedTuple):
    """End the stream, without an error."""


class Fail(NamedTuple):
    """End the stream with an error."""

    error: Exception


Step: TypeAlias = Send | Switch | RunTools | Finish | Fail
