"""A session and its store hold the same turns, also after the store failed; stores fail alike.

Source: the program `21_session_and_store.py` of the review, and reports about chat histories that lost or repeated
messages when a database was locked or a disk was full.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from io import FileIO
from pathlib import Path
from typing import Any

import pytest

from mirascope_like.core import (
    BaseMessageParam,
    Conversation,
    JSONLinesStore,
    MemoryStore,
    MirascopeLikeError,
    Session,
    SQLiteStore,
    StoreError,
    Turn,
)
from tests.harness.clocks import PATIENCE
from tests.harness.rounds import Side
from tests.harness.server import Server

TURN = Turn(message=BaseMessageParam(role="user", content="Hi"))
STORES: Any = pytest.mark.parametrize("kind", [lambda _: MemoryStore(), JSONLinesStore, SQLiteStore])


class Flaky(MemoryStore):
    """A store whose next writes fail with an error of its own."""

    def __init__(self, *errors: BaseException) -> None:
        super().__init__()
        self.errors = list(errors)

    def append(self, name: str, turns: Sequence[Turn]) -> None:
        if self.errors:
            raise self.errors.pop(0)
        super().append(name, turns)


class FourMethods:
    """A store of a user's own, whose next appends fail; it has no `replace`."""

    def __init__(self) -> None:
        self.kept = Flaky()
        self.append, self.load = self.kept.append, self.kept.load
        self.names, self.delete = self.kept.names, self.kept.delete


class CloudError(Exception):
    """An error with a response of its own, as botocore's `ClientError` has."""

    def __init__(self, response: dict[str, str]) -> None:
        super().__init__(response["message"])
        self.response = response


def texts(conversation: Conversation | None) -> list[Any]:
    return [message.content for message in conversation or ()]


def same(session: Any, store: Any) -> list[Any]:
    """Return the texts that a session and its store both hold."""
    found = texts(session.conversation)
    assert found == texts(store.load(session.name))
    return found


HOW: Any = pytest.mark.parametrize("how", ["send", "send_async", "stream", "stream_async"])


def ask(how: str, side: Side, server: Server, store: Any, *prompts: Any) -> tuple[Any, list[Any]]:
    """Send prompts in a session; return it, and the response or the error of each."""
    replies = [f"to {prompt}" for prompt in prompts]
    server.reply(*(side.streamed(one) if "stream" in how else side.whole(one) for one in replies))
    found: list[Any] = []
    if "async" not in how:
        session = side.module.model("m", client=side.client(server)).session(store=store, name="x")
        for prompt in prompts:
            try:
                found.append(session.send(prompt) if how == "send" else session.stream(prompt).collect())
            except StoreError as error:
                found.append(error)
        return session, found

    async def main() -> Any:
        async with side.aclient(server) as client:
            session = side.module.model("m", client=client).session(store=store, name="x")
            for prompt in prompts:
                try:
                    sent = session.send_async(prompt) if how == "send_async" else session.stream_async(prompt).collect()
                    found.append(await sent)
                except StoreError as error:
                    found.append(error)
            return session

    return asyncio.run(main()), found


def sent(server: Server) -> list[Any]:
    """Return the prompts of the last request."""
    return [one["content"] for one in server.request.json["messages"] if one["role"] == "user"]


@HOW
def test_a_failed_exchange_is_written_with_the_next(side: Side, server: Server, how: str) -> None:
    store = Flaky(OSError(28, "disk full"))
    session, (error, after) = ask(how, side, server, store, "a", "b")
    assert isinstance(error, OSError)  # `except OSError` of today's programs still catches it
    assert (error.errno, error.response.content, after.content) == (28, "to a", "to b")
    assert same(session, store) == ["a", "to a", "b", "to b"]
    assert sent(server) == ["a", "b"]


@HOW
def test_the_same_prompt_again_is_not_repeated(side: Side, server: Server, how: str) -> None:
    store = Flaky(OSError("disk full"))
    session, (error, _) = ask(how, side, server, store, "a", "a")
    assert error.response.content == "to a"
    assert same(session, store) == ["a", "to a"]
    assert sent(server) == ["a"]


