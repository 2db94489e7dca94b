"""The command `map`."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mirascope_like.__main__ import main
from mirascope_like.scale import command
from mirascope_like.testing import error, fake
from tests.conformance.wires.answer import Answer, Text
from tests.conformance.wires.chat import ChatWire
from tests.harness.server import Server
from tests.scale.test_map import echo, last

PROGRAM = """
from mirascope_like.core import openai

@openai.call("gpt-4o-mini")
async def repeat(text: str, times: int = 1) -> str:
    return text * times

number = 3
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a program and inputs."""
    (tmp_path / "program_of_map.py").write_text(PROGRAM)
    (tmp_path / "in.jsonl").write_text('"a"\n\n{"text": "b", "times": 3}\n"c"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "program_of_map", raising=False)
    return tmp_path


def run(*arguments: str, inputs: str = "in.jsonl") -> int:
    return main(["map", "program_of_map:repeat", inputs, "-o", "out.jsonl", "--rpm", "60000", *arguments])


def rows(folder: Path) -> list[dict[str, Any]]:
    found = map(json.loads, (folder / "out.jsonl").read_text().splitlines())
    return sorted(found, key=lambda row: row["number"])


def test_each_line_is_a_call(folder: Path) -> None:
    with fake(echo):
        assert run("--yes") == 0
    assert [(row["value"], row["input"]) for row in rows(folder)] == [
        ("re a", "a"),
        ("re bbb", {"args": [], "kwargs": {"text": "b", "times": 3}}),
        ("re c", "c"),
    ]


@pytest.mark.parametrize("frozen", [0, 300_000])
def test_what_is_loaded_is_not_searched_for_garbage(folder: Path, monkeypatch: pytest.MonkeyPatch, frozen: int) -> None:
    """In a program that has frozen it before, nothing changes."""
    steps = list[str]()

    def answered(request: Any) -> Any:
        steps.append("request")
        return echo(request)

    def noting(name: str) -> Callable[[], None]:
        return lambda: steps.append(name)

    functions = {name: noting(name) for name in ("collect", "freeze", "unfreeze")}
    monkeypatch.setattr(command, "gc", SimpleNamespace(get_freeze_count=lambda: frozen, **functions))
    with fake(answered):
        assert run("--yes") == 0
    requests = ["request"] * 3
    assert steps == (requests if frozen else ["collect", "freeze", *requests, "unfreeze"])


def test_without_the_sdk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server().always(ChatWire().answered(Answer(Text("Hello")))) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        assert run("--yes", "--transport", "direct") == 0
        assert len(server.requests) == 3
    assert [row["value"] for row in rows(folder)] == ["Hello"] * 3


def test_running_it_again_continues(folder: Path) -> None:
    with fake(lambda request: error(400) if last(request) == "c" else echo(request)):
        assert run("--yes") == 1
    with fake(echo) as model:
        assert run("--yes") == 0
    assert [last(request) for request in model.requests] == ["c"]
    assert [row["source"] for row in rows(folder)] == ["store", "store", "live"]


@pytest.mark.parametrize(("typed", "sent"), [("y\n", 3), ("n\n", 0), ("\n", 0)])
def test_it_asks_after_an_estimate(
    folder: Path, typed: str, sent: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    with fake(echo) as model:
        assert run() == (0 if sent else 1)
    assert len(model.requests) == sent
    assert "3 items: 3 requests to send, 0 in the store, 0 duplicates" in capsys.readouterr().err


def test_lines_of_text(folder: Path) -> None:
    (folder / "in.txt").write_text("one line\nanother\n")
    with fake(echo):
        assert run("--yes", inputs="in.txt") == 0
    assert [row["value"] for row in rows(folder)] == ["re one line", "re another"]


def test_a_run_that_stops(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with fake(error(401, "wrong key", times=3)):
        assert run("--yes") == 1
    shown = capsys.readouterr().err
    assert "AuthenticationError: " in shown
    assert "the same map with this store continues" in shown


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("program_of_map", "must be written as module:function"),
        ("program_of_map:missing", "cannot load 'program_of_map:missing'"),
        ("no_such_program:run", "cannot load 'no_such_program:run'"),
        ("program_of_map:number", "is not a function"),
    ],
)
def test_functions_that_do_not_exist(
    folder: Path, function: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["map", function, "in.jsonl", "-o", "out.jsonl"]) == 1
    assert message in capsys.readouterr().err


def test_inputs_that_cannot_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--yes", inputs="missing.jsonl") == 1
    assert "cannot read the inputs" in capsys.readouterr().err
    (folder / "in.jsonl").write_text('"a"\nb\n')
    with fake(echo):
        assert run("--yes") == 1
    assert "in.jsonl, line 2 is not JSON" in capsys.readouterr().err
    assert run() == 1
