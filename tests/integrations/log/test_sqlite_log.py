"""`SQLiteLog`: rows, filters, search, deletion, redaction, and what happens if the file cannot be written or read."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any, cast
from unittest.mock import ANY

import pytest
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import (
    AuthenticationError,
    ConfigurationError,
    PromptError,
    ResponseParseError,
    ServerError,
    StoreError,
    ToolLoop,
    openai,
)
from mirascope_like.integrations.log import JSONLinesLog, SQLiteLog, log_calls, with_log
from mirascope_like.integrations.log.filters import Filters
from mirascope_like.integrations.log.page.log_reader import LogReader
from mirascope_like.testing import fake, tool
from tests.harness.clocks import MovedClock
from tests.harness.permissions import read_only
from tests.integrations.log.calls import asking, client


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


@pytest.fixture
def log(path: Path) -> Generator[SQLiteLog]:
    with SQLiteLog(path) as log:
        yield log


class Book(BaseModel):
    title: str


def test_a_row(log: SQLiteLog) -> None:
    ask = with_log(log, tags={"team": "a"})(asking(call_params={"temperature": 0.5}))
    response = ask("How are you?")
    (one,) = log.find()
    assert log.get(1) == response
    assert one.response == response
    assert one.function == "tests.integrations.log.calls.asking.<locals>.ask"
    assert one.arguments == {"text": "How are you?"}
    assert (one.kind, one.parent_id, one.number, one.conversation_id) == ("call", None, 0, None)
    assert (one.provider, one.model, one.resolved_model) == ("openai", "gpt-4o-mini", "gpt-4o-mini")
    assert (one.prompt, one.system, one.response_text) == ("How are you?", None, "hello")
    assert one.messages == [{"role": "user", "content": "How are you?"}]
    assert one.options == {"temperature": 0.5}
    assert one.settings == {"model": "gpt-4o-mini", "temperature": 0.5}
    assert (one.state, one.error, one.finish_reason, one.streamed) == ("done", None, "stop", False)
    assert (one.input_tokens, one.output_tokens, one.cost) == (10, 5, response.cost)
    assert one.tags == {"team": "a"}
    assert one.first_ms is None
    assert one.duration_ms is not None
    age = datetime.now(UTC) - datetime.fromisoformat(one.datetime_utc)
    assert timedelta(0) <= age < timedelta(hours=1)


def test_columns_are_those_of_llm(log: SQLiteLog, path: Path) -> None:
    with_log(log)(asking())("Hi")
    log.flush()
    with sqlite3.connect(path) as database:
        names = {row[1] for row in database.execute("PRAGMA table_info(calls)")}
        row = database.execute(
            "SELECT prompt, response, model, input_tokens, output_tokens, json_extract(response_json, '$.id')"
            " FROM calls"
        ).fetchone()
    database.close()
    # The columns of the table `responses` in llm 0.36 that mean the same here.
    assert names >= {
        *("id", "model", "prompt", "system", "prompt_json", "options_json", "response", "response_json"),
        *("conversation_id", "duration_ms", "datetime_utc", "input_tokens", "output_tokens", "token_details"),
        *("resolved_model", "reasoning"),
    }
    assert row == ("Hi", "hello", "gpt-4o-mini", 10, 5, "c")


def test_a_stream(log: SQLiteLog) -> None:
    ask = with_log(log)(asking(lambda body: "one two three", stream=True))
    stream = ask("Hi")
    for _ in stream:
        pass
    (one,) = log.find()
    assert one.streamed
    assert one.response == stream.construct_call_response()
    assert one.response_text == "one two three"
    assert one.first_ms is not None
    assert [count for _, count in one.chunks or ()] == [1] * 6


def test_times_count_from_the_begin_of_the_call(log: SQLiteLog, clock: MovedClock) -> None:
    @openai.call("gpt-4o-mini", stream=True, client=client(lambda body: "one two"))
    def ask() -> str:
        clock.skip(100)
        return "Hi"

    with_log(log)(ask)().collect()
    (one,) = log.find()
    assert one.first_ms is not None
    assert one.first_ms >= 100_000
    assert one.chunks is not None
    assert one.chunks[0] == [one.first_ms, 1]


def test_a_stream_left_early(log: SQLiteLog) -> None:
    with with_log(log)(asking(lambda body: "one two three", stream=True))("Hi") as stream:
        next(stream)
    (one,) = log.find()
    assert (one.state, one.error, one.response_text, one.finish_reason) == ("closed", None, "one", None)
    assert one.response == stream.construct_call_response(partial=True)
    assert (one.input_tokens, one.cost) == (None, None)


def test_a_failure(log: SQLiteLog) -> None:
    ask = with_log(log)(asking(lambda body: 500, call_params={"temperature": 0.5}))
    with pytest.raises(ServerError):
        ask("Hi")
    (one,) = log.find()
    assert (one.state, one.prompt, one.response) == ("failed", "Hi", None)
    assert (one.options, one.arguments) == ({"temperature": 0.5}, {"text": "Hi"})
    assert one.error is not None
    assert "scripted 500" in one.error
    assert log.find(state="failed") == [one]


def test_errors_without_a_text(log: SQLiteLog) -> None:
    class WithoutText(Exception):
        def __str__(self) -> str:
            raise ValueError("a mistake")

    for error in (WithoutText(), KeyboardInterrupt()):

        def fail(text: str, error: BaseException = error) -> str:
            raise error

        with pytest.raises(type(error)):
            with_log(log)(openai.call("gpt-4o-mini")(fail))("Hi")
    assert [row.error for row in log.find()] == ["KeyboardInterrupt", "WithoutText"]


def test_a_structured_output_that_is_corrected(log: SQLiteLog) -> None:
    answers = ['{"title": 1}', '{"title": "Dune"}']
    ask = asking(lambda body: answers.pop(0), response_model=Book, json_mode=True, max_retries=1)
    assert with_log(log)(ask)("Hi") == Book(title="Dune")
    last, first = log.find(kind="call")[0], log.find(kind="request")[0]
    assert (last.response_text, last.number, last.state) == ('{"title": "Dune"}', 1, "done")
    assert (first.response_text, first.number, first.parent_id) == ('{"title": 1}', 0, last.call_id)
    assert sum(one.output_tokens or 0 for one in log.find()) == 10


def check(title: str) -> str:
    """Check a title."""
    return f"{title} is a title"


@pytest.mark.parametrize("kind", [SQLiteLog, JSONLinesLog])
@pytest.mark.parametrize("how", ["rounds of a stream", "attempts with rounds"])
def test_the_rounds_and_attempts_of_a_response(kind: Any, how: str, tmp_path: Path) -> None:
    asked = tool(check, title="Dune")
    if how == "attempts with rounds":
        options: dict[str, Any] = {"response_model": Book, "json_mode": True, "max_retries": 1}
        replies = [asked, '{"title": 1}', asked, asked, '{"title": "Dune"}']
        counts = [2, 3]
    else:
        options, replies, counts = {"stream": True}, [asked, "Dune"], [2]
    with kind(tmp_path / "calls") as log, fake(*replies):
        ask = cast("Any", openai).call("gpt-4o-mini", tools=[check], tool_loop=ToolLoop(), **options)(lambda: "Hi")
        made = with_log(log)(ask)()
        response = made.collect() if how == "rounds of a stream" else made._response
        (row,) = log.find(kind="call")
        for id in (row.id, row.call_id):
            found = log.get(id)
            assert found == response
            assert (found.attempts, found.rounds) == (response.attempts, response.rounds)
            assert [len(one.rounds) for one in found.attempts] == counts
            assert found.total_usage == response.total_usage


def test_a_structured_output_that_does_not_fit(log: SQLiteLog) -> None:
    with pytest.raises(ResponseParseError):
        with_log(log)(asking(lambda body: '{"title": 1}', response_model=Book, json_mode=True))("Hi")
    (one,) = log.find()
    assert (one.state, one.response_text) == ("failed", '{"title": 1}')


def test_llm(log: SQLiteLog) -> None:
    ask = llm.call(provider="openai", model="gpt-4o-mini", client=client())(lambda: "Hi")
    response = with_log(log)(ask)()
    assert log.get(1) == response
    assert type(log.get(1)) is llm.CallResponse


def test_a_session(log: SQLiteLog) -> None:
    session = openai.model("gpt-4o-mini", client=client()).session(system="Be kind.", name="thread 7")
    with log_calls(log):
        session.send("Hi")
        session.send("And now?")
    second, first = log.find(conversation_id="thread 7")
    assert (first.prompt, second.prompt, second.system) == ("Hi", "And now?", "Be kind.")
    assert [one["role"] for one in second.messages or ()] == ["system", "user", "assistant", "user"]


def test_repeated_histories_are_stored_once(log: SQLiteLog, path: Path) -> None:
    @with_log(log)
    @openai.call("gpt-4o-mini", client=client())
    def ask(messages: list[Any]) -> list[Any]:
        return messages

    long = [{"role": "user", "content": f"{number} {'x' * 1000}"} for number in range(20)]
    responses = [ask(long[: count + 1]) for count in range(20)]
    assert [log.get(number + 1) for number in range(20)] == responses
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT count(*) FROM blobs").fetchone() == (20,)
        assert database.execute("SELECT max(length(prompt_json)) FROM calls").fetchone()[0] < 1000
        assert database.execute("SELECT count(*) FROM messages WHERE call = 20").fetchone() == (20,)
        texts = database.execute("SELECT json FROM messages WHERE call = 2 ORDER BY position").fetchall()
    database.close()
    assert [json.loads(text) for (text,) in texts] == long[:2]


def test_find(log: SQLiteLog) -> None:
    ask = asking(lambda body: f"You said {body['messages'][-1]['content']}")
    with log_calls(log, tags={"job": "night"}):
        with_log(log, tags={"team": "a"})(ask)("red apples")
        with_log(log, tags={"team": "b"})(ask)("green apples")
    assert [one.prompt for one in log.find()] == ["green apples", "red apples"]
    assert [one.tags for one in log.find()] == [{"job": "night", "team": "b"}, {"job": "night", "team": "a"}]
    found = {
        "one tag": log.find(tags={"team": "a"}),
        "both tags": log.find(tags={"team": "a", "job": "night"}),
        "another tag": log.find(tags={"team": "c"}),
        "text": log.find(text="red"),
        "words of one row": log.find(text="APPLES green"),
        "text of the response": log.find(text="said"),
        "no text": log.find(text="blue"),
        "part of a text that is no word": log.find(text='" OR 1 --'),
        "function": log.find(function="ask", model="gpt-4o-mini", provider="openai", limit=1),
        "another function": log.find(function="sk"),
        "since": log.find(since="1h"),
        "since a time": log.find(since=datetime.now(UTC) + timedelta(hours=1)),
        "until": log.find(until=timedelta(hours=1)),
        "page": log.find(limit=1, offset=1),
    }
    assert {name: [one.id for one in rows] for name, rows in found.items()} == {
        "one tag": [1],
        "both tags": [1],
        "another tag": [],
        "text": [1],
        "words of one row": [2],
        "text of the response": [2, 1],
        "no text": [],
        "part of a text that is no word": [],
        "function": [2],
        "another function": [],
        "since": [2, 1],
        "since a time": [],
        "until": [],
        "page": [1],
    }
    with pytest.raises(ConfigurationError, match="not a time"):
        log.find(since="yesterday")


def test_a_search_finds_rows_that_were_written_after_the_last_one(log: SQLiteLog) -> None:
    ask = with_log(log)(asking())
    ask("red")
    assert len(log.find(text="red")) == 1
    ask("red and blue")
    assert len(log.find(text="red")) == 2
    assert log.delete(id=1) == 1
    assert [one.prompt for one in log.find(text="red")] == ["red and blue"]


def test_delete(log: SQLiteLog, path: Path) -> None:
    ask = with_log(log)(asking())
    for text in ("a" * 1000, "b" * 1000):
        ask(text)
    with pytest.raises(ConfigurationError, match="delete needs a condition"):
        log.delete()
    assert log.delete(until="1h") == 0
    assert log.delete(id=1) == 1
    assert [one.prompt for one in log.find()] == ["b" * 1000]
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT count(*) FROM blobs").fetchone() == (1,)
    database.close()
    assert log.get(2) is not None
    assert log.delete(function="ask") == 1
    assert log.find() == []


def test_delete_removes_the_requests_of_a_call(log: SQLiteLog) -> None:
    answers = ['{"title": 1}', '{"title": "Dune"}']
    with_log(log)(asking(lambda body: answers.pop(0), response_model=Book, json_mode=True, max_retries=1))("Hi")
    assert log.delete(id=log.find(kind="call")[0].call_id) == 2


def test_numbers_that_json_does_not_have(log: SQLiteLog, path: Path) -> None:
    """SQLite before 3.42 reports them as malformed JSON. The view of the messages and `delete` read all rows. The SDK
    does not send them, so they are in calls that failed.
    """
    messages = [
        {"role": "system", "content": "x" * 1000},
        {"role": "user", "content": [{"type": "text", "text": "Hi", "score": -inf}]},
    ]
    for options, prompt in ({"call_params": {"seed": inf}}, "other"), ({}, messages):
        with pytest.raises(ValueError, match="not JSON compliant"):
            with_log(log)(asking(**options))(prompt)
    second, first = log.find()
    assert (first.settings, second.messages) == ({"model": "gpt-4o-mini", "seed": inf}, messages)
    with closing(sqlite3.connect(path)) as database:
        valid = "min(json_valid(prompt_json)), min(json_valid(settings_json))"
        assert database.execute(f"SELECT count(*), {valid} FROM calls").fetchone() == (2, 1, 1)
        assert database.execute("SELECT count(*) FROM messages").fetchone() == (3,)
    assert log.delete(id=1) == 1
    assert log.find() == [second]


def test_deleting_where_an_earlier_release_wrote_such_numbers(log: SQLiteLog, path: Path) -> None:
    ask = with_log(log)(asking())
    responses = [ask(f"{name * 1000}") for name in "abc"]
    log.flush()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("""UPDATE calls SET prompt_json = replace(prompt_json, ']', ',{"score":NaN}]') WHERE id = 2""")
        database.execute("""UPDATE calls SET settings_json = '{"seed":Infinity}' WHERE id = 2""")
    assert log.delete(id=1) == 1
    assert log.find()[1].messages == [{"role": "user", "content": "b" * 1000}, {"score": ANY}]
    assert log.get(3) == responses[2]
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM blobs").fetchone() == (2,)


def test_keep(path: Path) -> None:
    with SQLiteLog(path) as log:
        with_log(log)(asking())("old")
        log.flush()
        with sqlite3.connect(path) as database:
            database.execute("UPDATE calls SET datetime_utc = '2020-01-01T00:00:00.000+00:00'")
        database.close()
    with SQLiteLog(path, keep="30d") as log:
        with_log(log)(asking())("new")
        assert [one.prompt for one in log.find()] == ["new"]
    with pytest.raises(ConfigurationError, match="not an age"):
        SQLiteLog(path, keep="a month")


def test_without_content(log: SQLiteLog, path: Path) -> None:
    with_log(log, content=False)(asking(lambda body: "very private"))("secret question")
    with pytest.raises(ServerError):
        with_log(log, content=False)(asking(lambda body: 500))("secret question")
    failed, one = log.find()
    assert (one.prompt, one.messages, one.arguments, one.response_text, one.response) == (None,) * 5
    assert (one.input_tokens, one.output_tokens, one.state) == (10, 5, "done")
    assert (failed.error, failed.state) == ("ServerError", "failed")
    log.close()
    assert b"private" not in path.read_bytes()
    assert b"secret" not in path.read_bytes()


def test_redact(path: Path) -> None:
    def redact(row: dict[str, Any]) -> dict[str, Any] | None:
        if "drop" in row["prompt"]:
            return None
        return {**row, "prompt": row["prompt"].replace("Ann", "***")}

    with SQLiteLog(path, redact=redact) as log:
        ask = with_log(log)(asking())
        ask("Ann asks")
        ask("drop this")
        assert [one.prompt for one in log.find()] == ["*** asks"]


def test_no_secrets(log: SQLiteLog, path: Path) -> None:
    params = {
        "extra_headers": {"X-Api-Key": "header-secret", "Authorization": "Bearer header-secret"},
        "extra_query": {"key": "query-secret"},
        "extra_body": {"api_key": "body-secret"},
    }
    for status in (200, 401):
        own = client(lambda body, status=status: "hello" if status == 200 else status, "sk-proj-clientsecret1234")

        @with_log(log)
        @cast("Any", openai).call("gpt-4o-mini", client=own, call_params=params)
        def ask(api_key: str, options: Any) -> str:
            return "Hi"

        with suppress(AuthenticationError):
            ask("argument-secret", {"password": "argument-secret", "client": own})
    assert [one.state for one in log.find()] == ["failed", "done"]
    log.close()
    data = path.read_bytes()
    secrets = ("clientsecret", "header-secret", "query-secret", "body-secret", "argument-secret")
    assert [secret for secret in secrets if secret.encode() in data] == []


def test_hostile_text(log: SQLiteLog) -> None:
    texts = ["'; DROP TABLE calls; --", "\x1b[2J\x00\x07", "<script>alert(1)</script>", "\u202eevil", "😀"]
    texts.append('{"$blob": "x"}')
    ask = with_log(log)(asking(lambda body: body["messages"][-1]["content"], stream=True))
    for text in texts:
        assert ask(text).collect().content == text
    assert [one.prompt for one in log.find()][::-1] == texts
    assert [one.response.content for one in log.find() if one.response is not None][::-1] == texts
    for text in texts:
        log.find(text=text, function=text, tags={text: text}, model=text)


def test_half_a_character(log: SQLiteLog, tmp_path: Path) -> None:
    # A lone surrogate cannot be encoded as UTF-8: the call fails, and SQLite does not store such text.
    ask = with_log(log)(asking())
    with pytest.raises(PromptError):
        ask("half \ud83d")
    lines = JSONLinesLog(tmp_path / "calls.jsonl")
    with pytest.raises(PromptError):
        with_log(lines)(asking())("half \ud83d")
    for each in (log, lines):
        (one,) = each.find()
        assert (one.state, one.arguments) == ("failed", {"text": "half \ud83d"})
        assert each.find(text="\ud83d", model="\ud83d", tags={"\ud83d": "\ud83d"}) == []


def test_conditions_that_are_none(log: SQLiteLog, tmp_path: Path) -> None:
    wrong: Any = "shop"
    for each in (log, JSONLinesLog(tmp_path / "calls.jsonl")):
        for conditions in ({"limit": -1}, {"offset": -1}, {"tags": wrong}):
            with pytest.raises(ConfigurationError, match="must"):
                each.find(**cast("Any", conditions))
    for keep in (30, "-1d"):
        with pytest.raises(ConfigurationError, match="not an age"):
            SQLiteLog(tmp_path / "kept.db", keep=cast("Any", keep))


@pytest.mark.parametrize("how", ["a folder", "another database", "a text"])
def test_a_file_that_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture, how: str) -> None:
    path = tmp_path / "calls.db"
    if how == "a folder":
        path.mkdir()
    elif how == "a text":
        path.write_text("not a database " * 100)
    else:
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE mine (x)")
        database.close()
    log = SQLiteLog(path)
    with caplog.at_level(logging.WARNING):
        ask = with_log(log)(asking())
        assert [ask("Hi").content for _ in range(3)] == ["hello"] * 3
        assert not log.flush()
        assert not log.flush()
    assert len([one for one in caplog.records if "cannot be written" in one.message]) == 1
    with pytest.raises(StoreError):
        log.find()


def test_a_file_that_can_be_written_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "folder" / "calls.db"
    log = SQLiteLog(path)
    with_log(log)(asking())("Hi")
    assert not log.flush()
    path.parent.mkdir()
    assert log.flush()
    assert [one.prompt for one in log.find()] == ["Hi"]


def test_a_locked_file(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = SQLiteLog(path, timeout=0)
    ask = with_log(log)(asking())
    ask("first")
    log.flush()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ask("second")
    assert not log.flush()
    assert [one.prompt for one in log.find()] == ["first"]  # it can be read meanwhile
    other.execute("COMMIT")
    other.close()
    assert [one.prompt for one in log.find()] == ["second", "first"]


MODES = [(0o400, 0o700), (0o600, 0o500), (0o400, 0o500)]
"""The file, its folder, and both cannot be written."""


@pytest.mark.parametrize(("file", "folder"), MODES)
def test_a_read_only_file(file: int, folder: int, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with SQLiteLog(path) as log:
        response = with_log(log)(asking())("red apples")
    with read_only(path.parent, file=file, mode=folder), SQLiteLog(path) as log:
        assert log.get(1) == response
        assert [one.prompt for one in log.find(text="apples red")] == ["red apples"]
        assert log.find(text="green") == []
        with pytest.raises(StoreError, match=r"calls.db' cannot be written: attempt to write a readonly database"):
            log.delete(id=1)
        assert with_log(log)(asking())("more").content == "hello"  # the call continues
        assert not log.flush()
    (warning, *_) = caplog.messages
    assert warning == f"the log {path} cannot be written; calls continue"


def killed(path: Path) -> None:
    """Log a call in a process that ends without closing the log."""
    pid = os.fork()
    if pid == 0:
        log = SQLiteLog(path)
        with_log(log)(asking())("red apples")
        log.flush()
        os._exit(0)
    os.waitpid(pid, 0)
    assert Path(f"{path}-wal").stat().st_size > 0  # what the test is about


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_read_only_file_of_a_killed_process(path: Path) -> None:
    """SQLite reads the write-ahead log with the file of the shared memory. Opened as immutable, the database would seem
    to be empty, or to lack its last calls.
    """
    killed(path)
    with read_only(path.parent), SQLiteLog(path) as log:
        assert [one.prompt for one in log.find()] == ["red apples"]
        assert LogReader(path).summary(Filters(), UTC).total.calls == 1
    Path(f"{path}-shm").unlink()
    advice = r"'calls.db-wal' has calls that are not in the file yet: copy both files to a folder that you can write"
    with read_only(path.parent), SQLiteLog(path) as log:
        with pytest.raises(StoreError, match=advice):
            log.find()
        with pytest.raises(StoreError, match=advice):
            LogReader(path).summary(Filters(), UTC)
    with SQLiteLog(path) as log:
        assert [one.prompt for one in log.find()] == ["red apples"]


def test_a_folder_that_cannot_be_written(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with read_only(path.parent), SQLiteLog(path) as log:
        with_log(log)(asking())("Hi")
        assert not log.flush()
        with pytest.raises(StoreError, match=r"calls.db' cannot be read: unable to open database file"):
            log.find()
    assert caplog.messages[0] == f"the log {path} cannot be written; calls continue"


def test_memory() -> None:
    with SQLiteLog(":memory:") as log:
        response = with_log(log)(asking())("Hi")
        assert log.get(1) == response
        assert len(log.find(text="Hi")) == 1


def test_a_file_of_a_later_version(path: Path) -> None:
    with SQLiteLog(path) as log:
        with_log(log)(asking())("Hi")
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StoreError, match=r"schema version 99.*upgrade"):
        SQLiteLog(path).find()


def test_a_class_that_is_not_found(log: SQLiteLog, path: Path) -> None:
    with_log(log)(asking())("Hi")
    log.flush()
    with sqlite3.connect(path) as database:
        database.execute("""UPDATE calls SET fields_json = json_set(fields_json, '$.class', 'os:system')""")
    database.close()
    with pytest.raises(StoreError, match="not a class of responses"):
        log.get(1)
    assert log.find()[0].response_text == "hello"


def test_a_file_of_an_earlier_version(path: Path) -> None:
    with SQLiteLog(path) as log:
        response = with_log(log)(asking())("Hi")
    with sqlite3.connect(path) as database:  # as version 1 has written it
        database.executescript(
            """
            DROP INDEX calls_by_parent;
            CREATE INDEX calls_by_parent ON calls (parent_id);
            DROP INDEX calls_by_conversation;
            CREATE INDEX calls_by_conversation ON calls (conversation_id);
            PRAGMA user_version = 1;
            """
        )
    database.close()
    with SQLiteLog(path) as log:
        assert log.get(1) == response
        with_log(log)(asking())("and now")
        assert [one.prompt for one in log.find()] == ["and now", "Hi"]
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (2,)
        (index,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'calls_by_parent'").fetchone()
    database.close()
    assert index.endswith("WHERE parent_id IS NOT NULL")


@pytest.mark.parametrize("version", [0, 1, 2, 3])
def test_the_database_of_another_application_is_refused(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE calls (number TEXT)")
        database.execute(f"PRAGMA user_version = {version}")
    before = path.read_bytes()
    for use in (lambda log: log.find(), lambda log: log.delete(id=1)):
        with SQLiteLog(path) as log, pytest.raises(StoreError, match="is another database, not a log of calls"):
            use(log)
    assert path.read_bytes() == before