def test_right_after_the_failure_both_lack_the_exchange(side: Side, server: Server) -> None:
    store = Flaky(OSError("disk full"), sqlite3.OperationalError("locked"), KeyboardInterrupt())
    server.always(side.whole("Yes"))
    session = side.module.model("m", client=side.client(server)).session(store=store, name="x")
    for prompt, kind in (("a", OSError), ("b", sqlite3.OperationalError), ("c", KeyboardInterrupt)):
        with pytest.raises(kind):
            session.send(prompt)
        assert same(session, store) == []
    assert texts(session.fork().conversation) == ["a", "Yes", "b", "Yes", "c", "Yes"]
    session.send("d")
    assert same(session, store) == ["a", "Yes", "b", "Yes", "c", "Yes", "d", "Yes"]


def test_an_error_with_a_response_of_its_own(side: Side, server: Server) -> None:
    store = Flaky(CloudError({"message": "throttled"}))
    _, (error,) = ask("send", side, server, store, "a")
    assert (str(error), error.response.content) == ("CloudError: throttled", "to a")
    assert error.__cause__.response == {"message": "throttled"}


def test_the_error_can_be_pickled(side: Side, server: Server) -> None:
    store = Flaky(OSError(28, "disk full"))
    _, (error,) = ask("send", side, server, store, "a")
    loaded: Any = pickle.loads(pickle.dumps(error))
    assert isinstance(loaded, StoreError | OSError)
    assert (loaded.errno, loaded.response.content) == (28, "to a")


def test_an_edit_that_fails_halfway(side: Side, server: Server) -> None:
    """A store without `replace` deletes and appends: what it deleted is put back, or written next time."""
    server.always(side.whole("Yes"))
    for failures in (1, 2):
        store = FourMethods()
        session = side.module.model("m", client=side.client(server)).session(store=store, name="x")
        session.send("a")
        store.kept.errors = [OSError("disk full") for _ in range(failures)]
        with pytest.raises(StoreError):
            session.edit(Conversation().user("new"))
        assert texts(session.conversation) == ["a", "Yes"]
        assert texts(store.load("x")) == (["a", "Yes"] if failures == 1 else [])
        session.send("b")
        assert same(session, store) == ["a", "Yes", "b", "Yes"]


def test_conversations_do_not_mix(side: Side) -> None:
    store, model = MemoryStore(), side.module.model("m")
    store.append("x", [TURN])
    with pytest.raises(StoreError, match=r"different conversation 'x': pass no conversation .*, or pass another name"):
        Session(model, Conversation().user("mine"), store=store, name="x")
    with pytest.raises(StoreError, match=r"different conversation 'x'"):
        Session(model, Conversation(), store=store, name="x")
    assert same(Session(model, store.load("x"), store=store, name="x"), store) == ["Hi"]
    for forked in (Session(model, store=store, name="x"), Session(model, store=store, name="empty")):
        with pytest.raises(StoreError, match=r"already has a conversation 'x'"):
            forked.fork(name="x")
    assert same(Session(model, store=store, name="x").fork(name="y"), store) == ["Hi"]


def test_a_system_message_is_stored_with_the_next_exchange(side: Side, server: Server) -> None:
    store = MemoryStore()
    store.append("x", [TURN])
    server.always(side.whole("Yes"))
    session = side.module.model("m", client=side.client(server)).session(store=store, name="x", system="Be brief")
    session.send("a")
    assert same(session, store) == ["Be brief", "Hi", "a", "Yes"]


@STORES
def test_odd_names(kind: Any, tmp_path: Path) -> None:
    store: Any = kind(tmp_path / "kept")
    names = [
        "",
        " ",
        "a\nb",
        "a\x00b",
        "a\x00",
        "\u2028",
        "é",
        "e\u0301",
        "../x",
        "x" * 10_000,
        "1",
        "'; --",
        "𝄞",
        "\ufeff",
    ]
    for name in names:
        store.append(name, [TURN])
    assert store.names() == sorted(names)
    assert all(len(store.load(name)) == 1 for name in names)
    store.append("nothing", [])
    store.replace("1", [])
    assert (store.load("nothing"), store.load("1")) == (None, None)
    assert store.names() == sorted(set(names) - {"1"})
    for use in (store.load, store.delete, lambda name: store.append(name, [TURN])):
        for wrong in ("\ud800", 5, None, b"a", ["a"]):
            with pytest.raises(StoreError, match="the name of a conversation"):
                use(wrong)
    with pytest.raises(StoreError, match="the name of a conversation"):
        Session(None, store=store, name="\ud800")  # type: ignore[arg-type]
    assert Session(None, store=store, name="").name == ""  # type: ignore[arg-type]
    if kind is SQLiteStore:
        store.close()


