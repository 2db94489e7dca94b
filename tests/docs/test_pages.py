"""Every fenced block of Python in the README and the documentation runs, page by page.

The SDKs of OpenAI and Anthropic, and Ollama, are pointed at the embedded model by their environment variables; on the
pages in `SCRIPTS`, the SDKs of all providers get scripted answers, and the page prints what it shows.
"""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import pytest

from tests.docs.scripted import OWN_WIRES, SCRIPTS, answering
from tests.harness.server import Server

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = {
    "['server_tool_use', 'web_search_tool_result', 'text']\n": "scripted answers have no blocks of server-side tools",
}
"""Printed texts that a scripted answer cannot give, and why."""


OWN_SCRIPTS = {"logging.md", "testing.md", "tracing.md"}
"""Pages that script their replies themselves."""
OWN_FILES = {"recording.md"}
"""Pages that write files, and print what they show, whatever the embedded model answers."""


@pytest.mark.parametrize(
    "page",
    [path for path in PAGES if path.name not in SCRIPTS.keys() | OWN_SCRIPTS | OWN_FILES],
    ids=lambda page: page.name,
)
def test_page(page: Path, embedded: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # for the files that a page writes
    run(page, monkeypatch)


@pytest.mark.parametrize("page", [path for path in PAGES if path.name in SCRIPTS], ids=lambda page: page.name)
def test_scripted_page(
    page: Path, served: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # for the files that a page writes
    answers = iter(SCRIPTS[page.name])
    served.reply_with(answering(answers, OWN_WIRES.get(page.name)))
    run(page, monkeypatch)
    assert list(answers) == [], "the page asks less often"
    check_shown(page, capsys.readouterr().out)


@pytest.mark.parametrize("page", [path for path in PAGES if path.name in OWN_SCRIPTS], ids=lambda page: page.name)
def test_page_with_a_script(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # for the files that a page writes
    run(page, monkeypatch)
    check_shown(page, capsys.readouterr().out)


@pytest.mark.parametrize("page", [path for path in PAGES if path.name in OWN_FILES], ids=lambda page: page.name)
def test_page_with_files(
    page: Path, embedded: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run(page, monkeypatch)
    check_shown(page, capsys.readouterr().out)


def check_shown(page: Path, printed: str) -> None:
    for shown in SHOWN.findall(page.read_text()):
        # "..." on a page is any text.
        pattern = ".*?".join(map(re.escape, shown.split("...")))
        assert shown in EXAMPLES or re.search(pattern, printed, re.DOTALL), (shown, printed)


def run(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType(f"page_{page.stem}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in BLOCK.finditer(page.read_text()):
        line = page.read_text()[: block.start(1)].count("\n")
        # The block's lines keep their numbers, so that a failure points into the page.
        exec(compile("\n" * line + block[1], str(page), "exec"), module.__dict__)


def test_every_example_is_named_on_a_page() -> None:
    text = "".join(page.read_text() for page in PAGES)
    assert [path.name for path in (ROOT / "examples").glob("*.py") if f"examples/{path.name}" not in text] == []


def test_every_page_is_named_in_the_readme() -> None:
    readme = PAGES[0].read_text()
    assert [page.name for page in PAGES[1:] if f"docs/{page.name}" not in readme] == []
