"""`with_logfire`: records each call as a span of Logfire."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from ..core.base.errors import load_sdk
from ..core.base.runtime import Listing

P = ParamSpec("P")
R = TypeVar("R")


def with_logfire(*, content: bool = True) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that records each call as a span of Logfire: unstreamed, streamed or structured, sync or
    async.

    Call `logfire.configure()` first: Logfire then receives the spans of OpenTelemetry, so the spans are those of
    `with_otel`. Prompts and responses are recorded unless `content` is False, as in Mirascope v1.

    Raises `MissingSDKError` if Logfire is not installed.
    """
    load_sdk("logfire", extra="logfire")
    from .otel import with_otel  # imported here: it needs OpenTelemetry, which Logfire brings

    return with_otel(content=content)


__all__ = ["with_logfire"]

__dir__: Listing = Listing(__all__)
