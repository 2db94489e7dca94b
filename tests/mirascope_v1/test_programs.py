"""Every program in `programs/` runs, and does what Mirascope v1's documentation promises of its like.

A program is written as v1 documents it, with v1's own imports. Its docstring says what the model replies and what the
program prints; see `script`. It runs for each provider that its docstring names.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.harness.replies import Reply
from tests.harness.server import Request, Server
from tests.mirascope_v1.alias import aliased
from tests.mirascope_v1.providers import PROVIDERS
from tests.mirascope_v1.script import Script, asked, provider_of, reply

PROGRAMS = Path(__file__).parent / "programs"
PATHS = sorted(PROGRAMS.rglob("*.py"))
SCRIPTS = {str(path.relative_to(PROGRAMS).with_suffix("")): Script.read(path) for path in PATHS}
RUNS = [(name, provider) for name, script in SCRIPTS.items() for provider in script.providers]


@pytest.fixture(autouse=True)
def _alias() -> Iterator[None]:
    with aliased():
        yield


def run(source: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType(f"program_{name.replace('/', '_')}")
    module.__file__ = str(PROGRAMS / f"{name}.py")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(source, module.__file__, "exec"), module.__dict__)


@pytest.mark.parametrize(("name", "provider"), [one for one in RUNS if one[1] != "local"])
def test_program(
    name: str, provider: str, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for one in dict.fromkeys(("openai", "anthropic", provider)):  # some programs name another too
        PROVIDERS[one].set_up(server, monkeypatch)
    script = SCRIPTS[name]
    replies, typed = iter(script.lines["Model"]), iter(script.lines["User"])
    monkeypatch.setattr(builtins, "input", lambda _="": next(typed))

    def answer(request: Request) -> Reply:
        return reply(next(replies), request, provider_of(request, provider))

    server.reply_with(answer)
    run(script.source_for(provider), name, monkeypatch)
    printed = capsys.readouterr().out.rstrip("\n").split("\n")
    assert [line.rstrip() for line in printed] == (script.lines["Prints"] or [""])
    assert list(replies) == [], "the model was asked less often"
    if script.lines["Asks"]:
        assert [asked(request) for request in server.requests] == script.lines["Asks"]


@pytest.mark.parametrize("name", [name for name, provider in RUNS if provider == "local"])
def test_program_on_the_embedded_model(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("xllamacpp", reason="runs where the embedded model is installed (the extra `local`)")
    from mirascope_like.core import local

    local.engine("smollm2-135m", n_ctx=512)
    run(SCRIPTS[name].source_for("local"), name, monkeypatch)
    assert capsys.readouterr().out.strip()


def test_the_alias_gives_the_same_modules() -> None:
    import mirascope.core.openai  # type: ignore[import-not-found]  # the alias is made as the test runs

    import mirascope_like.core.openai

    assert mirascope.core.openai is mirascope_like.core.openai
    assert mirascope.core.openai.OpenAICallResponse is mirascope_like.core.openai.OpenAICallResponse
    assert mirascope_like.core.openai.__spec__.name == "mirascope_like.core.openai"
