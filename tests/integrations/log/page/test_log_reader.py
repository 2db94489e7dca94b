"""How the page reads a log: positions in the list, filters, search, and the plans of its queries."""

from __future__ import annotations

import sqlite3
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from mirascope_like.core import StoreError
from mirascope_like.integrations.log import SQLiteLog
from mirascope_like.integrations.log.page import log_reader
from mirascope_like.integrations.log.page.log_reader import LogReader
from mirascope_like.integrations.log.page.query_parameters import query_of
from tests.integrations.log.page.rows import row, written


def reader_of(path: Path, *rows: dict[str, Any]) -> LogReader:
    return LogReader(written(path / "calls.db", *rows))


def found(reader: LogReader, query: str) -> list[int]:
    return [one.id for one in reader.listed(query_of(query, UTC)).rows]


def test_positions(tmp_path: Path) -> None:
    # 130 rows, of which ten each have the same time.
    reader = reader_of(tmp_path, *(row(n, datetime_utc=row(n // 10)["datetime_utc"]) for n in range(130)))
    first = reader.listed(query_of("", UTC))
    assert [one.id for one in first.rows] == list(range(130, 80, -1))
    assert first.newer is None
    assert first.older is not None
    second = reader.listed(query_of(f"before={first.older.replace('+', '%2B')}", UTC))
    assert [one.id for one in second.rows] == list(range(80, 30, -1))
    assert second.older is not None
    third = reader.listed(query_of(f"before={second.older.replace('+', '%2B')}", UTC))
    assert [one.id for one in third.rows] == list(range(30, 0, -1))
    assert third.older is None
    assert third.newer is not None
    back = reader.listed(query_of(f"after={third.newer.replace('+', '%2B')}", UTC))
    assert [one.id for one in back.rows] == list(range(80, 30, -1))
    assert back.newer is not None
    begin = reader.listed(query_of(f"after={back.newer.replace('+', '%2B')}", UTC))
    assert [one.id for one in begin.rows] == list(range(130, 80, -1))
    assert begin.newer is None


FILTERS = {
    "": [4, 3, 2, 1],
    "requests=1": [5, 4, 3, 2, 1],
    "model=gpt-4o": [2],
    "model=gpt-4o-2024-11-20": [2],
    "provider=anthropic": [3],
    "function=other": [4],
    "function=app.other": [4],
    "state=failed": [3],
    "tag=team=a": [2, 1],
    "tag=team=a=b": [4],
    "session=one": [4],
    "since=2026-11-01": [4, 3, 2, 1],
    "since=2026-11-02": [],
    "until=2026-10-31": [],
    "until=2026-11-01": [4, 3, 2, 1],
    "since=2026-11-01T08:03": [4, 3],
    "until=2026-11-01T08:02": [2, 1],
    "age=1h": [],
    "text=order": [2],
    "text=ORDER+late": [2],
    "text=order+nothing": [],
    "text=Overloaded": [3],
    "text=%22*": [],
    "text=%25": [4],
}


@pytest.mark.parametrize("indexed", [False, True], ids=["compared", "indexed"])
@pytest.mark.parametrize("query", FILTERS)
def test_filters(tmp_path: Path, query: str, indexed: bool) -> None:
    reader = reader_of(
        tmp_path,
        row(1, tags={"team": "a"}),
        row(2, model="gpt-4o", resolved_model="gpt-4o-2024-11-20", prompt="my order is late", tags={"team": "a"}),
        row(3, state="failed", provider="anthropic", error="OverloadedError: Overloaded"),
        row(4, function="app.other", response_text="100 % sure", tags={"team": "a=b"}, conversation_id="one"),
        row(5, kind="request", parent_id=f"{1:032x}"),
    )
    if indexed:
        with SQLiteLog(reader.path) as log:
            assert log.find(text="order")  # fills the full-text index
    assert found(reader, query) == FILTERS[query]


def test_search_finds_rows_that_are_not_in_the_index(tmp_path: Path) -> None:
    reader = reader_of(tmp_path, row(1, prompt="the first word"))
    with SQLiteLog(reader.path) as log:
        assert log.find(text="word")
    written(reader.path, row(2, prompt="the second word"))
    assert found(reader, "text=word") == [2, 1]
    assert found(reader, "text=second") == [2]
    with sqlite3.connect(reader.path) as database:
        assert database.execute("SELECT indexed_to FROM search_state").fetchone() == (1,)  # nothing was written
    database.close()


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "calls.db").touch()
    with pytest.raises(StoreError, match="is empty: no call has been written to it"):
        LogReader(tmp_path / "calls.db").listed(query_of("", UTC))


PLANS = {
    "": "SCAN calls USING INDEX calls_by_time",
    "before=2026-11-01T08:00:00_1": "SEARCH calls USING INDEX calls_by_time (datetime_utc<?)",
    "after=2026-11-01T08:00:00_1": "SEARCH calls USING INDEX calls_by_time (datetime_utc>?)",
    "before=2026-11-01T08:00:00_1&state=failed": "SEARCH calls USING INDEX calls_by_time (datetime_utc<?)",
    "since=2026-11-01": "SEARCH calls USING INDEX calls_by_time (datetime_utc>?)",
}


@pytest.mark.parametrize("query", PLANS)
def test_no_page_of_the_list_is_sorted(tmp_path: Path, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index gives the rows in their order, so that a page costs the same in a log of any length."""
    reader = reader_of(tmp_path, row(1))
    plans: list[str] = []

    def planned(cursor: sqlite3.Cursor) -> list[Any]:
        plans.extend(detail for *_, detail in cursor)
        return []

    monkeypatch.setattr(log_reader, "_summaries", planned)
    connected = log_reader.connected_to_read
    monkeypatch.setattr(
        log_reader, "connected_to_read", lambda *args, **options: Explaining(connected(*args, **options))
    )
    monkeypatch.setattr(log_reader, "version_of", lambda *_: 1)
    reader.listed(query_of(query, UTC))
    assert [plan.replace("<=", "<").replace(">=", ">") for plan in plans] == [PLANS[query]]


class Explaining:
    """A connection that returns the plans of queries."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def execute(self, text: str, values: Any = ()) -> Any:
        return self._database.execute(f"EXPLAIN QUERY PLAN {text}", values)

    def close(self) -> None:
        self._database.close()


def test_choices_grow(tmp_path: Path) -> None:
    reader = reader_of(tmp_path, row(1, tags={"team": "a"}), row(2, model=None, provider="anthropic"))
    choices = reader.choices()
    assert (choices.model, choices.provider) == (["gpt-4o-mini"], ["anthropic", "openai"])
    assert (choices.function, choices.tag) == (["app.summarize"], ["team=a"])
    written(reader.path, row(3, model="a", tags={"x": "y"}), *(row(n, function=f"f{n}") for n in range(4, 400)))
    choices = reader.choices()
    assert (choices.model, choices.tag) == (["a", "gpt-4o-mini"], ["team=a", "x=y"])
    assert len(choices.function) == 200
