"""What users see of the types, under both checkers.

The other files of this folder are checked and never run. A line that must be an error ends in `# error`; every other
must be right, `assert_type` included. mypy's complaint about the body `...` (`empty-body`) is turned off: it is about
the user's own function, and no library can answer it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
FILES = sorted(path for path in FOLDER.glob("*.py") if not path.name.startswith(("test_", "__init__")))

Lines = dict[tuple[str, int], str]


def pyright() -> Lines:
    """The errors of pyright, in strict mode."""
    command = [
        sys.executable,
        "-m",
        "pyright",
        "--outputjson",
        "--pythonpath",
        sys.executable,
        "--project",
        str(FOLDER),
        *map(str, FILES),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    found: Lines = {}
    for one in json.loads(done.stdout)["generalDiagnostics"]:
        found[Path(one["file"]).name, one["range"]["start"]["line"] + 1] = one["message"]
    return found


def mypy() -> Lines:
    """The errors of mypy, in strict mode."""
    command = [sys.executable, "-m", "mypy", "--strict", "--disable-error-code", "empty-body", "--no-error-summary"]
    done = subprocess.run([*command, *map(str, FILES)], capture_output=True, text=True, cwd=ROOT, check=False)
    found: Lines = {}
    for path, line, message in re.findall(r"^(.+?):(\d+): error: (.*)$", done.stdout, re.MULTILINE):
        if (ROOT / path).parent == FOLDER:
            found[Path(path).name, int(line)] = message
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return found


@pytest.mark.parametrize("check", [pyright, mypy])
def test_types(check: Callable[[], Lines]) -> None:
    if find_spec(check.__name__) is None:
        pytest.skip("runs in `nox -s typing`, which installs the checkers")
    expected = {
        (path.name, number)
        for path in FILES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if line.rstrip().endswith("# error")
    }
    found = check()
    surprising = {where: message for where, message in found.items() if where not in expected}
    assert not surprising, "\n".join(f"{file}:{line}: {text}" for (file, line), text in sorted(surprising.items()))
    missed = sorted(expected - set(found))
    assert not missed, f"these lines should be errors: {missed}"
