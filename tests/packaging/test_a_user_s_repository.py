"""A user's repository in miniature, tested by its own pytest with the wheel of the library, as a user has it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.conformance.wires.answer import Answer, Text
from tests.conformance.wires.chat import ChatWire
from tests.harness.recordings import ROOT
from tests.harness.server import Server

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).with_name("helpdesk")
BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the library's wheel, and the other packages of this one."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    venv.create(folder / "venv", symlinks=True)
    places = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
    packages = Path(sysconfig.get_path("purelib", "venv", places))
    with ZipFile(folder / built.stdout.strip()) as wheel:  # an installer does no more for a package without scripts
        wheel.extractall(packages)
    ours = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (packages / "others.pth").write_text("\n".join(ours))  # of another's .pth files, such as ours, nothing is read
    return Path(sysconfig.get_path("scripts", "venv", places)) / "python"


def ran_pytest(python: Path, repository: Path, *options: str, **settings: str) -> str:
    """Run the tests of the repository; return what pytest prints."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTEST_ADDOPTS")}
    command = [str(python), "-m", "pytest", "-p", "no:cacheprovider", *options]
    ran = subprocess.run(command, cwd=repository, capture_output=True, text=True, env={**kept, **settings}, check=False)
    return ran.stdout + ran.stderr


def test_a_user_s_repository(python: Path, tmp_path: Path, server: Server) -> None:
    where = [str(python), "-c", "import mirascope_like; print(mirascope_like.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, capture_output=True, text=True, env={}, check=True)
    assert Path(found.stdout.strip()).is_relative_to(python.parent.parent)

    repository = tmp_path / "helpdesk"
    shutil.copytree(REPOSITORY, repository)
    wire = ChatWire()
    server.reply(wire.answered(Answer("Hello from the provider")), wire.streamed(Answer(Text("Snow", " is", " cold"))))
    settings = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": "sk-of-the-user"}
    recorded = ran_pytest(
        python, repository, "tests/test_recording.py", "-p", "no:randomly", "--llm-record=new", **settings
    )
    assert re.search(r"\b2 passed", recorded), recorded
    files = sorted(repository.rglob("*.jsonl"))
    assert [file.name for file in files] == ["test_answer.jsonl", "test_stream.jsonl"]
    assert "sk-of-the-user" not in "".join(file.read_text() for file in files)

    ran = ran_pytest(python, repository, "-n", "1")  # in a worker of pytest-xdist
    assert re.search(r"\b13 passed", ran), ran
