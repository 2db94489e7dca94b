"""`python -m mirascope_like logs`, with its output as plain text, in a terminal, and as JSON."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like.__main__ import main
from mirascope_like.core import ServerError
from mirascope_like.core.base.runtime import visible
from mirascope_like.integrations.log import JSONLinesLog, SQLiteLog, with_log
from mirascope_like.integrations.log.figures import percentile
from mirascope_like.integrations.log.output import Output
from tests.integrations.log.calls import asking
from tests.integrations.log.page.rows import row


class Book(BaseModel):
    title: str


@pytest.fixture(params=["calls.db", "calls.jsonl"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    path = tmp_path / request.param
    log = SQLiteLog(path) if path.suffix == ".db" else JSONLinesLog(path)
    with_log(log, tags={"team": "a"})(asking(lambda body: "red apples"))("What is red?")
    with_log(log, tags={"team": "b"})(asking(lambda body: "green apples", stream=True))("What is green?").collect()
    with suppress(ServerError):
        with_log(log)(asking(lambda body: 500))("What fails?")
    log.close()
    return str(path)


def output(capsys: pytest.CaptureFixture[str], path: str, *arguments: str) -> str:
    assert main(["logs", "--log", path, *arguments]) == 0
    return capsys.readouterr().out


def test_list(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    head, *lines = output(capsys, path, "list").splitlines()
    assert head.split() == ["id", "when", "function", "model", "state", "ms", "in", "out", "cost", "prompt", "response"]
    assert [line.split()[0] for line in lines] == ["3", "2", "1"]
    assert lines[2].endswith("What is red?    red apples")
    assert "ServerError" in lines[0]
    assert "$0.000005" in lines[2]  # 10 and 5 tokens at 0.15 and 0.60 dollars a million: 0.0000045
    assert len(output(capsys, path, "list", "--limit", "1").splitlines()) == 2
    assert [line.split()[0] for line in output(capsys, path, "list", "--tag", "team=b").splitlines()[1:]] == ["2"]
    assert [line.split()[0] for line in output(capsys, path, "list", "--state", "failed").splitlines()[1:]] == ["3"]


def test_list_shows_tool_calls_where_there_is_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calls = [{"name": "Book", "arguments": {"title": "Dune"}, "result": "kept"}, {"name": "Stop", "arguments": {}}]
    path = tmp_path / "calls.db"
    with SQLiteLog(path) as log:
        log.write([row(1, response_text="", tool_calls=calls), row(2, tool_calls=calls)])
    lines = output(capsys, str(path), "list").splitlines()[1:]
    assert [line.partition("Question ")[2] for line in lines] == ["2  Answer 2", '1  Book {"title":"Dune"}, Stop {}']


def test_search(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(output(capsys, path, "search", "apples", "GREEN", "--json"))
    assert [row["response_text"] for row in rows] == ["green apples"]


def test_show(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = output(capsys, path, "show", "1")
    assert "function     tests.integrations.log.calls.asking.<locals>.ask\n" in shown
    assert "\n[user]\nWhat is red?\n" in shown
    assert "\n[response]\nred apples\n" in shown
    assert "tags         team=a\n" in shown
    assert json.loads(output(capsys, path, "show", "1", "--json"))["prompt"] == "What is red?"
    assert main(["logs", "--log", path, "show", "99"]) == 1
    assert capsys.readouterr().err == "the log has no row 99\n"


def test_show_rounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = ['{"title": 1}', '{"title": "Dune"}']
    ask = asking(lambda body: answers.pop(0), response_model=Book, json_mode=True, max_retries=1)
    with SQLiteLog(tmp_path / "calls.db") as log:
        with_log(log)(ask)("Hi")
    assert '\n[request 2]\n{"title": 1}\n' in output(capsys, str(tmp_path / "calls.db"), "show", "1")


def test_export(path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [json.loads(line) for line in output(capsys, path, "export").splitlines()]
    assert [line["prompt"] for line in lines] == ["What is red?", "What is green?", "What fails?"]
    target = tmp_path / "out.csv"
    output(capsys, path, "export", "--format", "csv", "-o", str(target), "--tag", "team=a")
    with target.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["prompt"], row["input_tokens"], row["tags"]) == ("What is red?", "10", '{"team":"a"}')


def test_cells_that_are_formulas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SQLiteLog(tmp_path / "calls.db") as log:
        with_log(log)(asking(lambda body: "=HYPERLINK(1)"))("@SUM(1)")
    exported = output(capsys, str(tmp_path / "calls.db"), "export", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(exported))
    assert (row["prompt"], row["response_text"]) == ("'@SUM(1)", "'=HYPERLINK(1)")


@pytest.mark.parametrize("arguments", [("list", "--json"), ("export",), ("export", "--format", "csv")])
def test_json_and_csv_do_not_change_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str]
) -> None:
    """In a file, CSV has the text as it is; JSON has the same text in any case."""
    text = "\x1b]0;owned\x07 \x9b31m \u202e \x7f"
    with SQLiteLog(tmp_path / "calls.db") as log:
        with_log(log)(asking(lambda body: text))(text)
    shown = dict[bool, str]()
    for terminal in (True, False):
        file = Terminal() if terminal else io.StringIO()
        monkeypatch.setattr("sys.stdout", file)
        assert main(["logs", "--log", str(tmp_path / "calls.db"), *arguments]) == 0
        shown[terminal] = file.getvalue()
    assert not any(one in shown[True] for one in text if not one.isprintable())
    if "csv" in arguments:
        (row,) = csv.DictReader(io.StringIO(shown[False]))
    else:
        assert shown[True] == shown[False]
        found = json.loads(shown[False])
        row = found if isinstance(found, dict) else found[0]
    assert row["prompt"] == text


def test_stats(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = json.loads(output(capsys, path, "stats", "--json"))
    assert (one["group"], one["calls"], one["requests"], one["failed"]) == ("gpt-4o-mini", 3, 3, 1)
    assert (one["input_tokens"], one["output_tokens"], one["unknown_costs"]) == (20, 10, 0)
    assert one["cost"] == pytest.approx(2 * (10 * 0.15 + 5 * 0.60) / 1_000_000)
    by_tag = json.loads(output(capsys, path, "stats", "--json", "--by", "tag:team"))
    assert [(group["group"], group["calls"]) for group in by_tag] == [("", 1), ("a", 1), ("b", 1)]
    assert len(json.loads(output(capsys, path, "stats", "--json", "--by", "day"))) == 1
    assert output(capsys, path, "stats").splitlines()[1].startswith("gpt-4o-mini")
    assert main(["logs", "--log", path, "stats", "--by", "colour"]) == 1
    assert "cannot be grouped by 'colour'" in capsys.readouterr().err


def test_stats_of_an_unknown_price(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "calls.db"
    with SQLiteLog(path) as log:
        with_log(log)(asking())("Hi")
    with sqlite3.connect(path) as database:
        database.execute("UPDATE calls SET cost = NULL")
    database.close()
    assert "$0 + 1 unknown" in output(capsys, str(path), "stats")


@pytest.mark.parametrize(
    ("values", "percent", "found"),
    [([], 50, None), ([7], 99, 7), ([1, 2, 3, 4], 50, 2), ([1, 2, 3, 4], 95, 4), (list(range(1, 101)), 95, 95)],
)
def test_percentiles(values: Sequence[int], percent: float, found: int | None) -> None:
    assert percentile(values, percent) == found  # the nearest rank


def test_no_log(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["logs", "list"]) == 1
    assert "there is no log 'calls.db'" in capsys.readouterr().err
    SQLiteLog("other.db").flush()
    monkeypatch.setenv("MIRASCOPE_LIKE_LOG", "other.db")
    with SQLiteLog("other.db") as log:
        with_log(log)(asking())("Hi")
    assert main(["logs", "list"]) == 0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egpj.exe [bold]x[/bold]\r\n:smile: \ud83d"
SHOWN = "\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\u202egpj.exe [bold]x[/bold]\\r\n:smile: \\ud83d"


def test_control_characters_are_visible() -> None:
    assert visible(HOSTILE) == SHOWN
    assert visible("Grüße, 日本 😀\n\ttab") == "Grüße, 日本 😀\n\ttab"


@pytest.mark.parametrize("kind", ["table", "call"])
@pytest.mark.parametrize("terminal", [False, True])
def test_what_a_model_wrote_does_not_change_the_terminal(tmp_path: Path, kind: str, terminal: bool) -> None:
    if terminal:
        pytest.importorskip("rich", reason="needs the extra `chat`")
    file = Terminal() if terminal else io.StringIO()
    text = HOSTILE.replace("\ud83d", "")
    with SQLiteLog(tmp_path / "calls.db") as log:
        with_log(log, tags={HOSTILE[:20]: text})(asking(lambda body: text))(text)
        (row,) = log.find()
    printed: Any = Output(file)
    if kind == "table":
        printed.table(["prompt", HOSTILE], [[row.prompt, row.response_text]])
    else:
        printed.call(row, [row])
    shown = file.getvalue().replace("\x1b[0m", "").replace("\x1b[1m", "").replace("\x1b[2m", "")
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    assert "\u202e" not in shown
    assert "\\x1b]0;owned\\x07" in shown
    assert "[bold]x[/bold]" in shown or kind == "table"
