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
_SESSIONS = frozenset({"turns", "turns_schema"})
_TABLES = {
    "answer": _SESSIONS | {"answer", "state", "run", "item", "batch", "batch_item"},
    "cache": _SESSIONS | {"cache", "cache_state"},
}
"""The tables of such a database. They are made at once, so none of them is there alone. Sessions may be in each."""


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
    known = set(_SESSIONS)
    for kind, needed in _OWN.items():
        if needed <= {row[1] for row in database.execute(f"PRAGMA table_info({kind})")}:
            known |= _TABLES[kind]
    own = table in known or tables <= known
    if not own:
        raise StoreError(
            f"{path!r} is another database, not {name}: use another file. It has the tables {', '.join(sorted(tables))}"
        )
