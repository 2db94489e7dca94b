"""What Google's errors mean."""

from __future__ import annotations

import re

from ...base.errors import AuthenticationError, ContextWindowExceededError, ProviderError, described, error_kind

_TOO_LONG = re.compile(r"token count .{0,40}exceeds the maximum", re.IGNORECASE)


def gemini_kind(status: int | None, body: object) -> type[ProviderError]:
    """Return the class of ours that an error with this HTTP status and body is.

    Google says of a key that does not exist, and of a prompt that is too long, only that an argument is invalid.
    """
    said, code, text = described(body)
    if "API_KEY_INVALID" in str(body):
        return AuthenticationError
    if _TOO_LONG.search(text):
        return ContextWindowExceededError
    return error_kind(status or said, code, text)
