"""What editors (through pyright's language server) and notebooks (through jedi) show and complete."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import pytest
from pydantic import BaseModel

from tests.harness.language_server import LanguageServer

ROOT = Path(__file__).parents[2]
PROGRAM = """
from pydantic import BaseModel
from mirascope_like import llm
from mirascope_like.core import anthropic, azure, bedrock, cohere, gemini, google, groq, hosts, litellm, local, mistral
from mirascope_like.core import openai, vertex

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

RESPONSE = """
    answer answer_name attempts cached_tokens call_kwargs call_params common_finish_reasons common_message_param
    common_messages common_tools common_usage common_user_message_param content cost cost_metadata dynamic_config
    end_time executed finish_reasons fn_args form id input_tokens interruptions json_mode media message_param messages
    metadata model output_tokens parse_raw_response prompt_template provider provider_response raw refusal response
    resumed rounds start_time thinking tool tool_message_params tool_types tools total_cost total_usage usage
    usage_missing user_message_param"""
CHUNK = """
    cached_tokens chunk common_finish_reasons common_usage content cost_metadata data finish_reasons id input_tokens
    model output_tokens provider thinking tool_deltas usage"""
STREAM = """
    cached_tokens call_kwargs call_params call_response_type close collect common_finish_reasons common_usage
    construct_call_response content cost cost_metadata cumulative display dynamic_config end_time ended error events
    finish_reasons fn_args id input_tokens items message_param messages metadata model on open otherwise output_tokens
    print prompt_template provider start_time state stream text timeout tool tool_message_params tool_types tools until
    usage usage_missing user_message_param"""
TOOL = """args call delta error from_call from_tool_call id name tool_call tool_config tool_json_schema tool_schema
    type_from_base_model_type type_from_base_type type_from_fn warn_for_unsupported_configurations"""
STRUCTURED = """
    close collect constructed_response_model display each error fields_from_call_args open response response_model
    stream"""
MODEL = "ask ask_async call name origin provider session stream stream_async task"
SESSION = "conversation edit edit_async fork model name save send send_async stream stream_async switch"
"""All that users see: a new name that is not for them fails the tests. Names of pydantic's `BaseModel` are left out."""

COMPLETED = [
    ('whole("x").^', RESPONSE + " audio audio_transcript"),
    ('streamed("x").^', STREAM + " audio_id"),
    ('for chunk, tool in streamed("x"):\n    chunk.^', CHUNK + " audio audio_transcript"),
    ('for chunk, tool in streamed("x"):\n    if tool:\n        tool.^', TOOL),
    ('book("x").^', "title year"),
    ('growing("x").^', STRUCTURED),
    ('for so_far in growing("x"):\n    so_far.^', "title year"),
    ("model.^", MODEL),
    ("model.session().^", SESSION),
]

PROVIDERS = {
    "anthropic.Anthropic": ("signature", "signature"),
    "azure.Azure": ("audio audio_transcript content_filter_results prompt_filter_results", "audio audio_transcript"),
    "bedrock.Bedrock": ("citations", ""),
    "cohere.Cohere": ("citations tool_plan", ""),
    "gemini.Gemini": ("audio", ""),
    "google.Google": ("audio", ""),
    "groq.Groq": ("executed_tools", ""),
    "hosts.Host": ("audio audio_transcript", "audio audio_transcript"),
    "litellm.LiteLLM": ("audio audio_transcript", "audio audio_transcript"),
    "llm.": ("provider_name", "provider_chunk"),
    "local.Local": ("", ""),
    "mistral.Mistral": ("", ""),
    "openai.OpenAI": ("audio audio_transcript", "audio audio_transcript"),
    "openai.responses.OpenAIResponses": ("", ""),
    "vertex.Vertex": ("audio", ""),
}
"""What the responses and chunks of each provider have in addition."""
OF_STREAMS = {"anthropic.Anthropic": "signature thinking", "openai.OpenAI": "audio_id"}
"""What the streams of a provider have in addition."""


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
        for provider, (of_response, of_chunk) in PROVIDERS.items():
            kinds = {"CallResponse": f"{RESPONSE} {of_response}", "CallResponseChunk": f"{CHUNK} {of_chunk}"}
            streamed = f"{STREAM} {OF_STREAMS.get(provider, '')}"
            kinds |= {"Stream": streamed, "AsyncStream": streamed + " aclose", "Tool": TOOL}
            for kind, names in kinds.items():
                with subtests.test(provider + kind):
                    check_completion(editor, f"def show(it: {provider}{kind}) -> None:\n    it.^", names)
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


def shown(labels: Iterable[str]) -> set[str]:
    """The names without those that begin with an underscore, and those of pydantic, which cannot be hidden."""
    return {label for label in labels if not label.startswith("_")} - {*dir(BaseModel)}


def check_completion(editor: LanguageServer, place: str, names: str) -> None:
    found = {item["label"]: item for item in editor.completions(place)}
    assert sorted(shown(found)) == sorted(names.split())
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


LATER_CELLS = """
import json, sys, jedi
sys.path.insert(0, sys.argv[2])
given = json.load(sys.stdin)
names = {}
exec(compile(given["cell"], "<cell>", "exec"), names)
print(json.dumps([[one.name for one in jedi.Interpreter(text, [names]).complete()] for text in given["texts"]]))
"""
LIVE = """
stream = streamed("x")
books = growing("x")
emma = Book(title="Emma", year=1815)
"""
COMPLETED_LATER = [
    ('whole("x").', "content message_param tool usage"),
    ('response = whole("x")\nresponse.', "content message_param tool usage"),
    ('streamed("x").', "collect content events items usage"),
    ("stream.", STREAM),
    ("for chunk, tool in stream:\n    chunk.", CHUNK),
    ("for chunk, tool in stream:\n    tool.", "args call name tool_json_schema"),
    ("stream.collect().", RESPONSE),
    ("for text in stream.text():\n    text.", "upper"),
    ("books.", STRUCTURED),
    ("emma.", "title year"),
    ("model.", MODEL),
    ("model.session().", SESSION),
]
"""What jedi knows in a cell after the one that defines the calls, as in IPython: it looks at the objects themselves. It
knows nothing there of what is awaited, nor of a `list[Book]` or `StructuredStream[Book, ...]` that no variable holds,
whatever function returns it.
"""


def test_a_later_cell(tmp_path: Path, subtests: pytest.Subtests) -> None:
    if find_spec("jedi") is None:
        pytest.skip("runs in `nox -s typing`, which installs jedi")
    command = [sys.executable, "-W", "ignore", "-c", LATER_CELLS, str(tmp_path), str(ROOT)]
    given = json.dumps({"cell": PROGRAM + LIVE, "texts": [text for text, _ in COMPLETED_LATER]})
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    for (text, names), found in zip(COMPLETED_LATER, json.loads(done.stdout), strict=True):
        with subtests.test(text):
            assert set(names.split()) <= set(found)
