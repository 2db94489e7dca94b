"""The batches of a store: written before a batch is submitted, so that a run that continues finds it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from ...core.base.errors import StoreError, make_store_file
from ..run_store import connected, now, store_errors

_COMPLETE = """
UPDATE batch SET state = 'done' WHERE state = 'ended' AND NOT EXISTS (
    SELECT 1 FROM batch_item WHERE batch_item.token = batch.token
    AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.key = batch_item.key)
)
"""
_OPEN = """
SELECT token, id, at, (SELECT count(*) FROM batch_item WHERE batch_item.token = batch.token)
FROM batch WHERE provider = ? AND state <> 'done'
"""


class OpenBatch(NamedTuple):
    """A batch whose responses are not all in the store."""

    token: str
    id: str | None
    """The provider's id; None if the program stopped before it knew it. The batch may be submitted or not."""
    at: float
    """When it was written, in seconds since 1970."""
    size: int
    """The number of its requests."""
    keys: frozenset[bytes]
    """The keys of the requests that are not answered yet."""


def _alone(path: str) -> sqlite3.Connection:
    """Return a connection that holds a lock until it is closed, or until the process ends, however that happens.

    Raises `StoreError` if another run holds it: it may be submitting the batches that this one would look for.
    """
    make_store_file(f"{path}-batches", "store")
    found = sqlite3.connect(f"{path}-batches", timeout=0, check_same_thread=False, isolation_level=None)
    try:
        found.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        found.close()
        raise StoreError(
            f"another run sends batches with the store {path!r}: wait until it has ended, or use another store"
        ) from error
    return found


class BatchRecords:
    """The tables `batch` and `batch_item` of a store. Any thread may use it. One run at a time has them.

    The states of a batch: "new" is written before it is submitted; "sent": the provider's id is known; "ended": its
    outcomes have been read, and its items are those with a response; "done": these responses are in the table `answer`.
    """

    def __init__(self, path: str, run: int) -> None:
        self._run = run
        self._lock = threading.Lock()
        with store_errors():
            self._database = connected(path)
            try:
                self._alone = _alone(path)
            except BaseException:
                self._database.close()
                raise

    def begin(self, token: str, lane: str, keys: Collection[bytes]) -> None:
        """Write that a batch is about to be submitted. `lane` names the provider, its address and the model."""
        rows = [(token, key) for key in keys]
        with self._changes() as database:
            database.execute("INSERT INTO batch VALUES (?, ?, ?, NULL, 'new', ?)", (token, self._run, lane, now()))
            database.executemany("INSERT INTO batch_item VALUES (?, ?)", rows)

    def submitted(self, token: str, id: str) -> None:
        """Write the provider's id of a batch."""
        with self._changes() as database:
            database.execute("UPDATE batch SET id = ?, state = 'sent' WHERE token = ?", (id, token))

    def ended(self, token: str, missing: Collection[bytes]) -> None:
        """Write that the outcomes of a batch have been read, and which of its requests have no response."""
        with self._changes() as database:
            database.execute("UPDATE batch SET state = 'ended' WHERE token = ?", (token,))
            rows = [(token, key) for key in missing]
            database.executemany("DELETE FROM batch_item WHERE token = ? AND key = ?", rows)

    def drop(self, token: str) -> None:
        """Delete a batch that does not exist."""
        with self._changes() as database:
            database.execute("DELETE FROM batch WHERE token = ?", (token,))
            database.execute("DELETE FROM batch_item WHERE token = ?", (token,))

    def open_batches(self, lane: str) -> Sequence[OpenBatch]:
        """Return the batches with requests that are not answered yet."""
        with self._changes() as database:
            database.execute(_COMPLETE)
            found = database.execute(_OPEN, (lane,)).fetchall()
            return [OpenBatch(token, id, at, count, self._keys(token)) for token, id, at, count in found]

    def _keys(self, token: str) -> frozenset[bytes]:
        missing = "AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.key = batch_item.key)"
        rows = self._database.execute(f"SELECT key FROM batch_item WHERE token = ? {missing}", (token,))
        return frozenset(bytes(key) for (key,) in rows)

    def close(self) -> None:
        """Close the database. Called after the responses of the run are committed."""
        with self._changes() as database:
            database.execute(_COMPLETE)
        with self._lock:
            self._database.close()
            self._alone.close()

    @contextmanager
    def _changes(self) -> Generator[sqlite3.Connection]:
        """Context manager: one transaction."""
        with self._lock, store_errors():
            self._database.execute("BEGIN IMMEDIATE")
            with self._database:  # commits, or rolls back after an error
                yield self._database