@pytest.mark.parametrize("kind", [JSONLinesStore, SQLiteStore])
def test_a_path_that_does_not_exist(kind: Any, tmp_path: Path) -> None:
    with pytest.raises(MirascopeLikeError) as caught:
        kind(tmp_path / "missing" / "kept").append("a", [TURN])
    assert isinstance(caught.value, OSError if kind is JSONLinesStore else sqlite3.Error)


def test_sqlite_waits_and_then_raises(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    with SQLiteStore(path, timeout=0.01) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        store.append("a", [TURN])
        assert store._database.execute("PRAGMA busy_timeout").fetchone() == (10,)  # milliseconds
        other.execute("BEGIN IMMEDIATE")
        for write in (lambda: store.append("a", [TURN]), lambda: store.delete("a"), lambda: store.replace("a", [])):
            with pytest.raises(StoreError, match="locked") as caught:
                write()
            assert isinstance(caught.value, sqlite3.OperationalError)
        assert len(store.load("a") or ()) == 1  # readers are not locked out
        other.execute("ROLLBACK")
        store.append("a", [TURN])
        assert len(store.load("a") or ()) == 2
    with pytest.raises(StoreError, match="closed"):
        store.load("a")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        SQLiteStore(tmp_path / "kept")


def test_foreign_lines(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    store = JSONLinesStore(path)
    store.append("a", [TURN])
    foreign = [
        b"not JSON", b"5", b"null", b"[]", b'{"level": "info"}', b'{"session": 5, "turns": []}', b"\xff\xfe", b"",
        b"[" * 100_000, b'{"session": ["a"], "turns": []}', b'{"session": "a"}',
    ]  # fmt: skip
    with path.open("ab") as file:
        file.write(b"\n".join(foreign) + b"\n")
        file.write(b'{"session": "b", "turns": [{"message": {"role": "nobody"}}]}\n')
        file.write(b'{"session": "c", "turns": 5}\n')
        file.write(b'{"session": "d", "turns": [{"new": 1}], "schema_version": 2}\n')
    store.append("a", [TURN])
    assert len(store.load("a") or ()) == 2
    for name, line in (("b", 13), ("c", 14), ("d", 15)):
        with pytest.raises(StoreError, match=f"line {line} of the store"):
            store.load(name)
    assert store.names() == ["a", "b", "c", "d"]
    store.delete("b")
    store.replace("c", [TURN])
    assert (store.load("b"), len(store.load("c") or ())) == (None, 1)


def test_an_append_reads_one_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept"
    store = JSONLinesStore(path)
    store.append("a", [TURN])
    read: list[int | None] = []

    class File(FileIO):
        def read(self, size: int | None = -1) -> bytes:
            read.append(size)
            return super().read(size)

    monkeypatch.setattr(Path, "open", lambda self, *_, **__: File(self, "ab+"))
    store.append("a", [TURN])
    assert read == [1]


def test_an_append_that_fails_leaves_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept"
    store = JSONLinesStore(path)
    store.append("a", [TURN])
    before = path.read_bytes()

    class Full(FileIO):
        written = False

        def write(self, data: Any) -> int:
            if self.written:
                raise OSError(28, "No space left on device")
            self.written = True
            return super().write(data[:10])

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda self, *_, **__: Full(self, "ab+"))
        with pytest.raises(StoreError, match="No space left"):
            store.append("a", [TURN])
    assert path.read_bytes() == before
    store.append("a", [TURN])
    assert len(store.load("a") or ()) == 2


WRITER = """
import sys
from mirascope_like.core import BaseMessageParam, JSONLinesStore, SQLiteStore, Turn
kind, path, text = sys.argv[1:]
store = {"JSONLinesStore": JSONLinesStore, "SQLiteStore": SQLiteStore}[kind](path)
for _ in range(30):
    store.append("a", [Turn(message=BaseMessageParam(role="user", content=text * 20_000))])
"""


@pytest.mark.parametrize("kind", [JSONLinesStore, SQLiteStore])
def test_processes_append_at_the_same_time(kind: Any, tmp_path: Path) -> None:
    store = kind(tmp_path / "kept")
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, kind.__name__, str(tmp_path / "kept"), text]) for text in "xyz"
    ]
    assert [one.wait() for one in writers] == [0, 0, 0]
    found = texts(store.load("a"))
    assert sorted(found) == [text * 20_000 for text in "xyz" for _ in range(30)]
    if kind is SQLiteStore:
        store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # Python 3.12 warns of forks with threads
