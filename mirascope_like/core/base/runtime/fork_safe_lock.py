"""A lock that can still be acquired after the process was forked.

Used by stores and sessions. If one thread holds a `threading.Lock` while another thread forks, the lock stays locked in
the child process for ever, because the thread that would release it does not exist there.
"""

from __future__ import annotations

import os
from threading import Lock
from weakref import WeakSet

_LOCKS: WeakSet[ForkSafeLock] = WeakSet()


class ForkSafeLock:
    """A lock for the threads of one process. In a forked child process, it is released. Use it in a `with`
    statement.
    """

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
