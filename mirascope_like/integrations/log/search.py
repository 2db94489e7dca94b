"""The full-text search of a SQLite log."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from ...core.base.errors import StoreError
from .connections import Connections
from .schema import SEARCH, SEARCHED


def search_condition(connections: Connections, words: Sequence[str]) -> tuple[str, list[Any]]:
    """Return the SQL condition, and its parameters, for rows that have all words.

    New rows are added to the full-text index first. If that is impossible (a file that cannot be written, or a SQLite
    without FTS5), all rows are compared with the words instead.
    """
    tokens = [token for word in words for token in re.findall(r"\w+", word)]
    if tokens:
        with suppress(StoreError, sqlite3.Error):
            _index(connections)
            match = " ".join(f'"{token}"' for token in tokens)
            return "id IN (SELECT rowid FROM calls_fts WHERE calls_fts MATCH ?)", [match]
    columns = " || char(10) || ".join(f"coalesce({column}, '')" for column in SEARCHED)
    return " AND ".join(f"instr(lower({columns}), ?)" for _ in words), list(words)


def _index(connections: Connections) -> None:
    columns = ", ".join(SEARCHED)
    with connections.reading() as database:
        if 0 < _newest(database) <= database.execute("SELECT indexed_to FROM search_state").fetchone()[0]:
            return
    with connections.writing() as database:
        for statement in SEARCH:
            database.execute(statement)
        (done,) = database.execute("SELECT indexed_to FROM search_state").fetchone()
        database.execute(
            f"INSERT INTO calls_fts (rowid, {columns}) SELECT id, {columns} FROM calls WHERE id > ?", (done,)
        )
        database.execute("UPDATE search_state SET indexed_to = max(indexed_to, ?)", (_newest(database),))


def _newest(database: sqlite3.Connection) -> int:
    newest: int = database.execute("SELECT coalesce(max(id), 0) FROM calls").fetchone()[0]
    return newest
