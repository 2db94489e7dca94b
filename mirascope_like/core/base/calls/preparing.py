"""Stops a call when its request is complete, before anything is sent. `testing.prepare` uses it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ..provider import Provider
from ..request import Request

PREPARING: ContextVar[bool] = ContextVar("mirascope_like_preparing", default=False)
"""True while calls raise `PreparedRequest` in place of sending their request."""


class PreparedRequest(BaseException):
    """The request of a call that is not sent. It is not an `Exception`, so that middleware, retries and fallbacks
    around the call do not take it for a failure.
    """

    def __init__(self, provider: Provider[Any, Any, Any], request: Request) -> None:
        super().__init__()
        self.provider = provider
        self.request = request


def unless_preparing(provider: Provider[Any, Any, Any], request: Request) -> Request:
    """Return the request. Raises `PreparedRequest` if it must not be sent."""
    if PREPARING.get():
        raise PreparedRequest(provider, request)
    return request


@contextmanager
def sent_meanwhile() -> Generator[None]:
    """Context manager for a prompt function: the calls that it makes are sent, since the prompt depends on them."""
    token = PREPARING.set(False)
    try:
        yield
    finally:
        PREPARING.reset(token)
