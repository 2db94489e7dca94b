"""Errors inside a stream: an event that is malformed, and an event that reports an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


class MalformedEventError(ValueError):
    """An event is not what the provider's format says."""


class ErrorEventError(Exception):
    """The provider reported an error in the middle of a stream, or as an answer; `body` is what it said."""

    def __init__(self, body: Any) -> None:
        told: Any = body
        while isinstance(told, Mapping) and (inner := cast("Mapping[str, Any]", told).get("error")):
            told = inner
        message = cast("Mapping[str, Any]", told).get("message") if isinstance(told, Mapping) else told
        super().__init__(message if isinstance(message, str) and message else f"an error in the stream: {told}")
        self.body = body
