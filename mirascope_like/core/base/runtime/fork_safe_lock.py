"""A lock that a forked process can still take.

Used by stores and sessions: where a thread holds a `threading.Lock` while another one forks, the child has the lock,
and no thread that would release it.
"""

from __future__ import annotations

import os
from threading import Lock
from weakref import WeakSet

_LOCKS: WeakSet[ForkSafeLock] = WeakSet()


class ForkSafeLock:
    """A lock for the threads of one process; a forked process begins with it released. Use it with `with`."""

    def __init__(self) -> None:
        self.lock: Lock = Lock()
        _LOCKS.add(self)

    def __enter__(self) -> None:
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def _release_in_child() -> None:
    for one in _LOCKS:
        one.lock = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_release_in_child)
