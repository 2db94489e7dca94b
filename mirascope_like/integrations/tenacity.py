"""Another path of `retries.tenacity`, which Mirascope v1 has too."""

from __future__ import annotations

from ..core.base.runtime import Listing
from ..retries.tenacity import collect_errors

__all__ = ["collect_errors"]

__dir__: Listing = Listing(__all__)
