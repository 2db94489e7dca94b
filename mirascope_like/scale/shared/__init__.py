"""Limits that several processes share: through Redis, or in a Ray cluster."""

from __future__ import annotations

from ...core.base.errors import ConfigurationError
from ..limits import Limits
from .lease import SharedBook, SharedLimiter

__all__ = ["SharedBook", "SharedLimiter", "shared_limiter"]


def shared_limiter(share: str, name: str, limits: Limits | None = None) -> SharedLimiter:
    """Return a limiter that all processes share that pass the same `share`, `name` and `limits`.

    `share` is the URL of a Redis server, such as "redis://localhost:6379/0", or "ray". `name` names what is limited,
    such as "openai:gpt-4o-mini".

    Raises `ConfigurationError` for any other `share`, and if the package is not installed.
    """
    if share == "ray":
        from .ray import RayBook

        return SharedLimiter(RayBook(name, limits), limits, name)
    if share.partition("://")[0] in ("redis", "rediss", "unix"):
        from .redis import RedisBook

        return SharedLimiter(RedisBook(share, name, limits), limits, name)
    raise ConfigurationError(f"share must be 'ray' or the URL of a Redis server ('redis://...'), not {share!r}")
