"""`with_logfire`: records each call as a span of Logfire."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from ..core.base.errors import load_sdk

load_sdk("logfire", extra="logfire")

from .otel import with_otel  # noqa: E402  # after the check whether Logfire is installed, whose error names the extra

P = ParamSpec("P")
R = TypeVar("R")


def with_logfire(*, content: bool = True) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that records each call as a span of Logfire: unstreamed, streamed or structured, sync or
    async.

    Call `logfire.configure()` first: Logfire then receives the spans of OpenTelemetry, so the spans are those of
    `with_otel`. Prompts and responses are recorded unless `content` is False, as in Mirascope v1.

    Importing this module raises `MissingSDKError` if Logfire is not installed.
    """
    return with_otel(content=content)


__all__ = ["with_logfire"]
