"""Errors inside a stream: an event that cannot be decoded, and an event by which the provider reports an error."""

from __future__ import annotations

from typing import Any

from .reported import error_texts, levels


class MalformedEventError(ValueError):
    """An event of a stream cannot be decoded: it does not have the provider's format."""


class ErrorEventError(Exception):
    """The provider reported an error as an event of a stream, or in place of a response. `body` is the content of
    the error.
    """

    def __init__(self, body: Any) -> None:
        nested = [*levels(body)]
        messages = [one if isinstance(one, str) else next(iter(error_texts(one)), None) for one in reversed(nested)]
        message = next((one for one in messages if one), None)
        super().__init__(message or f"an error in the stream: {nested[-1] if nested else body}")
        self.body = body
