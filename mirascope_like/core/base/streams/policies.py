"""What follows an attempt that ended or failed: a step of the loop. Does no I/O; sync and async code share it.

A policy is a function of the transcript and of the error, if there is one. It returns the next step, or None to leave
the decision to the next policy. The counts of retries and resumes are fields of `Attempt`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import flows
from ..errors import UNSENT, Caught, FallbackError, ServerError, StreamTimeoutError
from .attempt import Attempt, Fail, Finish, RunTools, Send, Step, Switch
from .transcript import Policy, Transcript


def next_step(transcript: Transcript, error: Exception | None) -> Step:
    """Return the step after an attempt that ended (`error` is None) or failed (`error` is one of our classes).

    Asks the policies of the last plan. If none of them recovers from the error, the call of that plan has failed: its
    plan is removed, and the plan before it is asked, which belongs to the call that it is a fallback of.
    """
    if transcript.closing.requested:
        return Finish()
    if isinstance(error, StreamTimeoutError) and error.deadline == "total":
        return Fail(error)
    while True:
        for policy in transcript.plans[-1].policies:
            if (step := policy(transcript, error)) is not None:
                return step
        if error is None:
            return Finish()
        if len(transcript.plans) == 1:
            return Fail(error)
        transcript.abandon(error)


def tool_rounds(transcript: Transcript, error: Exception | None) -> Step | None:
    """Run the tools of a round, if the call has a tool loop, the model called tools, and a round is left."""
    attempt = transcript.attempt
    if error is not None or attempt is None:
        return None
    called = flows.calls(attempt.request, attempt.accumulator.tools, len(transcript.rounds))
    return RunTools(*called) if called is not None else None


def retry_or_resume(transcript: Transcript, error: Exception | None) -> Step | None:
    """After an error before any output, send the same request again; after an error later, resume from the text.

    A failed attempt that itself resumed a text is resumed, even if it had no output.
    """
    attempt = transcript.attempt
    if error is None or attempt is None:
        return None
    if attempt.resumed_from is None and attempt.accumulator.no_output:
        return _retry(transcript, attempt, error) if attempt.request.retry else None
    return _resume(transcript, attempt, error) if attempt.request.resume else None


def retry_failed(transcript: Transcript, error: Exception | None) -> Step | None:
    """Send the same request again where the answer ended for a reason that is an error, before any output."""
    attempt = transcript.attempt
    if error is not None or attempt is None or not attempt.request.retry:
        return None
    if not (attempt.resumed_from is None and attempt.accumulator.failed and attempt.accumulator.no_output):
        return None
    return _retry(transcript, attempt, ServerError("the answer ended for a reason that is an error"))


def _retry(transcript: Transcript, attempt: Attempt, error: Exception) -> Step | None:
    delay = _delay(transcript, error, attempt.retried, attempt.request.retry)
    if delay is None:
        return None
    flows.forget(error)
    return Send(attempt.again(retried=attempt.retried + 1), delay)


def _resume(transcript: Transcript, attempt: Attempt, error: Exception) -> Step | None:
    """Return the step that resumes the text; None to raise `error`.

    If it cannot be resumed again, and the attempt had resumed a text and added nothing to it, the original
    interruption is raised instead, with `error` as its cause.
    """
    before, request, provider = attempt.resumed_from, attempt.request, attempt.provider
    delay = _delay(transcript, error, attempt.resumed, request.resume)
    prefill = provider.prefill(request) if flows.plain(request) else None
    interruption = flows.find_interruption(error, before, attempt.accumulator, prefill) if prefill is not None else None
    sent = (
        prefill.payload(attempt.payload, interruption.seam.sent)
        if prefill is not None and interruption is not None
        else None
    )
    if delay is None or interruption is None or sent is None:
        if before is None or attempt.accumulator.content != before.text:
            return None
        before.error.__cause__ = error
        return Fail(before.error)
    interrupted = attempt.interrupted
    if interruption.error is error and (response := transcript.response()) is not None:
        interrupted = [*interrupted, response]
    flows.forget(error)
    following = attempt.again(
        resumed=attempt.resumed + 1, resumed_from=interruption, sent=sent, interrupted=interrupted
    )
    following.accumulator.resume_from(interruption.initial_text())
    return Send(following, delay)


def _delay(transcript: Transcript, error: Exception, used: int, allowed: int) -> float | None:
    """Return the seconds to wait before another attempt; None for no attempt.

    None if all `allowed` attempts are `used`, if a retry would not help, or if `total` would pass during the wait.
    """
    delay = flows.wait_after(error, used) if used < allowed else None
    remaining = transcript.deadlines.remaining()
    return None if delay is None or (remaining is not None and delay >= remaining) else delay


def _fails(transcript: Transcript, error: Exception, catches: Caught) -> bool:
    """Return True after an error that is caught; of a fallback, also if its request cannot be sent."""
    return isinstance(error, catches) or (bool(transcript.caught) and isinstance(error, UNSENT))


class Fallback:
    """Read another stream instead, before any output. One instance belongs to one stream."""

    def __init__(self, fallbacks: Sequence[tuple[Caught, Callable[[], Any]]], last: Caught) -> None:
        self._fallbacks = list(fallbacks)
        """The fallbacks not tried yet: the errors after which one is tried, and the function that makes its stream."""
        self._last = last
        """The errors after which `FallbackError` is raised once all have been tried."""

    def __call__(self, transcript: Transcript, error: Exception | None) -> Step | None:
        accumulator = transcript.accumulator
        any_output = bool(transcript.rounds) or (accumulator is not None and not accumulator.no_output)
        if error is None or any_output:
            return None
        if not self._fallbacks:
            return self._failed(transcript, error)
        catches, make = self._fallbacks[0]
        if not _fails(transcript, error, catches):
            return None
        del self._fallbacks[0]
        transcript.caught.append(error)
        flows.forget(error)
        return Switch(make)

    def _failed(self, transcript: Transcript, error: Exception) -> Step | None:
        if len(transcript.plans) > 1 or not _fails(transcript, error, self._last):
            return None  # a call that is a fallback itself leaves its error to the call below it
        transcript.caught.append(error)
        failed = FallbackError(transcript.caught)
        failed.__cause__ = error
        return Fail(failed)


DEFAULT: tuple[Policy, ...] = (retry_failed, tool_rounds, retry_or_resume)
"""The policies of every call; a `Fallback` comes after them."""
