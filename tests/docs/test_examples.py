"""Every example runs, and prints what its page promises: on the embedded model, or on recorded answers."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from tests.harness.recordings import exchange
from tests.harness.server import Reply, Server

EXAMPLES = Path(__file__).parents[2] / "examples"
SERVING = {"browser.py"}
"""They serve until they are stopped, and are tested where they are used: in tests/integrations/test_browser.py."""

PRINTED: dict[str, list[str]] = {
    "agents.py": [r"messages so far: 4", r"round: \['list_shelves -> Dune: A1, Emma: B2'\]", r"round: \[\]"],
    "any_provider.py": [r"local smollm2-135m \['length'\]", r"in the context: 5 tokens", r"streamed: .+"],
    "budget_and_cache.py": [
        r"evening 1: \['.+', '.+'\]",
        r"Spent\(usd=.+, tokens=\d+, requests=2, unpriced=0\)",
        r"evening 2: \['.+', '.+'\]",
        r"Spent\(usd=.+, tokens=\d+, requests=2, unpriced=0\)",
    ],
    "calls.py": [
        r"finish reasons: \['length'\]",
        r"tokens: \d+ in, 30 out",
        r"cost: 0\.0",
        r"the SDK's own object: ChatCompletion",
        r"fantasy -> .+",
        r"crime -> .+",
    ],
    "chaining.py": [r"1\. .+", r"the prompt contains the summary: True", r"the prompt contains both facts: True"],
    "demo.py": [
        r"model: +smollm2-135m",
        r"tokens: +\d+ in, \d+ out",
        r"speed: +\d+\.\d tokens per second",
        r"finish reason: (stop|length)",
    ],
    "dynamic_config.py": [
        r"prompt: Say 4 facts about the sea",
        r"tokens: 20 of 20",
        r"metadata: \{'tags': \{'books'\}, 'n': 2\}",
        r"careful: False \| messages: 1 \| tools: 0",
        r"careful: True \| messages: \d \| tools: \d",
    ],
    "evals.py": [r"local:smollm2-135m reasoning='.{1,60}' score=[1-5]", r"panel: [1-5](\.0)?"],
    "json_mode.py": [r"\{'name': 'Rome'\}", r"name='.*' country='.*'"],
    "logging_calls.py": [
        r"3 refused failed \{'job': 'evening'\} PermissionError: nobody may ask for secret books",
        r"2 story closed \{'job': 'evening'\} .+",
        r"1 recommend done \{'team': 'shop'\} .+",
        r"equal: True LocalCallResponse",
        r"recommend 1 calls, 20 tokens",
    ],
    "many_calls.py": [
        r"3 items: 2 requests to send, 0 in the store, 1 duplicates",
        r"run 1: 3 done, 0 failed, 2 requests sent",
        r"run 2: 3 done, 0 failed, 0 requests sent",
        r"0 store .+",
        r"1 store .+",
        r"2 store .+",
    ],
    "multi_modal.py": [
        r"The image depicts a stylized globe made of puzzle pieces, representing Wikipedia\.",
        r'The text file says "Dummy TXT file"\.',
    ],
    "prompts.py": [
        r"system \| You are a librarian\. You know:",
        r"fantasy",
        r"crime",
        r"user \| Hi",
        r"assistant \| Hello",
        r"user \| Who wrote Dune\?",
        r"SYSTEM: this stays the user's",
        r"Recommend a fantasy book of 1,200 pages",
    ],
    "provider_features.py": [
        r"o3-mini reasons: \*\*.+\*\*",
        r".*2 \+ 2.*",
        r"-> 2 \+ 2 = 4",
        r"\['thinking', 'text', 'server_tool_use', 'advisor_tool_result', 'text'\] .*",
        r"amount=12\.34",
    ],
    "recording.py": [
        r"requests: 1 to /v1/chat/completions",
        r"a key is in the file: False",
        r"requests: 1 to /v1/chat/completions",
        r"requests: 1 to /v1/chat/completions",
        r"the replay is equal",
        r"interrupted: True",
    ],
    "response_models.py": [
        r"Book Genre\.(FANTASY|CRIME)",
        r"title=None genre=None",
        r"equal: True",
        r"item: Genre\.(FANTASY|CRIME)",
    ],
    "retries.py": [
        r"earlier errors: \[\]",
        r"earlier errors: \['Value error, the first attempt is always rejected'\]",
        r"Author after 2 attempts",
        r"answered by: local",
    ],
    "sessions.py": [
        r"messages: 5 \| in the fork: 7",
        r"loaded: \['system', 'user', 'assistant', 'user', 'assistant'\]",
        r"stored: \['ann', 'ann, again'\]",
    ],
    "streams.py": [
        r"rebuilt: True \['length'\] 20",
        r"stopped after 10 characters: True closed",
        r"async, the same text: True",
    ],
    "testing.py": [
        r"the model was sent the tool's result: 1965",
        r"structured: title='Dune' year=1965",
        r"pieces: \['Once', ' upon'\] usage: input_tokens=10 .*output_tokens=5 .*",
        r"instead: News of a cat",
        r"prompt: The best fantasy book",
    ],
    "tools.py": [r"called: look_up \{'amount': -?\d+\} -> .+", r"partial: .+", r"complete: \{'amount': -?\d+\}"],
    "tracing.py": [
        r"my own span \| in: None",
        r"chat smollm2-135m \| in: my own span",
        r"invoke_agent \| in: None",
        r"chat smollm2-135m \| in: invoke_agent",
        r"  conversation: ann",
    ],
}
"""Lines that an example prints, in this order, whatever stands between them."""

RECORDED: dict[str, list[str]] = {
    "multi_modal.py": ["call-media-gpt-4o-mini-98fdefca", "call-media-claude-sonnet-4-5-1e988f66"],
    "provider_features.py": [
        "call-reasoning-o3-mini-1dab103e",
        "stream-reasoning-claude-sonnet-4-20250514-6ea76a33",
        "call-tools-reasoning-claude-sonnet-5-9ebc23b7",
        "call-structured-claude-sonnet-4-5-4de47b8a",
    ],
}
"""The exchanges with a provider that an example has again, in this order, whatever model it names."""

LOCAL = sorted(path.name for path in EXAMPLES.glob("*.py") if path.name not in {*SERVING, *RECORDED})


@pytest.mark.parametrize("example", LOCAL)
def test_example(example: str, embedded: None, capsys: pytest.CaptureFixture[str]) -> None:
    run(example, capsys)


@pytest.mark.parametrize("example", RECORDED)
def test_recorded_example(example: str, served: Server, capsys: pytest.CaptureFixture[str]) -> None:
    exchanges = [exchange(stem) for stem in RECORDED[example]]
    served.reply(*map(Reply.from_exchange, exchanges))
    run(example, capsys)
    for request, recorded in zip(served.requests, exchanges, strict=True):
        assert asked(request.json) == asked(recorded.request.body)


def run(example: str, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / example), run_name="__main__")
    printed = iter(capsys.readouterr().out.splitlines())
    for line in PRINTED[example]:
        assert any(re.fullmatch(line, one) for one in printed), line


def asked(body: dict[str, Any]) -> dict[str, Any]:
    """Return messages and tools of a request, without the model, which may be newer. A list of one text is text."""
    messages: list[Any] = body.get("input") or body["messages"]
    return {"messages": [{**one, "content": alone(one["content"])} for one in messages], "tools": body.get("tools")}


def alone(content: Any) -> Any:
    return content[0]["text"] if len(content) == 1 and isinstance(content, list) else content


def test_demo_prints_the_whole_response_as_json(
    embedded: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["demo.py", "--json"])
    runpy.run_path(str(EXAMPLES / "demo.py"), run_name="__main__")
    text, brace, rest = capsys.readouterr().out.partition("\n{\n")
    response = json.loads(brace + rest)
    assert response["provider"] == "local"
    assert response["fn_args"] == {"genre": "fantasy"}
    assert response["response"]["choices"][0]["message"]["content"] == text[:-1]


def test_what_is_printed_is_known_of_every_example() -> None:
    assert PRINTED.keys() == {path.name for path in EXAMPLES.glob("*.py")} - SERVING
