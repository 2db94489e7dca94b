"""What is decided around a call rather than in it: settings for a `with` block, in this thread or task alone."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

OVERRIDES: ContextVar[Mapping[str, Any]] = ContextVar("mirascope_like_overrides", default=MappingProxyType({}))
"""The settings in force; a call takes them when it is made, even if its request is sent later."""
