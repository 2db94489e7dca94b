"""What users see of the types, under both checkers.

The other files of this folder are checked and never run. A line that must be an error ends in `# error`; every other
must be right, `assert_type` included. mypy's complaint about the body `...` (`empty-body`) is turned off: it is about
the user's own function, and no library can answer it.

`matrix.py` writes more files: each form of a prompt function under each kind of call, in both modes of each checker.
Each checker runs once, over all of them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import pytest

from . import matrix

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
FILES = sorted(path for path in FOLDER.glob("*.py") if not path.name.startswith(("test_", "__init__", "matrix")))

Lines = dict[tuple[Path, int], list[str]]


def pyright(folder: Path) -> Lines:
    """The errors of pyright, in strict mode, or in the mode that a file sets."""
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "extraPaths": [str(ROOT)]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "--project"]
    files = map(str, (*FILES, *folder.glob("*/*.py")))
    done = subprocess.run([*command, str(folder), *files], capture_output=True, text=True, cwd=ROOT, check=False)
    found: Lines = {}
    for one in json.loads(done.stdout)["generalDiagnostics"]:
        found.setdefault((Path(one["file"]), one["range"]["start"]["line"] + 1), []).append(one["message"])
    return found


def mypy(folder: Path) -> Lines:
    """The errors of mypy, in strict mode, or in the mode that a file sets. It has the library in its cache, because the
    settings are the project's.
    """
    command = [sys.executable, "-m", "mypy", "--no-error-summary", *map(str, FILES)]
    folders = [str(folder / mode) for mode in matrix.MODES]
    done = subprocess.run([*command, *folders], capture_output=True, text=True, cwd=ROOT, check=False)
    found: Lines = {}
    for path, line, message in re.findall(r"^(.+?):(\d+): error: (.*)$", done.stdout, re.MULTILINE):
        if not message.endswith("[empty-body]"):
            # If a file has not changed, mypy repeats its cached errors, with the path of the folder of that run.
            mode, name = Path(path).parts[-2:]
            file = folder / mode / name if mode in matrix.MODES else ROOT / path
            found.setdefault((file, int(line)), []).append(message)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return found


@pytest.mark.parametrize("check", [pyright, mypy])
def test_types(check: Callable[[Path], Lines], tmp_path: Path, subtests: pytest.Subtests) -> None:
    if find_spec(check.__name__) is None:
        pytest.skip("runs in `nox -s typing`, which installs the checkers")
    rows = matrix.write(tmp_path)
    found = check(tmp_path)
    for path in FILES:
        lines = path.read_text().splitlines()
        expected = {number for number, line in enumerate(lines, 1) if line.rstrip().endswith("# error")}
        errors = {number: messages for (file, number), messages in found.items() if file == path}
        with subtests.test(file=path.name):
            assert {number: errors[number] for number in errors if number not in expected} == {}
            assert sorted(expected - set(errors)) == [], "these lines should be errors"
    wrong: dict[tuple[str, str], dict[str, list[list[str]]]] = {}
    impossible = matrix.IMPOSSIBLE[check.__name__]
    for (path, number), row in rows.items():
        definition = 3 if row.form in matrix.CLEAN else 0
        lines = [found.get((path, number - before), []) for before in range(definition + 1)]
        if any(lines) != (row.form in impossible):
            wrong.setdefault((row.mode, row.kind), {})[row.form] = lines
    for mode, kind in product(matrix.MODES, {row.kind for row in rows.values()}):
        with subtests.test(mode=mode, kind=kind):
            assert wrong.get((mode, kind), {}) == {}
