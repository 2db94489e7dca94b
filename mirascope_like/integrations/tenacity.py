"""Another path of `retries.tenacity`, which Mirascope v1 has too."""

from __future__ import annotations

from ..retries.tenacity import collect_errors

__all__ = ["collect_errors"]


def __dir__() -> list[str]:
    return sorted(__all__)
