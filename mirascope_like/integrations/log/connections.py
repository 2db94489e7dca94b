"""The connections of a SQLite log: one to write and one to read, in each process."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from threading import RLock
from weakref import WeakSet

from ...core.base.errors import StoreError
from ...core.base.runtime import file_identity, make_private_file
from .schema import prepare, version_of

_ALL: WeakSet[Connections] = WeakSet()


class Connections:
    """The connections to a file, or to a database in memory (":memory:"). Safe for threads and after a fork."""

    def __init__(self, path: str, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._memory = path == ":memory:"
        self._reset()
        self._kept: list[sqlite3.Connection] = []
        """Connections of parent processes. They are only kept: SQLite does not allow a child process to use or close
        them.
        """
        _ALL.add(self)

    def _reset(self) -> None:
        self._lock = RLock()
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        """The device and the number of the file that is open."""

    @contextmanager
    def writing(self, *, raises: bool = False) -> Generator[sqlite3.Connection]:
        """Context manager for a transaction that writes. It is rolled back after an error.

        With `raises`, errors of SQLite are raised as `StoreError`.
        """
        try:
            with self._lock:
                self._close_another_file()
                if self._writer is None:
                    self._writer = self._opened()
                database = self._writer
                database.execute("BEGIN IMMEDIATE")
                with database:
                    yield database
        except sqlite3.Error as error:
            if not raises:
                raise
            raise StoreError(f"the log {self._path!r} cannot be written: {error}") from error

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """Context manager for reading. Raises `StoreError` if the file cannot be read."""
        try:
            with self._lock:
                self._close_another_file()
                if self._memory:
                    self._writer = self._reader = self._writer or self._opened()
                if self._reader is None:
                    self._reader = self._opened_to_read()
                yield self._reader
        except sqlite3.Error as error:
            raise StoreError(f"the log {self._path!r} cannot be read: {error}") from error

    def _close_another_file(self) -> None:
        """Close the connections if the file was deleted or replaced: what is written to it would be lost."""
        if self._memory:
            return
        file = file_identity(self._path)
        if self._file is not None and self._file != file:
            self.close()
        self._file = file

    def _opened(self) -> sqlite3.Connection:
        if not self._memory:
            make_private_file(self._path)
        database = self._connected(self._path)
        try:
            version_of(database, self._path)  # the journal mode of another database stays
            if not self._memory:
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("PRAGMA synchronous = NORMAL")  # survives the end of the process, at any moment
            database.execute("PRAGMA secure_delete = ON")  # deleted texts are private
            prepare(database, self._path)
        except BaseException:
            database.close()
            raise
        return database

    def _opened_to_read(self) -> sqlite3.Connection:
        try:
            return self._opened()
        except sqlite3.OperationalError:  # the file or its folder cannot be written
            return connected_to_read(self._path, self._timeout)

    def _connected(self, path: str) -> sqlite3.Connection:
        # No implicit transactions: each write begins a transaction, which locks the database for writing at once.
        return sqlite3.connect(path, timeout=self._timeout, check_same_thread=False, isolation_level=None)

    def close(self) -> None:
        """Close the connections of this process."""
        with self._lock:
            for database in {self._writer, self._reader} - {None}:
                if database is not None:
                    database.close()
            self._writer = self._reader = None

    def inherited(self) -> None:
        """Keep the connections of the parent process unused, in a child process."""
        self._kept += [one for one in (self._writer, self._reader) if one is not None]
        self._reset()


def connected_to_read(path: str, timeout: float) -> sqlite3.Connection:
    """Return a connection that only reads a file, which may be in a folder that cannot be written.

    Raises `StoreError` if the file is not a log, or if some of its calls can be read only where the folder can be
    written; and `sqlite3.Error`.
    """
    try:
        return _opened_as("mode=ro", path, timeout)
    except sqlite3.OperationalError:
        if not os.path.exists(path):
            raise
    # Without a file for the shared memory, a database in WAL mode can be read only as immutable. SQLite then ignores
    # the write-ahead log, which a process that was killed, or that still writes, has left.
    wal = f"{path}-wal"
    if os.path.exists(wal) and os.path.getsize(wal):
        raise StoreError(
            f"the log {path!r} cannot be read: its folder cannot be written, and {os.path.basename(wal)!r} has calls"
            f" that are not in the file yet: copy both files to a folder that you can write"
        )
    return _opened_as("immutable=1", path, timeout)


def _opened_as(mode: str, path: str, timeout: float) -> sqlite3.Connection:
    quoted = os.path.abspath(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    database = sqlite3.connect(
        f"file:{quoted}?{mode}", uri=True, timeout=timeout, check_same_thread=False, isolation_level=None
    )
    try:
        version_of(database, path)
    except BaseException:
        database.close()
        raise
    return database


def _in_child() -> None:
    for connections in list(_ALL):
        connections.inherited()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
