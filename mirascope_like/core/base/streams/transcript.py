"""The data that a stream and its loop share: everything received, the state, the fallbacks and the on-end callbacks.

Does no I/O; sync and async code share it. A `Transcript` refers neither to the stream nor to the loop's generator: see
`stream_state`, which also describes the transitions of the state and the invariants.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import Caught, ConfigurationError, StreamInterruptedError, StreamTimeoutError
from ..flows import next_round
from ..request import Request
from ..response import Accumulator, attach_tools, set_earlier_rounds, set_interruptions
from ..runtime import CLOCK
from .attempt import Attempt, Send
from .deadlines import Deadlines
from .in_use import was_thrown_in
from .stream_state import CloseRequest, Pause, StreamState

if TYPE_CHECKING:
    from ..tools import ToolResultEvent

OnEnd: TypeAlias = Callable[["Transcript"], Any]
"""An on-end callback: a function that is called once when a stream has ended."""


@dataclass(slots=True, eq=False)
class Fallbacks:
    """The fallbacks of one call."""

    untried: list[tuple[Caught, Callable[[], Any]]]
    """The fallbacks that were not tried yet. Each has the errors after which it is tried, and the function that
    makes its stream.
    """
    last: Caught
    """The errors after which `FallbackError` is raised if no fallback is left."""


@dataclass(slots=True, eq=False)
class Plan:
    """The fallbacks and on-end callbacks of one call: of the call that made the stream, or of one of its fallbacks."""

    fallbacks: Fallbacks | None = None
    """The fallbacks of the call; None if it has none."""
    on_end: list[OnEnd] = field(default_factory=list[OnEnd])


_PART_RECEIVED = (
    "What was received is kept: it is `error.partial`, and `stream.construct_call_response(partial=True)`. With the "
    "option resume=, models that can do so continue an interrupted text."
)
_NOTHING_RECEIVED = (
    "Nothing was received. With the option retry= the request is sent again, and with fallback= to another model."
)


class Transcript:
    """The data that a stream and its loop share. Invariant 2 of `stream_state` lists which of the two changes what.

    It is made together with the stream. If a stream falls back, its transcript continues with the request of the
    fallback's transcript.
    """

    def __init__(
        self,
        provider: Any,
        request: Request | None,
        prepare: Callable[[], Awaitable[Request]] | None = None,
    ) -> None:
        """Make the transcript of a sync stream, from its `request`, or of an async stream, from `prepare`, which
        calls the prompt function and returns the request.
        """
        self.state: StreamState = StreamState.NEW
        self.error: BaseException | None = None
        """The error that ended the stream; None before the end, and if the stream ended without an error."""
        self.start_time: float | None = None
        """When the request of the current round was last sent, in milliseconds since 1970; a resume keeps it."""
        self.end_time: float | None = None
        self.provider: Any = provider
        self.prepare: Callable[[], Awaitable[Request]] | None = prepare
        """Calls the async prompt function; None for a sync stream. A sync fallback does not replace it."""
        self.attempt: Attempt | None = Attempt.first(provider, request) if request is not None else None
        """The current or last attempt; None until an async prompt function has returned."""
        self.rounds: list[Any] = []
        """The responses of the completed rounds of a tool loop."""
        self.earlier_content: str = ""
        """The text of the completed rounds."""
        self.tool_results: Sequence[ToolResultEvent[Any]] = ()
        """The tool results of the last completed round, while the loop yields the pair that shows them."""
        self.deadlines: Deadlines = Deadlines()
        self.plans: list[Plan] = [Plan()]
        """A stack. The first plan is that of the call that made the stream, the last that of the call being read."""
        self.abandoned: list[tuple[OnEnd, Transcript]] = []
        """The on-end callbacks of failed fallbacks that have not run yet, each with the transcript that it receives."""
        self.earlier_errors: list[Exception] = []
        """The errors after which a fallback was tried."""
        self.pause: Pause | None = None
        """The place at which the loop must yield once; None if there is none, or once it has yielded there."""
        self.closing: CloseRequest = CloseRequest()
        self._response: Any = None
        """The rebuilt response, once the stream is DONE."""

    # Called by the loop and its policies

    def pauses_at(self, place: Pause) -> bool:
        """Return True if the loop must pause at this place, and forget the pause: the loop yields only once for it."""
        if self.pause is not place:
            return False
        self.pause = None
        return True

    def send(self, attempt: Attempt) -> Attempt:
        """Record that an attempt is being sent; return the attempt."""
        if self.state is StreamState.NEW:
            self.state = StreamState.OPEN
        self.attempt = attempt
        resumed = attempt.resumed_from is not None
        self.deadlines.attempt_sent(resumed=resumed, later_round=attempt.round > 0)
        if not resumed:
            self.start_time = CLOCK.timestamp()
        return attempt

    def next_round(self, results: Sequence[ToolResultEvent[Any]]) -> Send:
        """Return the step that sends the next round of a tool loop. `results` are the results of this round's tools."""
        attempt, response = self.attempt, self.response()
        assert attempt is not None
        assert response is not None
        request = next_round(attempt.request, response, results, attempt.provider)
        following = Attempt.first(attempt.provider, request, round=attempt.round + 1)
        self.earlier_content += attempt.accumulator.content
        self.rounds = [*self.rounds, response]
        self.tool_results = list(results)
        self.attempt = following
        return Send(following)

    def try_fallback(self, error: Exception) -> None:
        """Record that the next fallback of the current call is being tried, after `error`."""
        fallbacks = self.plans[-1].fallbacks
        assert fallbacks is not None
        del fallbacks.untried[0]
        self.earlier_errors.append(error)

    def adopt(self, stream: Any) -> None:
        """Continue with the request, provider and plan of `stream`, the stream of a fallback that was not opened yet.

        The fallbacks and on-end callbacks of that stream apply. Its deadlines, listeners and `until` do not; those of
        this stream apply.

        Raises `ConfigurationError` if `stream` is not a stream, if it was opened, or if it is async and this one sync.
        """
        other: Any = getattr(stream, "_transcript", None)
        if not isinstance(other, Transcript):
            raise ConfigurationError(f"the fallback of a stream must return a stream, not {type(stream).__name__}")
        if other.prepare is not None and self.prepare is None:
            raise ConfigurationError("an async call cannot be the fallback of a sync stream")
        if other.state is not StreamState.NEW:
            raise ConfigurationError(
                f"the fallback of a stream must return a new stream, not one that is {other.state}"
            )
        plan, other.plans = other.plans[0], [Plan()]  # so that no callback runs when the other stream is dropped
        self.plans.append(plan)
        self.earlier_errors += other.earlier_errors
        self.provider, self.prepare, self.attempt = other.provider, other.prepare or self.prepare, other.attempt

    def abandon(self, error: Exception) -> None:
        """Record that the current call, a fallback, has failed: remove its plan, so that the stream continues without
        it.

        Its on-end callbacks will receive a copy of the transcript in state FAILED. They cannot change this transcript:
        the copy shares only immutable values, and the attempt, which no longer changes.
        """
        failed = copy(self)
        failed.closing, failed.deadlines, failed.plans, failed.abandoned = CloseRequest(), Deadlines(), [Plan()], []
        failed.earlier_errors, failed.tool_results = list(self.earlier_errors), ()
        failed.end(StreamState.FAILED, error)
        self.abandoned += [(on_end, failed) for on_end in self.plans.pop().on_end]

    def convert_error(self, error: Exception, source: Any = None) -> Exception:
        """Return the error of our classes to raise for an error of an attempt. Interruptions and timeouts get the
        partial response.
        """
        if not isinstance(error, StreamTimeoutError) and self.attempt is not None:
            error = self.attempt.provider.failure(error, self.attempt.request, source)
        if isinstance(error, StreamInterruptedError | StreamTimeoutError):
            # A copy: a retry or fallback may continue this transcript.
            error._partial = copy(self).response  # pyright: ignore[reportPrivateUsage]
        if isinstance(error, StreamInterruptedError):
            nothing = self.accumulator is None or self.accumulator.no_output
            error.add_note(_NOTHING_RECEIVED if nothing else _PART_RECEIVED)
        return error

    def end(self, state: StreamState, error: BaseException | None = None) -> None:
        """Record how the stream ended. Does nothing if the stream has already ended."""
        if self.state in (StreamState.NEW, StreamState.OPEN):
            if self.state is StreamState.OPEN or error is not None:
                self.end_time = CLOCK.timestamp()
            self.state, self.error = state, error
        self.closing.forget()

    def end_with(self, error: BaseException) -> None:
        """Record the error that ended the loop. After a cancellation or `KeyboardInterrupt`, the stream is CLOSED
        and not FAILED.
        """
        if isinstance(error, Exception):
            self.end(StreamState.FAILED, error)
            return
        # Closing or dropping a generator raises GeneratorExit in it. asyncio closes a dropped async generator in a
        # task. If the event loop ends first, it cancels that task, and the CancelledError is raised at the generator's
        # own `yield`: the stream was dropped, its reader was not cancelled.
        left = isinstance(error, GeneratorExit) or (isinstance(error, CancelledError) and was_thrown_in(error))
        self.end(StreamState.CLOSED, None if left or self.closing.requested else error)

    def take_on_end(self, *, abandoned: bool = False) -> Iterator[tuple[OnEnd, Transcript]]:
        """Remove and yield on-end callbacks, each with the transcript that it receives: first those of failed
        fallbacks, then those of the stream.

        With `abandoned`, only those of failed fallbacks: the stream has not ended, and tries its next fallback.
        """
        while self.abandoned:
            yield self.abandoned.pop(0)
        for plan in () if abandoned else reversed(self.plans):
            while plan.on_end:
                yield plan.on_end.pop(0), self

    # Called by the stream

    def set_deadlines(self, **deadlines: float | None) -> None:
        """Replace the deadlines, even while the stream is being read. `total` still counts from the first request."""
        self.deadlines.set(**deadlines)
        if (accumulator := self.accumulator) is not None and not accumulator.empty:
            self.deadlines.received()

    # What has arrived

    @property
    def accumulator(self) -> Accumulator[Any, Any] | None:
        """The accumulator of the current attempt; None if there is no attempt."""
        return self.attempt.accumulator if self.attempt is not None else None

    @property
    def content(self) -> str:
        """The text received so far, in all rounds."""
        return self.earlier_content + self.attempt.accumulator.content if self.attempt is not None else ""

    def response(self) -> Any:
        """Return the response built from everything that was received.

        If nothing of the current attempt has arrived, return the interrupted response that the attempt resumes; without
        one, the response of the last completed round; without one, None.
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
        attach_tools(response, accumulator.tools)
        set_earlier_rounds(response, self.rounds)
        set_interruptions(response, attempt.interrupted)
        if self.state is StreamState.DONE:
            self._response = response
        return response
