"""What a program's docstring says of it, and the replies of a model that follows it, in the words of each provider.

Lines of the docstring that begin with one of these words, each as often as needed:

    Providers: where it runs; `openai anthropic` where it does not say. `local` is the embedded model, which says
               what it likes: there the program must run, and its own assertions hold.
    Model:     what the model says: text; `call name {...}`, twice or more for several calls, after text or alone;
               `answer {...}` to whatever form was asked for; `think text | text`; `error 429`
    User:      what the user types
    Asks:      the text of the last message of each request, in order
    Prints:    a line that the program prints
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.harness.replies import Reply
from tests.harness.server import Request

WORDS = ("Providers", "Model", "User", "Asks", "Prints")
_CALL = re.compile(r"\bcall (\w+) (\{.*?\})(?=$| call )")
MODELS = {"anthropic": "claude-sonnet-5", "local": "smollm2-135m"}


@dataclass
class Script:
    """A program and what is to happen when it runs."""

    source: str
    lines: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    @classmethod
    def read(cls, path: Path) -> Script:
        source = path.read_text()
        lines: dict[str, list[str]] = {word: [] for word in WORDS}
        for line in (ast.get_docstring(ast.parse(source)) or "").splitlines():
            word, colon, text = line.partition(":")
            if colon and word in lines:
                lines[word].append(text[1:])
        return cls(source, lines)

    @property
    def providers(self) -> list[str]:
        return " ".join(self.lines["Providers"]).split() or ["openai", "anthropic"]

    def source_for(self, provider: str) -> str:
        """The program, as the documentation shows it under the tab of a provider."""
        if provider == "openai":
            return self.source
        source = self.source.replace("gpt-4o-mini", MODELS[provider]).replace("OpenAI", provider.capitalize())
        return re.sub(r"\bopenai(?=\b|_call)", provider, source)


@dataclass(frozen=True)
class Said:
    """One reply of the model."""

    text: str
    calls: list[tuple[str, str]]
    thinking: str | None = None

    @classmethod
    def read(cls, line: str, request: dict[str, Any]) -> Said:
        thinking = None
        if line.startswith("think "):
            thinking, _, line = line.removeprefix("think ").partition(" | ")
        if line.startswith("answer "):
            answer = line.removeprefix("answer ")
            name = _forced(request)
            return cls("", [(name, answer)]) if name else cls(answer, [])
        calls = [(match[1], match[2]) for match in _CALL.finditer(line)]
        return cls(_CALL.sub("", line).strip() if calls else line, calls, thinking)


def _forced(request: dict[str, Any]) -> str | None:
    """The tool that must be called, if one must."""
    choice = request.get("tool_choice")
    if not choice or choice in ("auto", "none") or (isinstance(choice, dict) and choice.get("type") == "auto"):
        return None
    named = choice.get("function", choice).get("name") if isinstance(choice, dict) else None
    last = request["tools"][-1]
    return named or last.get("function", last)["name"]


def reply(line: str, request: Request) -> Reply:
    """What a provider sends for a line of the script."""
    if line.startswith("error "):
        return Reply.error(int(line.removeprefix("error ")), "no more today", x_should_retry="false")
    said = Said.read(line, request.json)
    if request.path.endswith("/messages"):
        blocks = list(_blocks(said))
        if request.json.get("stream"):
            return Reply.messages(*_anthropic_events(said, blocks))
        return _anthropic(said, blocks)
    return Reply.chat(*_chat_chunks(said)) if request.json.get("stream") else _chat(said)


def asked(request: Request) -> str:
    """The text of the last message of a request."""
    content = request.json["messages"][-1]["content"]
    if isinstance(content, str):
        return content
    return " ".join(part.get("text") or str(part.get("content") or part["type"]) for part in content)


def _pieces(text: str) -> list[str]:
    return re.findall(r"\S+\s*|\s+", text)


# OpenAI

_BASE = {"id": "chatcmpl-1", "created": 1, "model": "gpt-4o-mini-2024-07-18"}
_USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def _chat(said: Said) -> Reply:
    message: dict[str, Any] = {"role": "assistant", "content": said.text or None, "refusal": None}
    if said.calls:
        message["tool_calls"] = [
            {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for number, (name, arguments) in enumerate(said.calls, 1)
        ]
    choice = {"index": 0, "message": message, "finish_reason": _finish(said)}
    return Reply.json({**_BASE, "object": "chat.completion", "choices": [choice], "usage": _USAGE})


def _chat_chunks(said: Said) -> Iterator[dict[str, Any]]:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {**_BASE, "object": "chat.completion.chunk", "choices": [choice]}

    yield chunk({"role": "assistant", "content": ""})
    for piece in _pieces(said.text):
        yield chunk({"content": piece})
    for index, (name, arguments) in enumerate(said.calls):
        begun = {"id": f"call_{index + 1}", "type": "function", "function": {"name": name, "arguments": ""}}
        yield chunk({"tool_calls": [{"index": index, **begun}]})
        for piece in _pieces(arguments):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, _finish(said))
    yield {**_BASE, "object": "chat.completion.chunk", "choices": [], "usage": _USAGE}


def _finish(said: Said) -> str:
    return "tool_calls" if said.calls else "stop"


# Anthropic


def _blocks(said: Said) -> Iterator[dict[str, Any]]:
    if said.thinking:
        yield {"type": "thinking", "thinking": said.thinking, "signature": "signed"}
    if said.text:
        yield {"type": "text", "text": said.text}
    for number, (name, arguments) in enumerate(said.calls, 1):
        yield {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": json.loads(arguments)}


def _message(blocks: list[dict[str, Any]], reason: str | None, tokens: int) -> dict[str, Any]:
    usage = {"input_tokens": 10, "output_tokens": tokens}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": MODELS["anthropic"]}
    return {**head, "content": blocks, "stop_reason": reason, "stop_sequence": None, "usage": usage}


def _reason(said: Said) -> str:
    return "tool_use" if said.calls else "end_turn"


def _anthropic(said: Said, blocks: list[dict[str, Any]]) -> Reply:
    return Reply.json(_message(blocks, _reason(said), 5))


def _anthropic_events(said: Said, blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    empty = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}, "tool_use": {"input": {}}}
    yield {"type": "message_start", "message": _message([], None, 1)}
    for index, block in enumerate(blocks):
        yield {"type": "content_block_start", "index": index, "content_block": {**block, **empty[block["type"]]}}
        for delta in _deltas(block):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": _reason(said), "stop_sequence": None},
        "usage": {"output_tokens": 5},
    }
    yield {"type": "message_stop"}


def _deltas(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if block["type"] == "text":
        yield from ({"type": "text_delta", "text": piece} for piece in _pieces(block["text"]))
    elif block["type"] == "thinking":
        yield from ({"type": "thinking_delta", "thinking": piece} for piece in _pieces(block["thinking"]))
        yield {"type": "signature_delta", "signature": block["signature"]}
    else:
        arguments = json.dumps(block["input"])
        yield from ({"type": "input_json_delta", "partial_json": piece} for piece in _pieces(arguments))
