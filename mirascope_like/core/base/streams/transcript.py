"""What a stream and its loop share: all that has arrived, the state, the policies and the on-end callbacks.

Does no I/O; sync and async code share it. A `Transcript` refers neither to the stream nor to the loop's generator. So
when the last reference to a stream is dropped, Python closes the generator at once, and with it the connection.
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
    """The state of a stream, and its transitions.

    | from | to | when |
    | --- | --- | --- |
    | NEW | OPEN | the first request is sent |
    | NEW | CLOSED | it is closed or dropped before that, even while an async prompt function runs (no `error`) |
    | NEW | CLOSED | its task is cancelled while an async prompt function runs (`error` is that) |
    | NEW | FAILED | an async prompt function, or encoding its request, raises, and no fallback is left |
    | OPEN | DONE | the response, or that of the last round of a tool loop, has been read to its end |
    | OPEN | CLOSED | it is closed, dropped or stopped by `until`, here or elsewhere (no `error`) |
    | OPEN | CLOSED | its task is cancelled, or the keyboard interrupts it (`error` is that) |
    | OPEN | FAILED | an error is raised that no policy recovers from (`error` is that) |

    There are no states for waiting, opening, reading, running tools or falling back.

    Invariants, and where each is enforced:

    1. DONE, CLOSED and FAILED are final: `Transcript.end` ignores a second end.
    2. Only the loop changes the attempt and the rounds. The stream writes `closing`, `pause`, the deadlines, `caught`,
       and the policies and callbacks of `plans[0]`; a view takes the tool results. If the loop has not begun, `close`,
       or dropping a stream that has callbacks, calls `end` and runs the callbacks.
    3. `policies.next_step` alone decides what follows an attempt. A requested close is checked first, then a passed
       `total`, then the policies.
    4. The loop closes the connection of an attempt in a `finally` before its next step, so at most one is open.
    5. A callback is removed before it runs (`Transcript.take_on_end`), so it runs at most once. Those of a fallback run
       before those of the call that fell back.
    6. No time limit and no cancel scope is active while the loop yields: only the methods of `connection`, and the
       functions of `stream_loop` that wait, use them, and those do not yield. (`total` is checked at the next wait.)
    7. Nothing that the loop refers to refers to the stream.
    8. While the loop waits for the provider or before another attempt, `closing` holds the function that ends the wait
       (see `CloseRequest`). Running tools and prompt functions are not interrupted; the loop ends after them.
    """

    NEW = "new"
    """Nothing has been sent."""
    OPEN = "open"
    """A request has been sent, and the stream has not ended."""
    DONE = "done"
    """The whole response has been read."""
    CLOSED = "closed"
    """Closed before its end."""
    FAILED = "failed"
    """Ended by an error."""


class Pause(Enum):
    """A place where the loop yields once, before any pair, if `Transcript.pause` is that place."""

    PREPARED = auto()
    """The request is encoded and not sent yet: for `await stream`."""
    OPENED = auto()
    """The response has begun, and no event has been read: for `open`."""


class CloseRequest:
    """A request to end the loop while it runs in another thread or task. One per stream.

    The loop registers the function that ends its next wait, and then reads `requested`. The closer sets `requested`,
    and then calls the registered function. So in any order, either the loop does not wait or its wait is ended.
    """

    def __init__(self) -> None:
        self.requested: bool = False
        """True once closing was requested: the loop then ends without an error."""
        self._interrupt: Callable[[], object] | None = None

    def interrupt_with(self, interrupt: Callable[[], object]) -> bool:
        """Register the function that ends the next wait; another thread or task may call it.

        Return False if closing was requested already: the caller must not wait.
        """
        self._interrupt = interrupt
        return not self.requested

    def request(self) -> None:
        """Request closing, and end the present wait."""
        self.requested = True
        if (interrupt := self._interrupt) is not None:
            interrupt()

    def forget(self) -> None:
        """Drop the registered function, which refers to a connection."""
        self._interrupt = None


@dataclass(slots=True, eq=False)
class Plan:
    """The policies and on-end callbacks of one call: of the call that made the stream, or of a fallback."""

    policies: Sequence[Policy] = ()
    """They decide what follows an attempt, asked in this order."""
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
        """The error that ended the stream; None until then, and if it ended without one."""
        self.start_time: float | None = None
        """When the request of the present round was last sent, in milliseconds since 1970; resuming keeps the time."""
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
        """The results of the tools of the last of those rounds, until a view takes them."""
        self.deadlines: Deadlines = Deadlines()
        self.plans: list[Plan] = [Plan(policies)]
        """A stack: the plan of the call that made the stream is first, the plan of the fallback being read is last."""
        self.abandoned: list[Callable[[], Any]] = []
        """The on-end callbacks of fallbacks that have failed, until they have run."""
        self.caught: list[Exception] = []
        """The errors after which a fallback was tried."""
        self.pause: Pause | None = None
        """Where the loop is to yield once; None if nowhere, and once it has yielded there."""
        self.closing: CloseRequest = CloseRequest()
        self._response: Any = None
        """The rebuilt response, once the stream is DONE."""

    # Called by the loop and its policies

    def pauses_at(self, place: Pause) -> bool:
        """Return True if the loop is to yield at this place, once."""
        if self.pause is not place:
            return False
        self.pause = None
        return True

    def send(self, attempt: Attempt) -> Attempt:
        """Record that an attempt is being sent; return it."""
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
        """Continue with the request, provider and plan of `stream`, a fallback that has not been opened."""
        other: Any = getattr(stream, "_transcript", None)
        if not isinstance(other, Transcript):
            raise ConfigurationError(f"a fallback of a stream has to give a stream, not {type(stream).__name__}")
        plan, other.plans = other.plans[0], [Plan()]  # so dropping the other stream runs none of its callbacks
        self.plans.append(plan)
        self.provider, self.prepare, self.attempt = other.provider, other.prepare, other.attempt

    def abandon(self, error: Exception) -> None:
        """Record that the call of the last plan, a fallback, failed: remove its plan; the stream continues without it.

        Its on-end callbacks will receive a copy of the transcript in state FAILED.
        """
        failed = copy(self)
        failed.end(StreamState.FAILED, error)
        self.abandoned += [partial(on_end, failed) for on_end in self.plans.pop().on_end]

    def convert_error(self, error: Exception, source: Any = None) -> Exception:
        """Return the error to raise for the error of an attempt: one of our classes. Some have the partial response."""
        if not isinstance(error, StreamTimeoutError) and self.attempt is not None:
            error = self.attempt.provider.failure(error, self.attempt.request, source)
        if isinstance(error, StreamInterruptedError | StreamTimeoutError):
            error._partial = self.response  # pyright: ignore[reportPrivateUsage]
        if isinstance(error, StreamInterruptedError):
            error.add_note(
                "The partial response is in `error.partial`. Use retry=, fallback= or resume= to recover automatically."
            )
        return error

    def end(self, state: StreamState, error: BaseException | None = None) -> None:
        """Record how the stream ended. Does nothing if it has ended already."""
        if self.state in (StreamState.NEW, StreamState.OPEN):
            if self.state is StreamState.OPEN or error is not None:
                self.end_time = CLOCK.timestamp()
            self.state, self.error = state, error
        self.closing.forget()

    def end_with(self, error: BaseException) -> None:
        """Record that the loop ends with an error. A cancelled task or `KeyboardInterrupt` leads to CLOSED."""
        if isinstance(error, Exception):
            self.end(StreamState.FAILED, error)
            return
        # asyncio closes a dropped generator in a task. If the event loop ends first, it cancels that task, and the
        # CancelledError is raised at the generator's own `yield`: the stream was dropped, its reader was not cancelled.
        dropped = isinstance(error, CancelledError) and raised_here(error)
        self.end(StreamState.CLOSED, None if dropped or self.closing.requested else error)

    # On-end callbacks

    def take_on_end(self, *, abandoned: bool = False) -> Iterator[Callable[[], Any]]:
        """Remove and yield the callbacks to run now: all, or with `abandoned`, only those of abandoned plans."""
        while self.abandoned:
            yield self.abandoned.pop(0)
        for plan in () if abandoned else reversed(self.plans):
            while plan.on_end:
                yield partial(plan.on_end.pop(0), self)

    def run(self, on_end: Callable[[], Any]) -> Any:
        """Run a callback. If the stream ended with an error, an error of the callback is logged, else it is raised."""
        try:
            return on_end()
        except Exception:
            if self.error is None:
                raise
            log.exception("an on-end callback of a failed stream failed too")
            return None

    async def arun(self, on_end: Callable[[], Any]) -> None:
        """`run`; if the callback returns an awaitable, await it."""
        try:
            running = self.run(on_end)
            if isawaitable(running):
                await running
        except Exception:
            if self.error is None:
                raise
            log.exception("an on-end callback of a failed stream failed too")

    # Called by the stream

    def set_deadlines(self, **deadlines: float | None) -> None:
        """Replace the deadlines, also while the stream is read. `total` still counts from the first request."""
        self.deadlines.set(**deadlines)
        if (accumulator := self.accumulator) is not None and not accumulator.empty:
            self.deadlines.received()
            if not accumulator.no_output:
                self.deadlines.output()

    # What has arrived

    @property
    def accumulator(self) -> Accumulator[Any, Any] | None:
        """The accumulator of the present attempt; None while there is no attempt."""
        return self.attempt.accumulator if self.attempt is not None else None

    @property
    def content(self) -> str:
        """The text of all rounds."""
        return self.earlier_content + self.attempt.accumulator.content if self.attempt is not None else ""

    def response(self) -> Any:
        """Rebuild the response from what has arrived.

        If nothing of the present attempt has arrived, return the interrupted response that it resumes, or else that of
        the last round, or else None.
        """
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
    """Return True if an error was raised in the frame that catches it, not by Python code that the frame called.

    Around `generator.close()`, True means that the generator is running elsewhere: Python raised the error, no code of
    the generator did. Inside a generator, True means that the error was thrown in at its `yield`.
    """
    trace = error.__traceback__
    return trace is not None and trace.tb_next is None
