"""Writing by threads, processes and forks, the end of a process, and a full disk."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from weakref import ref

import pytest

from mirascope_like.integrations.log import JSONLinesLog, SQLiteLog, log_calls, with_log
from mirascope_like.integrations.log import writer as writer_module
from mirascope_like.integrations.log.writer import Writer
from tests.harness.clocks import PATIENCE, MovedClock
from tests.harness.recordings import ROOT
from tests.integrations.log.calls import asking
from tests.integrations.log.killed import check_file, killed_run

LOGS = pytest.mark.parametrize("kind", [SQLiteLog, JSONLinesLog])
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")


@LOGS
def test_threads(tmp_path: Path, kind: Any) -> None:
    log = kind(tmp_path / "calls")
    ask = with_log(log)(asking())
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, (f"call {number}" for number in range(200))))
    assert {row.prompt for row in log.find()} == {f"call {number}" for number in range(200)}


@LOGS
def test_two_logs_of_one_file(tmp_path: Path, kind: Any) -> None:
    logs = [kind(tmp_path / "calls") for _ in range(4)]
    asks = [with_log(log)(asking()) for log in logs]

    def work(ask: Any) -> None:
        for number in range(25):
            ask(f"{number}")

    threads = [threading.Thread(target=work, args=(ask,)) for ask in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(log.flush() for log in logs)
    assert len(logs[0].find()) == 100


def in_process(kind: Any, path: Path, name: str) -> None:
    ask = with_log(kind(path), tags={"process": name})(asking())
    for number in range(20):
        ask(f"{number}")


@pytest.mark.slow
@LOGS
def test_processes(tmp_path: Path, kind: Any) -> None:
    path = tmp_path / "calls"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=in_process, args=(kind, path, str(number))) for number in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(20 * PATIENCE)
        assert process.exitcode == 0
    log = kind(path)
    assert [len(log.find(tags={"process": str(number)})) for number in range(2)] == [20, 20]


@FORKS
@LOGS
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_fork(tmp_path: Path, kind: Any) -> None:
    log = kind(tmp_path / "calls")
    ask = with_log(log)(asking())
    ask("before")
    log.flush()
    ask("pending")  # written by the parent alone
    child = os.fork()
    if child == 0:
        try:
            ask("child")
            os._exit(0 if log.flush() and len(log.find(text="child")) == 1 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    ask("after")
    assert sorted(row.prompt for row in log.find()) == ["after", "before", "child", "pending"]


@FORKS
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_fork_while_the_thread_writes(tmp_path: Path) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def write(batch: Any) -> None:
        if os.getpid() == parent:
            entered.set()
            assert go_on.wait(10 * PATIENCE)

    parent = os.getpid()
    writer: Writer[str] = Writer(write, "test")
    writer.add("a")
    assert entered.wait(10 * PATIENCE)
    child = os.fork()
    if child == 0:
        writer.add("b")
        os._exit(0 if writer.flush() else 1)
    assert os.waitpid(child, 0)[1] == 0
    go_on.set()
    assert writer.flush()


def program(code: str, path: Path) -> subprocess.CompletedProcess[str]:
    code = f"""
from tests.integrations.log.calls import asking
from mirascope_like.integrations.log import *
log = SQLiteLog({str(path)!r})
ask = with_log(log)(asking())
{code}
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=20 * PATIENCE, env=environment, cwd=ROOT, check=False
    )


@pytest.mark.parametrize(
    ("code", "status"), [("", 0), ("raise SystemExit(3)", 3), ("raise KeyError('x')", 1)], ids=["end", "exit", "error"]
)
def test_the_end_of_a_program_writes_all_calls(tmp_path: Path, code: str, status: int) -> None:
    ran = program(f"for number in range(50): ask(str(number))\n{code}", tmp_path / "calls.db")
    assert ran.returncode == status
    with SQLiteLog(tmp_path / "calls.db") as log:
        assert len(log.find()) == 50


@pytest.mark.parametrize("after", [7, 35, 91])
def test_kill(tmp_path: Path, after: int) -> None:
    path = tmp_path / "calls.db"
    committed = killed_run(path, 100_000, "run", after=after)
    assert committed >= after
    check_file(path, {"run": committed})


def test_a_full_disk(tmp_path: Path) -> None:
    # The size of files is limited, so that writing fails as on a full disk; then the limit is raised.
    path = tmp_path / "calls.db"
    ran = program(
        """
import resource
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
ask("first"); assert log.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, hard))
texts = [ask(f"{number} " + "x" * 20_000).content for number in range(20)]
assert texts == ["hello"] * 20
assert not log.flush()
assert not log.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
assert log.flush()
print(len(log.find()))
""",
        path,
    )
    assert ran.stdout == "21\n", ran.stderr
    assert ran.stderr.count("cannot be written") == 1
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()


def test_entries_are_dropped_if_too_many_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer_module, "LIMIT", 10)
    written: list[int] = []
    broken = [True]

    def write(batch: Any) -> None:
        if broken:
            raise OSError("no space")
        written.extend(batch)

    writer: Writer[int] = Writer(write, "test")
    for number in range(15):
        writer.add(number)
    assert not writer.flush()
    broken.clear()
    assert writer.flush()
    assert written == list(range(10))
    assert sum("further calls are not logged" in one.message for one in caplog.records) == 1
    writer.close()


BAD_ROWS: dict[str, Any] = {
    "an error": lambda row: row["a mistake in the function"],
    "not a dict": lambda row: [row],
    "an object without a JSON form": lambda row: {**row, "arguments": {"one": object()}},
    "a field with an object": lambda row: {**row, "prompt": object()},
    "no id": lambda row: {"prompt": row["prompt"]},
}


