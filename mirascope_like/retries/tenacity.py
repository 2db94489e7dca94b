"""`collect_errors`: passes the errors of earlier attempts to the next attempt of a call that `tenacity` retries.

@retry(stop=stop_after_attempt(3), after=collect_errors(ValidationError))
@openai.call("gpt-4o-mini", response_model=Book)
def extract(text: str, *, errors: list[ValidationError] | None = None) -> str: ...
"""

from __future__ import annotations

from collections.abc import Callable

from tenacity import RetryCallState


def collect_errors(*kinds: type[Exception]) -> Callable[[RetryCallState], None]:
    """Return a callback for `tenacity.retry(after=...)` that collects errors of these classes.

    Each further attempt receives the errors of all earlier attempts, oldest first, as its keyword argument `errors`.
    """

    def collect(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, kinds):
            # A new list each time, because an earlier attempt may have kept its list.
            state.kwargs["errors"] = [*(state.kwargs.get("errors") or ()), error]

    return collect
