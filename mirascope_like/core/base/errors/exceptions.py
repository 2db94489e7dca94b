"""The errors of the library, and the way an SDK's own error becomes one of them.

    MirascopeLikeError
    ├── ConfigurationError            a missing SDK, key or setting: says what to do
    ├── PromptError                   a template or message that cannot be sent
    ├── ProviderError                 the provider, or the way to it, failed
    │   ├── AuthenticationError
    │   ├── PermissionDeniedError
    │   ├── NotFoundError
    │   ├── BadRequestError
    │   │   ├── ContextWindowExceededError
    │   │   └── ContentFilterError
    │   ├── RateLimitError
    │   ├── ServerError
    │   │   └── OverloadedError
    │   ├── ConnectionFailedError
    │   └── RequestTimeoutError
    ├── StreamError
    │   ├── StreamNotConsumedError
    │   ├── StreamClosedError
    │   ├── StreamTimeoutError        which deadline; holds what had arrived
    │   └── StreamInterruptedError    holds what had arrived
    ├── ResponseParseError            the raw reply and why it does not fit
    ├── StoreError                    a later version of the library wrote it: names the schema version
    └── ToolError
        ├── ToolNotFoundError
        ├── ToolArgumentsError
        ├── ToolExecutionError
        ├── ToolTimeoutError
        └── ToolRefusedError

Knows no SDK: a provider says which of its SDK's errors means which of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

Caught: TypeAlias = type[Exception] | tuple[type[Exception], ...]
"""Errors to catch."""


class MirascopeLikeError(Exception):
    """The root: every error that the library raises of its own accord is one."""


class ConfigurationError(MirascopeLikeError):
    """Something is missing or misspelt: an SDK, a key, a model, an option. The message says what to do."""


class PromptError(MirascopeLikeError):
    """A prompt cannot be made into messages; raised before anything is sent.

    `template` is the text at fault and `position` the offset in it, where there is one.
    """

    def __init__(self, message: str, *, template: str | None = None, position: int | None = None) -> None:
        super().__init__(message)
        self.template = template
        self.position = position


class ProviderError(MirascopeLikeError):
    """The provider answered with an error, or could not be reached.

    Raised as a class that is also the SDK's own, so that `except openai.OpenAIError` catches it too; the attributes of
    the SDK's error stay.
    """

    provider: str
    """The provider that was called, such as "openai"."""
    model: str | None
    """The model that was asked for."""
    status_code: int | None
    """The HTTP status, or None where there was no answer."""
    request_id: str | None
    """The provider's id of the request."""
    retry_after: float | None
    """Seconds to wait before another try, where the provider said so."""
    body: object | None
    """The body of the answer, decoded where it is JSON."""


class AuthenticationError(ProviderError):
    """The key is missing, wrong or expired (401)."""


class PermissionDeniedError(ProviderError):
    """The key may not do this (403)."""


class NotFoundError(ProviderError):
    """No such model or address (404)."""


class BadRequestError(ProviderError):
    """The provider does not take the request (400, 413, 422)."""


class ContextWindowExceededError(BadRequestError):
    """The prompt, or prompt and answer together, are longer than the model can take."""


class ContentFilterError(BadRequestError):
    """The provider's content filter stopped the request."""


class RateLimitError(ProviderError):
    """Too many requests or tokens, or no credit left (429)."""


class ServerError(ProviderError):
    """The provider failed (5xx)."""


class OverloadedError(ServerError):
    """The provider has no capacity now (503, 529)."""


class ConnectionFailedError(ProviderError):
    """The provider could not be reached, or the connection broke."""


class RequestTimeoutError(ProviderError):
    """The provider did not answer in time."""


class StreamError(MirascopeLikeError):
    """A stream was used in a state that does not allow it, or did not end well."""


class StreamNotConsumedError(StreamError, ValueError):
    """The full response was asked of a stream that has not been read to its end."""


class StreamClosedError(StreamError):
    """The stream was closed before its end and gives nothing more."""


class UnfinishedStreamError(StreamError):
    """The stream ended before the answer did; what had come is not lost."""

    _partial: Callable[[], Any] | None = None

    @property
    def partial(self) -> Any:
        """The response rebuilt from what had arrived, or None where nothing had."""
        return self._partial() if self._partial is not None else None

    def __reduce__(self) -> tuple[Any, ...]:
        # What had arrived stays with the stream.
        return type(self), self.args, {key: value for key, value in vars(self).items() if key != "_partial"}


class StreamTimeoutError(UnfinishedStreamError, TimeoutError):
    """A deadline of the stream passed; `deadline` says which: "total", "first", "idle" or "stall"."""

    def __init__(self, message: str, *, deadline: str = "") -> None:
        super().__init__(message)
        self.deadline = deadline


class StreamInterruptedError(UnfinishedStreamError):
    """The answer broke off: a cut connection, an error event, or an end without the provider's final event.

    Where the provider's SDK has an error for the cause, this is raised as a class that is both.
    """


class ResponseParseError(MirascopeLikeError, ValueError):
    """The reply does not fit what was asked for; `response` is the reply.

    Where pydantic found the fault, this is raised as a class that is also pydantic's `ValidationError`, so that
    `except ValidationError` catches it too.
    """

    def __init__(self, message: str = "", *, response: Any = None) -> None:
        super().__init__(message)
        self.response = response

    @property
    def _response(self) -> Any:  # v1's name
        return self.response

    def errors(
        self, *, include_url: bool = True, include_context: bool = True, include_input: bool = True
    ) -> list[Any]:
        """Return what is wrong, fault by fault, in pydantic's form; empty where pydantic found no fault."""
        return []


class FallbackError(MirascopeLikeError):
    """Every way failed; `errors` holds what each raised, in order. The last one is the cause."""

    def __init__(self, errors: Sequence[Exception]) -> None:
        told = "; ".join(f"{type(error).__name__}: {error}" for error in errors)
        super().__init__(f"all {len(errors)} calls failed: {told}")
        self.errors: list[Exception] = list(errors)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.errors,), vars(self)


class StoreError(MirascopeLikeError):
    """A dump, a file of a conversation or a store cannot be read: a later version of the library wrote it.

    The message names the schema version that is needed.
    """


class ToolError(MirascopeLikeError):
    """A tool could not be found, understood or run."""


class ToolNotFoundError(ToolError):
    """The model called a tool that was not offered."""


class ToolArgumentsError(ToolError):
    """The arguments of a call are broken off or do not fit; `arguments` is their text."""

    def __init__(self, message: str, *, arguments: str | None = None) -> None:
        super().__init__(message)
        self.arguments = arguments


class ToolExecutionError(ToolError):
    """A tool raised; its own error is the cause."""


class ToolTimeoutError(ToolError):
    """A tool did not finish in time."""


class ToolRefusedError(ToolError):
    """A tool was not approved; it did not run."""
