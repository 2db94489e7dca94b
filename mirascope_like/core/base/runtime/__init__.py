"""Python plumbing: lazy loading, signatures, generators driven without I/O.

Used by: every other room.
Must not know: anything about language models.
"""

from __future__ import annotations

from .lazy_module import Later, lazy_names
from .old_paths import install
from .sans_io import adrive, drive
from .signatures import alike, bound_values, is_async

__all__ = ["Later", "adrive", "alike", "bound_values", "drive", "install", "is_async", "lazy_names"]
