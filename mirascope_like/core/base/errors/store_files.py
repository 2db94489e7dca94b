"""The files of caches and stores, which only their user may read."""

from __future__ import annotations

import os
import sqlite3

from ..runtime import PRIVATE
from .exceptions import StoreError

_OWN = {
    "answer": {"key", "run", "body"},
    "cache": {"key", "created", "value"},
}
"""The table, with some of its columns, that shows that a database is a store of runs or a cache."""
_BESIDE = frozenset({"turns", "turns_schema", "cache_state", "state", "run", "item", "batch", "batch_item", *_OWN})
"""The tables of this library that may be in the same file."""


def make_store_file(path: str, name: str) -> None:
    """Make an empty file that only this user may read, if there is no file at the path.

    Raises `StoreError` if the file cannot be made or written. `name` says in the message what it is, such as "cache".
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE))
    except OSError as error:
        raise StoreError(f"the {name} {path!r} cannot be written: {error.strerror}") from error


def check_own_database(database: sqlite3.Connection, path: str, name: str, table: str) -> None:
    """Raise `StoreError` if a SQLite database has tables of another application, and does not have this table, which is
    one of "answer" and "cache".

    Call it before anything is written, also before the journal mode is set. `name` says in the message what the file
    would be, such as "a cache".
    """
    tables = {str(row[0]) for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    columns = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
    own = columns.issuperset(_OWN[table]) if columns else tables <= _BESIDE
    if not own:
        raise StoreError(
            f"{path!r} is another database, not {name}: use another file. It has the tables {', '.join(sorted(tables))}"
        )
