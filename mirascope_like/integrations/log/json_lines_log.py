"""`JSONLinesLog`: calls as lines of JSON in a file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from ...core.base.errors import StoreError
from ...core.base.parsing import VERSION_KEY, check_schema_version
from ...core.base.response import from_json_bytes
from ...core.base.runtime import PRIVATE
from .base_log import BaseLog, absolute
from .filters import Filters
from .logged_call import LoggedCall, Row, logged_call
from .redaction import Redact, RowMaker, Written
from .row_format import json_text

LINES_VERSION = 1
"""The schema version of the lines."""


class JSONLinesLog(BaseLog):
    """A log of calls in a file with one JSON object per line. Several threads and processes may write it at once.

    Calls are written by a thread, at most 50 ms after they end; `flush()` writes them at once. `redact` is that of
    `SQLiteLog`. The `id` of a row is the number of its line, from 1. A line that was cut off is skipped. Methods that
    read raise `StoreError` if the file cannot be read.
    """

    def __init__(self, path: str | Path, *, redact: Redact | None = None) -> None:
        name = absolute(path)
        super().__init__(name, partial(_write, name, RowMaker(redact, name)))

    def _one(self, name: str, value: int | str) -> LoggedCall | None:
        return next((logged_call(row) for row in self._rows() if row[name] == value), None)

    def _found(self, filters: Filters, limit: int | None, offset: int) -> list[LoggedCall]:
        found = sorted(
            filter(filters.accepts, self._rows()), key=lambda row: (row["datetime_utc"], row["id"]), reverse=True
        )
        return [logged_call(row) for row in found[offset:][:limit]]

    def _rows(self) -> Iterator[Row]:
        self.flush()
        try:
            with open(self.path, "rb") as file:
                for number, line in enumerate(file, 1):
                    try:
                        row: Row = from_json_bytes(line)
                    except ValueError:
                        continue  # cut off as the process ended
                    if "call_id" not in row or "datetime_utc" not in row:
                        continue
                    check_schema_version(row.get(VERSION_KEY), LINES_VERSION, f"the log {self.path!r}")
                    row["id"] = number
                    yield row
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(f"the log {self.path!r} cannot be read: {error}") from error


def _write(path: str, maker: RowMaker, batch: Sequence[Written]) -> None:
    rows = maker.rows(batch)
    lines = list[str]()
    for row in rows:
        with maker.left_out():
            lines.append(json_text({VERSION_KEY: LINES_VERSION, **_given(row)}))
    data = "".join(f"{line}\n" for line in lines).encode()
    # One write of a file that is opened to append: lines of several processes are not mixed.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)


def _given(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}
