"""What users see: a test file of theirs, run by pytest with the plugin."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from mirascope_like.testing.wires import Answer, ChatFormat
from tests.harness.recordings import ROOT
from tests.harness.server import Reply, Request, Server

pytestmark = pytest.mark.slow

PLUGIN = "mirascope_like.testing.plugin"

PROGRAM = """
import openai as sdk
from mirascope_like import llm
from mirascope_like.core import openai

client = sdk.OpenAI()  # made on import, without a key

@openai.call("gpt-4o-mini")
def ask(question: str) -> str:
    return question

@llm.call("anthropic:claude-sonnet-5", stream=True)
async def tell(topic: str) -> str:
    return topic
"""

TESTS = """
import asyncio
import sys
import pytest
from mirascope_like.testing import RequestBlockedError, tool
import program

def test_fixture(fake_model):
    fake_model.add("Hi")
    assert program.ask("Hello").content == "Hi"
    assert fake_model.request.text == "Hello"

def test_async(fake_model):
    fake_model.add("Once upon a time")
    async def main():
        return [chunk.content async for chunk, _ in await program.tell("x") if chunk.content]
    assert asyncio.run(main()) == ["Once", " upon", " a", " time"]

def test_blocked():
    with pytest.raises(RequestBlockedError):
        program.ask("Hello")

def test_own_client(fake_model):
    fake_model.add("Hi")
    made = program.client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
    assert made.choices[0].message.content == "Hi"

def test_that_fails(fake_model):
    fake_model.add("Hi", "left over")
    program.ask("Hello")
"""

FAILING = """
import pytest
import program
from mirascope_like.testing import fake

@pytest.fixture
def own_fixture():
    with fake() as model:
        yield model

def test_that_hides_it_from_an_own_fixture(own_fixture):
    test_that_hides_it(own_fixture)

def test_wrong_answer(fake_model):
    fake_model.add("Hi", "left over")
    assert program.ask("Hello").content == "Ho"

def test_without_a_reply(fake_model):
    program.ask("Hello")

def test_that_hides_it(fake_model):
    try:
        program.ask("Hello")
    except BaseException:
        pass
"""

BARE = """
import sys
SDKS = {"openai", "anthropic", "cohere", "groq", "mistralai", "boto3", "httpx", "httpx2", "google.genai", "pydantic"}
def test_nothing_is_loaded():
    assert not SDKS & sys.modules.keys()
"""


def pytest_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    installed = [one for one in entry_points(group="pytest11") if one.value == PLUGIN]
    plugin = () if installed else ("-p", PLUGIN)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *plugin, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)


def test_a_user_s_tests(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from mirascope_like.testing import block_requests\nblock_requests()\n")
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "test_program.py").write_text(TESTS)
    (tmp_path / "test_failing.py").write_text(FAILING)
    ran = pytest_in(tmp_path)
    assert re.search(r"UnusedRepliesError: 1 reply was not used after 1 request:\nE +'left over'", ran.stdout), (
        ran.stdout
    )
    errors = re.findall(r"^ERROR (\S+)", ran.stdout, re.MULTILINE)
    assert sorted(errors) == [
        "test_failing.py::test_that_hides_it",
        "test_failing.py::test_that_hides_it_from_an_own_fixture",
        "test_program.py::test_that_fails",
    ]
    # No test that has failed is an error, too, and no error is one of the next test.
    assert "2 failed, 7 passed, 3 errors" in ran.stdout


RECORDED = """
import pytest
from mirascope_like.core import openai

@openai.call("gpt-4o-mini")
def ask(question: str) -> str:
    return question

@pytest.mark.parametrize("name", ["Ann", "../Bob"])
def test_ask(recording, name):
    assert ask(f"I am {name}").content == f"Hi {name}"
    assert recording.requests[0]["model"] == "gpt-4o-mini"

def test_new(recording):
    pass

def test_without():
    pass
"""


def answered(request: Request) -> Reply:
    name = request.json["messages"][0]["content"].partition(" ")[2].removeprefix("am ").removeprefix("name is ")
    return Reply.json(ChatFormat().whole(Answer(f"Hi {name}")))


def test_recordings_of_a_user(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.reply_with(answered)
    test = tmp_path / "test_it.py"
    test.write_text(RECORDED)

    def run(*options: str, key: str = "") -> str:
        """In this process, whose SDKs are loaded."""
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1" if key else "http://127.0.0.1:9/v1")
        monkeypatch.setenv("OPENAI_API_KEY", key)
        sys.modules.pop("test_it", None)
        loaded = [one for one in entry_points(group="pytest11") if one.value == PLUGIN]
        plugin = () if loaded else ("-p", PLUGIN)
        quiet = (
            "-q",
            "-p",
            "no:randomly",
            "-p",
            "no:cacheprovider",
            "--import-mode=importlib",
            f"--rootdir={tmp_path}",
        )
        pytest.main([str(test), "-c", os.devnull, *quiet, *plugin, *options])
        return capsys.readouterr().out

    assert "2 passed" in run("--llm-record=new", "-k", "ask", key="sk-of-the-user")
    folder = tmp_path / "recordings" / "test_it"
    assert [re.sub(r"-\w{8}\.", ".", file.name) for file in sorted(folder.iterdir())] == [
        "test_ask[..-Bob].jsonl",
        "test_ask[Ann].jsonl",
    ]
    assert "sk-of-the-user" not in "".join(file.read_text() for file in folder.iterdir())
    assert len(server.requests) == 2

    shown = run()  # no key, no address
    assert re.search("3 passed.* 1 error", shown)
    path = folder / "test_new.jsonl"
    assert f"no recording of this test: {path}. Record it with pytest --llm-record=new" in shown
    test.write_text(RECORDED.replace("I am", "My name is"))
    changed = run("--llm-record=new", "-k", "ask", key="sk-of-the-user")  # what has a recording is not sent
    assert '-      "content": "I am Ann"' in changed
    assert '+      "content": "My name is Ann"' in changed
    assert len(server.requests) == 2
    assert "2 passed" in run("--llm-record=all", "-k", "ask", key="sk-of-the-user")
    assert "2 passed" in run("-k", "ask")
    assert len(server.requests) == 4

    whole = {file.name: file.read_bytes() for file in folder.iterdir()}
    for end in ("raise KeyError", "pytest.skip()", "pytest.exit('stopped')"):
        test.write_text(
            RECORDED.replace("I am", "Oh").replace("    assert recording", f"    {end}\n    assert recording")
        )
        run("--llm-record=all", "-k", "ask", key="sk-of-the-user")
    assert len(server.requests) > 6
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == whole


def test_loading_the_plugin_imports_no_sdk(tmp_path: Path) -> None:
    (tmp_path / "test_bare.py").write_text(BARE.replace('"pydantic"', '"mirascope_like.testing.model"'))
    ran = pytest_in(tmp_path)
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr


def test_the_plugin_is_an_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"mirascope_like": PLUGIN}
