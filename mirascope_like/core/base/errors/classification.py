"""Choose the class of an error by its HTTP status, its code and its text, and read its headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

from .exceptions import (
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    ContextWindowExceededError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
)

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
