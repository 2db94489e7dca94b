"""The calls of the program, each made in another way."""

from __future__ import annotations

import openai as sdk
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import RateLimitError, ToolLoop, openai

client = sdk.OpenAI()  # made on import, before any test runs


class Ticket(BaseModel):
    """A question of a customer, sorted."""

    title: str
    urgent: bool


def order_status(number: int) -> str:
    """Get the status of an order."""
    return f"order {number} is on its way"


@openai.call("gpt-4o-mini")
def ask(question: str) -> str:
    return question


@openai.call("gpt-4o-mini", tools=[order_status], tool_loop=ToolLoop())
def answer(question: str) -> str:
    return question


@openai.call("gpt-4o-mini", response_model=Ticket)
def triage(mail: str) -> str:
    return f"Sort this mail: {mail}"


@openai.call("gpt-4o-mini", stream=True)
def explain(topic: str) -> str:
    return f"Explain {topic}"


@llm.call("anthropic:claude-sonnet-5", stream=True)
async def translate(text: str) -> str:
    return f"Translate: {text}"


def support(question: str) -> str:
    """Answer a question; be polite when the provider is busy."""
    try:
        return ask(question).content
    except RateLimitError:
        return "Please try again in a minute."


def greeting() -> str:
    """Call the SDK itself."""
    made = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Greet"}])
    return made.choices[0].message.content or ""
