"""LM Deluge's document on streaming, snippet by snippet, in order, with what each prints."""

from __future__ import annotations

import asyncio

import pytest

from mirascope_like.core import Conversation, openai
from mirascope_like.core.openai import OpenAICallResponse
from tests.conformance.providers import OPENAI
from tests.harness.server import Server

pytestmark = pytest.mark.usefixtures("address")


def test_simple_streaming(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    async def basic_streaming() -> None:
        model = openai.model("gpt-4o")
        response = await model.stream_async("Write a short story about a robot learning to paint.").print()
        print(f"\nFinal response: {response.content}")

    server.reply(OPENAI.text("A robot", " painted."))
    asyncio.run(basic_streaming())
    assert capsys.readouterr().out == "A robot painted.\n\nFinal response: A robot painted.\n"
    assert server.request.json["model"] == "gpt-4o"


def test_conversation(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    async def conversation_streaming() -> None:
        conversation = Conversation()
        conversation = conversation.system("You are a helpful creative writing assistant.")
        conversation = conversation.user("Write a haiku about artificial intelligence.")
        session = openai.model("gpt-4o").session(conversation)
        response = await session.stream_async().print()
        print(f"Complete response: {response.content}")

    server.reply(OPENAI.text("Silent", " circuits"))
    asyncio.run(conversation_streaming())
    assert capsys.readouterr().out == "Silent circuits\nComplete response: Silent circuits\n"
    assert [one["role"] for one in server.request.json["messages"]] == ["system", "user"]


def test_custom_processing(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    async def custom_streaming() -> OpenAICallResponse:
        model = openai.model("gpt-4o", temperature=0.7, max_tokens=500)
        async for item in model.stream_async("Explain quantum computing in simple terms.").items():
            if isinstance(item, str):
                print(item, end="", flush=True)
            elif isinstance(item, OpenAICallResponse):
                print("\n\nStreaming complete!")
                print(f"Total tokens: {item.usage.total_tokens if item.usage else 'Unknown'}")
                print(f"Model: {item.model}")
                return item
        raise AssertionError

    server.reply(OPENAI.text("It is", " odd."))
    item = asyncio.run(custom_streaming())
    assert capsys.readouterr().out == "It is odd.\n\nStreaming complete!\nTotal tokens: 8\nModel: m-1\n"
    assert item.content == "It is odd."
    assert server.request.json["temperature"] == 0.7
