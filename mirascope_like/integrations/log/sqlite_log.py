"""`SQLiteLog`: calls as rows of a SQLite database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from sqlite3 import Connection
from time import monotonic
from typing import Any

from ...core.base.errors import ConfigurationError
from .base_log import BaseLog, absolute
from .connections import Connections
from .filters import Filters, Time, age_limit
from .logged_call import LoggedCall, logged_call
from .redaction import Redact, RowMaker, Written
from .row_format import decoded, insert, whole_characters
from .schema import USED
from .search import search_condition

PRUNE_EVERY = 60.0
"""The seconds between two deletions of rows that are older than `keep`."""


class _RowWriter:
    """Writes rows to the database of a log, without a reference to the log."""

    def __init__(self, maker: RowMaker, connections: Connections, keep: str | None) -> None:
        self._maker = maker
        self._connections = connections
        self._keep = keep
        self._pruned = -PRUNE_EVERY

    def write(self, batch: Sequence[Written]) -> None:
        rows = self._maker.rows_in_json(batch)
        with self._connections.writing() as database:
            for row in rows:
                try:
                    insert(row, database)
                except Exception as error:
                    self._maker.leave_out(error)
            if self._keep is not None and monotonic() - self._pruned >= PRUNE_EVERY:
                self._pruned = monotonic()
                _delete(database, Filters(until=self._keep))


class SQLiteLog(BaseLog):
    """A log of calls in a SQLite database. Several threads and processes may write and read it at the same time.

    Calls are written by a thread, at most 50 ms after they end; `flush()` writes them at once. What was committed
    survives the end of the process, however it ends. Writing never delays a call or raises an error in it: if it fails,
    a warning is logged once, and up to 10,000 calls are kept to be written later.

    `redact` is a function that receives each row (a dict with the fields of `LoggedCall`), and returns the row to write
    or None to write nothing. `keep` is how long rows are kept, such as "30d" or "12h"; older rows are deleted. If
    another process has locked the file, writing and reading wait at most `timeout` seconds. Methods that read raise
    `StoreError` if the file cannot be read.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        keep: str | None = None,
        redact: Redact | None = None,
        timeout: float = 5.0,
    ) -> None:
        if keep is not None:
            age_limit(keep)  # raises an error for a wrong age now
        name = absolute(path)
        self._connections = connections = Connections(name, timeout)
        super().__init__(name, _RowWriter(RowMaker(redact, name), connections, keep).write, connections.close)

    def close(self) -> None:
        """Write all calls that have ended, and close the file. Later calls are not logged."""
        super().close()
        self._connections.close()

    def _one(self, name: str, value: int | str) -> LoggedCall | None:
        return next(iter(self._read([f"{name} = ?"], [value])), None)

    def _found(self, filters: Filters, limit: int | None, offset: int) -> list[LoggedCall]:
        conditions, values = filters.sql()
        if words := filters.words():
            self.flush()
            condition, sought = search_condition(self._connections, words)
            conditions.append(condition)
            values += sought
        return self._read(conditions, values, limit, offset)

    def _read(
        self, conditions: Sequence[str], values: Sequence[Any], limit: int | None = None, offset: int = 0
    ) -> list[LoggedCall]:
        self.flush()
        values = [whole_characters(value) if isinstance(value, str) else value for value in values]
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        query = f"SELECT * FROM calls {where} ORDER BY datetime_utc DESC, id DESC LIMIT ? OFFSET ?"
        with self._connections.reading() as database:
            cursor = database.execute(query, [*values, -1 if limit is None else limit, offset])
            names = [column for column, *_ in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            return [logged_call(decoded(row, database)) for row in rows]

    def delete(
        self,
        *,
        id: int | str | None = None,
        until: Time | None = None,
        function: str | None = None,
        conversation_id: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> int:
        """Delete the rows that fulfil all conditions, with the requests of these calls; return the number of deleted
        rows. Their texts are overwritten, also in the index of the search.

        Raises `ConfigurationError` if there is no condition.
        """
        if all(one is None for one in (id, until, function, conversation_id, tags)):
            raise ConfigurationError("delete needs a condition, such as until='30d'")
        self.flush()
        filters = Filters(until=until, function=function, conversation_id=conversation_id, tags=tags or {})
        with self._connections.writing(raises=True) as database:
            count = _delete(database, filters, id)
            if count and database.execute("SELECT 1 FROM sqlite_master WHERE name = 'calls_fts'").fetchone():
                database.execute("INSERT INTO calls_fts (calls_fts) VALUES ('optimize')")  # drops the words of the rows
            return count


def _delete(database: Connection, filters: Filters, id: int | str | None = None) -> int:
    conditions, values = filters.sql()
    if id is not None:
        conditions.append("call_id = ?" if isinstance(id, str) else "id = ?")
        values.append(id)
    database.execute("CREATE TEMP TABLE IF NOT EXISTS deleted (call_id TEXT PRIMARY KEY)")
    database.execute("DELETE FROM deleted")
    where = " AND ".join(conditions)
    database.execute(f"INSERT INTO deleted SELECT call_id FROM calls WHERE {where}", values)
    database.execute(
        "INSERT OR IGNORE INTO deleted SELECT call_id FROM calls"
        " WHERE kind = 'request' AND parent_id IN (SELECT call_id FROM deleted)"
    )
    count = database.execute("DELETE FROM calls WHERE call_id IN (SELECT call_id FROM deleted)").rowcount
    if count:
        # SQLite gives the numbers of the newest rows again.
        newest = "SELECT coalesce(max(id), 0) FROM calls"
        database.execute(f"UPDATE search_state SET indexed_to = min(indexed_to, ({newest}))")
        database.execute(f"DELETE FROM blobs WHERE hash NOT IN (SELECT hash FROM ({USED}) WHERE hash IS NOT NULL)")
    return count
