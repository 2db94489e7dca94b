"""Writes the rows of calls in a thread of its own, so that a slow or failing log never delays a call."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from queue import SimpleQueue
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from ...core.base.runtime import CLOCK

T = TypeVar("T")

log: logging.Logger = logging.getLogger(__name__)
DELAY = 0.04
"""The seconds that the writer waits for further entries before it writes those that it has."""
LIMIT = 10_000
"""The number of entries that are kept while they cannot be written. Further ones are dropped."""
RETRY = 1.0
"""The seconds until the writer tries again after a failure."""
_WRITERS: WeakSet[Writer[Any]] = WeakSet()


class Writer(Generic[T]):
    """Collects entries from all threads, and passes them to a function in its own thread, at most 50 ms later.

    The thread keeps the writer and the function, so the function must not refer to the log that has the writer: the
    log calls `abandon` when it is dropped.

    If the function raises an error, a warning is logged once, and the entries are kept and passed again later. After a
    fork, the child process has an empty writer of its own; the parent writes what was collected before.
    """

    def __init__(self, write: Callable[[Sequence[T]], None], name: str, close: Callable[[], object] = list) -> None:
        """`close` is called after the last entries of an abandoned writer, by its thread."""
        self._write = write
        self._close = close
        self._name = name
        self._reset()
        _WRITERS.add(self)

    def _reset(self) -> None:
        self._entries: deque[T] = deque()
        self._writing = threading.Lock()
        """Held while entries are written, by the thread of the writer or by `flush`."""
        self._signals: SimpleQueue[None] = SimpleQueue()
        """Has an item while there are entries, or at the end. Unlike a lock, a finalizer may use it at any moment."""
        self._signalled = False
        """True if the thread will write the entries."""
        self._pause = threading.Condition()
        """Notified to end the wait for further entries."""
        self._thread: threading.Thread | None = None
        self._failed = False
        """True while writing fails: the warning was logged."""
        self._full = False
        self._closed = False
        self._abandoned = False

    def add(self, entry: T) -> None:
        """Add an entry. Does not wait."""
        if len(self._entries) >= LIMIT:
            if not self._full:
                self._full = True
                log.warning("the log %s cannot be written: further calls are not logged", self._name)
            return
        self._entries.append(entry)
        if not self._signalled:
            self._signalled = True
            self._signals.put(None)
            if self._thread is None:
                self._start()

    def _start(self) -> None:
        with self._writing:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="mirascope-like-log", daemon=True)
                self._thread.start()
                _at_exit_of_children()

    def _run(self) -> None:
        while not self._closed:
            self._signals.get()
            until = CLOCK.monotonic() + (RETRY if self._failed else DELAY)
            with self._pause:
                while not self._closed and (left := until - CLOCK.monotonic()) > 0:
                    CLOCK.wait(self._pause, left)
            with self._writing:
                if self._abandoned or not self._closed:  # what is closed must not open its file again
                    self._write_all()
        if self._abandoned:
            self._close()

    def flush(self) -> bool:
        """Write all entries, in this thread. Returns False if they could not be written; they are then kept."""
        with self._writing:
            return self._write_all()

    def _write_all(self) -> bool:
        self._signalled = False
        while self._entries:
            batch = list(islice(self._entries, 1000))
            try:
                self._write(batch)
            except Exception:
                if not self._failed:
                    self._failed = True
                    log.warning("the log %s cannot be written; calls continue", self._name, exc_info=True)
                self._signalled = True
                self._signals.put(None)
                return False
            for _ in batch:
                self._entries.popleft()
            self._failed = self._full = False
        return True

    def close(self) -> None:
        """Write all entries, and end the thread. Entries that cannot be written are dropped."""
        with self._writing:
            self._write_all()
            self._closed = True
        with self._pause:
            self._pause.notify_all()
        self._signals.put(None)

    def abandon(self) -> None:
        """Make the thread write all entries, and end. Does not wait, so that a finalizer may call it at any moment."""
        self._abandoned = self._closed = True
        self._signals.put(None)
        if self._thread is None:
            self._close()

    def inherited(self) -> None:
        """Forget the entries and the thread of the parent process, in a child process."""
        closed = self._closed
        self._reset()
        self._closed = closed


def flush_all() -> None:
    """Write the entries of all writers, at the end of the process."""
    for writer in list(_WRITERS):
        writer.flush()


def _in_child() -> None:
    for writer in list(_WRITERS):
        writer.inherited()


def _at_exit_of_children() -> None:
    """Make a process of `multiprocessing` write the entries at its end: it does not run functions of `atexit`."""
    util: Any = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.Finalize(None, flush_all, exitpriority=10)


atexit.register(flush_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
