"""Scripted responses for the pages with features that the embedded model lacks: images, thinking, server-side tools."""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance.wires.answer import Answer, Call, Text, Thought, Wire
from tests.conformance.wires.bedrock import BedrockWire
from tests.conformance.wires.chat import ChatWire, MistralWire
from tests.conformance.wires.cohere import CohereWire
from tests.conformance.wires.gemini import GeminiWire
from tests.conformance.wires.messages import MessagesWire
from tests.conformance.wires.responses import ResponsesWire
from tests.harness.server import Handler, Reply, Request

BOOK = '{"title": "Dune", "author": "Frank Herbert"}'

SCRIPTS: dict[str, list[Answer]] = {
    "multi-modal.md": [
        Answer("A globe made of puzzle pieces."),
        Answer("Neither: both are red."),
        Answer("That the library is closed."),
        Answer("The second is red."),
        Answer("Silence."),
    ],
    "provider-features.md": [
        Answer(BOOK),
        Answer(Call("call_1", "FormatBook", BOOK)),
        Answer("def add(left, right):\n", "    return left + right\n", input=10),
        Answer(Thought("I search."), "An exhibition."),
        Answer("A concert."),
        Answer(Thought("27 * 453 ", "is 12231."), "12231"),
        Answer("April.", input=2000, cached=1900),
        Answer("April.", input=2000, cached=1900),
        Answer("An exhibition."),
        Answer(Thought("I search."), "An exhibition."),
    ],
    "azure.md": [Answer("Rivers carry salt into it.")],
    "bedrock.md": [Answer("The sea ", "is wide.")],
    "budget-and-cache.md": [
        Answer("The Name of the Wind", model="gpt-4o-mini", input=20, output=120),
        Answer("The Big Sleep", model="gpt-4o-mini", input=20, output=120),
        Answer("Dune", model="gpt-4o-mini", input=20, output=120),
        Answer("Dune", model="gpt-4o-mini", input=20, output=120),
        Answer(Text("A desert planet ", "and its spice.")),
    ],
    "cohere.md": [Answer(Call("call_1", "get_weather", '{"city": "Ro', 'me"}'))],
    "google.md": [Answer("The sea ", "is wide."), Answer("Because of rivers.")],
    "groq.md": [Answer("Rivers carry", " salt into it.")],
    "hosts.md": [Answer(Thought("Salt comes from rocks."), "Rivers carry salt into it.")],
    "mistral.md": [Answer(Thought("Salt comes from rocks."), "Rivers carry", " salt into it.")],
}
"""The answers that a page is given, in their order."""

WIRES: dict[str, Wire] = {
    "/chat/completions": ChatWire(),
    "/responses": ResponsesWire(),
    "/messages": MessagesWire(),
    ":generateContent": GeminiWire(),
    ":streamGenerateContent": GeminiWire(),
    "/v2/chat": CohereWire(),
    "/converse": BedrockWire(),
    "/converse-stream": BedrockWire(),
}

OWN_WIRES: dict[str, Wire] = {"hosts.md": ChatWire("reasoning"), "mistral.md": MistralWire()}
"""The wire of a page whose provider has its own variant of chat completions."""


def answering(answers: Iterator[Answer], own: Wire | None = None) -> Handler:
    """Answer each request in its provider's format: `own`, or the format of its path."""

    def answer(request: Request) -> Reply:
        path = request.path.partition("?")[0]
        wire = own or next(wire for end, wire in WIRES.items() if path.endswith(end))
        streamed = path.endswith((":streamGenerateContent", "/converse-stream")) or request.json.get("stream")
        return (wire.streamed if streamed else wire.answered)(next(answers))

    return answer
