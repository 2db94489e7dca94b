"""`JSONLinesLog`: calls as lines of JSON in a file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from ...core.base.errors import StoreError
from ...core.base.parsing import VERSION_KEY, check_schema_version
from ...core.base.response import BaseCallResponse
from .filters import Filters, Time
from .logged_call import LoggedCall, Row, logged_call
from .redaction import Redact, RowMaker, Written
from .row_format import json_text
from .writer import Writer

LINES_VERSION = 1
"""The schema version of the lines."""


class JSONLinesLog:
    """A log of calls in a file with one JSON object per line. Several threads and processes may write it at once.

    Calls are written by a thread, at most 50 ms after they end; `flush()` writes them at once. `redact` is that of
    `SQLiteLog`. The `id` of a row is the number of its line, from 1. A line that was cut off is skipped. Methods that
    read raise `StoreError` if the file cannot be read.
    """

    def __init__(self, path: str | Path, *, redact: Redact | None = None) -> None:
        self.path: str = os.fspath(path)
        self._maker = RowMaker(redact, self.path)
        self._writer: Writer[Written] = Writer(self._write, self.path)

    def write(self, call: Written) -> None:
        """Add a call that has ended, or rows of another log. They are written by a thread."""
        self._writer.add(call)

    def flush(self) -> bool:
        """Write all calls that have ended now. Returns False if they cannot be written; they are then kept."""
        return self._writer.flush()

    def close(self) -> None:
        """Write all calls that have ended. Later calls are not logged."""
        self._writer.close()

    def _write(self, batch: Sequence[Written]) -> None:
        rows = self._maker.rows(batch)
        lines = [json_text({VERSION_KEY: LINES_VERSION, **_given(row)}) for row in rows]
        data = "".join(f"{line}\n" for line in lines).encode()
        # One write of a file that is opened to append: lines of several processes are not mixed.
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            while data:
                data = data[os.write(descriptor, data) :]
        finally:
            os.close(descriptor)

    def get(self, id: int | str) -> BaseCallResponse[Any, Any] | None:
        """Return the typed response of a row, by its number or its `call_id`: equal to the response that the call
        returned, or for a stream to `construct_call_response()`. None if there is no such row, or if it has no
        response.
        """
        found = self.call(id)
        return found.response if found is not None else None

    def call(self, id: int | str) -> LoggedCall | None:
        """Return the row with this number or `call_id`, or None if there is none."""
        name = "call_id" if isinstance(id, str) else "id"
        return next((logged_call(row) for row in self._rows() if row[name] == id), None)

    def find(
        self,
        *,
        text: str | None = None,
        model: str | None = None,
        provider: str | None = None,
        function: str | None = None,
        state: str | None = None,
        kind: str | None = None,
        conversation_id: str | None = None,
        parent_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        since: Time | None = None,
        until: Time | None = None,
        limit: int | None = None,
    ) -> list[LoggedCall]:
        """Return the rows that fulfil all conditions, the newest first. The conditions are those of `SQLiteLog`."""
        filters = Filters(
            text=text,
            model=model,
            provider=provider,
            function=function,
            state=state,
            kind=kind,
            conversation_id=conversation_id,
            parent_id=parent_id,
            tags=tags or {},
            since=since,
            until=until,
        )
        found = sorted(
            filter(filters.accepts, self._rows()), key=lambda row: (row["datetime_utc"], row["id"]), reverse=True
        )
        return [logged_call(row) for row in found[:limit]]

    def _rows(self) -> Iterator[Row]:
        self.flush()
        try:
            with open(self.path, "rb") as file:
                for number, line in enumerate(file, 1):
                    try:
                        row: Row = from_json(line)
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


def _given(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}
