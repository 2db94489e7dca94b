"""Collects the HTTP responses that arrive, for callers that need more than the SDK's response object: the headers."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_NOTED: ContextVar[list[Any] | None] = ContextVar("_NOTED", default=None)


@contextmanager
def noting() -> Generator[list[Any]]:
    """Context manager that collects the responses that arrive inside its block, in this thread or task: those of the
    clients given to `note_responses`, and the whole responses of SDKs that are similar to OpenAI's. The SDK reads them.
    """
    noted: list[Any] = []
    token = _NOTED.set(noted)
    try:
        yield noted
    finally:
        _NOTED.reset(token)


def note_response(response: Any) -> None:
    """Add an HTTP response to those that are collected now, if they are."""
    if (noted := _NOTED.get()) is not None:
        noted.append(response)
