"""Decides whether a failed request is sent again, and how long to wait before that."""

from __future__ import annotations

from random import uniform

from ..errors import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    StreamInterruptedError,
    StreamTimeoutError,
    described,
)

FIRST_WAIT = 0.5
"""Seconds to wait before the first retry if the provider asks for no wait. Each further wait is twice as long."""
LONGEST_WAIT = 8.0
"""The longest wait in seconds if the provider asks for no wait. `FIRST_WAIT` and this have the values of OpenAI's
and Anthropic's SDKs.
"""
PATIENCE = 60.0
"""The longest wait in seconds that is accepted if the provider asks for one. For a longer wait, the request is not
retried.
"""

_FINAL = (BadRequestError, AuthenticationError, PermissionDeniedError, NotFoundError)
_BILLS = frozenset(
    {"insufficient_quota", "insufficient_balance", "insufficient_credits", "payment_required", "billing_error"}
)


def passes(error: Exception) -> bool:
    """Return True if sending the same request again may succeed after this error."""
    if isinstance(error, StreamTimeoutError):
        return error.deadline != "total"
    if isinstance(error, RateLimitError):
        status, code, _ = described(vars(error).get("body"))
        return 402 not in (status, vars(error).get("status_code")) and code not in _BILLS
    if isinstance(error, ServerError | ConnectionFailedError | RequestTimeoutError):
        return True
    return isinstance(error, StreamInterruptedError) and not isinstance(error, _FINAL)


def wait_after(error: Exception, tries: int) -> float | None:
    """Return the seconds to wait before a retry after `error`; None if the request is not retried. `tries` is the
    number of earlier retries.

    A `retry_after` from the provider is used, unless it is longer than `PATIENCE`: then None is returned. Without one,
    the wait doubles with each retry, and is reduced at random by up to a quarter so that requests that failed together
    are not repeated at the same moment.
    """
    if not passes(error):
        return None
    retry_after: float | None = getattr(error, "retry_after", None)
    if retry_after is not None:
        return max(0.0, retry_after) if retry_after <= PATIENCE else None
    return float(min(LONGEST_WAIT, FIRST_WAIT * 2**tries) * uniform(0.75, 1))


def forget(error: BaseException) -> None:
    """Remove the tracebacks of an error and of its causes.

    The frames in a traceback refer to the stream. As long as the error is stored, they would keep the stream from being
    closed when it is dropped.
    """
    known: list[BaseException] = []
    pending: list[BaseException | None] = [error]
    while pending:
        one = pending.pop()
        if one is not None and not any(one is other for other in known):
            known.append(one)
            one.__traceback__ = None
            pending += [one.__cause__, one.__context__]
