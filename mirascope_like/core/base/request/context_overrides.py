"""Settings decided around calls rather than in them, for a `with` block, in this thread or task alone.

`llm.context` sets them; `calls` reads them once for each call, when it is made.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

OVERRIDES: ContextVar[Mapping[str, Any]] = ContextVar("mirascope_like_overrides", default=MappingProxyType({}))
"""The settings in force; a call takes them when it is made, even if its request is sent later."""


@contextmanager
def overridden(settings: Mapping[str, Any]) -> Generator[None]:
    """Put other settings in force for a `with` block, in place of those around it."""
    token = OVERRIDES.set(settings)
    try:
        yield
    finally:
        OVERRIDES.reset(token)
