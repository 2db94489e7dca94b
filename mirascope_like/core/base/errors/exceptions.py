"""The error classes of the library.

    MirascopeLikeError
    ├── ConfigurationError            a missing SDK, key or setting: says what to do
    ├── PromptError                   a template or message that cannot be sent
    ├── ProviderError                 the provider returned an error or could not be reached
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
    │   ├── StreamTimeoutError        a deadline passed; has the partial response
    │   └── StreamInterruptedError    the connection was lost; has the partial response
    ├── ResponseParseError            the reply does not fit the requested type
    ├── StoreError                    a store failed, or a later version of the library wrote it
    └── ToolError
        ├── ToolNotFoundError
        ├── ToolArgumentsError
        ├── ToolExecutionError
        ├── ToolTimeoutError
        └── ToolRefusedError

Knows no SDK: each provider has a table that maps its SDK's errors to these classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

Caught: TypeAlias = type[Exception] | tuple[type[Exception], ...]
"""One or more error classes, as `except` takes them."""


class MirascopeLikeError(Exception):
    """The base class of every error that the library itself raises."""


class ConfigurationError(MirascopeLikeError):
    """An SDK, API key, model or option is missing, unknown or invalid. The message says what to do."""


class PromptError(MirascopeLikeError):
    """A prompt cannot be turned into messages. Raised before anything is sent.

    `template` is the text of the template, and `position` the character offset of the fault in it; None for other
    prompts.
    """

    def __init__(self, message: str, *, template: str | None = None, position: int | None = None) -> None:
        super().__init__(message)
        self.template = template
        self.position = position


UNSENT: Caught = (PromptError, ConfigurationError)
"""The errors of a request that cannot be sent. A fallback that raises one has failed, and the next one is tried."""


class ProviderError(MirascopeLikeError):
    """The provider returned an error, or could not be reached.

    The class raised is also the SDK's own error class, so `except openai.OpenAIError` catches it too, and the
    attributes of the SDK's error are kept.
    """

    provider: str
    """The provider that was called, such as "openai"."""
    model: str | None
    """The model in the request."""
    status_code: int | None
    """The HTTP status, or None if no response was received."""
    request_id: str | None
    """The provider's id of the request, or None."""
    retry_after: float | None
    """Seconds to wait before a retry, if the provider gave a time."""
    body: object | None
    """The body of the response, decoded if it is JSON."""


class AuthenticationError(ProviderError):
    """The API key is missing, wrong or expired (HTTP 401)."""


class PermissionDeniedError(ProviderError):
    """The API key does not have the permission for this (HTTP 403)."""


class NotFoundError(ProviderError):
    """The model or URL does not exist (HTTP 404)."""


class BadRequestError(ProviderError):
    """The provider rejected the request as invalid (HTTP 400, 409, 413, 422)."""


class ContextWindowExceededError(BadRequestError):
    """The prompt, or the prompt plus the requested output, exceeds the model's context window."""


class ContentFilterError(BadRequestError):
    """The provider's content filter blocked the request or the response."""


class RateLimitError(ProviderError):
    """Too many requests or tokens, or no credit left (HTTP 429, 402)."""


class ServerError(ProviderError):
    """An error inside the provider (HTTP 5xx)."""


class OverloadedError(ServerError):
    """The provider has no capacity at the moment (HTTP 503, 529)."""


class ConnectionFailedError(ProviderError):
    """The connection to the provider could not be made, or was lost."""


class RequestTimeoutError(ProviderError):
    """The provider did not respond in time (HTTP 408, 504, or the SDK's timeout)."""


class StreamError(MirascopeLikeError):
    """A stream was used in a state that does not allow it, or it did not end normally."""


class StreamNotConsumedError(StreamError, ValueError):
    """The full response was requested from a stream that has not been read to its end."""


class StreamClosedError(StreamError):
    """The stream was closed before its end; nothing more can be read from it."""


class UnfinishedStreamError(StreamError):
    """The stream ended before the response was complete. What was received is in `partial`."""

    _partial: Callable[[], Any] | None = None

    @property
    def partial(self) -> Any:
        """The response rebuilt from what was received, or None if nothing was."""
        return self._partial() if self._partial is not None else None

    def __reduce__(self) -> tuple[Any, ...]:
        # The partial response refers to the stream, so it is not pickled.
        return type(self), self.args, {key: value for key, value in vars(self).items() if key != "_partial"}


class StreamTimeoutError(UnfinishedStreamError, TimeoutError):
    """A deadline of the stream passed. `deadline` is its name: "total", "first", "idle" or "stall"."""

    def __init__(self, message: str, *, deadline: str = "") -> None:
        super().__init__(message)
        self.deadline = deadline


class StreamInterruptedError(UnfinishedStreamError):
    """The response was interrupted: a lost connection, an error event, or no final event from the provider.

    If the provider's SDK has an error class for the cause, the class raised inherits from both.
    """


class ResponseParseError(MirascopeLikeError, ValueError):
    """The model's reply does not fit the requested type; `response` is the response.

    If pydantic found the fault, the class raised is also pydantic's `ValidationError`, so `except ValidationError`
    catches it too.
    """

    def __init__(self, message: str = "", *, response: Any = None) -> None:
        super().__init__(message)
        self.response = response

    @property
    def _response(self) -> Any:  # Mirascope v1's name
        return self.response

    def errors(
        self, *, include_url: bool = True, include_context: bool = True, include_input: bool = True
    ) -> list[Any]:
        """Return pydantic's list of validation errors; an empty list if the error was not found by pydantic."""
        return []


class FallbackError(MirascopeLikeError):
    """All fallbacks failed. `errors` holds what each raised, in order; the last one is the `__cause__`."""

    def __init__(self, errors: Sequence[Exception]) -> None:
        listed = "; ".join(f"{type(error).__name__}: {error}" for error in errors)
        super().__init__(f"all {len(errors)} calls failed: {listed}")
        self.errors: list[Exception] = list(errors)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.errors,), vars(self)


class StoreError(MirascopeLikeError):
    """A store, a conversation file or the dump of a response cannot be read or written.

    If the store raised an error of its own (`OSError`, `sqlite3.OperationalError`, ...), the class raised inherits from
    both. If a later version of the library wrote it, the message names the schema version that is needed.
    """

    response: Any = None
    """The response that a session received and could not store; None for all else."""


class ToolError(MirascopeLikeError):
    """A tool call could not be matched to a tool, parsed or run."""


class ToolNotFoundError(ToolError):
    """The model called a tool that was not offered to it."""


class ToolArgumentsError(ToolError):
    """The arguments of a tool call are incomplete or do not fit the tool; `arguments` is their text."""

    def __init__(self, message: str, *, arguments: str | None = None) -> None:
        super().__init__(message)
        self.arguments = arguments


class ToolExecutionError(ToolError):
    """A tool raised an exception, which is the `__cause__`."""


class ToolTimeoutError(ToolError):
    """A tool exceeded its time limit."""


class ToolRefusedError(ToolError):
    """The `approve` callback refused a tool call; the tool did not run."""
