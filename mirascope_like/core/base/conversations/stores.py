"""Stores that save conversations: in memory, in SQLite, or in a JSON Lines file (`json_lines_store`). All are
thread-safe.

Each store saves the schema version of its turns. Data without a version was written by an early release.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from ..parsing import check_schema_version
from ..runtime import ForkSafeLock, file_identity, make_private_file
from .conversation import TURNS_VERSION, Conversation, Turn
from .json_lines_store import JSONLinesStore
from .store_support import checked_name, store_errors

__all__ = ["JSONLinesStore", "MemoryStore", "ReplacingStore", "SQLiteStore", "Store", "replace_turns"]

_TABLES = """
CREATE TABLE IF NOT EXISTS turns (number INTEGER PRIMARY KEY, session TEXT NOT NULL, turn TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS turns_by_session ON turns (session, number);
"""


class Store(Protocol):
    """Saves conversations by name. Implement these methods for a store of your own."""

    def append(self, name: str, turns: Sequence[Turn]) -> None:
        """Add turns to the end of a conversation; create the conversation if it does not exist. Writes all turns or
        none.
        """
        ...

    def load(self, name: str) -> Conversation | None:
        """Return the conversation with this name, or None if there is none."""
        ...

    def names(self) -> list[str]:
        """Return the names of all conversations, sorted."""
        ...

    def delete(self, name: str) -> None:
        """Delete the conversation with this name, if there is one."""
        ...


class ReplacingStore(Store, Protocol):
    """A store that can replace a conversation in one step. All stores of the library can."""

    def replace(self, name: str, turns: Sequence[Turn]) -> None:
        """Replace all turns of a conversation by these. If it fails, the old turns are kept."""
        ...


def replace_turns(store: Store, name: str, turns: Sequence[Turn]) -> None:
    """Replace the turns that a store has saved under a name.

    Calls the store's `replace`; a store without that method deletes the conversation and appends the new turns.
    """
    replace: Any = getattr(store, "replace", None)
    if replace is not None:
        replace(name, turns)
        return
    before = store.load(name)
    store.delete(name)
    try:
        if turns:
            store.append(name, turns)
    except BaseException:
        with suppress(Exception):
            if before is not None:
                store.append(name, before.turns)
        raise


class MemoryStore:
    """Saves conversations in memory. They are lost when the program ends."""

    def __init__(self) -> None:
        self._kept: dict[str, Conversation] = {}
        self._lock = ForkSafeLock()

    def append(self, name: str, turns: Sequence[Turn]) -> None:
        """Add turns to the end of a conversation."""
        name = checked_name(name)
        with self._lock:
            self._keep(name, self._kept.get(name, Conversation()).add(*turns))

    def replace(self, name: str, turns: Sequence[Turn]) -> None:
        """Replace all turns of a conversation."""
        name = checked_name(name)
        with self._lock:
            self._keep(name, Conversation(tuple(turns)))

    def load(self, name: str) -> Conversation | None:
        """Return the conversation with this name, or None if there is none."""
        return self._kept.get(checked_name(name))

    def names(self) -> list[str]:
        """Return the names of all conversations, sorted."""
        return sorted(self._kept)

    def delete(self, name: str) -> None:
        """Delete the conversation with this name, if there is one."""
        name = checked_name(name)
        with self._lock:
            self._kept.pop(name, None)

    def _keep(self, name: str, conversation: Conversation) -> None:
        if conversation.turns:
            self._kept[name] = conversation
        else:
            self._kept.pop(name, None)


class SQLiteStore:
    """Saves conversations in a SQLite database. Close it with `close()`, or use it as a context manager.

    Several threads and processes may use the same database. If another connection has locked it, a call waits at most
    `timeout` seconds and then raises `StoreError`. A forked process opens its own connection. If the file is deleted,
    it is made again. The file may be a database of yours, with other tables.

    The table `turns_schema` has the schema versions of the saved turns. If a later version of the library has written
    to the database, opening or using it raises `StoreError`.
    """

    def __init__(self, path: str | Path, *, timeout: float = 5.0) -> None:
        self._lock = ForkSafeLock()
        self._path = path
        self._timeout = timeout
        self._closed = False
        self._inherited: list[sqlite3.Connection] = []
        """Connections of parent processes. They are only kept: SQLite does not allow a child process to use or close
        them.
        """
        with store_errors():
            self._file = os.path.abspath(path) if _is_file(str(path)) else None
            self._pid = os.getpid()
            self._database = self._connected()

    def _connected(self) -> sqlite3.Connection:
        # No implicit transactions: each write begins a transaction, which locks the database for writing at once.
        path, identity = self._file or self._path, None
        if self._file is not None:
            make_private_file(self._file)
            identity = file_identity(self._file)
        database = sqlite3.connect(path, timeout=self._timeout, check_same_thread=False, isolation_level=None)
        try:
            self._check_version(database)
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'turns_by_session'").fetchone():
                database.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
        except BaseException:
            database.close()
            raise
        self._identity = identity
        return database

    @contextmanager
    def _reading(self) -> Generator[sqlite3.Connection]:
        with store_errors(), self._lock:
            if self._pid != os.getpid() and self._file is not None and not self._closed:
                self._inherited.append(self._database)
                self._pid, self._database = os.getpid(), self._connected()
            elif self._file is not None and not self._closed and self._identity != file_identity(self._file):
                replaced, self._database = self._database, self._connected()  # the file was deleted or replaced
                replaced.close()
            self._check_version(self._database)
            yield self._database

    @contextmanager
    def _changing(self) -> Generator[sqlite3.Connection]:
        with self._reading() as database:
            database.execute("BEGIN IMMEDIATE")
            with database:  # commits, or rolls back after an error
                yield database

    def _check_version(self, database: sqlite3.Connection) -> None:
        """Raise `StoreError` if a later version of the library has written turns."""
        tables = database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'turns_schema'")
        if tables.fetchone() is not None:
            found = database.execute("SELECT max(version) FROM turns_schema").fetchone()[0]
            check_schema_version(found, TURNS_VERSION, f"the store {str(self._path)!r}")

    def append(self, name: str, turns: Sequence[Turn]) -> None:
        """Add turns to the end of a conversation, in one transaction."""
        self._insert(name, turns, replaces=False)

    def replace(self, name: str, turns: Sequence[Turn]) -> None:
        """Replace all turns of a conversation, in one transaction."""
        self._insert(name, turns, replaces=True)

    def _insert(self, name: str, turns: Sequence[Turn], *, replaces: bool) -> None:
        name = checked_name(name)
        with store_errors():
            rows = [(name, turn.model_dump_json()) for turn in turns]
        with self._changing() as database:
            if replaces:
                database.execute("DELETE FROM turns WHERE session = ?", (name,))
            database.executemany("INSERT INTO turns (session, turn) VALUES (?, ?)", rows)
            database.execute("CREATE TABLE IF NOT EXISTS turns_schema (version INTEGER PRIMARY KEY)")
            database.execute("INSERT OR IGNORE INTO turns_schema (version) VALUES (?)", (TURNS_VERSION,))

    def load(self, name: str) -> Conversation | None:
        """Return the conversation with this name, or None if there is none."""
        name = checked_name(name)
        with self._reading() as database:
            rows = database.execute("SELECT turn FROM turns WHERE session = ? ORDER BY number", (name,)).fetchall()
        with store_errors():
            return Conversation(tuple(Turn.model_validate_json(turn) for (turn,) in rows)) if rows else None

    def names(self) -> list[str]:
        """Return the names of all conversations, sorted."""
        with self._reading() as database:
            return [name for (name,) in database.execute("SELECT DISTINCT session FROM turns ORDER BY session")]

    def delete(self, name: str) -> None:
        """Delete the conversation with this name, if there is one."""
        name = checked_name(name)
        with self._changing() as database:
            database.execute("DELETE FROM turns WHERE session = ?", (name,))

    def close(self) -> None:
        """Close the connection to the database."""
        with self._lock:
            self._closed = True
            if self._pid == os.getpid():
                self._database.close()

    def __enter__(self) -> SQLiteStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _is_file(path: str) -> bool:
    return path not in ("", ":memory:") and not path.startswith("file:")