@pytest.mark.parametrize("kind", [SQLiteLog, JSONLinesLog])
@pytest.mark.parametrize("how", BAD_ROWS)
def test_one_call_that_cannot_be_written_does_not_hold_up_others(
    tmp_path: Path, caplog: Any, how: str, kind: Any
) -> None:
    def redact(row: dict[str, Any]) -> dict[str, Any]:
        return BAD_ROWS[how](row) if row["prompt"] == "bad" else row

    with kind(tmp_path / "calls.db", redact=redact) as log:
        with log_calls(log):
            ask = asking()
            for text in ("good", "bad", "better"):
                ask(text)
        assert log.flush()
        assert [row.prompt for row in log.find()] == ["better", "good"]
    assert sum("a call is not logged" in one.message for one in caplog.records) == 1


def test_a_number_that_sqlite_cannot_hold_does_not_hold_up_others(tmp_path: Path) -> None:
    log = SQLiteLog(tmp_path / "calls.db", redact=lambda row: {**row, "input_tokens": 2**64, "cost": 1})
    with log, log_calls(log):
        asking()("Hi")
        assert log.flush()
        (row,) = log.find()
        assert (row.input_tokens, row.cost, row.prompt) == (None, 1, "Hi")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("kind", [SQLiteLog, JSONLinesLog])
def test_only_the_user_may_read_a_log(tmp_path: Path, kind: Any) -> None:
    """It has private texts. A file that is there keeps its mode, so that a group may read it."""
    for name in ("new.db", "group.db"):
        path = tmp_path / name
        if name == "group.db":
            path.touch(0o600)
            path.chmod(0o640)
        with kind(path) as log, log_calls(log):
            asking()("Hi")
            assert log.flush()
            wanted = 0o640 if name == "group.db" else 0o600
            assert {file.stat().st_mode & 0o777 for file in tmp_path.glob(f"{name}*")} == {wanted}


@pytest.mark.parametrize("kind", [SQLiteLog, JSONLinesLog])
def test_a_program_that_changes_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with kind("calls") as log, log_calls(log):
        asking()("one")
        log.flush()
        (tmp_path / "other").mkdir()
        monkeypatch.chdir(tmp_path / "other")
        asking()("two")
        assert [row.prompt for row in log.find()] == ["two", "one"]
    assert list((tmp_path / "other").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no open file")
@pytest.mark.parametrize("kind", [SQLiteLog, JSONLinesLog])
def test_a_file_that_is_deleted_is_made_again(tmp_path: Path, kind: Any) -> None:
    with kind(tmp_path / "calls") as log, log_calls(log):
        for text in ("one", "two"):
            asking()(text)
            assert [row.prompt for row in log.find()] == [text]
            for file in tmp_path.iterdir():
                file.unlink()
        assert log.find() == []


def test_the_texts_of_deleted_rows_are_not_in_the_file(tmp_path: Path) -> None:
    with SQLiteLog(tmp_path / "calls.db") as log, log_calls(log):
        for text in ("kept", *("forgotten " * 300 for _ in range(5))):
            asking(lambda body: "forgotten")(text)
        assert len(log.find(text="forgotten")) == 6
        kept = log.find()[-1]
        assert log.delete(until="0s") == 6
        log.write([{**vars(kept), "response_text": None, "response_json": None, "fields": None}])
        # It has the number of a deleted row, and is in the index all the same.
        assert [(row.id, row.prompt) for row in log.find(text="kept")] == [(1, "kept")]
        assert log.delete(id=1) == 1
        assert log.find(text="kept") == []
    assert [file.name for file in tmp_path.iterdir()] == ["calls.db"]
    assert b"orgotten" not in (tmp_path / "calls.db").read_bytes()


def written(path: Path) -> list[str]:
    """The prompts of the rows that another reader of the file sees."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as reader:
        try:
            return [prompt for (prompt,) in reader.execute("SELECT prompt FROM calls ORDER BY id")]
        except sqlite3.OperationalError:  # the table is not there yet
            return []


def test_rows_are_committed_after_the_interval_and_by_flush(
    tmp_path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert writer_module.DELAY < 0.05  # the documented 50 ms, of which some remain for writing
    monkeypatch.setattr(writer_module, "DELAY", 1000.0)
    path = tmp_path / "calls.db"
    with SQLiteLog(path) as log:
        ask = with_log(log)(asking())
        ask("one")
        assert written(path) == []
        clock.skip(999)
        assert written(path) == []
        while written(path) != ["one"]:  # in the thread of the log
            clock.skip(2)
        assert log.flush()  # its thread has written, and waits for the next call
        ask("two")
        assert written(path) == ["one"]
        assert log.flush()
        assert written(path) == ["one", "two"]


@LOGS
def test_a_log_that_is_dropped_is_closed(tmp_path: Path, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[threading.Thread] = []

    class Thread(threading.Thread):
        def start(self) -> None:
            started.append(self)
            super().start()

    monkeypatch.setattr(writer_module.threading, "Thread", Thread)
    path = tmp_path / "calls"
    log = kind(path)
    gone = ref(log)
    with_log(log)(asking())("hello")
    assert log.flush()  # a log is kept by its entries
    del log
    gc.collect()
    assert gone() is None
    (thread,) = started
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert [row.prompt for row in kind(path).find()] == ["hello"]


def test_a_writer_that_is_closed_writes_no_more() -> None:
    """Its thread waits to try again what could not be written: the file, which is closed, must not be opened again."""
    tries: list[str] = []

    def write(batch: Any) -> None:
        tries.append(threading.current_thread().name)
        raise OSError("full")

    writer: Writer[int] = Writer(write, "calls.db")
    writer.add(1)
    assert not writer.flush()
    writer.close()
    count = len(tries)
    thread = writer._thread
    assert thread is not None
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert len(tries) == count
