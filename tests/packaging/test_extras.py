"""The check of single extras (`nox -s extras`) lists every extra of the project."""

import tomllib
from pathlib import Path

from tests.packaging.one_extra import EXTRAS


def test_every_extra_is_checked() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert set(EXTRAS) | {"local", "all"} == set(project["optional-dependencies"])
