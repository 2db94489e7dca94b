"""Reads a SQLite log for the page. It opens the file to read only, and a new connection for each request."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from threading import Lock
from typing import Any

from pydantic_core import from_json

from ....core.base.errors import StoreError
from ....core.base.parsing import as_object, is_list
from ..connections import connected_to_read
from ..filters import Filters
from ..logged_call import LoggedCall, logged_call
from ..output import shortened
from ..plain_text import calls_text
from ..row_format import decoded
from ..schema import SEARCHED, version_of
from . import over_time
from .query_parameters import Query
from .units import local

PAGE_SIZE = 50
CHOICES = 200
"""The most values that are offered for one filter."""
SHORT = 160
"""The characters of a prompt or an error in the list."""
_LIST = (
    "id, call_id, parent_id, kind, number, function, provider, model, state, streamed, datetime_utc, duration_ms,"
    " first_ms, input_tokens, output_tokens, cost, tags_json,"
    f" substr(prompt, 1, {SHORT}) AS prompt, substr(error, 1, {SHORT}) AS error,"
    f" CASE WHEN coalesce(response, '') = '' THEN substr(tool_calls_json, 1, {10 * SHORT}) END AS tool_calls"
)


_DIGIT = "[0-9]"
_HAS_TIME = f"datetime_utc GLOB '{_DIGIT * 4}-{_DIGIT * 2}-{_DIGIT * 2}T{_DIGIT * 2}:{_DIGIT * 2}*'"
"""Another program may have written rows without a time."""


@dataclass(kw_only=True)
class Summary:
    """One row of the list. The tokens and the cost of a call are those of all its requests."""

    id: int
    call_id: str
    parent_id: str | None
    kind: str
    number: int
    function: str | None
    provider: str | None
    model: str | None
    state: str
    streamed: int
    datetime_utc: str
    duration_ms: int | None
    first_ms: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    tags: dict[str, str]
    prompt: str | None
    error: str | None
    calls: str
    """The tool calls of a response without a text, shortened."""

    @property
    def position(self) -> str:
        """Where the row is in the list."""
        return f"{self.datetime_utc}_{self.id}"


@dataclass
class Listed:
    """One page of the list, the newest first."""

    rows: list[Summary]
    newer: str | None = None
    """The position before which there are newer rows; None at the begin of the list."""
    older: str | None = None
    """The position after which there are older rows; None at the end of the list."""


@dataclass
class Choices:
    """The values that are offered for each filter."""

    model: list[str] = field(default_factory=list[str])
    provider: list[str] = field(default_factory=list[str])
    function: list[str] = field(default_factory=list[str])
    tag: list[str] = field(default_factory=list[str])


@dataclass
class Family:
    """The rows to which a row belongs."""

    parent: Summary | None
    requests: list[Summary]
    """The earlier requests of the call."""
    children: list[Summary]
    """The calls that its prompt function or its tools made."""


class LogReader:
    """Reads the file at `path`. Its methods raise `StoreError` if the file is not a log or cannot be read."""

    def __init__(self, path: str | Path) -> None:
        self.path: Path = Path(path)
        self._lock = Lock()
        self._choices = Choices()
        self._newest = 0
        """The number of the newest row whose values are in `_choices`."""

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """Context manager for a connection that cannot write."""
        database: sqlite3.Connection | None = None
        try:
            database = connected_to_read(str(self.path), timeout=5.0)
            if version_of(database, str(self.path)) == 0:
                raise StoreError(f"the log {str(self.path)!r} is empty: no call has been written to it")
            yield database
        except sqlite3.Error as error:
            raise StoreError(f"the log {str(self.path)!r} cannot be read: {error}") from error
        finally:
            if database is not None:
                database.close()

    def listed(self, query: Query) -> Listed:
        """Return the rows at the position of a query."""
        with self.reading() as database:
            conditions, values = _conditions(query.filters, database)
            position = query.before or query.after
            if position is not None:
                sign = "<" if query.before is not None else ">"
                # The first condition lets the index find the position.
                conditions += [f"datetime_utc {sign}= ?", f"(datetime_utc, id) {sign} (?, ?)"]
                values += [position[0], *position]
            order = "ASC" if query.after is not None else "DESC"
            text = (
                f"SELECT {_LIST} FROM calls {_where(conditions)}"
                f" ORDER BY datetime_utc {order}, id {order} LIMIT {PAGE_SIZE + 1}"
            )
            rows = _summaries(database.execute(text, values))
            more = len(rows) > PAGE_SIZE
            rows = rows[:PAGE_SIZE]
            if query.filters.kind == "call":
                _add_requests(rows, database)
        if query.after is not None:
            rows.reverse()
            newer, older = more, True
        else:
            newer, older = query.before is not None, more
        if not rows:
            return Listed(rows)
        return Listed(rows, rows[0].position if newer else None, rows[-1].position if older else None)

    def choices(self) -> Choices:
        """Return the values that rows have, for each filter: at most 200. Only rows that are new since the last time
        are read.
        """
        with self._lock, self.reading() as database:
            (newest,) = database.execute("SELECT coalesce(max(id), 0) FROM calls").fetchone()
            if newest < self._newest:  # another file
                self._newest, self._choices = 0, Choices()
            for function, provider, model, text in database.execute(
                "SELECT DISTINCT function, provider, model, tags_json FROM calls WHERE id > ? AND id <= ?",
                (self._newest, newest),
            ):
                tags = [f"{name}={value}" for name, value in tags_of(text).items()]
                found = ("function", [function]), ("provider", [provider]), ("model", [model]), ("tag", tags)
                for name, values in found:
                    known: list[str] = getattr(self._choices, name)
                    known += [one for one in values if one and one not in known][: CHOICES - len(known)]
            self._newest = newest
            chosen = self._choices
            return Choices(*(sorted(one) for one in (chosen.model, chosen.provider, chosen.function, chosen.tag)))

    def summary(self, filters: Filters, zone: tzinfo | None) -> over_time.Summary:
        """Return the figures of all rows that a filter accepts, with those of requests of calls. `zone` is the time
        zone in which plots begin; None for that of this machine.

        SQLite computes the sums: the rows of a long log are too many for Python.
        """
        with self.reading() as database:
            conditions, values = _conditions(replace(filters, kind=None), database)
            conditions.append(_HAS_TIME)
            first, last = (_time(database, one, conditions, values) for one in ("min", "max"))
            if first is None or last is None:
                return over_time.summary_of(None, [], tags_of)
            buckets = over_time.buckets_of(first, last, zone)
            text = (
                f"SELECT {over_time.GROUP_COLUMNS} FROM calls"
                f" {_where([*conditions, 'datetime_utc >= ?', 'datetime_utc < ?'])} GROUP BY provider, model, tags_json"
            )
            groups = [
                (index, over_time.Group._make(row))
                for index, bounds in enumerate(buckets.bounds())
                for row in database.execute(text, [*values, *bounds])
            ]
        return over_time.summary_of(buckets, groups, tags_of)

    def call(self, id: str) -> LoggedCall | None:
        """Return the row with this number or `call_id`, or None if there is none."""
        column = "id" if id.isdecimal() and len(id) < 19 else "call_id"
        with self.reading() as database:
            database.row_factory = sqlite3.Row
            row = database.execute(f"SELECT * FROM calls WHERE {column} = ?", (id,)).fetchone()
            database.row_factory = None
            return logged_call(decoded(dict(row), database)) if row is not None else None

    def family(self, call: LoggedCall) -> Family:
        """Return the rows to which a row belongs."""
        with self.reading() as database:
            parents = _summaries(database.execute(f"SELECT {_LIST} FROM calls WHERE call_id = ?", (call.parent_id,)))
            below = _summaries(
                database.execute(
                    f"SELECT {_LIST} FROM calls WHERE parent_id = ? ORDER BY datetime_utc, id LIMIT 200",
                    (call.call_id,),
                )
            )
        requests = sorted((one for one in below if one.kind == "request"), key=lambda one: one.number)
        return Family(next(iter(parents), None), requests, [one for one in below if one.kind != "request"])


def _time(database: sqlite3.Connection, end: str, conditions: Sequence[str], values: Sequence[Any]) -> datetime | None:
    """Return the minute of the first ("min") or the last row ("max"); None without rows that have a time."""
    conditions, values = list(conditions), list(values)
    while True:
        text = f"SELECT {end}(datetime_utc) FROM calls {_where(conditions)}"
        (found,) = database.execute(text, values).fetchone()
        time = local(f"{found[:16]}+00:00", UTC) if found is not None else None
        if found is None or time is not None:
            return time
        conditions.append(f"datetime_utc {'>' if end == 'min' else '<'} ?")
        values.append(found)


def _conditions(filters: Filters, database: sqlite3.Connection) -> tuple[list[str], list[Any]]:
    conditions, values = filters.sql()
    if words := filters.words():
        condition, found = _search(words, database)
        conditions.append(condition)
        values += found
    return conditions, values


def _search(words: Sequence[str], database: sqlite3.Connection) -> tuple[str, list[Any]]:
    """Return the condition for rows that have all words.

    The full-text index is used for the rows that are in it. `find` and the command `logs search` update it; this page
    does not, because it never writes. The rows that are newer are compared with the words.
    """
    columns = " || char(10) || ".join(f"coalesce({column}, '')" for column in SEARCHED)
    compared = " AND ".join(f"instr(lower({columns}), ?)" for _ in words)
    tokens = ["".join(char if char.isalnum() or char == "_" else " " for char in word).split() for word in words]
    flat = [token for one in tokens for token in one]
    indexed = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'calls_fts'").fetchone()
    if not flat or indexed is None:
        return compared, list(words)
    (end,) = database.execute("SELECT indexed_to FROM search_state").fetchone()
    match = " ".join(f'"{token}"' for token in flat)
    return (
        f"id IN (SELECT rowid FROM calls_fts WHERE calls_fts MATCH ? UNION ALL"
        f" SELECT id FROM calls WHERE id > ? AND {compared})",
        [match, end, *words],
    )


def _where(conditions: Sequence[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


def _summaries(cursor: sqlite3.Cursor) -> list[Summary]:
    names = [column for column, *_ in cursor.description]
    rows: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in cursor]
    return [Summary(tags=tags_of(row.pop("tags_json")), calls=_calls_of(row.pop("tool_calls")), **row) for row in rows]


def _calls_of(text: str | None) -> str:
    """Return the tool calls of a row, from the begin of the column `tool_calls_json`."""
    try:
        found = from_json(text, allow_partial="trailing-strings") if text else None
    except ValueError:
        return ""
    return shortened(" ".join(calls_text(found).split()), SHORT) if is_list(found) else ""


def tags_of(text: str | None) -> dict[str, str]:
    """Return the tags of a row, from the column `tags_json`."""
    try:
        found = as_object(from_json(text)) if text else {}
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()}


def _add_requests(rows: Iterable[Summary], database: sqlite3.Connection) -> None:
    """Add the tokens and costs of earlier requests to those of their calls."""
    calls = {row.call_id: row for row in rows if row.kind == "call" and row.number}
    if not calls:
        return
    marks = ", ".join("?" * len(calls))
    for parent, tokens_in, tokens_out, cost in database.execute(
        f"SELECT parent_id, sum(input_tokens), sum(output_tokens), sum(cost) FROM calls"
        f" WHERE kind = 'request' AND parent_id IN ({marks}) GROUP BY parent_id",
        list(calls),
    ):
        row = calls[parent]
        row.input_tokens = _sum(row.input_tokens, tokens_in)
        row.output_tokens = _sum(row.output_tokens, tokens_out)
        row.cost = (row.cost or 0) + cost if cost is not None else row.cost


def _sum(one: int | None, other: int | None) -> int | None:
    return one if other is None else (one or 0) + other
