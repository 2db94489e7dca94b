"""Makes the rows that a log writes, changed by the function of the user that redacts them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from sqlite3 import DatabaseError, DataError, IntegrityError, ProgrammingError
from typing import TypeAlias

from .logged_call import Row
from .own_calls import OwnCalls
from .row_format import in_json
from .rows import EndedCall

Redact: TypeAlias = Callable[[Row], Row | None]
"""Receives a row, and returns the row to write, or None to write nothing."""

Written: TypeAlias = EndedCall | list[Row]
"""What is written to a log: a call that has ended, or rows, such as those of another log."""

_OF_VALUES = (DataError, IntegrityError, ProgrammingError)
"""The errors of SQLite that values cause."""
log: logging.Logger = logging.getLogger(__name__)


class RowMaker:
    """Makes the rows of calls for one log. If that fails for a call, that call is not written, and a warning is logged
    once.
    """

    def __init__(self, redact: Redact | None, name: str) -> None:
        self._redact = redact
        self._name = name
        self._warned = False

    def rows(self, calls: Iterable[Written]) -> list[Row]:
        """Return the rows of calls, redacted."""
        return [row for call in calls for row in self._made(self._redacted, call)]

    def rows_in_json(self, calls: Iterable[Written]) -> list[Row]:
        """Return the rows of calls, redacted, with JSON as bytes: see `row_format.plain`."""
        return [row for call in calls for row in self._made(self._in_json, call)]

    def _redacted(self, call: Written) -> list[Row]:
        rows = call.rows() if isinstance(call, EndedCall) else call
        if self._redact is None:
            return rows
        with OwnCalls():
            return [_checked(row) for one in rows if (row := self._redact(one))]

    def _in_json(self, call: Written) -> list[Row]:
        if self._redact is None and isinstance(call, EndedCall):
            return call.rows_in_json()  # which are made in this form
        return [in_json(row) for row in self._redacted(call)]

    def _made(self, make: Callable[[Written], list[Row]], call: Written) -> list[Row]:
        try:
            return make(call)
        except Exception as error:
            self.leave_out(error)
            return []

    @contextmanager
    def left_out(self) -> Generator[None]:
        """Context manager for one row that calls `leave_out` if there is an error."""
        try:
            yield
        except Exception as error:
            self.leave_out(error)

    def leave_out(self, error: Exception) -> None:
        """Called while an error of one row is handled. An error that comes from its values leaves it out, so that it
        cannot hold up the others. Errors of the file are raised again: they concern all rows.
        """
        if isinstance(error, OSError | DatabaseError) and not isinstance(error, _OF_VALUES):
            raise error
        if not self._warned:
            self._warned = True
            log.warning("a call is not logged in %s, because its row cannot be made", self._name, exc_info=True)


def _checked(row: Row) -> Row:
    """Raise an error for a row that no log can write."""
    if not row["call_id"] or not row["datetime_utc"]:
        raise ValueError("a row needs its call_id and its datetime_utc")
    return row
