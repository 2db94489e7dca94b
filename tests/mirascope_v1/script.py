"""What a program's docstring says of it, and the replies of a model that follows it, in the words of each provider.

Lines of the docstring that begin with one of these words, each as often as needed:

    Providers: where it runs; on `every` one where it does not say, and on every other one after `not`. `local` is the
               embedded model, which says what it likes: there the program must run, and its own assertions hold.
    Model:     what the model says: text; `call name {...}`, twice or more for several calls, after text or alone;
               `answer {...}` to whatever form was asked for; `think text | text`; `error 429`
    User:      what the user types
    Asks:      the text of the last message of each request, in order
    Prints:    a line that the program prints
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conformance.wires.answer import Answer, AnswerPart, Call, Text, Thought
from tests.conformance.wires.gemini import GeminiWire
from tests.harness.replies import Reply
from tests.harness.server import Request
from tests.mirascope_v1.providers import PROVIDERS

WORDS = ("Providers", "Model", "User", "Asks", "Prints")
_CALL = re.compile(r"\bcall (\w+) (\{.*?\})(?=$| call )")


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
        first, *others = " ".join(self.lines["Providers"]).split() or ["every"]
        every = [name for name in PROVIDERS if name != "local"]
        if first == "not":
            return [name for name in every if name not in others]
        return [*every, *others] if first == "every" else [first, *others]

    def source_for(self, provider: str) -> str:
        """The program, as the documentation shows it under the tab of a provider."""
        if provider == "openai":
            return self.source
        own = PROVIDERS[provider]
        source = self.source.replace("gpt-4o-mini", own.model).replace("OpenAI", own.prefix)
        return re.sub(r"\bopenai(?=\b|_call)", provider, source)


def parts_of_line(line: str, request: Request, pieces: Callable[[str], list[str]]) -> list[AnswerPart]:
    """What a line of the script lets the model say. `pieces` cuts the arguments of calls."""
    found: list[AnswerPart] = []
    if line.startswith("think "):
        thinking, _, line = line.removeprefix("think ").partition(" | ")
        found.append(Thought(*_pieces(thinking)))
    if line.startswith("answer "):
        answer = line.removeprefix("answer ")
        name = _forced(request)
        return [*found, Call("call_1", name, *pieces(answer)) if name else Text(*_pieces(answer))]
    calls = [Call(f"call_{number}", one[1], *pieces(one[2])) for number, one in enumerate(_CALL.finditer(line), 1)]
    text = _CALL.sub("", line).strip() if calls else line
    return [*found, *([Text(*_pieces(text))] if text else []), *calls]


def _pieces(text: str) -> list[str]:
    return re.findall(r"\S+\s*|\s+", text)


def _whole(text: str) -> list[str]:
    return [text]


def _forced(request: Request) -> str | None:
    """The tool that must be called, if one must."""
    body = request.json
    config = body.get("toolConfig") or body.get("tool_config") or {}  # Bedrock's and Google's
    calling = config.get("functionCallingConfig") or config.get("function_calling_config") or {}
    names = calling.get("allowedFunctionNames") or calling.get("allowed_function_names")
    if names:
        return str(names[-1])
    choice = body.get("tool_choice") or config.get("toolChoice")
    if not choice or choice in ("auto", "none", "NONE") or (isinstance(choice, dict) and choice.get("type") == "auto"):
        return None
    if isinstance(choice, dict) and (named := choice.get("function", choice.get("tool", choice)).get("name")):
        return str(named)
    tools: list[Any] = body.get("tools") or config.get("tools") or []
    last = tools[-1] if isinstance(choice, str | dict) and tools else None
    return str(last.get("function", last.get("toolSpec", last))["name"]) if last is not None else None


def _streams(request: Request) -> bool:
    return bool(request.json.get("stream")) or "stream" in request.path.lower()


def provider_of(request: Request, provider: str) -> str:
    """The provider that a request is for. A program may name OpenAI or Anthropic beside its own."""
    if request.path == "/v1/messages":
        return "anthropic"
    return "openai" if request.path == "/v1/chat/completions" and provider == "anthropic" else provider


def reply(line: str, request: Request, provider: str) -> Reply:
    """What a provider sends for a line of the script."""
    if line.startswith("error "):
        status = int(line.removeprefix("error "))
        if provider == "bedrock":
            kind = {429: "ThrottlingException"}.get(status, "ValidationException")
            return Reply.json({"message": "no more today"}, status, headers={"x-amzn-errortype": kind})
        return Reply.error(status, "no more today", x_should_retry="false")
    wire = PROVIDERS[provider].wire
    pieces = _whole if isinstance(wire, GeminiWire) else _pieces  # Google cuts the values, not the text
    answer = Answer(*parts_of_line(line, request, pieces), input=10, model=PROVIDERS[provider].answers)
    return wire.streamed(answer) if _streams(request) else wire.answered(answer)


def asked(request: Request) -> str:
    """The text of the last message of a request."""
    last = (request.json.get("messages") or request.json["contents"])[-1]
    content = last.get("content") or last["parts"]
    return content if isinstance(content, str) else " ".join(map(_text, content))


def _text(part: dict[str, Any]) -> str:
    if "toolResult" in part:  # Bedrock's
        return " ".join(map(_text, part["toolResult"]["content"]))
    if "functionResponse" in part:  # Google's
        return " ".join(map(str, part["functionResponse"]["response"].values()))
    own = part.get("content") or (part.get("document") or {}).get("data")  # Cohere's documents
    return part.get("text") or str(own or part.get("type"))
