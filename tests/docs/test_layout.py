"""The documentation of the layout is right: the rooms in their order, and which file to change for what."""

from __future__ import annotations

import re

import pytest

from tests.harness.recordings import ROOT
from tests.test_laws import CORE, ROOMS

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
PAGE = (ROOT / "docs" / "design" / "0001-architecture.md").read_text("utf-8")
PICTURE = (ROOT / "docs" / "design" / "0001-house.svg").read_text("utf-8")
ORDER = {package: dict(enumerate(rooms, 1)) for package, rooms in ROOMS.items()}


def numbered(pattern: str, text: str) -> list[tuple[int, str]]:
    return [(int(number), name) for number, name in re.findall(pattern, text, re.MULTILINE)]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r'<text class="number"[^>]*>(\d+)</text>\n<text class="name"[^>]*>(\w+)</text>', PICTURE),
        (r"^\| (\d+) \| `(\w+)`", PAGE),
        (r"(?<= )(\d+) ([a-z_]{5,})(?= {2}|$)", PAGE.partition("## The rooms of `core/base`")[0]),
    ],
    ids=["picture", "tables", "text"],
)
def test_every_room_has_its_number(pattern: str, text: str) -> None:
    expected = [(number, name) for rooms in ORDER.values() for number, name in rooms.items()]
    assert sorted(numbered(pattern, text)) == sorted(expected)


ROWS = re.findall(
    r"^\| ([^|`]+) \| `([\w/]+)` \| (.+) \|$", CONTRIBUTING.partition("## Where do I change")[2], re.MULTILINE
)


def test_the_number_of_questions() -> None:
    assert len(ROWS) == 11


@pytest.mark.parametrize(("folder", "answer"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_where_do_i_change(folder: str, answer: str) -> None:
    """Every file that an answer names is there, and holds the names that follow it."""
    named = re.split(r"`([\w/]+\.py)`", answer)[1:]
    assert (CORE / folder / named[0]).exists()
    for name, following in zip(named[::2], named[1::2], strict=True):
        places = [base / name for base in (CORE / folder, CORE, ROOT / "mirascope_like", CORE.parent)]
        places += [CORE / provider / name for provider in re.findall(r"`([a-z]+)`", following)]
        found = next((place for place in places if place.exists()), None)
        assert found is not None, name
        text = found.read_text("utf-8")
        for symbol in re.findall(r"`([\w.]+)(?:\(\.\.\.\))?`", following.partition(". ")[0]):
            if symbol not in {path.name for path in CORE.iterdir()}:
                assert symbol.rpartition(".")[2] in text, f"{name}: {symbol}"
