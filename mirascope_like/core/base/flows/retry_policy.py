"""Whether a failed request is sent again, and the wait before that retry."""

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
"""Seconds before the second try, where the provider does not say how many; each further wait is twice as long."""
LONGEST_WAIT = 8.0
"""The most seconds that such a wait grows to. Both are those of OpenAI's and Anthropic's SDKs."""
PATIENCE = 60.0
"""The most seconds that a provider is let to ask for."""

_FINAL = (BadRequestError, AuthenticationError, PermissionDeniedError, NotFoundError)
_BILLS = frozenset(
    {"insufficient_quota", "insufficient_balance", "insufficient_credits", "payment_required", "billing_error"}
)


def passes(error: Exception) -> bool:
    """Whether an error may be gone when the same is asked again."""
    if isinstance(error, StreamTimeoutError):
        return error.deadline != "total"
    if isinstance(error, RateLimitError):
        status, code, _ = described(vars(error).get("body"))
        return 402 not in (status, vars(error).get("status_code")) and code not in _BILLS
    if isinstance(error, ServerError | ConnectionFailedError | RequestTimeoutError):
        return True
    return isinstance(error, StreamInterruptedError) and not isinstance(error, _FINAL)


def wait_after(error: Exception, tries: int) -> float | None:
    """Return the seconds to wait before another try, `tries` having been made; None where there is to be none.

    That is what the provider asks for, if it is not more than `PATIENCE`; else twice as long each time, and up to a
    quarter less, so that those who failed together do not come again together.
    """
    if not passes(error):
        return None
    asked: float | None = getattr(error, "retry_after", None)
    if asked is not None:
        return max(0.0, asked) if asked <= PATIENCE else None
    return float(min(LONGEST_WAIT, FIRST_WAIT * 2**tries) * uniform(0.75, 1))


def forget(error: BaseException) -> None:
    """Let an error that is kept forget where it was raised.

    Its frames hold the stream, which would then not be closed when it is dropped.
    """
    known: list[BaseException] = []
    pending: list[BaseException | None] = [error]
    while pending:
        one = pending.pop()
        if one is not None and not any(one is other for other in known):
            known.append(one)
            one.__traceback__ = None
            pending += [one.__cause__, one.__context__]
