"""`JSONLinesLog`, `StandardLog`, and logs of users."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from mirascope_like.core import ConfigurationError, ServerError, StoreError
from mirascope_like.integrations.log import EndedCall, JSONLinesLog, SQLiteLog, StandardLog, log_calls, with_log
from tests.harness.permissions import read_only
from tests.integrations.log.calls import asking


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    log = JSONLinesLog(path)
    ask = with_log(log, tags={"team": "a"})(asking())
    response = ask("red apples")
    ask("green apples")
    assert log.flush()
    first, second = map(json.loads, path.read_text().splitlines())
    assert (first["prompt"], first["response_text"], first["tags"]) == ("red apples", "hello", {"team": "a"})
    assert first["schema_version"] == second["schema_version"] == 1
    assert log.get(1) == response
    assert [row.prompt for row in log.find(text="APPLES", tags={"team": "a"})] == ["green apples", "red apples"]
    assert [row.id for row in log.find(function="ask", text="green", since="1h", limit=5)] == [2]
    assert log.find(text="blue") == log.find(until="1h") == log.find(model="other") == []
    assert path.stat().st_mode & 0o777 == 0o600


def test_json_lines_that_are_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    log = JSONLinesLog(path)
    with_log(log)(asking())("Hi")
    log.flush()
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:50] + b"\n" + b"[1]\n" + whole)
    assert [row.id for row in JSONLinesLog(path).find()] == [4, 1]


def test_json_lines_in_a_read_only_place(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "calls.jsonl"
    with JSONLinesLog(path) as log:
        with_log(log)(asking())("Hi")
    with read_only(tmp_path), JSONLinesLog(path) as log:
        with_log(log)(asking())("more")
        assert not log.flush()
        assert [row.prompt for row in log.find()] == ["Hi"]
    assert caplog.messages[0] == f"the log {path} cannot be written; calls continue"


def test_json_lines_of_a_later_version(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_text('{"schema_version": 99, "call_id": "x", "datetime_utc": ""}\n')
    with pytest.raises(StoreError, match="schema version 99"):
        JSONLinesLog(path).find()


def test_json_lines_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert JSONLinesLog(tmp_path / "calls.jsonl").find() == []


def test_standard_logging(caplog: pytest.LogCaptureFixture) -> None:
    log = StandardLog(logging.getLogger("mine"))
    with caplog.at_level(logging.INFO):
        with_log(log)(asking())("Hi")
        with pytest.raises(ServerError):
            with_log(log)(asking(lambda body: 500))("Hi")
    done, failed = [record for record in caplog.records if record.name == "mine"]
    assert (done.levelname, failed.levelname) == ("INFO", "ERROR")
    assert "model='gpt-4o-mini' state='done'" in done.getMessage()
    assert "input_tokens=10 output_tokens=5" in done.getMessage()
    assert "Hi" not in done.getMessage()  # what was asked is in the record alone
    row: dict[str, Any] = vars(done)["llm_call"]
    assert (row["prompt"], row["response_text"]) == ("Hi", "hello")


def test_structlog() -> None:
    structlog = pytest.importorskip("structlog", reason="structlog is not installed")
    with structlog.testing.capture_logs() as events:
        with_log(StandardLog(structlog.get_logger()), tags={"team": "a"})(asking())("Hi")
    (event,) = events
    assert (event["event"], event["log_level"], event["prompt"]) == ("llm call", "info", "Hi")
    assert (event["model"], event["tags"], event["output_tokens"]) == ("gpt-4o-mini", {"team": "a"}, 5)


def test_a_handler_that_fails_does_not_change_the_call(caplog: pytest.LogCaptureFixture) -> None:
    class Failing:
        def info(self, event: str, **values: Any) -> None:
            raise OSError("no space")

    assert with_log(StandardLog(Failing()))(asking())("Hi").content == "hello"
    assert "LogObserver.call_ended of an observer failed" in caplog.text


def test_a_log_of_the_user() -> None:
    class Mine:
        def __init__(self) -> None:
            self.rows: list[dict[str, Any]] = []

        def write(self, call: EndedCall) -> None:
            self.rows += call.rows()

    mine = Mine()
    with_log(mine)(asking())("Hi")
    assert [row["prompt"] for row in mine.rows] == ["Hi"]


def test_calls_that_a_log_makes_are_not_logged() -> None:
    """A log may ask a model to sum up a call. Each such call would otherwise be logged, and so make another."""
    ask = asking()

    class Summing:
        def __init__(self) -> None:
            self.prompts: list[Any] = []

        def write(self, call: EndedCall) -> None:
            (row,) = call.rows()
            self.prompts.append(row["prompt"])
            if len(self.prompts) < 5:
                ask(f"Sum up: {row['prompt']}")

    log = Summing()
    with log_calls(log):
        ask("one")
        ask("two")
    assert log.prompts == ["one", "two"]


@pytest.mark.parametrize("kind", [SQLiteLog, JSONLinesLog])
def test_calls_that_redact_makes_are_not_logged(kind: Any, tmp_path: Path) -> None:
    ask = asking(lambda body: "***")
    asked: list[str] = []

    def redact(row: dict[str, Any]) -> dict[str, Any]:
        asked.append(row["prompt"])
        return {**row, "prompt": ask(f"Redact: {row['prompt']}").content} if len(asked) < 5 else row

    with kind(tmp_path / "calls", redact=redact) as log:
        everything = log_calls(log).start()  # also in the thread of the log
        try:
            ask("one")
            assert log.flush()
            assert log.flush()
        finally:
            everything.stop()
        assert [row.prompt for row in log.find()] == ["***"]
    assert asked == ["one"]


def test_what_users_change_after_the_call_is_not_logged(tmp_path: Path) -> None:
    log = JSONLinesLog(tmp_path / "calls.jsonl")
    history: list[Any] = [{"role": "user", "content": "before"}]

    class Holding:
        def write(self, call: EndedCall) -> None:
            history[0]["content"] = "after"
            log.write(call)

    with_log(Holding())(asking())(history)
    (row,) = log.find()
    assert row.messages == [{"role": "user", "content": "before"}]
    assert row.arguments == {"text": [{"role": "user", "content": "before"}]}


def test_all_calls_of_the_process(tmp_path: Path) -> None:
    log = JSONLinesLog(tmp_path / "calls.jsonl")
    ask = asking()
    everything = log_calls(log, tags={"job": "night"}).start()
    try:
        ask("one")
        with log_calls(log, tags={"part": "b"}):
            ask("two")
    finally:
        everything.stop()
    ask("three")
    assert [(row.prompt, row.tags) for row in log.find()] == [
        ("two", {"job": "night", "part": "b"}),
        ("one", {"job": "night"}),
    ]


def test_what_is_not_a_log() -> None:
    wrong: Any = "calls.db"
    for make in (with_log, log_calls):
        with pytest.raises(ConfigurationError, match="a log needs a method write"):
            make(wrong)
