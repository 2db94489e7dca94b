"""Settings that apply to all calls made inside a `with` block, in the current thread or task only.

`llm.context` sets them; `calls` reads them once for each call, when it is made.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

OVERRIDES: ContextVar[Mapping[str, Any]] = ContextVar("mirascope_like_overrides", default=MappingProxyType({}))
"""The settings that apply now. A call reads them when it is made, even if its request is sent later."""


@contextmanager
def overridden(settings: Mapping[str, Any]) -> Generator[None]:
    """Apply `settings` inside a `with` block, in place of the settings of the blocks around it."""
    token = OVERRIDES.set(settings)
    try:
        yield
    finally:
        OVERRIDES.reset(token)
