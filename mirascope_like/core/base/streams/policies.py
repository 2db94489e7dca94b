"""Policies: functions that decide the next step of the loop after an attempt ended or failed. Do no I/O; sync and async
code share them.

A policy receives the transcript and the error, if there is one. It returns the next step, or None to leave the decision
to the next policy. Everything that policies count or use up is a field of `Attempt` or `Plan`, which the loop changes
when it takes the step. Policies themselves change only what is over: an error that is recovered from loses its
traceback (`flows.forget`), the error of a failed resume becomes a `__cause__`, a fallback that has failed is removed
(`Transcript.abandon`), and the deltas that a failed attempt collected of a structured output (`Attempt.again`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from .. import flows
from ..errors import UNSENT, Caught, FallbackError, ServerError, StreamTimeoutError
from .attempt import Attempt, Fail, Finish, Send, Step, Switch
from .transcript import Transcript

Policy: TypeAlias = Callable[[Transcript, Exception | None], Step | None]


def next_step(transcript: Transcript, error: Exception | None) -> Step:
    """Return the next step after an attempt that ended (`error` is None) or failed.

    `error` is a `StreamError`, or an error that `Provider.failure` returned.
    """
    if transcript.closing.requested:
        return Finish()
    if isinstance(error, StreamTimeoutError) and error.deadline == "total":
        return Fail(error)
    for policy in POLICIES:
        if (step := policy(transcript, error)) is not None:
            return step
    return Finish() if error is None else fall_back(transcript, error)


def unprepared(transcript: Transcript, error: Exception) -> Step:
    """Return the next step after a prompt function failed or a request could not be encoded.

    `error` may be of any class. Nothing was sent, so nothing can be retried or resumed.
    """
    return Finish() if transcript.closing.requested else fall_back(transcript, error)


def tool_rounds(transcript: Transcript, error: Exception | None) -> Step | None:
    """Policy: run the tools of a round, if the call has a tool loop, the model called tools, and another round is
    allowed.
    """
    attempt = transcript.attempt
    if error is not None or attempt is None:
        return None
    return flows.calls(attempt.request, attempt.accumulator.tools, len(transcript.rounds))


def retry_error_reason(transcript: Transcript, error: Exception | None) -> Step | None:
    """Policy: send the same request again if the response ended, before any output, with a finish reason that means an
    error.

    If no retry is left, the stream ends without an error, and `finish_reasons` has the reason.
    """
    attempt = transcript.attempt
    if error is not None or attempt is None:
        return None
    if not (attempt.accumulator.failed and attempt.accumulator.no_output):
        return None
    return _retry(transcript, attempt, ServerError("the response ended for a reason that is an error"))


def retry_or_resume(transcript: Transcript, error: Exception | None) -> Step | None:
    """Policy: after an error before the first output, send the same request again; after a later error, resume from the
    text.

    If the failed attempt itself resumed a text, it is resumed even if it had no output.
    """
    attempt = transcript.attempt
    if error is None or attempt is None:
        return None
    if attempt.resumed_from is None and attempt.accumulator.no_output:
        return _retry(transcript, attempt, error)
    return _resume(transcript, attempt, error)


POLICIES: tuple[Policy, ...] = (tool_rounds, retry_error_reason, retry_or_resume)
"""The policies, in the order in which they are called. At most one returns a step, because their conditions exclude
each other. If none does, the fallbacks are tried.
"""


def _retry(transcript: Transcript, attempt: Attempt, error: Exception) -> Step | None:
    delay = _delay(transcript, error, attempt.retried, attempt.request.retry)
    if delay is None:
        return None
    flows.forget(error)
    return Send(attempt.again(retried=attempt.retried + 1), delay)


def _resume(transcript: Transcript, attempt: Attempt, error: Exception) -> Step | None:
    """Return the step that resumes the text; None if the text cannot be resumed: the stream then fails.

    If the text cannot be resumed again, and the failed attempt resumed it without adding to it, the original
    interruption is raised, with `error` as its cause.
    """
    delay = _delay(transcript, error, attempt.resumed, attempt.request.resume)
    continuation = _continuation(attempt, error) if delay is not None else None
    if delay is None or continuation is None:
        before = attempt.resumed_from
        if before is None or attempt.accumulator.content != before.text:
            return None
        before.error.__cause__ = error
        return Fail(before.error)
    interruption, sent = continuation
    interrupted = [*attempt.interrupted, transcript.response()] if interruption.is_new else attempt.interrupted
    flows.forget(error)
    following = attempt.again(
        resumed=attempt.resumed + 1, resumed_from=interruption, sent=sent, interrupted=interrupted
    )
    following.accumulator.resume_from(interruption.initial_text())
    return Send(following, delay)


def _continuation(attempt: Attempt, error: Exception) -> tuple[flows.Interruption, dict[str, Any]] | None:
    """Return the interruption to resume from and the payload to send; None if the response cannot be resumed.

    A response cannot be resumed if the request has tools or a structured output, or if the provider cannot continue a
    text. An interruption has the text to continue, the error that ended the text, and how a continuation is joined.
    """
    request, provider = attempt.request, attempt.provider
    prefill = provider.prefill(request) if flows.plain(request) else None
    if prefill is None:
        return None
    interruption = flows.find_interruption(error, attempt.resumed_from, attempt.accumulator, prefill)
    sent = prefill.payload(attempt.payload, interruption.seam.sent) if interruption is not None else None
    return (interruption, sent) if interruption is not None and sent is not None else None


def _delay(transcript: Transcript, error: Exception, used: int, allowed: int) -> float | None:
    """Return the seconds to wait before another attempt; None if there must be no other attempt.

    That is the case if all `allowed` attempts are `used`, if another attempt would not help, or if the deadline `total`
    would pass during the wait.
    """
    delay = flows.wait_after(error, used) if used < allowed else None
    total = transcript.deadlines.limit("total")
    return None if delay is None or (total is not None and delay >= total.seconds) else delay


def fall_back(transcript: Transcript, error: Exception) -> Step:
    """Return the step that reads the next fallback, if there was no output; otherwise a step that fails.

    If the current call is itself a fallback and has no further fallback, it has failed: its plan is removed, and the
    next fallback of the call before it is tried.
    """
    while True:
        if (step := _next_fallback(transcript, error)) is not None:
            return step
        if len(transcript.plans) == 1:
            return Fail(error)
        transcript.abandon(error)


def _next_fallback(transcript: Transcript, error: Exception) -> Step | None:
    fallbacks, accumulator = transcript.plans[-1].fallbacks, transcript.accumulator
    any_output = bool(transcript.rounds) or (accumulator is not None and not accumulator.no_output)
    if fallbacks is None or any_output:
        return None
    if fallbacks.untried:
        catches, make = fallbacks.untried[0]
        if not _leads_on(transcript, error, catches):
            return None
        flows.forget(error)
        return Switch(make, error)
    if len(transcript.plans) > 1 or not _leads_on(transcript, error, fallbacks.last):
        return None  # if the current call is itself a fallback, the call before it handles the error
    failed = FallbackError([*transcript.earlier_errors, error])
    failed.__cause__ = error
    return Fail(failed)


def _leads_on(transcript: Transcript, error: Exception, catches: Caught) -> bool:
    """Return True if the next fallback is tried after `error`.

    It is tried after the errors of `catches`. If the current call is itself a fallback, the next one is also tried when
    the request of the current call cannot be sent.
    """
    # Not `len(plans) > 1`: the plan of the fallback that raised `error` may have been removed already.
    of_fallback = bool(transcript.earlier_errors)
    return isinstance(error, catches) or (of_fallback and isinstance(error, UNSENT))
