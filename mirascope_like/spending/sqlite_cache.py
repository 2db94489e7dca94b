"""`SQLiteCache`: a cache in a SQLite database."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from ..core.base.errors import (
    ConfigurationError,
    StoreError,
    adopt_store_error,
    check_own_database,
    make_store_file,
)
from ..core.base.parsing import check_schema_version
from ..core.base.runtime import CLOCK, ForkSafeLock, file_identity
from .durations import seconds_of

SCHEMA_VERSION = 1
"""The version of the tables. A database of a later version is not used."""

_TABLES = """
CREATE TABLE IF NOT EXISTS cache (key TEXT PRIMARY KEY, created REAL NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cache_by_age ON cache (created, length(value));
CREATE TABLE IF NOT EXISTS cache_state (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO cache_state VALUES ('version', 1), ('bytes', 0);
CREATE TRIGGER IF NOT EXISTS cache_added AFTER INSERT ON cache BEGIN
    UPDATE cache_state SET number = number + length(new.value) WHERE name = 'bytes';
END;
CREATE TRIGGER IF NOT EXISTS cache_removed AFTER DELETE ON cache BEGIN
    UPDATE cache_state SET number = number - length(old.value) WHERE name = 'bytes';
END;
"""


class SQLiteCache:
    """A cache in a SQLite database. Close it with `close()`, or use it as a context manager.

    Several threads and processes may use the same file, also after a fork. What was stored is never half written: if a
    process is killed, an entry is complete or missing. If the file is deleted, it is made again. `max_bytes` limits the
    size of all values: the oldest are deleted when a new one is stored. `timeout` is how many seconds a call waits for
    a database that another process has locked.

    Raises `StoreError` if the file cannot be used, if it is the database of another application, or if a later version
    of the library has written it.
    """

    def __init__(self, path: str | Path, *, max_bytes: int | None = None, timeout: float = 5.0) -> None:
        if max_bytes is not None and max_bytes <= 0:
            raise ConfigurationError(f"max_bytes must be more than 0, not {max_bytes!r}")
        self._lock = ForkSafeLock()
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._in_memory = str(path) in ("", ":memory:")
        self._path = str(path) if self._in_memory else os.path.abspath(path)
        self._pid = os.getpid()
        self._inherited: list[sqlite3.Connection] = []
        """Connections of parent processes, which a child process must neither use nor close."""
        with _store_errors():
            self._database: sqlite3.Connection | None = self._connected()

    def _connected(self) -> sqlite3.Connection:
        if not self._in_memory:
            make_store_file(self._path, "cache")
        file = file_identity(self._path)
        database = sqlite3.connect(self._path, timeout=self._timeout, check_same_thread=False, isolation_level=None)
        try:
            check_own_database(database, self._path, "a cache", "cache")
            database.execute("PRAGMA journal_mode = WAL")  # readers do not wait for a writer
            database.execute("PRAGMA synchronous = NORMAL")  # safe if a process is killed; not after a loss of power
            if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'cache_removed'").fetchone() is None:
                database.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
            version = database.execute("SELECT number FROM cache_state WHERE name = 'version'").fetchone()
            check_schema_version(version and version[0], SCHEMA_VERSION, f"the cache {self._path!r}")
        except BaseException:
            database.close()
            raise
        self._file = file
        return database

    @contextmanager
    def _using(self) -> Generator[sqlite3.Connection]:
        with _store_errors(), self._lock:
            if self._database is None:
                raise StoreError(f"the cache {self._path!r} is closed")
            if self._pid != os.getpid() and not self._in_memory:
                self._inherited.append(self._database)
                self._pid, self._database = os.getpid(), self._connected()
            elif not self._in_memory and self._file != file_identity(self._path):  # deleted or replaced
                replaced, self._database = self._database, self._connected()
                replaced.close()
            yield self._database

    def get(self, key: str, max_age: float | None = None) -> bytes | None:
        """Return the value of a key; None if there is none, or if it is older than `max_age` seconds."""
        with self._using() as database:
            found = database.execute("SELECT created, value FROM cache WHERE key = ?", (key,)).fetchone()
        if found is None or (max_age is not None and _now() - found[0] >= max_age):
            return None
        return bytes(found[1])

    def set(self, key: str, value: bytes) -> None:
        """Store a value, in place of an older one; delete the oldest values if there are too many bytes."""
        with self._using() as database:
            database.execute("BEGIN IMMEDIATE")
            with database:  # commits, or rolls back after an error
                database.execute("DELETE FROM cache WHERE key = ?", (key,))
                database.execute("INSERT INTO cache VALUES (?, ?, ?)", (key, _now(), value))
                if self._max_bytes is not None:
                    self._shrink(database, self._max_bytes)

    def _shrink(self, database: sqlite3.Connection, limit: int) -> None:
        (size,) = database.execute("SELECT number FROM cache_state WHERE name = 'bytes'").fetchone()
        if size <= limit:
            return
        for key, length in database.execute("SELECT key, length(value) FROM cache ORDER BY created, key").fetchall():
            if size <= limit:
                break
            database.execute("DELETE FROM cache WHERE key = ?", (key,))
            size -= length

    def delete(self, key: str) -> None:
        """Delete the value of a key, if there is one."""
        with self._using() as database:
            database.execute("DELETE FROM cache WHERE key = ?", (key,))

    def prune(self, older_than: float | str) -> int:
        """Delete the values that are older than this: seconds, or a text such as "30d". Return how many."""
        oldest = _now() - seconds_of("older_than", older_than)
        with self._using() as database:
            return database.execute("DELETE FROM cache WHERE created < ?", (oldest,)).rowcount

    def clear(self) -> None:
        """Delete all values, and give the space on the disk back."""
        with self._using() as database:
            database.execute("DELETE FROM cache")
            database.execute("VACUUM")

    def __len__(self) -> int:
        """Return the number of values."""
        with self._using() as database:
            found: int = database.execute("SELECT count(*) FROM cache").fetchone()[0]
        return found

    def close(self) -> None:
        """Close the connection to the database."""
        with self._lock:
            database, self._database = self._database, None
            if database is not None and self._pid == os.getpid():
                with suppress(sqlite3.Error):
                    database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _now() -> float:
    return CLOCK.timestamp() / 1000


@contextmanager
def _store_errors() -> Generator[None]:
    try:
        yield
    except Exception as error:
        raise adopt_store_error(error)
