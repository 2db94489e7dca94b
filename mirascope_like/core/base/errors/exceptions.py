"""The error classes of the library.

    MirascopeLikeError
    ├── ConfigurationError            a missing SDK, key or setting
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
    ├── ResponseParseError            the response cannot be parsed into the requested type
    ├── StoreError                    a store failed, or was written by a later version of the library
    ├── BudgetExceededError           a request would exceed a budget; was not sent
    │   └── UnknownPriceError         the price of the request is not known; also a ConfigurationError
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

from ..runtime import error_summary

Caught: TypeAlias = type[Exception] | tuple[type[Exception], ...]
"""One error class or a tuple of error classes, as after `except`."""


class MirascopeLikeError(Exception):
    """The base class of all errors that the library raises."""


class ConfigurationError(MirascopeLikeError):
    """An SDK, API key, model or option is missing, unknown or invalid. The message explains how to correct this."""


class PromptError(MirascopeLikeError, ValueError):
    """A prompt cannot be turned into messages. Raised before a request is sent. It is a `ValueError`, as in Mirascope
    v1.

    For a fault in a template, `template` is its text and `position` the index of the faulty character. Otherwise both
    are None.
    """

    def __init__(self, message: str, *, template: str | None = None, position: int | None = None) -> None:
        super().__init__(message)
        self.template = template
        self.position = position


UNSENT: Caught = (PromptError, ConfigurationError)
"""The errors of a request that could not be sent. If a fallback raises one of them, the next fallback is tried."""


class ProviderError(MirascopeLikeError):
    """The provider returned an error, or could not be reached.

    The raised error is also an instance of the SDK's error class: `except openai.OpenAIError` catches it too, and it
    has all attributes of the SDK's error.
    """

    provider: str
    """The provider that was called, such as "openai"."""
    model: str | None
    """The model that the request named; None if unknown."""
    status_code: int | None
    """The HTTP status, or None if no response was received."""
    request_id: str | None
    """The provider's id of the request, or None. Providers ask for it in support requests."""
    retry_after: float | None
    """The seconds to wait before a retry; None if the provider gave no time."""
    body: object | None
    """The body of the error response, decoded if it is JSON; else None."""


class AuthenticationError(ProviderError):
    """The provider rejected the API key: it is wrong or expired (HTTP 401).

    If no key is set, `ConfigurationError` is raised instead.
    """


class PermissionDeniedError(ProviderError):
    """The API key does not permit this request (HTTP 403)."""


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
    """A stream did not end normally, or was used after it was closed or before it was read."""


class StreamNotConsumedError(StreamError, ValueError):
    """The complete response was requested from a stream that was not read to its end."""


class StreamClosedError(StreamError):
    """The stream was closed before its end. Nothing more can be read from it."""


class UnfinishedStreamError(StreamError):
    """The stream ended before the response was complete. `partial` has the received part."""

    _partial: Callable[[], Any] | None = None

    @property
    def partial(self) -> Any:
        """The response built from the received part; None if nothing was received."""
        return self._partial() if self._partial is not None else None

    def __reduce__(self) -> tuple[Any, ...]:
        # The partial response refers to the stream, so it is not pickled.
        return type(self), self.args, {key: value for key, value in vars(self).items() if key != "_partial"}


class LostRaceError(StreamError):
    """Another candidate of a race was faster. Only observers see it, as the error of a request that was cancelled."""


class StreamTimeoutError(UnfinishedStreamError, TimeoutError):
    """A deadline of the stream passed. `deadline` is the name of the deadline: "total", "first", "idle" or "stall"."""

    def __init__(self, message: str, *, deadline: str = "") -> None:
        super().__init__(message)
        self.deadline = deadline


class StreamInterruptedError(UnfinishedStreamError):
    """The response was interrupted: the connection was lost, the provider sent an error event, or the provider's final
    event is missing.

    `partial` has what was received. With `retry` the request is sent again if nothing was received, with `resume` the
    text is continued. If the cause is an error of the provider's SDK, the raised error is also an instance of that SDK
    error class.
    """


class ResponseParseError(MirascopeLikeError, ValueError):
    """The model's response cannot be parsed into the requested type. `response` is the response.

    If pydantic found the fault, the raised error is also an instance of pydantic's `ValidationError`.
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
        """Return pydantic's list of validation errors; an empty list if pydantic did not find the fault."""
        return []


class FallbackError(MirascopeLikeError):
    """The call and all its fallbacks failed. `errors` has their errors, in order; the last one is the `__cause__`."""

    def __init__(self, errors: Sequence[Exception]) -> None:
        listed = "; ".join(map(error_summary, errors))
        super().__init__(f"all {len(errors)} calls failed: {listed}")
        self.errors: list[Exception] = list(errors)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.errors,), vars(self)


class StoreError(MirascopeLikeError):
    """A store, a conversation file or the dump of a response cannot be read or written.

    If the store raised an error of its own, such as `sqlite3.OperationalError`, the raised error is also an instance of
    that class. If a later version of the library wrote the data, the message has the schema version.
    """

    response: Any = None
    """The response that a session received but could not store; None for other errors."""


class BudgetExceededError(MirascopeLikeError):
    """A request was not sent, because it could exceed a budget. What was sent before is not lost: see `partial`."""

    def __init__(
        self, message: str, *, budget: str = "", spent: Any = None, reserved: Any = None, partial: Any = None
    ) -> None:
        super().__init__(message)
        self.budget = budget
        """The limit that would be exceeded: "usd", "tokens" or "requests"."""
        self.spent = spent
        """What the budget had spent: a `Spent`."""
        self.reserved = reserved
        """What the budget had reserved for other requests that were being sent: a `Spent`."""
        self.partial = partial
        """The response of the last request of the same call, such as the last round of a tool loop; None if this was
        the call's first request.
        """


class UnknownPriceError(BudgetExceededError, ConfigurationError):
    """A request was not sent, because a budget in US dollars does not know its price. `set_price` sets the price."""


class ToolError(MirascopeLikeError):
    """A tool call of the model failed: the tool is unknown, the arguments are invalid, or the tool could not run or
    raised an error.
    """


class ToolNotFoundError(ToolError):
    """The model called a tool that was not offered to it."""


class ToolArgumentsError(ToolError):
    """The arguments of a tool call are incomplete or invalid for the tool. `arguments` is their JSON text."""

    def __init__(self, message: str, *, arguments: str | None = None) -> None:
        super().__init__(message)
        self.arguments = arguments


class ToolExecutionError(ToolError):
    """A tool raised an exception. The exception is the `__cause__`."""


class ToolTimeoutError(ToolError):
    """A tool exceeded its time limit."""


class ToolRefusedError(ToolError):
    """The `approve` callback did not allow a tool to run."""
