"""The SQLite cache: age and size, threads, processes, forks and kills."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mirascope_like.core import ConfigurationError, SQLiteStore, StoreError
from mirascope_like.spending import SQLiteCache
from tests.harness.clocks import PATIENCE, MovedClock
from tests.harness.permissions import read_only
from tests.harness.recordings import ROOT


def test_values_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with SQLiteCache(path) as store:
        assert store.get("a") is None
        store.set("a", b"1")
        store.set("b", b"\x00\xff")
        store.set("a", b"2")
        assert (store.get("a"), store.get("b"), len(store)) == (b"2", b"\x00\xff", 2)
        store.delete("a")
        store.delete("never")
        assert (store.get("a"), len(store)) == (None, 1)
    with SQLiteCache(str(path)) as store:
        assert store.get("b") == b"\x00\xff"
        store.clear()
        assert len(store) == 0
    with pytest.raises(StoreError, match="is closed"):
        store.get("b")
    with SQLiteCache(":memory:") as store:
        store.set("a", b"1")
        assert store.get("a") == b"1"


def test_age(tmp_path: Path, clock: MovedClock) -> None:
    with SQLiteCache(tmp_path / "cache.db") as store:
        store.set("a", b"1")
        clock.skip(100)
        store.set("b", b"2")
        assert (store.get("a", 90), store.get("a", 110), store.get("b", 90)) == (None, b"1", b"2")
        assert store.prune("50s") == 1
        assert (store.get("a"), store.get("b")) == (None, b"2")
        assert store.prune(50) == 0
        with pytest.raises(ConfigurationError, match="older_than must be seconds"):
            store.prune("never")


def test_size(tmp_path: Path, clock: MovedClock) -> None:
    with SQLiteCache(tmp_path / "cache.db", max_bytes=250) as store:
        for name in "abc":
            store.set(name, name.encode() * 100)
            clock.skip(1)
        assert [name for name in "abc" if store.get(name)] == ["b", "c"]  # the oldest is deleted
        store.set("b", b"b" * 10)
        store.set("d", b"d" * 100)
        assert [name for name in "abcd" if store.get(name)] == ["b", "c", "d"]  # 10 + 100 + 100 bytes
        store.set("e", b"e" * 1000)
        assert len(store) == 0  # larger than all that may be stored
    with pytest.raises(ConfigurationError, match="max_bytes must be more than 0"):
        SQLiteCache(tmp_path / "cache.db", max_bytes=0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_only_the_user_may_read_the_file(tmp_path: Path) -> None:
    with SQLiteCache(tmp_path / "cache.db") as store:
        store.set("a", b"1")
        for path in tmp_path.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_wrong_files(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database at all, but a text that is long enough for a header" * 10)
    with pytest.raises(StoreError, match="not a database") as caught:
        SQLiteCache(tmp_path / "text.db")
    assert isinstance(caught.value, sqlite3.DatabaseError)
    with pytest.raises(StoreError):
        SQLiteCache(tmp_path / "no such folder" / "cache.db")
    with SQLiteCache(tmp_path / "later.db") as store, store._using() as database:
        database.execute("UPDATE cache_state SET number = 2 WHERE name = 'version'")
    with pytest.raises(StoreError, match="has schema version 2, and this version"):
        SQLiteCache(tmp_path / "later.db")


@pytest.mark.parametrize("exists", [True, False])
def test_a_read_only_place(exists: bool, tmp_path: Path) -> None:
    """A cache that cannot store anything is an error where it is made, not a warning for each call."""
    path = tmp_path / "cache.db"
    if exists:
        SQLiteCache(path).close()
    with read_only(tmp_path), pytest.raises(StoreError) as caught:
        SQLiteCache(path)
    assert str(caught.value) == f"the cache {str(path)!r} cannot be written: Permission denied"


def test_threads(tmp_path: Path) -> None:
    with SQLiteCache(tmp_path / "cache.db") as store:

        def work(number: int) -> None:
            for one in range(50):
                store.set(f"{number}.{one}", b"x" * 100)
                assert store.get(f"{number}.{one}") == b"x" * 100

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
        assert len(store) == 200


def program(code: str, *args: Any) -> subprocess.Popen[str]:
    """A program that imports `SQLiteCache`; its arguments are strings."""
    code = "import os, sys, threading\nfrom mirascope_like.spending import SQLiteCache\n" + textwrap.dedent(code)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def test_processes_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    code = """
        with SQLiteCache(sys.argv[1]) as store:
            for number in range(100):
                store.set(f"{sys.argv[2]}.{number}", b"x" * 1000)
        """
    writers = [program(code, path, number) for number in range(2)]
    with SQLiteCache(path) as store:
        assert [one.communicate(timeout=PATIENCE) and one.returncode for one in writers] == [0, 0]
        assert len(store) == 200


def test_a_killed_process_leaves_whole_entries(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    code = """
        store = SQLiteCache(sys.argv[1])
        for number in range(10**9):
            store.set(str(number), str(number).encode() * 5000)
            print(number, flush=True)
        """
    stored = -1
    for _ in range(3):
        writer = program(code, path)
        assert writer.stdout is not None
        for _ in range(20):
            stored = int(writer.stdout.readline())
        writer.kill()  # SIGKILL, while it is writing
        last = writer.communicate(timeout=PATIENCE)[0].split()
        stored = int(last[-1]) if last and last[-1].isdigit() else stored
        with SQLiteCache(path) as store:
            assert store.get(str(stored)) == str(stored).encode() * 5000  # what was reported as stored is there
            with store._using() as database:
                assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                for key, value in database.execute("SELECT key, value FROM cache"):
                    assert value == key.encode() * 5000
                (size,) = database.execute("SELECT number FROM cache_state WHERE name = 'bytes'").fetchone()
                assert size == database.execute("SELECT sum(length(value)) FROM cache").fetchone()[0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_a_forked_process_uses_its_own_connection(tmp_path: Path) -> None:
    code = """
        store = SQLiteCache(sys.argv[1])
        store.set("parent", b"1")
        held, over = threading.Event(), threading.Event()

        def hold():
            with store._lock:
                held.set()
                over.wait()

        threading.Thread(target=hold, daemon=True).start()
        held.wait()
        child = os.fork()
        if child == 0:
            store.set("child", store.get("parent") + b"2")
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        over.set()
        assert store.get("child") == b"12"
        print("done")
        """
    assert program(code, tmp_path / "cache.db").communicate(timeout=PATIENCE)[0] == "done\n"


def test_a_locked_database_is_an_error_after_the_timeout(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with SQLiteCache(path, timeout=0.01) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            store.set("a", b"1")
        assert store.get("a") is None  # readers do not wait
        other.execute("ROLLBACK")
        other.close()
        store.set("a", b"1")
        assert store.get("a") == b"1"


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_was_deleted_is_made_again(tmp_path: Path, replaced: bool) -> None:
    path, other = tmp_path / "cache.db", tmp_path / "other.db"
    with SQLiteCache(path) as store, SQLiteCache(other) as another:
        store.set("a", b"1")
        another.set("b", b"2")
        another.close()
        for file in tmp_path.glob("cache.db*"):
            file.unlink()
        if replaced:
            other.rename(path)
        assert store.get("a") is None
        assert store.get("b") == (b"2" if replaced else None)
        store.set("c", b"3")
        with SQLiteCache(path) as reader:
            assert reader.get("c") == b"3"


def test_another_database_in_the_place_of_a_deleted_one(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with SQLiteCache(path) as store:
        store.set("a", b"1")
        path.unlink()
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE users (name TEXT)")
        database.close()
        for _ in range(2):
            with pytest.raises(StoreError, match=r"cache\.db' is another database, not a cache: use another file"):
                store.set("b", b"2")


@pytest.mark.parametrize(
    "table", ["users (name TEXT)", "item (id INTEGER)", "cache (id INTEGER PRIMARY KEY, page TEXT)"]
)
def test_the_database_of_another_application_is_refused(tmp_path: Path, table: str) -> None:
    path = tmp_path / "app.db"
    database = sqlite3.connect(path)
    database.execute(f"CREATE TABLE {table}")
    database.close()
    before = path.read_bytes()
    name = table.split()[0]
    with pytest.raises(StoreError, match=rf"app\.db' is another database, not a cache: .* has the tables {name}"):
        SQLiteCache(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_cache_and_sessions_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "both.db"
    path.touch()
    with SQLiteStore(path) as sessions, SQLiteCache(path) as store:
        store.set("a", b"1")
        assert sessions.names() == []
