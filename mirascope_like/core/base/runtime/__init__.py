"""Tools for Python itself: lazy imports, signatures, generators that do no I/O, clocks, event loops, worker threads.

Used by: every other room.
Must not know: anything about language models.
"""

from __future__ import annotations

from .async_generators import AsyncGenerators
from .cancellation import CancelScope, cancel_scope, on_asyncio, sleep
from .clock import CLOCK
from .contexts import NO_EFFECT, Steps, run_and_carry
from .event_loops import Semaphore, gather, in_thread, outcome, running_loop, semaphore
from .fork_safe_lock import ForkSafeLock
from .lazy_module import LazyModule, lazy_names
from .old_paths import install
from .older_pickles import loads_older_pickles
from .private_file import PRIVATE, file_identity, make_private_file
from .public_names import Listing
from .sans_io import adrive, drive
from .signatures import alike, bound_values, is_async, named_values, over_descriptors, within_descriptor
from .stagger import Stagger, raise_cancelled, stagger
from .type_form import TypeForm
from .visible_text import error_notes, error_summary, error_text, visible, visible_in_json
from .worker_threads import run_in_worker

__all__ = [
    "AsyncGenerators",
    "CancelScope",
    "ForkSafeLock",
    "run_and_carry",
    "LazyModule",
    "Semaphore",
    "Stagger",
    "Steps",
    "TypeForm",
    "adrive",
    "alike",
    "bound_values",
    "cancel_scope",
    "CLOCK",
    "NO_EFFECT",
    "PRIVATE",
    "drive",
    "error_notes",
    "error_summary",
    "error_text",
    "gather",
    "in_thread",
    "install",
    "is_async",
    "lazy_names",
    "Listing",
    "loads_older_pickles",
    "file_identity",
    "make_private_file",
    "named_values",
    "on_asyncio",
    "outcome",
    "over_descriptors",
    "raise_cancelled",
    "run_in_worker",
    "running_loop",
    "semaphore",
    "sleep",
    "stagger",
    "visible",
    "visible_in_json",
    "within_descriptor",
]
