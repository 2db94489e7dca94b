"""Settings that apply to all calls inside a `with` block, in the current thread or task only.

`llm.context` and `llm.override` set them. `calls` reads them once per call, when the call is made.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

OVERRIDES: ContextVar[Mapping[str, Any]] = ContextVar("mirascope_like_overrides", default=MappingProxyType({}))
"""The settings that are active. A call reads them when it is made, even if its request is sent later.

`clients` of `testing.use_client` are among them: the client of each provider by its name.
"""
SENT_ONCE = "sent_once"
"""The name of the setting for `Request.sent_once` of all calls that do not stream."""


@contextmanager
def overridden(settings: Mapping[str, Any]) -> Generator[None]:
    """Context manager: replace the active settings by `settings` inside a `with` block."""
    token = OVERRIDES.set(settings)
    try:
        yield
    finally:
        OVERRIDES.reset(token)
