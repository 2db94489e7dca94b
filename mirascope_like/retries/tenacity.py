"""For calls that `tenacity` retries: what went wrong, told to the next try.

@retry(stop=stop_after_attempt(3), after=collect_errors(ValidationError))
@openai.call("gpt-4o-mini", response_model=Book)
def extract(text: str, *, errors: list[ValidationError] | None = None) -> str: ...
"""

from __future__ import annotations

from collections.abc import Callable

from tenacity import RetryCallState


def collect_errors(*kinds: type[Exception]) -> Callable[[RetryCallState], None]:
    """Return what `tenacity.retry(after=...)` takes: errors of these classes, and of their subclasses, are collected.

    The next try is given all of them so far, oldest first, as its keyword argument `errors`.
    """

    def collect(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, kinds):
            # A new list each time: one that an earlier try was given is its own.
            state.kwargs["errors"] = [*(state.kwargs.get("errors") or ()), error]

    return collect
