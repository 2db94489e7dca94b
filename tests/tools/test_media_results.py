"""A tool that returns media: they are sent if the provider accepts media in tool results, else an error is raised."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from mirascope_like.core import (
    AudioPart,
    BaseMessageParam,
    Conversation,
    DocumentPart,
    ImagePart,
    Messages,
    PromptError,
    TextPart,
    ToolCallPart,
    ToolLoop,
    ToolResultPart,
)
from mirascope_like.core.base.request import Request
from mirascope_like.llm.providers import provider_named
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import PDF_64, PNG, PNG_64, Answer, Call
from tests.harness.server import Server
from tests.messages.test_cache_marks import Target, nodes

pytestmark = pytest.mark.filterwarnings("ignore:.*including_default_value_fields:DeprecationWarning")

IMAGE = ImagePart(media_type="image/png", image=PNG)
PDF = DocumentPart(media_type="application/pdf", document=b"%PDF-")
TAKES = ("anthropic", "bedrock", "google", "vertex", "openai.responses", "azure.responses", "xai.responses")
"""Who takes images and documents from tools. Sources: the SDKs' `ToolResultBlockParam`, `ToolResultContentBlock`,
`FunctionResponsePart` and `ResponseFunctionCallOutputItemParam`."""


def plot() -> list[Any]:
    """Draw a plot."""
    return ["the plot", IMAGE]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_in_a_tool_loop(row: BaseRow, stream: bool, server: Server) -> None:
    answers = [Answer(Call("call00001", "plot", "{}")), Answer("Nice")]
    server.reply(*(row.wire.streamed(one) if stream else row.wire.answered(one) for one in answers))
    with row.client(server) as client:
        options: Any = {"tools": [plot], "tool_loop": ToolLoop()}

        def ask() -> Any:
            return row.stream(client, **options).collect() if stream else row.ask(client, **options)

        if row.id not in TAKES:
            with pytest.raises(PromptError, match="accepts only text from tools"):
                ask()
            return
        assert ask().content == "Nice"
    body = row.wire.body(server.request)
    assert row.wire.media["image"] in nodes(body)
    assert str(body).count(PNG_64) == 1
    assert "the plot" in str(body)


TALK = [
    Messages.User("q"),
    Messages.Assistant(ToolCallPart(name="f", args={}, id="call00001")),
    BaseMessageParam(role="tool", content=[ToolResultPart(content=[TextPart(text="see"), IMAGE, PDF], id="call00001")]),
]


@pytest.mark.parametrize("name", ["anthropic", "bedrock", "openai.responses"])
def test_there_and_back(name: str) -> None:
    target, talk = Target(name), Conversation().add(*TALK)
    native = talk.to_provider(target)
    assert Conversation.from_provider(target, native.get("messages") or native["input"]) == talk


@pytest.mark.parametrize("name", ["openai", "azure", "groq", "mistral", "cohere", "openrouter", "ollama"])
def test_elsewhere_it_is_an_error(name: str) -> None:
    with pytest.raises(PromptError, match="accepts only text from tools"):
        provider_named(name).payload(Request(name, "m", TALK))


@pytest.mark.parametrize("output", [IMAGE, [IMAGE], PNG, Image.new("RGB", (1, 1))], ids=lambda one: type(one).__name__)
def test_what_counts_as_media(output: Any) -> None:
    from mirascope_like.core.base.tools import tool_output

    (part,) = tool_output(output)
    assert isinstance(part, ImagePart)
    assert tool_output(["a", 1]) == '["a",1]'
    assert tool_output(b"text") == "text"
    assert PDF_64 not in str(tool_output([PDF]))


@pytest.mark.parametrize("name", [row.id for row in EVERY if row.id not in ("google", "vertex", "bedrock")])
def test_audio_is_an_error(name: str) -> None:
    # No SDK but Google's has audio in the result of a tool. Bedrock's SDK refuses it itself.
    result = ToolResultPart(name="f", content=[AudioPart(media_type="audio/wav", audio=b"RIFF")], id="call00001")
    call = ToolCallPart(name="f", args={}, id="call00001")
    messages = [Messages.User("q"), Messages.Assistant(call), BaseMessageParam(role="tool", content=[result])]
    provider = provider_named(name)
    with pytest.raises(PromptError, match=r"audio parts|accepts only text from tools"):
        provider.payload(Request(provider.name, "m", messages))
