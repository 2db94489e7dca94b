"""What a stream and its loop share: all that has arrived, the state, and what the call wants done at the end.

Does no I/O and knows nothing of `async`. A `Transcript` refers neither to the stream nor to the loop's generator: so a
stream that is dropped is closed at once, by its reference count.
"""

from __future__ import annotations

import logging
from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import ConfigurationError, StreamInterruptedError, StreamTimeoutError
from ..flows import next_round
from ..request import Request
from ..response import Accumulator
from ..runtime import CLOCK
from .attempt import Attempt, Send, Step
from .deadlines import Deadlines

if TYPE_CHECKING:
    from ..tools import ToolResultEvent

log: logging.Logger = logging.getLogger(__name__)

OnEnd: TypeAlias = Callable[["Transcript"], Any]
"""A function called once when a stream has ended."""
Policy: TypeAlias = Callable[["Transcript", Exception | None], Step | None]
"""Returns what follows an attempt that ended (None) or failed (its error); None leaves that to the next policy."""


class StreamState(StrEnum):
    """Where a stream stands.

    | from | to | when |
    | --- | --- | --- |
    | NEW | OPEN | the first request is sent |
    | NEW | CLOSED | it is closed or dropped before that, even while an async prompt function runs |
    | NEW | FAILED | an async prompt function raises, and no fallback is left |
    | OPEN | DONE | the answer, or the last round of a tool loop, has been read to its end |
    | OPEN | CLOSED | it is closed, dropped or stopped by `until`, here or elsewhere (no `error`) |
    | OPEN | CLOSED | its task is cancelled, or the keyboard interrupts it (`error` is that) |
    | OPEN | FAILED | an error is raised that no policy recovers from (`error` is that) |

    Waiting, opening, reading, running tools and falling back are places in the loop, not states.

    Invariants, and where each is kept:

    1. DONE, CLOSED and FAILED are final: `Transcript.end` ignores a second end.
    2. Only the loop changes the attempt, the rounds and the results. Others write `closing`, `pause`, the deadlines,
       and the policies and callbacks of the lowest plan.
    3. `policies.next_step` alone decides what follows an attempt. Closing comes first, then a passed `total`.
    4. The loop closes the connection of an attempt in the attempt's own `finally`, so there is at most one.
    5. A callback is removed before it runs (`Transcript.take_on_end`): it runs once, an inner call's before an outer's.
    6. No deadline and no cancel scope is active while the loop yields: they stand inside the methods of `connection`
       and in the waits of `stream_loop`.
    7. Nothing that the loop refers to refers to the stream.
    8. `closing` knows what ends the present wait: see `CloseRequest`.
    """

    NEW = "new"
    """Nothing has been sent."""
    OPEN = "open"
    """The answer is arriving."""
    DONE = "done"
    """The whole answer has been read."""
    CLOSED = "closed"
    """Closed before its end."""
    FAILED = "failed"
    """Ended by an error."""


class Pause(Enum):
    """Where the loop is to yield once, before it yields pairs."""

    PREPARED = auto()
    """The request is known, and not sent yet."""
    OPENED = auto()
    """The answer begins."""


class CloseRequest:
    """Makes the loop end soon while it runs in another thread or task.

    The loop registers what ends its wait before it looks whether to wait; the closer sets `requested` before it calls
    what is registered. So whatever the order, either the loop does not wait or its wait is ended.
    """

    def __init__(self) -> None:
        self.requested: bool = False
        """True once the stream is to be closed: the loop then ends without an error."""
        self._interrupt: Callable[[], object] | None = None

    def interrupt_with(self, interrupt: Callable[[], object]) -> bool:
        """Register what ends the wait that follows, callable from anywhere. Return False if there is to be none."""
        self._interrupt = interrupt
        return not self.requested

    def request(self) -> None:
        """Close the stream."""
        self.requested = True
        if (interrupt := self._interrupt) is not None:
            interrupt()

    def forget(self) -> None:
        """Refer to the last wait no longer."""
        self._interrupt = None


@dataclass(slots=True, eq=False)
class Plan:
    """What one call wants done with its stream."""

    policies: Sequence[Policy] = ()
    """What follows an attempt, asked in this order."""
    on_end: list[OnEnd] = field(default_factory=list[OnEnd])


