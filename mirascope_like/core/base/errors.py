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
    └── ToolError
        ├── ToolNotFoundError
        ├── ToolArgumentsError
        ├── ToolExecutionError
        ├── ToolTimeoutError
        └── ToolRefusedError

Knows no SDK: a provider says which of its SDK's errors means which of these.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, TypeAlias, cast

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
    """A deadline of the stream passed; `deadline` says which: "total", "first" or "idle"."""

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


_CONTEXT = re.compile(
    r"context[_ ](length|window)|maximum context|prompt is too long|too many (input )?tokens"
    r"|exceeds? the (available )?context|reduce the length of the messages|input is too long"
    r"|max_tokens.{0,40}exceed.{0,20}context",
    re.IGNORECASE,
)
_FILTER = re.compile(r"content[_ ](filter|management policy|policy_violation)|ResponsibleAIPolicy", re.IGNORECASE)

_REQUEST_IDS = ("x-request-id", "request-id", "mistral-correlation-id")

_BY_STATUS: dict[int, type[ProviderError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: RateLimitError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: RequestTimeoutError,
    409: BadRequestError,
    413: BadRequestError,
    422: BadRequestError,
    429: RateLimitError,
    503: OverloadedError,
    504: RequestTimeoutError,
    529: OverloadedError,
}


_BY_CODE: dict[str, type[ProviderError]] = {
    "authentication_error": AuthenticationError,
    "invalid_api_key": AuthenticationError,
    "billing_error": RateLimitError,
    "insufficient_quota": RateLimitError,
    "rate_limit_error": RateLimitError,
    "rate_limit_exceeded": RateLimitError,
    "permission_error": PermissionDeniedError,
    "not_found_error": NotFoundError,
    "model_not_found": NotFoundError,
    "invalid_request_error": BadRequestError,
    "request_too_large": BadRequestError,
    "context_length_exceeded": ContextWindowExceededError,
    "content_filter": ContentFilterError,
    "bio_policy": ContentFilterError,
    "image_content_policy_violation": ContentFilterError,
    "misalignment_policy_violation": ContentFilterError,
    "invalid_prompt": BadRequestError,
    "vector_store_timeout": RequestTimeoutError,
    "timeout_error": RequestTimeoutError,
    "overloaded_error": OverloadedError,
    "api_error": ServerError,
    "server_error": ServerError,
    "internal_server_error": ServerError,
}


def error_kind(status_code: int | None, code: str | None = None, text: str = "") -> type[ProviderError]:
    """Return the class of an error with this HTTP status, code and text, as far as each is known."""
    kind = _BY_CODE.get(code or "")
    if status_code is not None and status_code >= 400:
        of_status = _BY_STATUS.get(status_code) or (ServerError if status_code >= 500 else BadRequestError)
        kind = kind if kind is not None and issubclass(kind, of_status) else of_status
    if kind is BadRequestError:
        if _CONTEXT.search(text):
            return ContextWindowExceededError
        if _FILTER.search(text):
            return ContentFilterError
    return kind or ProviderError


def described(body: object) -> tuple[int | None, str | None, str]:
    """Return the status, the code and the text that the body of an error holds, in any of the usual forms."""
    found: Any = body
    while isinstance(found, Mapping) and isinstance(cast("Any", found).get("error"), Mapping):
        found = cast("Any", found)["error"]
    if not isinstance(found, Mapping):
        return None, None, str(found or "")
    fields = cast("Mapping[str, Any]", found)
    codes = [fields.get("code"), fields.get("type"), fields.get("status")]
    status = next((int(str(one)) for one in codes if re.fullmatch("[45][0-9]{2}", str(one))), None)
    named = [one for one in codes if isinstance(one, str)]
    code = next((one for one in named if one in _BY_CODE), named[0] if named else None)
    return status, code, f"{fields.get('message') or ''} {code or ''}"


def retry_after(headers: Any) -> float | None:
    """Return the seconds that `retry-after-ms` or `retry-after` (seconds or a date, RFC 9110) ask to wait."""
    if (ms := headers.get("retry-after-ms")) is not None:
        try:
            return float(ms) / 1000
        except ValueError:
            pass
    text = headers.get("retry-after")
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def request_id(headers: Any) -> str | None:
    """Return the provider's id of a request, from the headers of the answer."""
    return next((headers[name] for name in _REQUEST_IDS if name in headers), None)


class _Adopted:
    """What the classes made by `both` share: they can be pickled, as both parents' names are enough to make one."""

    parents: ClassVar[tuple[type[BaseException], ...]] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        # The request, and the response that knows it, hold the key among their headers; botocore's dict does not.
        state: dict[str, Any] = {
            key: None if key in ("request", "response") and not isinstance(value, dict) else value
            for key, value in vars(self).items()
            if key != "_partial"
        }
        parents = tuple(_importable(parent) for parent in self.parents)
        return _restore, (parents, cast("BaseException", self).args, state)


def _importable(kind: type[BaseException]) -> type[BaseException]:
    """Return the nearest class that can be found by its name: botocore makes classes of errors that cannot."""
    mro: tuple[type[BaseException], ...] = kind.__mro__
    found: type[BaseException] = next(
        one for one in mro if getattr(sys.modules.get(one.__module__), one.__name__, None) is one
    )
    return found


def _restore(parents: tuple[type[BaseException], ...], args: tuple[Any, ...], state: dict[str, Any]) -> BaseException:
    kind = both(*parents)
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


_BOTH: dict[tuple[type[BaseException], ...], type[BaseException]] = {}


def both(*parents: type[BaseException]) -> type[BaseException]:
    """Return the class that is all of the classes given, named as the first; made once."""
    made = _BOTH.get(parents)
    if made is None:
        made = _BOTH[parents] = _made(parents)
    return made


def _made(parents: tuple[type[BaseException], ...]) -> type[BaseException]:
    kept = [one for one in parents if not any(other is not one and issubclass(other, one) for other in parents)]
    if len(kept) == 1:
        return kept[0]
    first = kept[0]
    space = {"parents": tuple(kept), "__module__": first.__module__, "__doc__": first.__doc__}
    return type(first.__name__, (_Adopted, *kept), space)


def _copied(error: Exception, kind: type[BaseException]) -> Exception:
    made = cast("Exception", kind.__new__(kind, *error.args))
    made.args = error.args
    made.__dict__.update(vars(error))
    made.__cause__ = error.__cause__
    return made.with_traceback(error.__traceback__)


def adopt(
    error: Exception,
    *kinds: type[MirascopeLikeError],
    provider: str,
    model: str | None,
) -> Exception:
    """Make an SDK's error one of ours as well, in place: same object, message, traceback and attributes.

    Give the classes of ours that it is to be; the SDK's class stays among its bases. An error of a built-in class, as
    `ValueError`, cannot change it: a copy is returned.
    """
    kind = both(*kinds, type(error))
    try:
        cast("Any", error).__class__ = kind
    except TypeError:
        error = _copied(error, kind)
    if isinstance(error, ProviderError):
        state = vars(error)
        response = getattr(error, "response", None)  # an attribute, or, in google.api_core, a property
        headers = getattr(response, "headers", None) or state.get("headers")
        error.provider = provider
        error.model = model
        state.setdefault("status_code", getattr(response, "status_code", None))
        state.setdefault("request_id", request_id(headers) if headers is not None else None)
        state.setdefault("body", None)
        state["retry_after"] = retry_after(headers) if headers is not None else None
    return error