@STORES
def test_a_fork_while_a_thread_writes(kind: Any, tmp_path: Path) -> None:
    """The child appends, though a thread of its parent held the lock, and though its parent's connection is open."""
    store: Any = kind(tmp_path / "kept")
    store.append("a", [TURN])
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with store._lock:
            held.set()
            go.wait(PATIENCE)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(PATIENCE)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            store.append("a", [TURN])
            code = 0 if len(store.load("a")) == 2 else 2
        finally:
            os._exit(code)
    try:
        assert os.waitpid(pid, 0)[1] == 0
    finally:
        go.set()
        thread.join()
    store.append("a", [TURN])
    assert len(store.load("a")) == (3 if kind in (JSONLinesStore, SQLiteStore) else 2)
    if kind is SQLiteStore:
        store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_does_not_keep_the_lock_of_the_file(tmp_path: Path) -> None:
    """A child that is forked during an append has a duplicate of the locked descriptor, and lives on."""
    store = JSONLinesStore(tmp_path / "kept")
    code = """
import os, sys
from mirascope_like.core import BaseMessageParam, JSONLinesStore, Turn
from mirascope_like.core.base.conversations import json_lines_store
read, write = os.pipe()
turn = Turn(message=BaseMessageParam(role="user", content="Hi"))
store = JSONLinesStore(sys.argv[1])
json_lines_store.memoryview = lambda data: fork() or memoryview(data)
def fork():
    if os.fork() == 0:  # lives until the parent is done
        os.close(write)
        os.read(read, 1)
        os._exit(0)
store.append("a", [turn])
del json_lines_store.memoryview
store.append("a", [turn])
os.write(write, b"x")
os.wait()
"""
    assert (
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "kept")], timeout=10 * PATIENCE, check=False
        ).returncode
        == 0
    )
    assert len(store.load("a") or ()) == 2


def test_lines_have_the_form_of_before(tmp_path: Path) -> None:
    store = JSONLinesStore(tmp_path / "kept")
    store.append("a", [TURN])
    line = json.loads((tmp_path / "kept").read_bytes())
    assert (line["session"], len(line["turns"]), line["schema_version"]) == ("a", 1, 1)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("kind", [JSONLinesStore, SQLiteStore])
def test_only_the_user_may_read_a_store(tmp_path: Path, kind: Any) -> None:
    """Conversations are private."""
    store = kind(tmp_path / "talks")
    store.append("ann", [TURN])
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    if kind is SQLiteStore:
        store.close()


@pytest.mark.parametrize("kind", [JSONLinesStore, SQLiteStore])
def test_a_program_that_changes_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    store = kind("talks")
    monkeypatch.chdir("other")
    store.append("ann", [TURN])
    assert store.names() == ["ann"]
    assert list((tmp_path / "other").iterdir()) == []
    if kind is SQLiteStore:
        store.close()


def test_a_sqlite_file_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    with SQLiteStore(path) as store:
        store.append("a", [TURN])
        path.unlink()
        assert store.names() == []
        store.append("b", [TURN])
        with SQLiteStore(path) as other:
            assert other.names() == ["b"]
            path.unlink()
            other.append("c", [TURN])
        assert store.names() == ["c"]
