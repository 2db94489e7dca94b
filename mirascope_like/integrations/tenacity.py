"""Another path of `retries.tenacity`, which Mirascope v1 has too."""

from __future__ import annotations

from ..core.base.runtime import listing
from ..retries.tenacity import collect_errors

__all__ = ["collect_errors"]

__dir__ = listing(__all__)
