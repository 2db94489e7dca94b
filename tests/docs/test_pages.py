"""Every fenced block of Python in the README and the documentation runs, page by page, on the embedded model.

The SDKs of OpenAI and Anthropic, and Ollama, are pointed at it by their environment variables.
"""

from __future__ import annotations

import re
import runpy
import sys
import types
from pathlib import Path

import pytest

pytest.importorskip("xllamacpp", reason="runs where the embedded model is installed (the extra `local`)")

from mirascope_like.core import local

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SERVING = {"browser.py"}
"""They serve until they are stopped, and are tested where they are used: in tests/integrations/test_browser.py."""
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.py") if path.name not in SERVING)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = local.engine("smollm2-135m", n_ctx=512)  # an example that sets no limit ends soon all the same
    for name, value in {
        "OPENAI_API_KEY": engine.api_key,
        "OPENAI_BASE_URL": engine.base_url,
        "ANTHROPIC_API_KEY": engine.api_key,
        "ANTHROPIC_BASE_URL": engine.anthropic_base_url,
        "OLLAMA_API_KEY": engine.api_key,
        "OLLAMA_BASE_URL": engine.base_url,
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = list(BLOCK.finditer(page.read_text()))
    module = types.ModuleType(f"page_{page.stem}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in blocks:
        line = page.read_text()[: block.start(1)].count("\n")
        # The block's lines keep their numbers, so that a failure points into the page.
        exec(compile("\n" * line + block[1], str(page), "exec"), module.__dict__)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example(example: Path) -> None:
    runpy.run_path(str(example), run_name="__main__")
