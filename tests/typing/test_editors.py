"""What editors (through pyright's language server) and notebooks (through jedi) show and complete."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.harness.language_server import LanguageServer

ROOT = Path(__file__).parents[2]
PROGRAM = """
from pydantic import BaseModel
from mirascope_like import llm
from mirascope_like.core import openai

class Book(BaseModel):
    title: str
    year: int

@openai.call("m")
def whole(genre: str) -> str:
    return genre

@openai.call("m", stream=True)
def streamed(genre: str) -> str:
    return genre

@openai.call("m", response_model=Book)
def book(genre: str) -> str:
    return genre

@openai.call("m", response_model=Book, stream=True)
def growing(genre: str) -> str:
    return genre

model = openai.model("m")
"""

RESPONSE = "audio call_kwargs common_messages content cost finish_reasons id input_tokens media message_param messages "
RESPONSE += "model output_tokens raw refusal response thinking tool tools usage user_message_param"
STREAM = "close collect content cost cumulative error events items message_param on open print state text timeout tool "
STREAM += "tools until usage"
COMPLETED = [
    ('whole("x").^', RESPONSE),
    ('streamed("x").^', STREAM),
    ('for chunk, tool in streamed("x"):\n    chunk.^', "chunk content data finish_reasons model thinking usage"),
    ('for chunk, tool in streamed("x"):\n    if tool:\n        tool.^', "args call delta error id name tool_call"),
    ('book("x").^', "title year"),
    ('growing("x").^', "collect constructed_response_model each error response stream"),
    ('for so_far in growing("x"):\n    so_far.^', "model_dump title year"),
    ("model.^", "ask ask_async call session stream stream_async task"),
]

INTERNAL = "as_content attach_tools find_tools last_user_message set_earlier_attempts set_earlier_rounds "
INTERNAL += "set_interruptions set_tool_base tool_paths top_of usage_places"


def test_an_editor(tmp_path: Path, subtests: pytest.Subtests) -> None:
    if find_spec("pyright") is None:
        pytest.skip("runs in `nox -s typing`, which installs pyright")
    with LanguageServer(tmp_path, PROGRAM, ROOT) as editor:  # one for all: it reads the SDK at each start
        with subtests.test("hover"):
            check_hover(editor)
        with subtests.test("signature help"):
            check_signature_help(editor)
        for place, names in COMPLETED:
            with subtests.test(place):
                check_completion(editor, place, names)
        with subtests.test("call parameters"):
            labels = {item["label"] for item in editor.completions('openai.call("m", call_params={"^"})')}
            assert {'"temperature"', '"max_tokens"', '"reasoning_effort"'} <= labels


def check_hover(editor: LanguageServer) -> None:
    for place in ("openai.ca^ll", "llm.ca^ll"):
        shown = editor.hover(place)
        assert shown.startswith("(variable) call: ")
        for option in ("response_model", "tools", "stream", "call_params", "client", "retry", "provider"):
            assert f"\n    {option}: " in shown
    assert editor.hover('whol^e("x")') == "(function) def whole(genre: str) -> OpenAICallResponse"
    assert editor.hover('streame^d("x")') == "(function) def streamed(genre: str) -> OpenAIStream"
    assert editor.hover('for so_far in growing("x"):\n    so_fa^r') == "(variable) so_far: Partial[Book] | Book"
    assert editor.hover('whole("x").mess^ages').startswith("(variable) messages: list[")


def check_signature_help(editor: LanguageServer) -> None:
    first, *_ = editor.signatures("openai.call(^)")
    assert first["label"].startswith("(model: str, *, ")
    assert "call_params: OpenAICallParams | None" in first["label"]
    assert "\n    tool_loop: " in first["documentation"]["value"]


def check_completion(editor: LanguageServer, place: str, names: str) -> None:
    found = {item["label"]: item for item in editor.completions(place)}
    assert set(names.split()) <= set(found)
    assert set(INTERNAL.split()) & set(found) == set()
    own = [name for name in names.split() if name not in ("title", "year")]
    undocumented = [name for name in own if not editor.resolved(found[name]).get("documentation")]
    assert undocumented == []


JEDI = """
import json, sys, jedi
project = jedi.Project(sys.argv[1], added_sys_path=[sys.argv[2], *sys.path], smart_sys_path=False)
texts = json.load(sys.stdin)
print(json.dumps([[one.name for one in jedi.Script(text, project=project).complete()] for text in texts]))
"""
IN_NOTEBOOKS = [
    *COMPLETED[:6],
    ('for so_far in growing("x"):\n    so_far.^', "title year"),
    ('growing("x").collect().^', "title year"),
    ("model.^", "ask ask_async call session stream stream_async task"),
]


def test_a_notebook(tmp_path: Path, subtests: pytest.Subtests) -> None:
    if find_spec("jedi") is None:
        pytest.skip("runs in `nox -s typing`, which installs jedi")
    # In a program of its own: jedi imports modules that warn.
    command = [sys.executable, "-W", "ignore", "-c", JEDI, str(tmp_path), str(ROOT)]
    texts = json.dumps([f"{PROGRAM}{place.replace('^', '')}" for place, _ in IN_NOTEBOOKS])
    done = subprocess.run(command, input=texts, capture_output=True, text=True, check=True)
    for (place, names), found in zip(IN_NOTEBOOKS, json.loads(done.stdout), strict=True):
        with subtests.test(place):
            assert set(names.split()) <= set(found)
