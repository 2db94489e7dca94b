"""Chooses the error class for Google's HTTP errors."""

from __future__ import annotations

import re

from ...base.errors import AuthenticationError, ContextWindowExceededError, ProviderError, described, error_kind

_TOO_LONG = re.compile(r"token count .{0,40}exceeds the maximum", re.IGNORECASE)


def gemini_kind(status: int | None, body: object) -> type[ProviderError]:
    """Return the error class for an HTTP status and an error body.

    Google reports an invalid key, and a prompt that is too long, as a mere "invalid argument". So the text of the body
    is searched.
    """
    status_code, code, text = described(body)
    if "API_KEY_INVALID" in str(body):
        return AuthenticationError
    if _TOO_LONG.search(text):
        return ContextWindowExceededError
    return error_kind(status or status_code, code, text)
