"""One request of a stream, and the steps of the loop that sends it. Does no I/O and knows nothing of `async`.

`policies` return steps, `stream_loop` takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

from ..request import Request
from ..response import Accumulator

if TYPE_CHECKING:
    from ..flows import Interruption
    from ..tools import ToolLoop


@dataclass(slots=True, eq=False)
class Attempt:
    """One request that is sent, and what has arrived of its answer.

    Made anew for each request: a retry, a resume, a fallback and a round of a tool loop each begin with an attempt of
    their own. The counters say how this one came about; a round begins with zeros.
    """

    provider: Any
    request: Request
    payload: dict[str, Any]
    """The request as the provider takes it."""
    sent: dict[str, Any]
    """What is sent: the payload, and for an attempt that resumes, the text to resume from."""
    accumulator: Accumulator[Any, Any]
    retried: int = 0
    """How many attempts of the round failed before any output."""
    resumed: int = 0
    """How many attempts of the round broke off within a text."""
    resumed_from: Interruption | None = None
    """The text that this attempt resumes."""
    interrupted: Sequence[Any] = ()
    """The partial responses of the attempts that this one resumes."""
    round: int = 0
    """The number of tool rounds before this one."""

    @classmethod
    def first(cls, provider: Any, request: Request, *, round: int = 0) -> Self:
        """Return the first attempt of a round."""
        payload = provider.payload(request)
        return cls(provider, request, payload, payload, _accumulator(provider, request), round=round)

    def again(self, **changes: Any) -> Self:
        """Return the attempt that follows this one in the same round."""
        return replace(self, accumulator=_accumulator(self.provider, self.request), **changes)

    def reader(self, *, typed: bool) -> Callable[[Any], Iterator[tuple[Any, Any]]]:
        """Return the function that turns events into pairs; `typed` events are objects of the SDK, others bytes."""
        accumulator, resumed_from = self.accumulator, self.resumed_from
        read = accumulator.read_objects if typed else accumulator.read
        return read if resumed_from is None else lambda events: resumed_from.pairs(read(events), accumulator)


def _accumulator(provider: Any, request: Request) -> Accumulator[Any, Any]:
    accumulator: Accumulator[Any, Any] = provider.accumulator(request)
    if request.structure is not None:
        request.answer_deltas.clear()
        accumulator.collect_answer(request.structure.name, request.answer_deltas)
    return accumulator


class Send(NamedTuple):
    """Send a request, after a delay in seconds."""

    attempt: Attempt
    delay: float = 0.0


class Switch(NamedTuple):
    """Make another stream, and read that one instead."""

    make: Callable[[], Any]


class RunTools(NamedTuple):
    """Run the tools that the model called, and send their results."""

    loop: ToolLoop
    tools: Sequence[Any]


class Finish(NamedTuple):
    """End the stream."""


class Fail(NamedTuple):
    """End the stream with an error."""

    error: Exception


Step: TypeAlias = Send | Switch | RunTools | Finish | Fail