class Transcript:
    """All that has arrived of a stream, readable at any time.

    Made with the stream; a fallback's transcript is adopted by that of the stream that falls back.
    """

    def __init__(
        self,
        provider: Any,
        request: Request | None,
        policies: Sequence[Policy],
        prepare: Callable[[], Awaitable[Request]] | None = None,
    ) -> None:
        """`prepare` makes the request where `request` is None: it calls an async prompt function."""
        self.state: StreamState = StreamState.NEW
        self.error: BaseException | None = None
        """Why the stream ended early, where it is not by closing."""
        self.start_time: float | None = None
        """When the present round was sent, in milliseconds since 1970."""
        self.end_time: float | None = None
        self.provider: Any = provider
        self.prepare = prepare
        self.attempt: Attempt | None = Attempt.first(provider, request) if request is not None else None
        """The present or last attempt; None until an async prompt function has returned."""
        self.rounds: list[Any] = []
        """The responses of the tool rounds that are over."""
        self.earlier_content: str = ""
        """The text of those rounds."""
        self.tool_results: list[ToolResultEvent[Any]] = []
        """What the tools of the last of them returned, until a view has shown it."""
        self.deadlines: Deadlines = Deadlines()
        self.plans: list[Plan] = [Plan(policies)]
        """The plan of the call, and on top of it those of the calls that are its fallbacks."""
        self.abandoned: list[Callable[[], Any]] = []
        """The on-end callbacks of fallbacks that have failed, until they have run."""
        self.caught: list[Exception] = []
        """The errors after which a fallback was tried."""
        self.pause: Pause | None = None
        self.closing: CloseRequest = CloseRequest()
        self._response: Any = None
        """The rebuilt response, once the stream is DONE."""

    # What the loop writes

    def pauses_at(self, place: Pause) -> bool:
        """Return True if the loop is to yield at this place, once."""
        if self.pause is not place:
            return False
        self.pause = None
        return True

    def send(self, attempt: Attempt) -> Attempt:
        """Note that an attempt is sent now; return it."""
        if self.state is StreamState.NEW:
            self.state = StreamState.OPEN
        self.attempt = attempt
        resumed = attempt.resumed_from is not None
        self.deadlines.attempt_sent(resumed=resumed, later_round=attempt.round > 0)
        if not resumed:
            self.start_time = CLOCK.timestamp()
        return attempt

    def next_round(self, results: Sequence[ToolResultEvent[Any]]) -> Send:
        """Return the step that sends the next round of a tool loop, with the results of the tools of this one."""
        attempt, response = self.attempt, self.response()
        assert attempt is not None
        assert response is not None
        request = next_round(attempt.request, response, results, attempt.provider)
        request.answer_deltas.round += 1
        self.earlier_content += attempt.accumulator.content
        self.rounds = [*self.rounds, response]
        self.tool_results = list(results)
        self.attempt = Attempt.first(attempt.provider, request, round=attempt.round + 1)
        return Send(self.attempt)

    def adopt(self, stream: Any) -> None:
        """Continue with the request and the plan of another stream, which has not begun: the fallback of this one."""
        other: Any = getattr(stream, "_transcript", None)
        if not isinstance(other, Transcript):
            raise ConfigurationError(f"a fallback of a stream has to give a stream, not {type(stream).__name__}")
        plan, other.plans = other.plans[0], [Plan()]  # the other stream is dropped, and has not ended
        self.plans.append(plan)
        self.provider, self.prepare, self.attempt = other.provider, other.prepare, other.attempt

    def abandon(self, error: Exception) -> None:
        """Give up the topmost plan, whose call has failed. Its callbacks see that, though the stream continues."""
        failed = copy(self)
        failed.end(StreamState.FAILED, error)
        self.abandoned += [partial(on_end, failed) for on_end in self.plans.pop().on_end]

    def convert_error(self, error: Exception, source: Any = None) -> Exception:
        """Return the error to raise for one that an attempt failed with: ours, with the partial response."""
        if not isinstance(error, StreamTimeoutError) and self.attempt is not None:
            error = self.attempt.provider.failure(error, self.attempt.request, source)
        if isinstance(error, StreamInterruptedError | StreamTimeoutError):
            error._partial = self.response  # pyright: ignore[reportPrivateUsage]  # set here alone
        if isinstance(error, StreamInterruptedError):
            error.add_note(
                "The partial response is in `error.partial`. Use retry=, fallback= or resume= to recover automatically."
            )
        return error

    def end(self, state: StreamState, error: BaseException | None = None) -> None:
        """Note how the stream ended. The first end counts."""
        if self.state in (StreamState.NEW, StreamState.OPEN):
            if self.state is StreamState.OPEN or error is not None:
                self.end_time = CLOCK.timestamp()
            self.state, self.error = state, error
        self.closing.forget()

    def end_with(self, error: BaseException) -> None:
        """Note that the loop ends with an error. A cancelled task or an interrupt of the keyboard is no failure."""
        if isinstance(error, Exception):
            self.end(StreamState.FAILED, error)
            return
        # A dropped stream is closed by a task of asyncio's, which is cancelled when the event loop ends.
        dropped = isinstance(error, CancelledError) and raised_here(error)
        self.end(StreamState.CLOSED, None if dropped or self.closing.requested else error)

    # On-end callbacks

    def take_on_end(self, *, abandoned: bool = False) -> Iterator[Callable[[], Any]]:
        """Yield the callbacks to run now, and remove each: those of the plans that were abandoned, or all."""
        while self.abandoned:
            yield self.abandoned.pop(0)
        for plan in () if abandoned else reversed(self.plans):
            while plan.on_end:
                yield partial(plan.on_end.pop(0), self)

    def run(self, on_end: Callable[[], Any]) -> Any:
        """Run a callback. What it raises does not hide the error that ended the stream."""
        try:
            return on_end()
        except Exception:
            if self.error is None:
                raise
            log.exception("an on-end callback of a failed stream failed too")
            return None

    async def arun(self, on_end: Callable[[], Any]) -> None:
        """`run`, awaited where the callback returns an awaitable."""
        try:
            running = self.run(on_end)
            if isawaitable(running):
                await running
        except Exception:
            if self.error is None:
                raise
            log.exception("an on-end callback of a failed stream failed too")

    # What anybody may write

    def set_deadlines(self, **deadlines: float | None) -> None:
        """Give the stream deadlines; they count for what arrives from now on."""
        self.deadlines.set(**deadlines)
        if (accumulator := self.accumulator) is not None and not accumulator.empty:
            self.deadlines.received()
            if not accumulator.no_output:
                self.deadlines.output()

    # What has arrived

    @property
    def accumulator(self) -> Accumulator[Any, Any] | None:
        """The accumulator of the present attempt."""
        return self.attempt.accumulator if self.attempt is not None else None

    @property
    def content(self) -> str:
        """The text of all rounds."""
        return self.earlier_content + self.attempt.accumulator.content if self.attempt is not None else ""

    def response(self) -> Any:
        """Rebuild the response from what has arrived; None while nothing has."""
        if self._response is not None:
            return self._response
        attempt = self.attempt
        if attempt is None or attempt.accumulator.empty:
            arrived = self.rounds if attempt is None else [*self.rounds, *attempt.interrupted]
            return arrived[-1] if arrived else None
        provider, accumulator = attempt.provider, attempt.accumulator
        raw = provider.rebuilt(attempt.request, accumulator)
        end = self.end_time or CLOCK.timestamp()
        response = provider.respond(attempt.request, attempt.payload, raw, self.start_time or 0.0, end)
        response.attach_tools(accumulator.tools)
        response.set_earlier_rounds(self.rounds)
        response.set_interruptions(attempt.interrupted)
        if self.state is StreamState.DONE:
            self._response = response
        return response


def raised_here(error: BaseException) -> bool:
    """Return True if an error was raised by the frame that catches it, not by what that frame called.

    For the closing of a generator: the generator is running just now. In a generator: the error was thrown where the
    generator waits for its reader.
    """
    trace = error.__traceback__
    return trace is not None and trace.tb_next is None
