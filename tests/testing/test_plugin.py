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

from tests.harness.recordings import ROOT

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
    ran = pytest_in(tmp_path)
    assert re.search(r"UnusedRepliesError: 1 reply was not used after 1 request:\nE +'left over'", ran.stdout), (
        ran.stdout
    )
    assert "5 passed, 1 error" in ran.stdout


def test_loading_the_plugin_imports_no_sdk(tmp_path: Path) -> None:
    (tmp_path / "test_bare.py").write_text(BARE.replace('"pydantic"', '"mirascope_like.testing.model"'))
    ran = pytest_in(tmp_path)
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr


def test_the_plugin_is_an_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"mirascope_like": PLUGIN}
