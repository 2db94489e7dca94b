"""What the library writes carries its schema version; what a later version of the library wrote raises `StoreError`."""

from __future__ import annotations

import json
import pickle
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mirascope_like import llm
from mirascope_like.core import (
    Conversation,
    JSONLinesStore,
    Messages,
    MirascopeLikeError,
    Session,
    SQLiteStore,
    StoreError,
    Turn,
    openai,
)
from mirascope_like.llm.answers import wrapped_response
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer
from tests.harness.server import Server

TURN = Turn(message=Messages.User("Hi"))
DUMP_TOO_NEW = "has schema version 4, and this version of mirascope_like reads versions up to 3: upgrade"
TOO_NEW = "has schema version 2, and this version of mirascope_like reads versions up to 1: upgrade"

every_row = pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)


# Dumps of responses


def answered(row: BaseRow, server: Server, *, stream: bool = False) -> Any:
    answer = Answer("Hello")
    server.reply(row.wire.streamed(answer) if stream else row.wire.answered(answer))
    with row.client(server) as client:
        return row.stream(client).collect() if stream else row.ask(client)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@every_row
def test_the_version_is_the_last_key_of_a_dump(row: BaseRow, stream: bool, server: Server) -> None:
    response = answered(row, server, stream=stream)
    for one in (response, wrapped_response(response)):
        for dump in (one.model_dump(), one.model_dump(mode="json"), json.loads(one.model_dump_json())):
            assert list(dump.items())[-1] == ("schema_version", 3)  # 3: with the keys of v1


@every_row
def test_a_dump_of_a_later_version(row: BaseRow, server: Server) -> None:
    response = answered(row, server)
    dump = {**response.model_dump(mode="json"), "schema_version": 4, "a new field": 1}
    for kind in (type(response), llm.CallResponse):
        with pytest.raises(StoreError, match=f"the dump of a response {DUMP_TOO_NEW}"):
            kind.model_validate(dump)
        with pytest.raises(StoreError, match=DUMP_TOO_NEW):
            kind.model_validate_json(json.dumps(dump))


def test_the_version_is_checked_before_the_provider() -> None:
    with pytest.raises(StoreError, match=DUMP_TOO_NEW):
        llm.CallResponse.model_validate({"provider": "a new provider", "schema_version": 4})


@pytest.mark.parametrize("version", ["1", -1, 1.5])
def test_a_version_that_is_none(version: Any) -> None:
    with pytest.raises(StoreError, match=r"the dump of a response has an unknown schema version: "):
        llm.CallResponse.model_validate({"provider": "openai", "schema_version": version})


# Files of conversations


def test_a_conversation_file(tmp_path: Path) -> None:
    talk = Conversation().system("Be brief").user("Hi", b"\x89PNG\r\n\x1a\n")
    path = tmp_path / "talk.json"
    talk.save(path)
    saved = json.loads(path.read_text("utf-8"))
    assert list(saved) == ["schema_version", "turns"]
    assert (saved["schema_version"], len(saved["turns"])) == (1, 2)
    assert Conversation.load(path) == talk
    assert Conversation.from_json(path.read_text("utf-8")) == talk
    assert Conversation.from_json(b"\n" + path.read_bytes()) == talk


def test_the_json_of_a_conversation_is_the_list_of_its_turns() -> None:
    talk = Conversation().user("Hi")
    assert json.loads(talk.to_json()) == [TURN.model_dump(mode="json")]
    assert Conversation.from_json(talk.to_json()) == talk


def test_a_conversation_file_of_a_later_version(tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    path.write_text('{"schema_version": 2, "turns": [{"a new form": 1}]}', "utf-8")
    with pytest.raises(StoreError, match=rf"the file '.*talk\.json' {TOO_NEW}"):
        Conversation.load(path)
    with pytest.raises(StoreError, match=f"the conversation {TOO_NEW}"):
        Conversation.from_json(path.read_bytes())


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]", '{"schema_version": 1}', '{"turns": []}'])
def test_a_file_that_holds_no_conversation(text: str) -> None:
    with pytest.raises(ValidationError):
        Conversation.from_json(text)


# Stores


def test_each_line_has_the_version(tmp_path: Path) -> None:
    store = JSONLinesStore(tmp_path / "store.jsonl")
    store.append("a", [TURN])
    store.append("b", [TURN])
    store.delete("b")
    lines = [json.loads(line) for line in (tmp_path / "store.jsonl").read_text("utf-8").splitlines()]
    assert [line["schema_version"] for line in lines] == [1, 1, 1]


def test_lines_with_and_without_a_version(tmp_path: Path) -> None:
    old = {"session": "a", "turns": [TURN.model_dump(mode="json")]}
    path = tmp_path / "store.jsonl"
    path.write_text(json.dumps(old) + "\n", "utf-8")
    store = JSONLinesStore(path)
    store.append("a", [TURN])
    assert store.load("a") == Conversation((TURN, TURN))


def test_a_line_of_a_later_version(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    store = JSONLinesStore(path)
    store.append("a", [TURN])
    with path.open("a") as file:
        file.write('{"schema_version": 2, "a new form": "b"}\n')
    match = rf"line 2 of the store '.*store\.jsonl' {TOO_NEW}"
    for read in (store.names, lambda: store.load("a"), lambda: Session(openai.model("m"), store=store, name="a")):
        with pytest.raises(StoreError, match=match):
            read()


def versions(path: Path) -> list[int] | None:
    """Return the schema versions in a database; None if it has no table of them."""
    with closing(sqlite3.connect(path)) as database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'turns_schema'").fetchall():
            return None
        return [version for (version,) in database.execute("SELECT version FROM turns_schema ORDER BY version")]


def write_version(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS turns_schema (version INTEGER PRIMARY KEY)")
        database.execute("INSERT INTO turns_schema VALUES (?)", (version,))


def test_a_database_has_the_version(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    for _ in range(2):
        with SQLiteStore(path) as store:
            store.append("a", [TURN])
            store.append("a", [TURN])
        assert versions(path) == [1]


def test_a_database_without_a_version_gets_it_with_the_first_append(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with SQLiteStore(path) as store:
        store.append("a", [TURN])
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DROP TABLE turns_schema")
    with SQLiteStore(path) as store:
        assert store.load("a") == Conversation((TURN,))
        assert store.names() == ["a"]
        assert versions(path) is None
        store.append("a", [TURN])
        assert store.load("a") == Conversation((TURN, TURN))
    assert versions(path) == [1]


def test_a_database_of_a_later_version(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    match = rf"the store '.*store\.sqlite' {TOO_NEW}"
    with SQLiteStore(path) as store:
        store.append("a", [TURN])
        write_version(path, 2)  # as another program does
        for use in (
            store.names,
            lambda: store.load("a"),
            lambda: store.append("a", [TURN]),
            lambda: store.delete("a"),
        ):
            with pytest.raises(StoreError, match=match):
                use()
    with pytest.raises(StoreError, match=match):
        SQLiteStore(path)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM turns").fetchone() == (1,)


def test_a_database_keeps_the_tables_and_the_version_of_its_user(tmp_path: Path) -> None:
    """A program may keep its sessions in a database of its own, whose `user_version` is its own too."""
    path = tmp_path / "own.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE own (name TEXT)")
        database.execute("PRAGMA user_version = 7")
    with SQLiteStore(path) as store:
        store.append("a", [TURN])
        assert store.names() == ["a"]
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (7,)


# The error


def test_store_error() -> None:
    error = StoreError("the store 'a' has schema version 2")
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, MirascopeLikeError)
    assert (type(again), str(again)) == (StoreError, str(error))
