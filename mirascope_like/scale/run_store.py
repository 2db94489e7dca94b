"""`RunStore`: the responses and items of runs in a SQLite database.

One thread writes, so that no call waits for the disk: what is received is committed at most 50 ms later, and can be
read at once.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from mmap import mmap
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal, NamedTuple, Self

from ..core.base.errors import StoreError, adopt_store_error, check_own_database, make_store_file
from ..core.base.parsing import check_schema_version
from ..core.base.runtime import CLOCK, file_identity

SCHEMA_VERSION = 1
"""The version of the tables. A database of a later version is not used."""
WINDOW = 0.05
"""The seconds from the first row of a commit to its end. A disk that takes longer has longer windows."""
BUSY = 30.0
"""The seconds for which a run waits for a database that another process has locked."""

_TABLES = """
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO state VALUES ('version', 1);
CREATE TABLE IF NOT EXISTS run (id INTEGER PRIMARY KEY, call TEXT, started REAL, ended REAL);
CREATE TABLE IF NOT EXISTS answer (
    key BLOB PRIMARY KEY, run INTEGER, provider TEXT, model TEXT, body BLOB, request_id TEXT,
    input_tokens INTEGER, output_tokens INTEGER, cost REAL, at REAL, batched INTEGER
);
CREATE TABLE IF NOT EXISTS item (
    run INTEGER, number INTEGER, sample INTEGER, key BLOB, state TEXT, attempts INTEGER, error TEXT,
    PRIMARY KEY (run, number, sample)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batch (
    token TEXT PRIMARY KEY, run INTEGER, provider TEXT, id TEXT, state TEXT, at REAL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batch_item (token TEXT, key BLOB, PRIMARY KEY (token, key)) WITHOUT ROWID;
"""
_ANSWER = "INSERT OR REPLACE INTO answer VALUES "
_FIND = "SELECT body, request_id, run, batched FROM answer WHERE key = ?"
_ITEM = "INSERT OR REPLACE INTO item VALUES "
_ROWS = (64, 16, 4, 1)
"""The numbers of rows that one statement inserts. At each statement the writer lets another thread run, and waits until
it may continue: so few statements are better than many.
"""


class StoredAnswer(NamedTuple):
    """A stored response."""

    body: bytes
    """The response of the provider, as JSON."""
    request_id: str | None
    """The provider's id of the request, which some SDKs keep outside of the body."""
    run: int
    """The number of the run that has received it."""
    batched: bool = False
    """True if it is of a provider's batch."""


class Rows(NamedTuple):
    """The rows of a commit: for each table, the values of all rows, one after another.

    A tuple for each row would live until the commit. CPython starts a garbage collection whenever some hundred more
    objects were made than freed, so tuples would start more of them.
    """

    answers: list[Any]
    items: list[Any]


_ANSWER_WIDTH, _ITEM_WIDTH = 11, 7
"""The numbers of values of a row."""


class KeyFilter:
    """A Bloom filter of keys: it knows which keys are surely not stored, so that most new requests need no query.

    The bits of one key, which is a hash, are in one block of 64 bytes, which a processor loads at once. Up to ten
    million keys, fewer than one in a hundred queries is unnecessary.
    """

    _BLOCKS = 1 << 18
    _SHIFTS = (18, 27, 36, 45)
    """Where the places of a key in its block are in the key. The lowest bits are the number of the block."""

    def __init__(self) -> None:
        self._bits = mmap(-1, self._BLOCKS * 64)  # takes memory only where a key is added

    def add(self, key: bytes) -> None:
        """Add a key."""
        number, bits = int.from_bytes(key), self._bits
        block = (number & (self._BLOCKS - 1)) << 6
        for shift in self._SHIFTS:
            place = (number >> shift) & 511
            bits[block + (place >> 3)] |= 1 << (place & 7)

    def may_have(self, key: bytes) -> bool:
        """Return False if a key was not added."""
        number, bits = int.from_bytes(key), self._bits
        block = (number & (self._BLOCKS - 1)) << 6
        for shift in self._SHIFTS:
            place = (number >> shift) & 511
            if not (bits[block + (place >> 3)] >> (place & 7)) & 1:
                return False
        return True


class RunStore:
    """The store of one run. Without a path it is a temporary database, which lets equal requests share a response."""

    def __init__(self, path: str | Path | None, call: str = "") -> None:
        self.path: str | None = None if path is None else os.path.abspath(path)
        """The file; None for a temporary database."""
        self.error: StoreError | None = None
        """The error of the writer. It writes no more."""
        self._pending: dict[bytes, StoredAnswer] = {}
        """Responses that are not committed yet."""
        self._rows = Rows([], [])
        self._ended = False
        self._adding = threading.Lock()
        """Held while `_rows` changes."""
        self._begun: SimpleQueue[None] = SimpleQueue()
        """Has a value if there are rows, or if the run has ended."""
        self._hurry = threading.Event()
        with store_errors(self.path):
            if self.path is not None:
                make_store_file(self.path, "store")
                self._file = file_identity(self.path)
            self._writer = connected(self.path)
            self._reader = self._writer if self.path is None else connected(self.path)
            try:
                self._writer.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
                version = self._writer.execute("SELECT number FROM state WHERE name = 'version'").fetchone()
                check_schema_version(version and version[0], SCHEMA_VERSION, f"the store {self.path!r}")
                self._filter = KeyFilter()
                for (key,) in self._writer.execute("SELECT key FROM answer"):
                    self._filter.add(key)
                made = self._writer.execute("INSERT INTO run (call, started) VALUES (?, ?)", (call, now()))
            except BaseException:
                self._writer.close()
                self._reader.close()
                raise
        self.run: int = made.lastrowid or 0
        """The number of this run."""
        self._thread = threading.Thread(target=self._write, name="mirascope_like run store", daemon=True)
        self._thread.start()

    def get(self, key: bytes) -> StoredAnswer | None:
        """Return the response of a key; None if there is none."""
        if (found := self._pending.get(key)) is not None or not self._filter.may_have(key):
            return found
        with store_errors(self.path):
            row = self._reader.execute(_FIND, (key,)).fetchone()
        return None if row is None else StoredAnswer(bytes(row[0]), row[1], row[2], bool(row[3]))

    def put(self, key: bytes, answer: StoredAnswer, facts: tuple[Any, ...]) -> None:
        """Store a response. `facts` are the provider, the model, the input and output tokens, and the cost.

        Raises the error with which an earlier row could not be written.
        """
        provider, model, *numbers = facts
        self._pending[key] = answer
        self._filter.add(key)
        self._put(
            "answers", key, self.run, provider, model, answer.body, answer.request_id, *numbers, now(), answer.batched
        )

    def put_item(self, number: int, sample: int, key: bytes | None, attempts: int, error: str | None) -> None:
        """Store how the call of an item has ended. A temporary database has no items."""
        if self.path is not None:
            state = "done" if error is None else "failed"
            self._put("items", self.run, number, sample, key, state, attempts, error)

    def _put(self, table: Literal["answers", "items"], *row: Any) -> None:
        if self.error is not None:
            raise self.error
        with self._adding:
            rows = self._rows
            begins = not rows.answers and not rows.items
            (rows.answers if table == "answers" else rows.items).extend(row)
            if begins:
                self._begun.put(None)

    def close(self) -> None:
        """Commit what is not committed, and close the database. Raises the error of the writer."""
        self._ended = True
        self._begun.put(None)
        self._hurry.set()
        self._thread.join()
        with suppress(sqlite3.Error):
            self._reader.close()
            self._writer.close()
        if self.error is not None:
            raise self.error

    def _write(self) -> None:
        """Write rows until the run has ended. Runs in a thread of its own."""
        ended, taken = False, 0.0
        while not ended:
            self._begun.get()
            self._hurry.wait(max(0.0, WINDOW - 2 * taken))  # the next commit may take longer than the last
            following = Rows([], [])  # not inside, where a garbage collection could call functions that add rows
            with self._adding:
                ended, rows, self._rows = self._ended, self._rows, following
            start = CLOCK.monotonic()
            try:
                with store_errors(self.path):
                    self._commit(rows, ended=ended)
            except StoreError as error:
                self.error = self.error or error
            taken = CLOCK.monotonic() - start

    def _commit(self, rows: Rows, *, ended: bool) -> None:
        if self.error is not None:
            return
        if self.path is not None and self._file != file_identity(self.path):
            raise StoreError(f"the store {self.path!r} was deleted or replaced during the run")
        writer = self._writer
        writer.execute("BEGIN IMMEDIATE")
        with writer:  # commits, or rolls back after an error
            _insert(writer, _ANSWER, rows.answers, _ANSWER_WIDTH)
            _insert(writer, _ITEM, rows.items, _ITEM_WIDTH)
            if ended:
                writer.execute("UPDATE run SET ended = ? WHERE id = ?", (now(), self.run))
        for key in rows.answers[::_ANSWER_WIDTH]:
            self._pending.pop(key, None)


def _insert(writer: sqlite3.Connection, statement: str, values: list[Any], width: int) -> None:
    """Insert rows of a number of values each, with as few statements as possible."""
    places, first = f"({', '.join('?' * width)})", 0
    for size in _ROWS:
        while len(values) - first >= size * width:
            writer.execute(statement + ", ".join([places] * size), values[first : first + size * width])
            first += size * width


class StoredBefore:
    """What a store has before a run, for its estimate. Use it as a context manager. Writes nothing."""

    def __init__(self, path: str | Path | None) -> None:
        self._path = path
        found = path is not None and Path(path).exists()
        with store_errors(path):
            self._database = connected(str(path)) if found else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._database is not None:
            self._database.close()

    def has(self, key: bytes) -> bool:
        """Return True if the response of a key is stored."""
        return self._first("SELECT 1 FROM answer WHERE key = ?", (key,)) is not None

    def mean_output(self, provider: str, model: str) -> float | None:
        """Return the mean output of the stored responses of a model, in tokens; None if there are none."""
        row = self._first("SELECT avg(output_tokens) FROM answer WHERE provider = ? AND model = ?", (provider, model))
        return None if row is None else row[0]

    def _first(self, statement: str, values: tuple[Any, ...]) -> Any:
        if self._database is None:
            return None
        with store_errors(self._path):
            return self._database.execute(statement, values).fetchone()


def connected(path: str | None) -> sqlite3.Connection:
    """Return a connection to a database, which any thread may use; a temporary one without a path."""
    database = sqlite3.connect(path or "", timeout=BUSY, check_same_thread=False, isolation_level=None)
    try:
        if path is not None:
            check_own_database(database, path, "a store of runs", "answer")
            database.execute("PRAGMA journal_mode = WAL")  # readers do not wait for the writer
            database.execute("PRAGMA synchronous = FULL")  # what is committed survives a loss of power
    except BaseException:
        database.close()
        raise
    return database


def now() -> float:
    """Return the time of day, in seconds since 1970."""
    return CLOCK.timestamp() / 1000


@contextmanager
def store_errors(path: str | Path | None = None) -> Generator[None]:
    """Context manager: raise every error as a `StoreError`, which names the file if it is passed."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        if path is not None:
            error.args = (f"the store {str(path)!r} cannot be used: {error}",)
        raise adopt_store_error(error)
