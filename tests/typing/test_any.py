"""Where users see `Any`: a list of the attributes whose type has one, each with the reason why it must."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from .test_editors import CHUNK, PROVIDERS, RESPONSE, ROOT, SESSION, STREAM, STRUCTURED, TOOL

OPTIONS = "options of any kind, by name"
JSON = "JSON as the provider sends it"
DICTS = "the SDK has plain dicts for messages"
OPEN = "depends on the provider, which llm chooses when it is called"
ALLOWED = {
    **{
        f"{kind}.{name}": why
        for kind in ("CallResponse", "Stream", "AsyncStream")
        for name, why in (
            ("call_kwargs", OPTIONS),
            ("call_params", OPTIONS),
            ("dynamic_config", OPTIONS),
            ("fn_args", "arguments of any kind, by name"),
            ("metadata", "values of any kind, by name"),
        )
    },
    "CallResponse.provider_response": "the same object, or for llm: " + OPEN,
    "CallResponse.raw": JSON,
    "CallResponseChunk.data": JSON,
    "Tool.args": "arguments of any kind, by name",
    "Tool.call": "the list of tools does not keep what each function returns",
    "Tool.tool_json_schema": "a JSON schema",
    "Tool.tool_schema": "each provider has a format of its own",
    "azure.AzureCallResponse.content_filter_results": JSON,
    "azure.AzureCallResponse.prompt_filter_results": JSON,
    "bedrock.BedrockCallResponse.citations": JSON,
    "bedrock.BedrockCallResponseChunk.chunk": JSON,
    "bedrock.BedrockTool.tool_call": JSON,
    "litellm.LiteLLMCallResponse.parse_raw_response": "LiteLLM is not installed with its types",
    "llm.CallResponse.parse_raw_response": "raises an error",
    "llm.CallResponse.response": OPEN,
    "llm.CallResponseChunk.chunk": OPEN,
    "llm.CallResponseChunk.provider_chunk": OPEN,
    "llm.Tool.tool_call": OPEN,
    **{
        f"{provider}{kind}.{name}": DICTS
        for provider in ("bedrock.Bedrock", "cohere.Cohere", "gemini.Gemini")
        for kind in ("CallResponse", "Stream", "AsyncStream")
        for name in ("message_param", "messages", "user_message_param", "tool_message_params")
    },
    "growing.fields_from_call_args": "arguments of any kind, by name",
    "growing.each": "an iterator of the items of a list, which `Book` is not",
    "session.model": "may be replaced by any other model",
}
HEAD = """
from pydantic import BaseModel
from mirascope_like import llm
from mirascope_like.core import anthropic, azure, bedrock, cohere, gemini, google, groq, hosts, litellm, local, mistral
from mirascope_like.core import openai, vertex

class Book(BaseModel):
    title: str

@openai.call("m", response_model=Book, stream=True)
def call(genre: str) -> str:
    return genre

@openai.model("m").task
def task(genre: str) -> list[Book]:
    raise AssertionError

growing = call("x")
session = openai.model("m").session()
"""


def lines() -> dict[str, str]:
    """An expression for each attribute that users see, by the name of the class and of the attribute."""
    found: dict[str, str] = {}
    for provider, (of_response, of_chunk) in PROVIDERS.items():
        kinds = {"CallResponse": f"{RESPONSE} {of_response}", "CallResponseChunk": f"{CHUNK} {of_chunk}"}
        kinds |= {"Stream": STREAM, "AsyncStream": STREAM, "Tool": TOOL}
        for kind, names in kinds.items():
            found |= {f"{provider}{kind}.{name}": f"{provider}{kind}" for name in names.split()}
    found |= {f"growing.{name}": "growing" for name in STRUCTURED.split()}
    found |= {f"session.{name}": "session" for name in SESSION.split()}
    return found | {f"task.{name}": "task" for name in ("last_response", "last_stream", "prepare")}


def seen(kind: str) -> str:
    """The part of a type that a user receives: what a function returns, and what a coroutine results in."""
    while kind.startswith(("(", "Overload")) and ") -> " in kind:
        kind = kind.rpartition(") -> ")[2]
    return re.sub(r"Coroutine(Type)?\[Any, Any, ", "", kind)


def test_any_is_where_it_must_be(tmp_path: Path) -> None:
    if find_spec("pyright") is None:
        pytest.skip("runs in `nox -s typing`, which installs the checkers")
    program, asked = HEAD.splitlines(), {}
    for number, (name, owner) in enumerate(lines().items()):
        if owner in ("growing", "session", "task"):
            program.append(f"reveal_type({name})")
        else:
            program += [f"def show{number}(it: {owner}) -> None:", f"    reveal_type(it.{name.rpartition('.')[2]})"]
        asked[len(program)] = name
    (tmp_path / "program.py").write_text("\n".join(program))
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"pythonVersion": "3.11", "extraPaths": [str(ROOT)]}))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "--project"]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)
    reported = json.loads(done.stdout)["generalDiagnostics"]
    assert [one for one in reported if one["severity"] == "error"] == []
    types = {asked[one["range"]["start"]["line"] + 1]: one["message"].partition('" is "')[2][:-1] for one in reported}
    assert types.keys() == lines().keys()
    found = {name: kind for name, kind in types.items() if re.search(r"\b(Any|Unknown)\b", seen(kind))}
    short = {
        name: re.sub(r"^.*?(?=(CallResponse|CallResponseChunk|Stream|AsyncStream|Tool)\.)", "", name) for name in found
    }
    allowed = {name for name in found if name in ALLOWED or short[name] in ALLOWED}
    assert {name: kind for name, kind in found.items() if name not in allowed} == {}
    assert ALLOWED.keys() - found.keys() - set(short.values()) == set(), "these have no `Any`"
