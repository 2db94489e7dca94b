"""With a scripted model: no network, no key, no change of the program."""

import asyncio

import pytest
from helpdesk import answers

from mirascope_like.testing import RequestBlockedError, error, fake, prepare, reply, text, tool, use_client


def test_text(fake_model):
    fake_model.add("Hi")
    assert answers.ask("Hello").content == "Hi"
    assert fake_model.request.text == "Hello"


def test_tools(fake_model):
    fake_model.add(
        reply(tool("order_status", number=1), tool(answers.order_status, number=2)), "Both are on their way."
    )
    assert answers.answer("Where are 1 and 2?").content == "Both are on their way."
    results = [message["content"] for message in fake_model.request["messages"] if message["role"] == "tool"]
    assert results == ["order 1 is on its way", "order 2 is on its way"]


def test_structured(fake_model):
    fake_model.add(answers.Ticket(title="Refund", urgent=True))
    assert answers.triage("I want my money back!") == answers.Ticket(title="Refund", urgent=True)


def test_stream(fake_model):
    fake_model.add(text("One", " two", gap=0.001))
    assert [chunk.content for chunk, _ in answers.explain("numbers") if chunk.content] == ["One", " two"]


def test_async_stream_of_another_provider(fake_model):
    async def main():
        return [chunk.content async for chunk, _ in answers.translate("Guten Tag") if chunk.content]

    fake_model.add("Good day")
    assert asyncio.run(main()) == ["Good", " day"]
    assert fake_model.request.provider == "anthropic"


def test_error():
    with fake(error(429, times=3)):
        assert answers.support("Hello") == "Please try again in a minute."


def test_client_made_on_import(fake_model):
    fake_model.add("Welcome")
    assert answers.greeting() == "Welcome"


def test_prepare():
    assert prepare(answers.explain, "snow").payload["messages"] == [{"role": "user", "content": "Explain snow"}]


def test_use_client(fake_model):
    fake_model.add("Hi")
    gateway = answers.client.with_options(base_url="https://gateway.example/v1")
    with use_client(answers.openai.call, gateway):
        answers.ask("Hello")
    assert fake_model.request.url == "https://gateway.example/v1/chat/completions"


def test_blocked():
    with pytest.raises(RequestBlockedError):
        answers.ask("Hello")
