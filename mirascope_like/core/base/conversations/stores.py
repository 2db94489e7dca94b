"""Stores for conversations: in memory, in a JSON Lines file, or in SQLite. All are thread-safe.

Stored turns carry their schema version; data without one was written before there were versions.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from ..parsing import VERSION_KEY, check_schema_version
from .conversation import TURNS_VERSION, Conversation, Turn


class Store(Protocol):
    """Stores conversations under names."""

    def append(self, name: str, turns: Sequence[Turn]) -> None:
        """Add turns to a conversation; all of them or none."""
        ...

    def load(self, name: str) -> Conversation | None:
        """Return a conversation, or None if there is none with this name."""
        ...

    def names(self) -> list[str]:
        """Return the names of all conversations, sorted."""
        ...

    def delete(self, name: str) -> None:
        """Delete a conversation if it exists."""
        ...


class ReplacingStore(Store, Protocol):
    """A store that replaces a conversation in one step, as those of this module do."""

    def replace(self, name: str, turns: Sequence[Turn]) -> None:
        """Keep these turns instead of the conversation; all of it or nothing."""
        ...


def replace_turns(store: Store, name: str, turns: Sequence[Turn]) -> None:
    """Have a store keep other turns under a name: in one step if it can, else by deleting and appending."""
    replace: Any = getattr(store, "replace", None)
    if replace is not None:
        replace(name, turns)
        return
    store.delete(name)
    if turns:
        store.append(name, turns)


class MemoryStore:
    """Stores conversations in memory, while the program runs."""

    def __init__(self) -> None:
        self._kept: dict[str, Conversation] = {}
        self._lock = Lock()

    def append(self, name: str, turns: Sequence[Turn]) -> None:
        """Add turns to a conversation."""
        with self._lock:
            self._kept[name] = self._kept.get(name, Conversation()).add(*turns)

    def replace(self, name: str, turns: Sequence[Turn]) -> None:
        """Keep other turns instead of a conversation."""
        with self._lock:
            self._kept[name] = Conversation(tuple(turns))

    def load(self, name: str) -> Conversation | None:
        """Return a conversation, or None."""
        return self._kept.get(name)

    def names(self) -> list[str]:
        """Return the names of all conversations, sorted."""
        return sorted(self._kept)

    def delete(self, name: str) -> None:
        """Delete a conversation."""
        with self._lock:
            self._kept.pop(name, None)


class JSONLinesStore:
    """Stores conversations in a file, one line per exchange. An incomplete line is ignored.

    Each line has its schema version. Reading raises `StoreError` if a later version of the library wrote one.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._lock = Lock()

    def append(self, name: str, turns: Sequence[Turn]) -> None:
        """Append a line with the turns."""
        self._write(name, [turn.model_dump(mode="json") for turn in turns])

    def replace(self, name: str, turns: Sequence[Turn]) -> None:
        """Add a line whose turns replace the conversation."""
        self._write(name, [turn.model_dump(mode="json") for turn in turns], replaces=True)

    def load(self, name: str) -> Conversation | None:
        """Return a conversation, or None."""
        return self._read().get(name)

    def names(self) -> list[str]:
        """Return the names of all conversations, sorted."""
        return sorted(self._read())

    def delete(self, name: str) -> None:
        """Append a line that deletes the conversation."""
        self._write(name, None)

    def _write(self, name: str, turns: list[Any] | None, *, replaces: bool = False) -> None:
        line = {"session": name, "turns": turns, VERSION_KEY: TURNS_VERSION, **({"replaces": True} if replaces else {})}
        with self._lock, self._path.open("ab") as file:
            cut = file.tell() > 0 and self._path.read_bytes()[-1:] != b"\n"
            file.write((b"\n" if cut else b"") + json.dumps(line).encode() + b"\n")

    def _read(self) -> dict[str, Conversation]:
        found: dict[str, Conversation] = {}
        with self._lock:
            lines = self._path.read_bytes().splitlines() if self._path.exists() else []
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            check_schema_version(entry.get(VERSION_KEY), TURNS_VERSION, f"a line of the store {str(self._path)!r}")
            name, turns = entry["session"], entry["turns"]
            if turns is None:
                found.pop(name, None)
            else:
                before = Conversation() if entry.get("replaces") else found.get(name, Conversation())
                found[name] = before.add(*(Turn.model_validate(turn) for turn in turns))
        return found


class SQLiteStore:
    """Stores conversations in a SQLite database. Close it with `close`, or use it as a context manager.

    The table `turns_schema` holds the schema versions of the stored turns. Opening or using a database raises
    `StoreError` if a later version of the library has written to it.
    """

    def __init__(self, path: str | Path) -> None:
        self._lock = Lock()
        self._path = path
        self._database = sqlite3.connect(path, check_same_thread=False)
        try:
            with self._changing() as database:
                database.execute(
                    "CREATE TABLE IF NOT EXISTS turns"
                    " (number INTEGER PRIMARY KEY, session TEXT NOT NULL, turn TEXT NOT NULL)"
                )
                database.execute("CREATE INDEX IF NOT EXISTS turns_by_session ON turns (session, number)")
        except BaseException:
            self._database.close()
            raise

    @contextmanager
    def _changing(self) -> Generator[sqlite3.Connection]:
        with self._lock, self._database:
            check_schema_version(self._version(), TURNS_VERSION, f"the store {str(self._path)!r}")
            yield self._database

    def _version(self) -> int | None:
        """Return the latest schema version that was written; None before the first append and for databases without
        versions.
        """
        tables = self._database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'turns_schema'")
        if tables.fetchone() is None:
            return None
        found: int | None = self._database.execute("SELECT max(version) FROM turns_schema").fetchone()[0]
        return found

    def append(self, name: str, turns: Sequence[Turn]) -> None:
        """Add turns to a conversation, in one transaction."""
        self._insert(name, turns, replaces=False)

    def replace(self, name: str, turns: Sequence[Turn]) -> None:
        """Keep other turns instead of a conversation, in one transaction."""
        self._insert(name, turns, replaces=True)

    def _insert(self, name: str, turns: Sequence[Turn], *, replaces: bool) -> None:
        rows = [(name, turn.model_dump_json()) for turn in turns]
        with self._changing() as database:
            if replaces:
                database.execute("DELETE FROM turns WHERE session = ?", (name,))
            database.executemany("INSERT INTO turns (session, turn) VALUES (?, ?)", rows)
            database.execute("CREATE TABLE IF NOT EXISTS turns_schema (version INTEGER PRIMARY KEY)")
            database.execute("INSERT OR IGNORE INTO turns_schema (version) VALUES (?)", (TURNS_VERSION,))

    def load(self, name: str) -> Conversation | None:
        """Return a conversation, or None."""
        with self._changing() as database:
            rows = database.execute("SELECT turn FROM turns WHERE session = ? ORDER BY number", (name,)).fetchall()
        return Conversation(tuple(Turn.model_validate_json(turn) for (turn,) in rows)) if rows else None

    def names(self) -> list[str]:
        """Return the names of all conversations, sorted."""
        with self._changing() as database:
            return [name for (name,) in database.execute("SELECT DISTINCT session FROM turns ORDER BY session")]

    def delete(self, name: str) -> None:
        """Delete a conversation."""
        with self._changing() as database:
            database.execute("DELETE FROM turns WHERE session = ?", (name,))

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()

    def __enter__(self) -> SQLiteStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
