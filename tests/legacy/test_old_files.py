"""Files that an earlier version wrote load with this one: see `make` and `files/manifest.json`."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Mapping
from enum import Enum
from functools import cache, reduce
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import Conversation, JSONLinesStore, Session, SQLiteStore, Turn, openai
from tests.harness.clocks import PATIENCE
from tests.harness.recordings import ROOT
from tests.harness.rounds import SIDES
from tests.harness.server import Server

FILES = Path(__file__).parent / "files"

Entry = dict[str, Any]


@cache
def manifest(folder: Path = FILES) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return found


def entries(*kinds: str) -> Any:
    """Run a test for every entry of these kinds."""
    found = [entry for entry in manifest()["entries"] if entry["kind"] in kinds]
    return pytest.mark.parametrize("entry", found, ids=lambda entry: entry["file"])


# Reading the manifest


def named(name: str) -> Any:
    """Return what stands under "module:name"."""
    module, _, names = name.partition(":")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # Gemini's SDK warns that it is retired
        return reduce(getattr, names.split("."), import_module(module))


def at(value: Any, path: str) -> Any:
    """Return what is at a path of attributes, keys and numbers; "" is the value itself."""
    for step in path.split(".") if path else ():
        if step == "faults":  # pydantic's list, in the form that JSON has
            return [{name: fault[name] for name in ("type", "loc", "msg", "input")} for fault in value.errors()]
        if isinstance(value, Mapping):
            value = value[step]
        else:
            value = value[int(step)] if step.isdigit() else getattr(value, step)
    return value


ADDED = {
    "CommonUsage": {"cache_write_tokens", "reasoning_tokens"},
    "Price": {"cache_write_1h", "input_audio", "output_audio", "web_search"},
}
"""Fields that were added after the files were written, by class."""


def plain(value: Any) -> Any:
    """Return a value as JSON holds it, without the fields that were added after the files were written."""
    match value:
        case Enum():
            return value.value
        case BaseModel():
            names = type(value).model_fields.keys() - ADDED.get(type(value).__name__, set())
            return {name: plain(getattr(value, name)) for name in names}
        case bytes():
            return base64.b64encode(value).decode()
        case BaseException():
            return {"error": type(value).__name__, "text": str(value)}
        case Mapping():
            return {key: plain(one) for key, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
        case _ if dataclasses.is_dataclass(value):
            names = {one.name for one in dataclasses.fields(value)} - ADDED.get(type(value).__name__, set())
            return {name: plain(getattr(value, name)) for name in names}
    return value


def check(entry: Entry, loaded: Any) -> None:
    """Compare what was loaded with the values of the manifest."""
    if entry.get("type"):
        assert type(loaded) is named(entry["type"])
    for path, kind in entry.get("items", {}).items():
        assert type(at(loaded, path)) is named(kind)
    for kind in entry.get("instance_of", ()):
        assert isinstance(loaded, named(kind)), kind
    for module, names in entry.get("same_as", {}).items():
        assert loaded == {name: named(f"{module}:{name}") for name in names}
    if "text" in entry:
        assert str(loaded) == entry["text"]
    expected = entry["values"]
    assert {path: plain(at(loaded, path)) for path in expected} == expected


def unpickled(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # Gemini's SDK warns that it is retired
        return pickle.loads(path.read_bytes())


# Pickles and dumps


@entries("pickle")
def test_pickle(entry: Entry) -> None:
    check(entry, unpickled(FILES / entry["file"]))


@entries("pickle")
def test_pickle_again(entry: Entry) -> None:
    """What was loaded can be pickled again."""
    check(entry, pickle.loads(pickle.dumps(unpickled(FILES / entry["file"]))))


def test_names() -> None:
    """Every name that the pickles refer to is found, under its old module."""
    assert all(named(name) is not None for name in manifest()["names"])


@pytest.mark.slow
def test_pickles_in_a_new_interpreter() -> None:
    """Nothing of the library has to be imported before a pickle is loaded."""
    program = """
        import pathlib, pickle, sys, warnings
        warnings.simplefilter("ignore")
        for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.pickle")):
            pickle.loads(path.read_bytes())
    """
    program = re.sub(r"^ {8}", "", program, flags=re.MULTILINE)
    command = [sys.executable, "-c", program, str(FILES)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10 * PATIENCE, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


DUMPS = [entry for entry in manifest()["entries"] if "dump" in entry]


@pytest.mark.parametrize("entry", DUMPS, ids=lambda entry: entry["dump"])
def test_dump(entry: Entry) -> None:
    check_dump(FILES, entry)


def check_dump(folder: Path, entry: Entry) -> None:
    text = (folder / entry["dump"]).read_text("utf-8")
    kind = named(entry["type"])
    loaded = kind.model_validate_json(text)
    check(entry, loaded)
    assert kind.model_validate(json.loads(text)) == loaded
    assert kind.model_validate_json(loaded.model_dump_json()) == loaded
    anyone = llm.CallResponse.model_validate_json(text)
    assert anyone.provider_response == loaded.provider_response
    dump = loaded.model_dump(mode="json")
    old = json.loads(text)
    for one in (dump, old):
        if one["usage"] is not None:
            one["usage"] = {name: count for name, count in one["usage"].items() if name not in ADDED["CommonUsage"]}
    assert {name: dump[name] for name in old} == old
    assert pickled(folder, entry) == loaded


def pickled(folder: Path, entry: Entry) -> Any:
    return unpickled(folder / entry["file"])


# Sessions and stores


def opened(entry: Entry, path: Path) -> Any:
    return JSONLinesStore(path) if entry["kind"] == "jsonlines" else SQLiteStore(path)


def turns(conversation: Conversation | None) -> Any:
    return [plain(turn) for turn in conversation.turns] if conversation is not None else None


@entries("conversation")
def test_conversation(entry: Entry) -> None:
    loaded = Conversation.load(FILES / entry["file"])
    assert turns(loaded) == entry["sessions"][""]
    assert Conversation.from_json((FILES / entry["file"]).read_bytes()) == loaded


@entries("jsonlines", "sqlite")
def test_store(entry: Entry, tmp_path: Path) -> None:
    check_store(FILES, entry, tmp_path)


def check_store(folder: Path, entry: Entry, scratch: Path) -> None:
    copy = shutil.copy(folder / entry["file"], scratch / Path(entry["file"]).name)
    store = opened(entry, copy)
    assert store.names() == sorted(entry["sessions"])
    assert {name: turns(store.load(name)) for name in store.names()} == entry["sessions"]
    if entry["kind"] == "sqlite":
        store.close()


@entries("jsonlines", "sqlite")
def test_reading_a_store_does_not_change_its_file(entry: Entry, tmp_path: Path) -> None:
    copy = shutil.copy(FILES / entry["file"], tmp_path)
    store = opened(entry, Path(copy))
    assert [store.load(name) for name in store.names()]
    if entry["kind"] == "sqlite":
        store.close()
    assert Path(copy).read_bytes() == (FILES / entry["file"]).read_bytes()


@entries("jsonlines", "sqlite")
def test_sessions_continue(entry: Entry, server: Server, tmp_path: Path) -> None:
    side = SIDES[0]
    copy = Path(shutil.copy(FILES / entry["file"], tmp_path))
    store = opened(entry, copy)
    try:
        for name, before in entry["sessions"].items():
            server.reply(side.whole("Good"))
            session = Session(openai.model("m", client=side.client(server)), store=store, name=name)
            assert session.send("And now?").content == "Good"
            natives = [one for turn in before if turn["origin"] == "openai" for one in turn["native"]]
            sent = server.request.json["messages"]
            assert [one for one in sent if one in natives] == natives
            assert sent[-1] == {"role": "user", "content": "And now?"}
            kept = turns(store.load(name))
            assert kept[:-2] == before
            assert [turn["message"]["content"] for turn in kept[-2:]] == ["And now?", "Good"]
        if entry["kind"] == "sqlite":
            store.close()
        store = opened(entry, copy)
        assert store.names() == sorted(entry["sessions"])
        for name, before in entry["sessions"].items():
            assert turns(store.load(name))[:-2] == before
        store.append("new", [Turn.model_validate(next(iter(entry["sessions"].values()))[0])])
        assert "new" in store.names()
    finally:
        side.close()
        if entry["kind"] == "sqlite":
            store.close()


# The files themselves


def test_files_hold_no_key_and_no_path() -> None:
    for path in FILES.rglob("*"):
        found = path.read_bytes() if path.is_file() else b""
        assert not re.search(
            rb"sk-test|authorization|/root|/home|/work|127\.0\.0\.1|localhost", found, re.IGNORECASE
        ), path


def test_every_file_is_in_the_manifest() -> None:
    listed = {name for entry in manifest()["entries"] for name in (entry["file"], entry.get("dump")) if name}
    assert listed | {"manifest.json"} == {str(path.relative_to(FILES)) for path in FILES.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_files_that_this_version_writes(tmp_path: Path) -> None:
    """`make` runs at any commit, and what it writes loads too."""
    # In a new process: a call that has made a default client holds a lock, and cannot be pickled.
    command = [sys.executable, "-m", "tests.legacy.make", str(tmp_path / "files")]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True)
    names = [entry["file"] for entry in manifest()["entries"]]
    made = manifest(tmp_path / "files")["entries"]
    assert [entry["file"] for entry in made] == names
    for entry in made:
        if entry["kind"] == "pickle":
            check(entry, unpickled(tmp_path / "files" / entry["file"]))
        elif entry["kind"] == "conversation":
            loaded = Conversation.load(tmp_path / "files" / entry["file"])
            assert turns(loaded) == entry["sessions"][""]
        else:
            check_store(tmp_path / "files", entry, tmp_path)
        if "dump" in entry:
            check_dump(tmp_path / "files", entry)
